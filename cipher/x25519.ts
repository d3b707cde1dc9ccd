/**
 * X25519 key agreement.
 *
 * One half of the hybrid exchange of the handshake (FTC1 §3.5) and of wraps (FTC1 §7.5). Never used
 * alone, and its result never as a key: it goes into a KDF.
 *
 * Source: RFC 7748 §5, §6.1.
 *
 * @module
 */

import "./web_crypto.ts";
import { unshared } from "./bytes.ts";
import { importKeyPair, type KeyPair } from "./key_pair.ts";

/**
 * Makes a fresh pair.
 *
 * @returns The pair; the private key is not extractable.
 */
export async function generateX25519(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { privateKey: pair.privateKey, publicKey };
}

/**
 * Imports a private key.
 *
 * @param scalar 32 octets.
 * @returns The pair; the private key is not extractable.
 * @throws {RangeError} If the scalar has another length.
 */
export function importX25519(scalar: Uint8Array): Promise<KeyPair> {
  return importKeyPair("X25519", scalar);
}

/**
 * Computes the shared secret of two keys.
 *
 * @param privateKey Ours.
 * @param publicKey The peer's, 32 octets, unchecked.
 * @returns 32 octets; or nothing if the peer's key has another length or low order, which would make
 * the result all zero (FTC1 §3.5).
 */
export async function agreeX25519(
  privateKey: CryptoKey,
  publicKey: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    const peer = await crypto.subtle.importKey("raw", unshared(publicKey), "X25519", false, []);
    const secret = await crypto.subtle.deriveBits(
      { name: "X25519", public: peer },
      privateKey,
      256,
    );
    return new Uint8Array(secret);
  } catch {
    // Low order imports well and fails only here (FTC1 §10, trap 9).
    return undefined;
  }
}

/**
 * Tells whether a public key can be agreed with: 32 octets and not of low order.
 *
 * @param publicKey A key from a record of a peer.
 */
export async function isX25519PublicKey(publicKey: Uint8Array): Promise<boolean> {
  // With any private key the result is zero for a point of low order, and for no other.
  probe ??= generateX25519();
  return await agreeX25519((await probe).privateKey, publicKey) !== undefined;
}

let probe: Promise<KeyPair> | undefined;
