/**
 * A key pair as FTC1 uses it: the private key held by the platform, the public key as octets.
 *
 * Web Crypto cannot import a raw X25519 or Ed25519 private key; it takes PKCS8, which for these is
 * a fixed prefix and the 32 octets (FTC1 §10, trap 10).
 *
 * Source: RFC 8410 §7; FTC1 §10.
 *
 * @module
 */

import "./web_crypto.ts";
import { concat, unshared } from "./bytes.ts";

/** A private key, not extractable, and its public key. */
export interface KeyPair {
  /** Stays in the platform. */
  readonly privateKey: CryptoKey;
  /** The public key, raw. */
  readonly publicKey: Uint8Array;
}

const ALGORITHMS = {
  X25519: { prefix: "302e020100300506032b656e04220420", use: "deriveBits", publicUse: [] },
  Ed25519: { prefix: "302e020100300506032b657004220420", use: "sign", publicUse: ["verify"] },
} as const;

/**
 * Imports a raw private key and computes its public key.
 *
 * @param algorithm Which curve.
 * @param secret 32 octets: the X25519 scalar or the Ed25519 seed.
 * @returns The pair; the private key is not extractable.
 * @throws {RangeError} If the secret has another length.
 */
export async function importKeyPair(
  algorithm: "X25519" | "Ed25519",
  secret: Uint8Array,
): Promise<KeyPair> {
  if (secret.length !== 32) {
    throw new RangeError(
      `Cannot import ${algorithm} key: expected 32 octets, got ${secret.length}`,
    );
  }
  const { prefix, use, publicUse } = ALGORITHMS[algorithm];
  const pkcs8 = unshared(concat(Uint8Array.fromHex(prefix), secret));
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, [use]);
  const publicKey = await crypto.subtle.getPublicKey(privateKey, [...publicUse]);
  return { privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) };
}
