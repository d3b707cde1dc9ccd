/**
 * Writes entries of the client state, each time together with the index over all of them.
 *
 * The server takes a batch whole or not at all, and only if every counter in it is the next one. Since
 * the index is in every batch, two sessions never write over each other unnoticed.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { utf8 } from "../../cipher/bytes.ts";
import type { FernetKey } from "../../cipher/fernet.ts";
import { hash } from "../../cipher/kdf.ts";
import { sealState } from "../../cipher/state_entry.ts";
import { MAX_PAGE_OCTETS, MAX_STATE_WRITES } from "../../protocol/limits.ts";
import { type Asker, askFor, Refused } from "./asker.ts";
import type { StoredEntry } from "./state_pages.ts";
import { StateTable } from "./state_table.ts";
import type {
  ConversationState,
  IndexValue,
  PeerState,
  RootsState,
  StateValue,
} from "./state_value.ts";

/** Octets of one entry in a frame beside its token. */
const ENTRY_OCTETS = 80;

/** Octets that the index takes in a frame. */
const INDEX_OCTETS = 512;

/** What is to be written. */
export interface StateWrite {
  /** The name of the entry. */
  readonly name: string;
  /** What it is to hold. */
  readonly value:
    | { readonly peer: PeerState }
    | { readonly conversation: ConversationState }
    | { readonly roots: RootsState };
}

/** What a writing needs. */
export interface WriteOptions {
  /** The state key. */
  readonly key: FernetKey;
  /** The state that the writes are based on. */
  readonly table: StateTable;
  /** The name of the index. */
  readonly indexName: string;
  /** What is to be written; if nothing, the index alone is. */
  readonly writes: readonly StateWrite[];
  /** Called with the table after every batch that the server has taken. */
  readonly written: (table: StateTable) => Promise<void>;
}

/**
 * Writes entries, in batches that fit into a frame.
 *
 * @param asker Whom to ask.
 * @param options What, and on what it is based.
 * @returns Whether all was taken; otherwise another session has written meanwhile.
 * @throws {Refused | CutOff} If the server refuses for another reason, or there is no answer.
 */
export async function writeState(asker: Asker, options: WriteOptions): Promise<boolean> {
  const { key, indexName, written } = options;
  let { table } = options;
  let left = options.writes;
  do {
    const counter = (table.entries.get(indexName)?.counter ?? 0) + 1;
    const batch = await sealBatch(left, { key, table, first: counter });
    left = left.slice(batch.size);
    const below = new StateTable(new Map([...table.entries, ...batch]), indexName);
    const value: IndexValue = { count: below.count, digest: await below.digest() };
    batch.set(indexName, await sealEntry(key, indexName, { counter, value }));
    if (!await send(asker, batch)) return false;
    table = new StateTable(new Map([...table.entries, ...batch]), indexName);
    await written(table);
  } while (left.length > 0);
  return true;
}

/**
 * Deletes entries that are none of this identity's.
 *
 * @param asker Whom to ask.
 * @param table The state.
 */
export async function purgeState(asker: Asker, table: StateTable): Promise<void> {
  const foreign = [...table.entries].filter(([, { hash }]) => hash === null);
  for (let at = 0; at < foreign.length; at += MAX_STATE_WRITES) {
    const m = foreign.slice(at, at + MAX_STATE_WRITES)
      .map(([entry, { counter }]) => ({ entry, counter: counter + 1, value: null }));
    await askFor(asker, { t: "set_state", m }, "ok");
  }
}

async function sealBatch(
  writes: readonly StateWrite[],
  { key, table, first }: {
    readonly key: FernetKey;
    readonly table: StateTable;
    readonly first: number;
  },
): Promise<Map<string, StoredEntry>> {
  const batch = new Map<string, StoredEntry>();
  let octets = INDEX_OCTETS;
  for (const { name, value } of writes) {
    const entry = await sealEntry(key, name, {
      counter: (table.entries.get(name)?.counter ?? 0) + 1,
      value: { first: table.firstOf(name) ?? first, ...value },
    });
    octets += entry.token.length + ENTRY_OCTETS;
    const isFull = octets > MAX_PAGE_OCTETS || batch.size + 1 === MAX_STATE_WRITES;
    if (isFull && batch.size > 0) break;
    batch.set(name, entry);
  }
  return batch;
}

async function sealEntry(
  key: FernetKey,
  name: string,
  { counter, value }: { readonly counter: number; readonly value: StateValue },
): Promise<StoredEntry> {
  const token = await sealState(key, { name, counter, value });
  return { counter, token, hash: await hash(utf8(token)), value };
}

async function send(asker: Asker, batch: ReadonlyMap<string, StoredEntry>): Promise<boolean> {
  const m = [...batch].map(([entry, { counter, token }]) => ({ entry, counter, value: token }));
  try {
    await askFor(asker, { t: "set_state", m }, "ok");
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === "conflict") return false;
    throw error;
  }
}
