/**
 * A commit of which one knows whether it was done: an engine may fail after it has written.
 *
 * For writings beside the journal, which has its own (`journal_commits.ts`) and waits longer.
 *
 * @module
 */

import { equal } from "../cipher/bytes.ts";
import type { Check, Key, Store, Write } from "./store.ts";

/** A batch whose first writing nobody else would write in the same way. */
export interface WitnessedBatch {
  /** As in `Batch`. */
  readonly checks: readonly Check[];
  /** The witness first. */
  readonly sets: readonly [Write, ...Write[]];
  /** As in `Batch`. */
  readonly deletes?: readonly Key[];
}

/**
 * Commits, and where that fails looks whether it was done all the same.
 *
 * @param store Where.
 * @param batch What; its first writing is looked at.
 * @returns As `Store.commit`.
 * @throws {Error} If it was not done, or that cannot be known.
 */
export async function commitCertainly(store: Store, batch: WitnessedBatch): Promise<boolean> {
  try {
    return await store.commit(batch);
  } catch (error) {
    const [witness] = batch.sets;
    const now = error instanceof RangeError ? null : await store.get(witness.key).catch(() => null);
    if (now === null || !equal(now.value, witness.value)) throw error;
    // What can be read may not be on disk: it counts once a commit behind it has succeeded.
    const checks = [{ key: witness.key, version: now.version }];
    if (await store.commit({ checks, sets: [witness] })) return true;
    throw error;
  }
}
