/**
 * Ed25519 signatures, with the check that Web Crypto leaves out.
 *
 * Used by the server's identity, logins, key records and messages. What is signed always begins
 * with a label of its own; that is the caller's part.
 *
 * Source: RFC 8032; FTC1 §3.15 (identity key of small order).
 *
 * @module
 */

import { unshared } from "./bytes.ts";
import { importKeyPair, type KeyPair } from "./key_pair.ts";
import { isSmallOrder } from "./small_order.ts";

/**
 * Imports a signing key.
 *
 * @param seed 32 octets.
 * @returns The pair; the private key is not extractable.
 * @throws {RangeError} If the seed has another length.
 */
export function importEd25519(seed: Uint8Array): Promise<KeyPair> {
  return importKeyPair("Ed25519", seed);
}

/**
 * Signs.
 *
 * @param key An Ed25519 private key.
 * @param message What is signed.
 * @returns 64 octets, always the same for the same key and message.
 */
export async function signEd25519(key: CryptoKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, unshared(message)));
}

/**
 * Verifies a signature. Lengths are part of the check, so that anything a peer sent may be passed.
 *
 * @param signature What claims to be a signature.
 * @param message What it is said to sign.
 * @param options `publicKey`: the signer's key, raw.
 * @returns False also if the key is of small order or no key at all.
 */
export async function verifyEd25519(
  signature: Uint8Array,
  message: Uint8Array,
  { publicKey }: { publicKey: Uint8Array },
): Promise<boolean> {
  if (signature.length !== 64 || publicKey.length !== 32 || isSmallOrder(publicKey)) return false;
  const key = await crypto.subtle.importKey("raw", unshared(publicKey), "Ed25519", false, [
    "verify",
  ]);
  return await crypto.subtle.verify("Ed25519", key, unshared(signature), unshared(message));
}
