/**
 * The chat behind all connections: the state, loaded from the store, and what works on it.
 *
 * @module
 */

import { Accounts } from "./accounts.ts";
import { Allowance } from "./allowance.ts";
import { Conversations } from "./conversation.ts";
import { Cursors } from "./cursors.ts";
import { Delivery } from "./delivery.ts";
import { Directory } from "./directory.ts";
import { EntryIds } from "./entry_id.ts";
import { Expiring } from "./expiring.ts";
import { Guesses } from "./guesses.ts";
import { History } from "./history.ts";
import { Hub } from "./hub.ts";
import { Journal } from "./journal.ts";
import { LazyWriter } from "./lazy_writer.ts";
import type { Policy } from "./policy.ts";
import { Presence } from "./presence.ts";
import { decodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { Roster } from "./roster.ts";
import type { Store } from "./store.ts";
import {
  changeRecord,
  directRecord,
  endedRecord,
  prefixOf,
  type Tail,
  tailRecord,
} from "./tables.ts";

const DAY_MS = 86_400_000;

/** Accounts whose allowance is remembered for a day after their last login. */
const MOST_ALLOWANCES = 100_000;

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
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** Whether the disk has no room for more. */
  readonly isDiskFull: () => boolean;
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
  /** Comings and goings. */
  readonly roster: Roster;
  /** Wrong passwords and new accounts. */
  readonly guesses: Guesses;
  /** What each account may ask. */
  readonly allowanceOf: (user: string) => Allowance;
  /** The newest entry of each conversation, and how many it has had. */
  readonly tails: ReadonlyMap<string, Tail>;
  /** Why nothing can be stored at present, or `null`. */
  readonly trouble: () => Refusal | null;
}

/**
 * Loads the state.
 *
 * @param options Store, bounds, time.
 * @returns The service; disposing it stores what is still on its way.
 * @throws {import("./record.ts").DamagedRecord} If what all else depends on cannot be read.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { store, policy, now, uptime, failed } = options;
  const directory = new Directory();
  const conversations = new Conversations();
  const presence = new Presence(policy);
  const hub = new Hub({ directory, conversations, presence, policy });
  const isGroup = (name: string) => hub.isGroupName(name, now());
  const writer = new LazyWriter(store, failed);
  const roster = new Roster(presence, writer);
  const accounts = new Accounts(store, { directory, isGroup, now });
  // Before the memberships: those of an account that has ended are none.
  const lastEnd = await loadEnds(store, conversations);
  const [tails] = await Promise.all([
    loadTails(store),
    accounts.load(),
    directory.standings.load(store),
    loadGroups(store, conversations),
    loadDirects(store, conversations),
    roster.load(store, uptime()),
  ]);
  const newest = [...tails.values()].reduce((id, tail) => Math.max(id, tail.id), lastEnd);
  const journal = new Journal({
    store,
    hub,
    delivery: new Delivery({ conversations, directory, presence }),
    ids: new EntryIds(newest),
    tails,
    now,
    uptime,
    sentMs: policy.sentDays * DAY_MS,
    failed,
  });
  const history = new History(store, { tails, damaged: failed });
  const allowances = new Expiring<Allowance>(MOST_ALLOWANCES, DAY_MS);
  return {
    options,
    directory,
    conversations,
    presence,
    hub,
    journal,
    history,
    accounts,
    cursors: new Cursors(store, writer),
    roster,
    tails,
    guesses: new Guesses(policy),
    allowanceOf: (user) => {
      const allowance = allowances.get(user, uptime()) ?? new Allowance(policy, uptime());
      allowances.set(user, allowance, uptime());
      return allowance;
    },
    trouble: () => {
      if (options.isDiskFull()) return refuse.diskFull();
      const since = journal.committingSince ?? uptime();
      return uptime() - since > policy.commitMs ? refuse.storage() : null;
    },
    [Symbol.asyncDispose]: async () => {
      await journal.close();
      await writer[Symbol.asyncDispose]();
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

/** Returns the newest id of an end. */
async function loadEnds(store: Store, conversations: Conversations): Promise<number> {
  let newest = 0;
  for await (const stored of store.scan(prefixOf.ended)) {
    const { id } = decodeRecord(stored, endedRecord);
    conversations.endAccount(String(stored.key[1]), id);
    newest = Math.max(newest, id);
  }
  return newest;
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
