/**
 * The number of the first or the last entry in a range of one conversation, though it be damaged.
 *
 * Entries of a conversation are numbered without a gap, so the number of one that cannot be read
 * follows from the nearest one that can.
 *
 * @module
 */

import { DamagedRecord, decodeRecord } from "./record.ts";
import type { Store, StoredEntry } from "./store.ts";
import { entryRecord, prefixOf, type Tail } from "./tables.ts";

/** Entries read at once where the first one is damaged. */
const CHUNK = 64;

/** A run of ids of one conversation, both ends included. */
export interface Run {
  /** Conversation id. */
  readonly conversation: string;
  /** The first id. */
  readonly from: number;
  /** The last id. */
  readonly to: number;
}

/**
 * Finds the entry at one end of a run, and its number.
 *
 * @param store Where entries are.
 * @param run Which.
 * @param end Which end of it.
 * @returns Id and number, from 1; `null` where there is no entry. Where not one can be read, they
 *   are counted as if the run were all there is.
 * @throws {Error} If the store fails.
 */
export async function entryAt(
  store: Store,
  run: Run,
  end: "first" | "last",
): Promise<Tail | null> {
  let { from, to } = run;
  let id: number | null = null;
  let passed = 0;
  for (let limit = 1; from <= to; limit = CHUNK) {
    const some = await listRun(store, { ...run, from, to }, { end, limit });
    for (const stored of some) {
      const at = idOf(stored);
      id ??= at;
      const seq = seqOf(stored);
      if (seq !== null) return { id, seq: end === "last" ? seq + passed : seq - passed };
      passed++;
      if (end === "last") to = at - 1;
      else from = at + 1;
    }
    if (some.length < limit) break;
  }
  return id === null ? null : { id, seq: end === "last" ? passed : 1 };
}

/**
 * Lists entries from one end of a run.
 *
 * @param store Where entries are.
 * @param run Which.
 * @param options From which end, and how many at the most.
 */
export function listRun(
  store: Store,
  run: Run,
  options: { readonly end: "first" | "last"; readonly limit: number },
): Promise<StoredEntry[]> {
  if (run.from > run.to) return Promise.resolve([]);
  return store.list({
    prefix: prefixOf.entries(run.conversation),
    from: run.from,
    to: run.to + 1,
    limit: options.limit,
    ...(options.end === "last" ? { reverse: true as const } : {}),
  });
}

/** The id of a stored entry: the last part of its key. */
export function idOf(stored: StoredEntry): number {
  return Number(stored.key.at(-1));
}

function seqOf(stored: StoredEntry): number | null {
  try {
    return decodeRecord(stored, entryRecord).seq;
  } catch (error) {
    if (error instanceof DamagedRecord) return null;
    throw error;
  }
}
