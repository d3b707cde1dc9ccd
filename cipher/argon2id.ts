/**
 * Argon2id: a password becomes a key, at a price for each guess.
 *
 * Only the primitive, without secret and associated data. The parameters Fernchat uses are fixed in
 * `login.ts`; the vectors use others.
 *
 * Source: RFC 9106.
 *
 * @module
 */

import "./web_crypto.ts";
import { unshared } from "./bytes.ts";

/** The price of one guess. */
export interface Argon2idCost {
  /** Memory in KiB, at least 8 per lane. */
  readonly memory: number;
  /** Passes over the memory, at least 1. */
  readonly passes: number;
  /** Lanes, at least 1. */
  readonly lanes: number;
}

/**
 * Derives 32 octets from a password.
 *
 * @param password Octets; a typed one is prepared before (`password.ts`).
 * @param salt At least 8 octets.
 * @param cost Memory, passes, lanes; part of the result.
 * @returns 32 octets.
 */
export async function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  cost: Argon2idCost,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw-secret", unshared(password), "Argon2id", false, [
    "deriveBits",
  ]);
  const derived = await crypto.subtle.deriveBits(
    {
      name: "Argon2id",
      nonce: unshared(salt),
      memory: cost.memory,
      passes: cost.passes,
      parallelism: cost.lanes,
    },
    key,
    256,
  );
  return new Uint8Array(derived);
}
