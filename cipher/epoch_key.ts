/**
 * `K`, the secret of an epoch: what the record commits to, and what comes from it.
 *
 * ```
 * commitment  = H("ftc1 epoch commit\0" ‖ conversation ‖ u32 epoch ‖ K)
 * after add   : K' = KDF(K, new members hash, "ftc1 epoch add")
 * message key = KDF(K, H(epoch record), "ftc1 message key")                            a Fernet key
 * ```
 *
 * After every change but add, `K` is random. How it reaches the members is told in `wrap.ts`.
 *
 * Source: FTC1 §7.4, §7.6.
 *
 * @module
 */

import { label, u32 } from "./bytes.ts";
import { type FernetKey, importKey } from "./fernet.ts";
import { hash, kdf } from "./kdf.ts";

/** Octets of `K`. */
export const EPOCH_KEY = 32;

/**
 * Makes a new `K`.
 *
 * @returns 32 random octets.
 */
export function generateEpochKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(EPOCH_KEY));
}

/**
 * Commits to `K`. A `K` is accepted only if this is what the signed record holds.
 *
 * @param conversation The id, 32 octets.
 * @param epoch The number of the epoch.
 * @param key `K`, 32 octets.
 * @returns 32 octets.
 * @throws {RangeError} If a length is wrong or the number does not fit.
 */
export async function commitment(
  conversation: Uint8Array,
  epoch: number,
  key: Uint8Array,
): Promise<Uint8Array> {
  checkLengths("commit to", key, conversation);
  return await hash(label("ftc1 epoch commit"), conversation, u32(epoch), key);
}

/**
 * Derives the `K` that follows when members are added. Those who are new cannot go back.
 *
 * @param key The `K` before, 32 octets.
 * @param newMembersHash Hash of the list after the change, 32 octets.
 * @returns 32 octets.
 * @throws {RangeError} If a length is wrong.
 */
export async function deriveAdded(
  key: Uint8Array,
  newMembersHash: Uint8Array,
): Promise<Uint8Array> {
  checkLengths("derive", key, newMembersHash);
  return await kdf(key, newMembersHash, "ftc1 epoch add");
}

/**
 * Derives the key of the messages of an epoch. It is bound to the record, so that members who were
 * shown different records cannot read each other.
 *
 * @param key `K`, 32 octets.
 * @param recordHash Hash of the epoch record, 32 octets.
 * @returns 32 octets.
 * @throws {RangeError} If a length is wrong.
 */
export async function deriveMessageKey(
  key: Uint8Array,
  recordHash: Uint8Array,
): Promise<Uint8Array> {
  checkLengths("derive message key from", key, recordHash);
  return await kdf(key, recordHash, "ftc1 message key");
}

/**
 * Derives the key of the messages of an epoch and imports it.
 *
 * @param key `K`, 32 octets.
 * @param recordHash Hash of the epoch record, 32 octets.
 * @returns The key, not extractable.
 * @throws {RangeError} If a length is wrong.
 */
export async function importMessageKey(
  key: Uint8Array,
  recordHash: Uint8Array,
): Promise<FernetKey> {
  return await importKey(await deriveMessageKey(key, recordHash));
}

function checkLengths(action: string, key: Uint8Array, other: Uint8Array): void {
  if (key.length === EPOCH_KEY && other.length === 32) return;
  throw new RangeError(
    `Cannot ${action} epoch key: expected 32 and 32 octets, got ${key.length} and ${other.length}`,
  );
}
