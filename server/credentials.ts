/**
 * The octets that accounts are made of, as frames hold them: salts, keys, signatures, vaults.
 *
 * Only their shape is looked at here. Source: FTC1 §3.7, §4.2, §7.2.
 *
 * @module
 */

import { decodeBase64Url, InvalidBase64Url } from "../cipher/base64url.ts";

/** Octets of a salt (FTC1 §4.2). */
export const SALT_OCTETS = 16;

/** Octets of an Ed25519 public key. */
export const KEY_OCTETS = 32;

/** Octets of an Ed25519 signature. */
export const SIGNATURE_OCTETS = 64;

/** Characters of a vault: a Fernet token of 5 + 16 + 1 + 32 + 32 octets at the most (FTC1 §7.2). */
const VAULT_CHARACTERS = 204;
const VAULT = /^gAAAA[A-Za-z0-9_-]+={0,2}$/;

/**
 * Reads octets.
 *
 * @param text Canonical base64url without padding.
 * @param length How many octets it must stand for; any number unless told.
 * @returns The octets, or `null` where the text is anything else.
 */
export function decodeOctets(text: string, length?: number): Uint8Array | null {
  try {
    return decodeBase64Url(text, length === undefined ? {} : { length });
  } catch (error) {
    if (error instanceof InvalidBase64Url) return null;
    throw error;
  }
}

/** Whether a text has the shape of a vault; what is in it only its owner can see. */
export function isVault(text: string): boolean {
  return text.length <= VAULT_CHARACTERS && VAULT.test(text);
}
