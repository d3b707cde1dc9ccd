/**
 * What both adapters check before they attempt anything: `STORE_LIMITS`, applied.
 *
 * It is *not* the engine's own check, which comes too late: FTC1 §9 row 97 wants such a request never
 * attempted.
 *
 * @module
 */

import { type Batch, type Key, type Range, STORE_LIMITS } from "./store.ts";
import { encodeKey, encodePrefix } from "./store_key.ts";

/** How much of the limits a batch uses; the fields are those of `STORE_LIMITS`. */
export interface BatchSize {
  /** Number of checks. */
  readonly checks: number;
  /** Number of sets and deletes. */
  readonly mutations: number;
  /** Octets of all keys and values, as the engine counts them. */
  readonly batchOctets: number;
  /** Octets of the keys that are set. */
  readonly batchKeyOctets: number;
}

/**
 * Measures a batch; so a caller that gathers many small ones knows when to stop. The size of two
 * batches together is the sum of their sizes.
 *
 * @throws {RangeError} If a key cannot be one.
 */
export function measureBatch(batch: Batch): BatchSize {
  const { checks = [], sets = [], deletes = [] } = batch;
  const batchKeyOctets = keyOctets(sets.map((set) => set.key));
  const valueOctets = sets.reduce((sum, set) => sum + set.value.length, 0);
  return {
    checks: checks.length,
    mutations: sets.length + deletes.length,
    batchKeyOctets,
    batchOctets: valueOctets + 2 * batchKeyOctets + keyOctets(deletes) +
      keyOctets(checks.map((check) => check.key)),
  };
}

/**
 * Checks a batch against `STORE_LIMITS`.
 *
 * @throws {RangeError} If it is beyond one of them, a key cannot be one, or a key is changed twice.
 */
export function checkBatch(batch: Batch): void {
  const { sets = [], deletes = [] } = batch;
  const size = measureBatch(batch);
  atMost("checks", size.checks, STORE_LIMITS.checks);
  atMost("sets and deletes", size.mutations, STORE_LIMITS.mutations);
  for (const { value, expireIn } of sets) {
    atMost("octets in a value", value.length, STORE_LIMITS.valueOctets);
    if (expireIn !== undefined && !isCount(expireIn, STORE_LIMITS.expireIn)) {
      throw new RangeError(
        `Cannot commit: expected an expiry of 1 to ${STORE_LIMITS.expireIn} ms, got ${expireIn}`,
      );
    }
  }
  atMost("octets in keys that are set", size.batchKeyOctets, STORE_LIMITS.batchKeyOctets);
  atMost("octets in all", size.batchOctets, STORE_LIMITS.batchOctets);
  const changed = new Set<string>();
  for (const key of [...sets.map((set) => set.key), ...deletes]) {
    // Of keys that measureBatch let pass, no two have the same JSON.
    const name = JSON.stringify(key);
    if (changed.has(name)) throw new RangeError(`Cannot commit: key ${name} is changed twice`);
    changed.add(name);
  }
}

/**
 * Checks a range against `STORE_LIMITS`.
 *
 * @returns The ends of the range, in hexadecimal digits of `encodeKey`: it holds the keys at or after
 * `start` and before `end`. There is none if `start` is not before `end`.
 * @throws {RangeError} If the limit is no count or too large, or a key cannot be one.
 */
export function checkRange(range: Range): { readonly start: string; readonly end: string } {
  if (!isCount(range.limit, STORE_LIMITS.listEntries)) {
    throw new RangeError(
      `Cannot list: expected a limit of 1 to ${STORE_LIMITS.listEntries}, got ${range.limit}`,
    );
  }
  const prefix = encodePrefix(range.prefix).toHex();
  const at = (part: string | number) => encodeKey([...range.prefix, part]).toHex();
  return {
    // No part begins with 0x00 or 0xff, so these are just before and just after all of them.
    start: range.from === undefined ? `${prefix}00` : at(range.from),
    end: range.to === undefined ? `${prefix}ff` : at(range.to),
  };
}

function keyOctets(keys: readonly Key[]): number {
  return keys.reduce((sum, key) => sum + encodeKey(key).length, 0);
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function atMost(what: string, actual: number, most: number): void {
  if (actual > most) {
    throw new RangeError(`Cannot commit: expected at most ${most} ${what}, got ${actual}`);
  }
}
