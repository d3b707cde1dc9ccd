/**
 * The hash and the key derivation of FTC1: SHA-256 and HKDF-SHA256 (extract and expand).
 *
 * Not for passwords: what a human chose goes through Argon2id first (`login.ts`).
 *
 * Source: FIPS 180-4; RFC 5869; FTC1, first paragraph.
 *
 * @module
 */

import { createHash, hkdfSync } from "node:crypto";
import { concat, unshared, utf8 } from "./bytes.ts";

/**
 * Hashes, FTC1's `H`.
 *
 * @param parts What is hashed, joined in order.
 * @returns 32 octets.
 */
export async function hash(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", unshared(concat(...parts))));
}

/**
 * Hashes without waiting: for what every connection needs.
 *
 * @param parts As in {@linkcode hash}.
 * @returns The same octets.
 */
export function hashSync(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(createHash("sha256").update(concat(...parts)).digest());
}

/**
 * Derives a key, FTC1's `KDF(ikm, salt, label, n = 32)`.
 *
 * @param ikm The secret it is derived from.
 * @param salt Octets; `""` is the empty salt, which HKDF reads as 32 zero octets.
 * @param label What the key is for, in ASCII.
 * @param length Octets wanted, 1 to 8,160.
 * @returns The derived octets.
 */
export async function kdf(
  ikm: Uint8Array,
  salt: Uint8Array | "",
  label: string,
  length = 32,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", unshared(ikm), "HKDF", false, ["deriveBits"]);
  const derived = await crypto.subtle.deriveBits(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: salt === "" ? new Uint8Array(0) : unshared(salt),
      info: unshared(utf8(label)),
    },
    key,
    length * 8,
  );
  return new Uint8Array(derived);
}

/**
 * Derives a key without waiting: for what every connection and every frame needs.
 *
 * @param ikm As in {@linkcode kdf}, like all that follows.
 * @param salt Octets, or `""`.
 * @param label What the key is for.
 * @param length Octets wanted.
 * @returns The same octets as {@linkcode kdf}.
 */
export function kdfSync(
  ikm: Uint8Array,
  salt: Uint8Array | "",
  label: string,
  length = 32,
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", ikm, salt, label, length));
}
