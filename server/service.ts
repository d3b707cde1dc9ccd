/**
 * The chat behind all connections: the state, loaded from the store, and what works on it.
 *
 * @module
 */

import { Accounts } from "./accounts.ts";
import { Conversations } from "./conversation.ts";
import { Cursors } from "./cursors.ts";
import { Delivery } from "./delivery.ts";
import { Directory } from "./directory.ts";
import { EntryIds } from "./entry_id.ts";
import { History } from "./history.ts";
import { Hub } from "./hub.ts";
import { Journal } from "./journal.ts";
import type { Policy } from "./policy.ts";
import { Presence } from "./presence.ts";
import { decodeRecord } from "./record.ts";
import type { Store } from "./store.ts";
import { changeRecord, directRecord, prefixOf, type Tail, tailRecord } from "./tables.ts";

const DAY_MS = 86_400_000;

/** What a service needs. */
export interface ServiceOptions {
  /** Where everything is kept; the caller closes it. */
  readonly store: Store;
  /** Bounds. */
  readonly policy: Policy;
  /** Octets that make the ids of conversations this server's own (FTC1 §7.3). */
  readonly realm: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what could not be stored or read. */
  readonly failed: (error: unknown) => void;
}

/** The parts of a running chat. */
export interface Service extends AsyncDisposable {
  /** As given. */
  readonly options: ServiceOptions;
  /** Names. */
  readonly directory: Directory;
  /** Groups and memberships. */
  readonly conversations: Conversations;
  /** Sessions. */
  readonly presence: Presence;
  /** Rules. */
  readonly hub: Hub;
  /** Writes. */
  readonly journal: Journal;
  /** Reads. */
  readonly history: History;
  /** Logins. */
  readonly accounts: Accounts;
  /** Who has been shown what. */
  readonly cursors: Cursors;
}

/**
 * Loads the state.
 *
 * @param options Store, bounds, time.
 * @returns The service; disposing it stores what is still on its way.
 * @throws {import("./record.ts").DamagedRecord} If what all else depends on cannot be read.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { store, policy, now, failed } = options;
  const directory = new Directory();
  const conversations = new Conversations();
  const presence = new Presence();
  const hub = new Hub({ directory, conversations, presence, policy });
  const isGroup = (name: string) => hub.isGroupName(name, now());
  const accounts = new Accounts(store, { directory, isGroup });
  const [tails] = await Promise.all([
    loadTails(store),
    accounts.load(),
    loadGroups(store, conversations),
    loadDirects(store, conversations),
  ]);
  const newest = [...tails.values()].reduce((id, tail) => Math.max(id, tail.id), 0);
  const journal = new Journal({
    store,
    hub,
    delivery: new Delivery({ conversations, presence }),
    ids: new EntryIds(newest),
    tails,
    now,
    sentMs: policy.sentDays * DAY_MS,
    failed,
  });
  const history = new History(store, { tails, damaged: failed });
  const cursors = new Cursors(store, failed);
  return {
    options,
    directory,
    conversations,
    presence,
    hub,
    journal,
    history,
    accounts,
    cursors,
    [Symbol.asyncDispose]: async () => {
      await journal.close();
      await cursors[Symbol.asyncDispose]();
    },
  };
}

async function loadTails(store: Store): Promise<Map<string, Tail>> {
  const tails = new Map<string, Tail>();
  for await (const stored of store.scan(prefixOf.tails)) {
    tails.set(String(stored.key[1]), decodeRecord(stored, tailRecord));
  }
  return tails;
}

async function loadGroups(store: Store, conversations: Conversations): Promise<void> {
  for await (const stored of store.scan(prefixOf.changes)) {
    conversations.apply(decodeRecord(stored, changeRecord).entry);
  }
}

async function loadDirects(store: Store, conversations: Conversations): Promise<void> {
  for await (const stored of store.scan(prefixOf.directs)) {
    const { users, from } = decodeRecord(stored, directRecord);
    conversations.openDirect(String(stored.key[1]), users, from);
  }
}
