/**
 * The chat behind all connections: the state, loaded from the store, and what works on it.
 *
 * @module
 */

import { MAX_EPOCH_MEMBERS } from "../cipher/member_list.ts";
import { Accounts } from "./accounts.ts";
import { Allowance } from "./allowance.ts";
import { loadChains } from "./chain_loading.ts";
import { Chains } from "./chains.ts";
import { ClientState } from "./client_state.ts";
import { Conversations } from "./conversation.ts";
import { Cursors } from "./cursors.ts";
import { Delivery } from "./delivery.ts";
import { Directory } from "./directory.ts";
import { EntryIds } from "./entry_id.ts";
import { Expiring } from "./expiring.ts";
import { isGroupName } from "./group_name.ts";
import { Guesses } from "./guesses.ts";
import { History } from "./history.ts";
import { Hub } from "./hub.ts";
import { Journal } from "./journal.ts";
import { KeyRecords } from "./key_records.ts";
import { LazyWriter } from "./lazy_writer.ts";
import { loadConversations } from "./loading.ts";
import { MemberThrottle } from "./member_throttle.ts";
import type { Policy } from "./policy.ts";
import { Presence } from "./presence.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { Roster } from "./roster.ts";
import type { Store } from "./store.ts";
import { prefixOf, type Tail } from "./tables.ts";
import { Uploads } from "./uploads.ts";

const DAY_MS = 86_400_000;
const HOUR_S = 3_600;
const MINUTE_S = 60;

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
  /** Epochs of conversations. */
  readonly chains: Chains;
  /** Wraps whose record has not come. */
  readonly uploads: Uploads;
  /** Key records, also those of accounts that are gone. */
  readonly keyRecords: KeyRecords;
  /** What clients keep for themselves. */
  readonly clientState: ClientState;
  /** Sessions. */
  readonly presence: Presence;
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
  /** How often a member may make an epoch. */
  readonly epochs: MemberThrottle;
  /** How often a member may complain. */
  readonly complaints: MemberThrottle;
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
 * @throws {Error} If the store fails; a record that cannot be read is reported and stops nothing.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { store, policy, now, uptime, failed } = options;
  const directory = new Directory();
  const conversations = new Conversations();
  const presence = new Presence(policy);
  const chains = new Chains(directory);
  const uploads = new Uploads(store, { policy, mostMembers: MAX_EPOCH_MEMBERS, failed });
  const clientState = new ClientState(store);
  const isGroup = (name: string) => isGroupName({ conversations, policy }, name, now());
  const writer = new LazyWriter(store, failed);
  const roster = new Roster(presence, writer);
  const accounts = new Accounts(store, { directory, isGroup, now });
  const [{ tails, newest }] = await Promise.all([
    loadConversations({ store, conversations, damaged: failed }),
    loadChains({ store, chains, damaged: failed }),
    uploads.clear(),
    accounts.load({ realm: options.realm, damaged: failed }),
    directory.standings.load(store, failed),
    roster.load(store, uptime()),
  ]);
  await forgetStates(clientState, { store, directory });
  const journal = new Journal({
    store,
    hub: new Hub({ directory, conversations, chains, presence, policy, tails }),
    delivery: new Delivery({ chains, conversations, directory, presence }),
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
    chains,
    uploads,
    keyRecords: new KeyRecords(store, { directory, realm: options.realm, damaged: failed }),
    clientState,
    presence,
    journal,
    history,
    accounts,
    cursors: new Cursors(store, writer, { damaged: failed }),
    roster,
    tails,
    guesses: new Guesses(policy),
    epochs: new MemberThrottle({
      burst: policy.epochBurst,
      perSecond: policy.epochsPerMinute / MINUTE_S,
    }),
    complaints: new MemberThrottle({
      burst: policy.complaintsPerHour,
      perSecond: policy.complaintsPerHour / HOUR_S,
    }),
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
      await uploads.settled();
      await writer[Symbol.asyncDispose]();
    },
  };
}

/** Goes on where the state of an account that has ended was not deleted in whole. */
async function forgetStates(
  clientState: ClientState,
  { store, directory }: { readonly store: Store; readonly directory: Directory },
): Promise<void> {
  for await (const { key } of store.scan(prefixOf.ended)) {
    const user = String(key[1]);
    // Of an account that cannot be read it is not known which state is its own.
    if (directory.hasUser(user) && directory.lineOf(user).length === 0) continue;
    await clientState.forget(user, () => directory.lineOf(user)[0]);
  }
}
