/**
 * ML-KEM-768: agreement on a secret that a quantum computer does not undo.
 *
 * One half of the hybrid exchange of the handshake (FTC1 §3.5) and of wraps (FTC1 §7.5). The one who
 * has the public key encapsulates, the other decapsulates. Decapsulation of a wrong ciphertext does
 * not fail; it gives another secret (implicit rejection), which shows in the next MAC.
 *
 * Source: FIPS 203; FTC1 §3.5, §10 traps 9 and 10.
 *
 * @module
 */

import "./web_crypto.ts";
import { unshared } from "./bytes.ts";
import type { KeyPair } from "./key_pair.ts";

const NAME = "ML-KEM-768";
const MODULUS = 3329;
const COEFFICIENT_OCTETS = 1152;

/** Octets of a public (encapsulation) key. */
export const MLKEM_PUBLIC_KEY = 1184;

/** Octets of a ciphertext. */
export const MLKEM_CIPHERTEXT = 1088;

/** What encapsulation gives. */
export interface Encapsulation {
  /** For the peer, 1,088 octets. */
  readonly ciphertext: Uint8Array;
  /** The secret both have then, 32 octets. */
  readonly secret: Uint8Array;
}

/**
 * Makes a fresh pair.
 *
 * @returns The pair; the private key is not extractable.
 */
export async function generateMlkem(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey(NAME, false, ["encapsulateBits", "decapsulateBits"]);
  return { privateKey: pair.privateKey, publicKey: await rawPublicKey(pair.publicKey) };
}

/**
 * Imports a private key.
 *
 * @param seed 64 octets, `d ‖ z` of FIPS 203.
 * @returns The pair; the private key is not extractable.
 * @throws {RangeError} If the seed has another length.
 */
export async function importMlkem(seed: Uint8Array): Promise<KeyPair> {
  if (seed.length !== 64) {
    throw new RangeError(`Cannot import ML-KEM key: expected 64 octets, got ${seed.length}`);
  }
  const privateKey = await crypto.subtle.importKey("raw-seed", unshared(seed), NAME, false, [
    "decapsulateBits",
  ]);
  const publicKey = await crypto.subtle.getPublicKey(privateKey, ["encapsulateBits"]);
  return { privateKey, publicKey: await rawPublicKey(publicKey) };
}

/**
 * Makes a secret and its ciphertext for the holder of a key.
 *
 * @param publicKey The peer's, unchecked.
 * @returns The secret and the ciphertext; or nothing if {@linkcode isMlkemPublicKey} refuses the key.
 */
export async function encapsulate(publicKey: Uint8Array): Promise<Encapsulation | undefined> {
  if (!isMlkemPublicKey(publicKey)) return undefined;
  const key = await crypto.subtle.importKey("raw-public", unshared(publicKey), NAME, false, [
    "encapsulateBits",
  ]);
  const { ciphertext, sharedKey } = await crypto.subtle.encapsulateBits(NAME, key);
  return { ciphertext: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) };
}

/**
 * Computes the secret a ciphertext stands for.
 *
 * @param privateKey Ours.
 * @param ciphertext 1,088 octets, otherwise unchecked.
 * @returns 32 octets; others than the peer's if the ciphertext is not genuine.
 * @throws {RangeError} If the ciphertext has another length.
 */
export async function decapsulate(
  privateKey: CryptoKey,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  if (ciphertext.length !== MLKEM_CIPHERTEXT) {
    throw new RangeError(
      `Cannot decapsulate: expected ${MLKEM_CIPHERTEXT} octets, got ${ciphertext.length}`,
    );
  }
  return new Uint8Array(
    await crypto.subtle.decapsulateBits(NAME, privateKey, unshared(ciphertext)),
  );
}

/**
 * Tells whether a public key passes FIPS 203 §7.2: its length, and each of the 768 coefficients of
 * 12 bits below 3329. Web Crypto finds the latter only when encapsulating.
 *
 * @param publicKey A key from a peer.
 */
export function isMlkemPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== MLKEM_PUBLIC_KEY) return false;
  for (let at = 0; at < COEFFICIENT_OCTETS; at += 3) {
    // By index: a slice for each three octets would cost ten times as much.
    const a = publicKey[at] ?? 0;
    const b = publicKey[at + 1] ?? 0;
    const c = publicKey[at + 2] ?? 0;
    if ((a | (b & 0x0f) << 8) >= MODULUS || (b >> 4 | c << 4) >= MODULUS) return false;
  }
  return true;
}

async function rawPublicKey(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey("raw-public", key));
}
