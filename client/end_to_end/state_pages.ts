/**
 * Reads the entries of the client state from the server, page by page, and opens them.
 *
 * An entry that does not open under the state key is none of this identity's: of a former one, or
 * damaged. It is not counted, so a damaged one shows as missing in the index.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { utf8 } from "../../cipher/bytes.ts";
import type { FernetKey } from "../../cipher/fernet.ts";
import { hash } from "../../cipher/kdf.ts";
import { BadState, openState } from "../../cipher/state_entry.ts";
import type { EventOf } from "../../protocol/event.ts";
import { MAX_STATE_CHARACTERS, MAX_STATE_ENTRIES } from "../../protocol/limits.ts";
import { type Asker, askFor } from "./asker.ts";
import { readValue, type StateValue } from "./state_value.ts";

/** A counter that no client reaches: one more still is a safe integer. */
const MAX_COUNTER = 2 ** 48;

/** An entry at the server. */
export interface StoredEntry {
  /** What the server compares at the next writing. */
  readonly counter: number;
  /** The token. */
  readonly token: string;
  /** Hash of the token, 32 octets; `null` where it does not open under this key. */
  readonly hash: Uint8Array | null;
  /** What it holds; `null` also where this version does not know it. */
  readonly value: StateValue | null;
}

/** Entries by name. */
export type StoredEntries = ReadonlyMap<string, StoredEntry>;

/** What the server shows. */
export interface ShownState {
  /** The entries. */
  readonly entries: StoredEntries;
  /** Whether it ended within all bounds and in order. */
  readonly isWhole: boolean;
}

/** What a reading needs. */
export interface ReadOptions {
  /** The state key. */
  readonly key: FernetKey;
  /** Entries that are known: what has not changed is not opened again. */
  readonly known: StoredEntries;
  /** Nothing is read if this entry has this counter still. */
  readonly unless?: { readonly entry: string; readonly counter: number } | undefined;
}

/**
 * Reads all entries.
 *
 * @param asker Whom to ask.
 * @param options Under what key, and what is known.
 * @returns The entries, or `null` where nothing has changed.
 * @throws {Refused | CutOff} If there is no answer that makes sense.
 */
export async function readState(asker: Asker, options: ReadOptions): Promise<ShownState | null> {
  const { key, known, unless } = options;
  const entries = new Map<string, StoredEntry>();
  let after: string | undefined;
  while (true) {
    const { m, more, same } = await askFor(asker, {
      t: "state",
      ...(after === undefined ? {} : { after }),
      ...(unless === undefined || after !== undefined ? {} : { unless }),
    }, "state");
    if (same === true && unless !== undefined && after === undefined) return null;
    for (const { entry, counter, value } of m) {
      const isFit = (after === undefined || entry > after) && counter >= 1 &&
        counter < MAX_COUNTER && value.length <= MAX_STATE_CHARACTERS;
      if (!isFit) return { entries, isWhole: false };
      after = entry;
    }
    const opened = await Promise.all(m.map(async ({ entry, counter, value }) => {
      const before = known.get(entry);
      const isKnown = before?.token === value && before.counter === counter;
      return [entry, isKnown ? before : await openEntry(key, entry, { counter, value })] as const;
    }));
    for (const [name, entry] of opened) entries.set(name, entry);
    if (!more) return { entries, isWhole: true };
    if (m.length === 0 || entries.size > MAX_STATE_ENTRIES) return { entries, isWhole: false };
  }
}

type Item = EventOf<"state">["m"][number];

async function openEntry(
  key: FernetKey,
  name: string,
  { counter, value: token }: Omit<Item, "entry">,
): Promise<StoredEntry> {
  try {
    const content = await openState(key, token, { name });
    if (content.counter !== counter) return { counter, token, hash: null, value: null };
    const value = readValue(content.value);
    return { counter, token, hash: await hash(utf8(token)), value };
  } catch (error) {
    if (error instanceof BadState) return { counter, token, hash: null, value: null };
    throw error;
  }
}
