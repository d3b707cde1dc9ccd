/**
 * The state of the chat, read from the store at start: ends of conversations, memberships.
 *
 * A record that cannot be read stops nothing: what it said is taken from the entries where they say
 * it as well, or the one group or conversation that it was about is left out. Each is reported.
 *
 * | damaged | instead |
 * |---|---|
 * | `tail`, also a missing one | the last entry of the conversation |
 * | `change` | the same change among the entries; else the group is left out |
 * | `direct` | sender and receiver of the first message that can be read |
 * | `ended` | when the account of the name was made; without one, now |
 *
 * Source: FTC1 §9 row 99.
 *
 * @module
 */

import type { ChangeEntry, Entry } from "../protocol/event.ts";
import { LOBBY } from "../protocol/name.ts";
import type { Conversations } from "./conversation.ts";
import { firstIdAt } from "./entry_id.ts";
import { entryAt, listRun } from "./numbering.ts";
import { DamagedRecord, decodeRecord, type RecordSchema } from "./record.ts";
import type { Store, StoredEntry } from "./store.ts";
import * as tables from "./tables.ts";

const { keyOf, prefixOf } = tables;

/** Entries looked at for a message that can be read. */
const LOOKS = 64;

/** Keys looked up at once. */
const CHUNK = 500;

/** The greatest id that a range may end with. */
const LAST = Number.MAX_SAFE_INTEGER - 1;

/** What loading works with. */
export interface LoadingParts {
  /** What the store says. */
  readonly store: Store;
  /** Told of all memberships. */
  readonly conversations: Conversations;
  /** Told of each record that cannot be read. */
  readonly damaged: (error: unknown) => void;
}

/** What was read beside the memberships. */
export interface Loaded {
  /** The newest entry of each conversation. */
  readonly tails: Map<string, tables.Tail>;
  /** The greatest id ever given. */
  readonly newest: number;
}

/**
 * Reads memberships and ends.
 *
 * @param parts From where to where.
 * @throws {Error} If the store fails.
 */
export async function loadConversations(parts: LoadingParts): Promise<Loaded> {
  const tails = await loadTails(parts);
  const lastTail = () => tails.values().reduce((newest, { id }) => Math.max(newest, id), 0);
  // Before the memberships: those of an account that has ended are none.
  const lastEnd = await loadEnds(parts, lastTail());
  const [groups, directs] = await Promise.all([loadGroups(parts, tails), loadDirects(parts)]);
  for (const conversation of new Set([LOBBY, ...groups, ...directs])) {
    if (tails.has(conversation)) continue;
    const tail = await lastOf(parts.store, conversation);
    if (tail === null) continue;
    parts.damaged(new Error(`Cannot find the end of conversation ${conversation}: made anew`));
    tails.set(conversation, tail);
  }
  return { tails, newest: Math.max(lastTail(), lastEnd) };
}

async function loadTails(parts: LoadingParts): Promise<Map<string, tables.Tail>> {
  const tails = new Map<string, tables.Tail>();
  for await (const stored of parts.store.scan(prefixOf.tails)) {
    const conversation = String(stored.key[1]);
    const tail = read(stored, tables.tailRecord, parts) ?? await lastOf(parts.store, conversation);
    if (tail !== null) tails.set(conversation, tail);
  }
  return tails;
}

/** Returns the newest id of an end. */
async function loadEnds(parts: LoadingParts, now: number): Promise<number> {
  let newest = 0;
  for await (const stored of parts.store.scan(prefixOf.ended)) {
    const user = String(stored.key[1]);
    const end = read(stored, tables.endedRecord, parts)?.id ?? await endBefore(user, parts) ?? now;
    parts.conversations.endAccount(user, end);
    newest = Math.max(newest, end);
  }
  return newest;
}

/** An id before all that the present account of a name could read. */
async function endBefore(user: string, parts: LoadingParts): Promise<number | null> {
  const stored = await parts.store.get(keyOf.account(user));
  const account = stored === null ? null : read(stored, tables.accountRecord, parts);
  return account === null ? null : firstIdAt(account.created);
}

/** Returns the conversations of all groups. */
async function loadGroups(
  parts: LoadingParts,
  tails: ReadonlyMap<string, unknown>,
): Promise<Set<string>> {
  const changes: ChangeEntry[] = [];
  const lost = new Set<string>();
  for await (const stored of parts.store.scan(prefixOf.changes)) {
    const change = read(stored, tables.changeRecord, parts)?.entry;
    if (change !== undefined) {
      changes.push(change);
      continue;
    }
    const copy = await copyOf(Number(stored.key[1]), { parts, tails });
    if (copy?.change) changes.push(copy.change);
    else if (copy !== null) lost.add(copy.conversation);
  }
  for (const change of changes) {
    // Half the changes of a group could let somebody read who was removed.
    if (lost.has(change.conversation)) continue;
    try {
      parts.conversations.apply(change);
    } catch (error) {
      lost.add(change.conversation);
      parts.damaged(error);
    }
  }
  return new Set(changes.map(({ conversation }) => conversation));
}

/** Finds the entry that a change is the copy of, in whichever conversation it stands. */
async function copyOf(
  id: number,
  { parts, tails }: {
    readonly parts: LoadingParts;
    readonly tails: ReadonlyMap<string, unknown>;
  },
): Promise<{ readonly conversation: string; readonly change: ChangeEntry | null } | null> {
  const conversations = [...tails.keys()];
  for (let at = 0; at < conversations.length; at += CHUNK) {
    const keys = conversations.slice(at, at + CHUNK).map((one) => keyOf.entry(one, id));
    const stored = (await parts.store.getMany(keys)).find((one) => one !== null);
    if (stored === undefined) continue;
    const entry = read(stored, tables.entryRecord, parts)?.entry;
    return { conversation: String(stored.key[1]), change: entry?.t === "change" ? entry : null };
  }
  return null;
}

/** Returns all direct conversations. */
async function loadDirects(parts: LoadingParts): Promise<Set<string>> {
  const directs = new Set<string>();
  for await (const stored of parts.store.scan(prefixOf.directs)) {
    const conversation = String(stored.key[1]);
    const direct = read(stored, tables.directRecord, parts) ??
      await directFrom(conversation, { from: Number(stored.key[2]), parts });
    if (direct === null) continue;
    parts.conversations.openDirect(conversation, direct.users, direct.from);
    directs.add(conversation);
  }
  return directs;
}

/** Those between whom the first message passed that can be read. */
async function directFrom(
  conversation: string,
  { from, parts }: { readonly from: number; readonly parts: LoadingParts },
): Promise<{ readonly users: string[]; readonly from: number } | null> {
  const run = { conversation, from, to: LAST };
  for (const stored of await listRun(parts.store, run, { end: "first", limit: LOOKS })) {
    const entry: Entry | undefined = read(stored, tables.entryRecord, parts)?.entry;
    if (entry?.t === "message") return { users: [...new Set([entry.from, entry.to])], from };
  }
  return null;
}

function lastOf(store: Store, conversation: string): Promise<tables.Tail | null> {
  return entryAt(store, { conversation, from: 0, to: LAST }, "last");
}

function read<T>(stored: StoredEntry, schema: RecordSchema<T>, parts: LoadingParts): T | null {
  try {
    return decodeRecord(stored, schema);
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    parts.damaged(error);
    return null;
  }
}
