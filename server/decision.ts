/**
 * What the hub is asked to decide, and what it answers.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { Entry, Event } from "../protocol/event.ts";
import type { Chain } from "./chain.ts";
import type { Proposal } from "./epoch_intake.ts";
import type { Departure } from "./leaving.ts";
import type { Refusal } from "./refusal.ts";
import type { Key } from "./store.ts";
import type { Standing } from "./tables.ts";

/** An epoch that was found right in itself: signature, ids, hashes. */
export interface MakeEpoch {
  /** Tells it from other orders. */
  readonly t: "make_epoch";
  /** The epoch. */
  readonly proposal: Proposal;
}

/** A departure whose leave note was found right in itself. */
export interface LeaveGroup {
  /** Tells it from other orders. */
  readonly t: "leave_group";
  /** The note. */
  readonly departure: Departure;
}

/** A new wrap for somebody who has complained. */
export interface Rewrap {
  /** Tells it from other orders. */
  readonly t: "rewrap";
  /** Which complaint it answers. */
  readonly command: CommandOf<"rewrap">;
  /** Hash of the record of that epoch, base64url. */
  readonly hash: string;
}

/** What the operator asks for: the end of an account, in steps. */
export interface EndAccount {
  /** Tells it from what users ask for. */
  readonly t: "end_account";
  /** What the name is from then on. */
  readonly standing: Standing;
}

/** All that is decided in order. */
export type Order =
  | CommandOf<"send">
  | CommandOf<"complain">
  | MakeEpoch
  | LeaveGroup
  | Rewrap
  | EndAccount;

/** One of the orders, by its type. */
export type OrderOf<T extends Order["t"]> = Extract<Order, { readonly t: T }>;

/** An order, and who gives it. */
export interface Request {
  /** Who asks, or whose account is to end. */
  readonly user: string;
  /** What for. */
  readonly order: Order;
}

/** When something is decided. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Makes the next entry id. */
  readonly nextId: () => number;
}

/** What becomes of the chain of a conversation. */
export interface ChainChange {
  /** Whose. */
  readonly conversation: string;
  /** The chain when this is stored. */
  readonly chain: Chain;
  /** Records to be stored. */
  readonly sets: readonly (readonly [key: Key, value: unknown])[];
  /** Records to be deleted. */
  readonly deletes: readonly Key[];
  /** Nothing may stand under this key. */
  readonly isNew?: Key;
}

/** What is to be stored and told. */
export interface Accepted {
  /** In order; none where there was nothing to change. */
  readonly entries: readonly Entry[];
  /** A direct conversation that begins with the entry. */
  readonly opens?: { readonly conversation: string; readonly users: readonly string[] };
  /** What becomes of a chain. */
  readonly chain?: ChainChange;
  /** An event that is no entry, and who is told. */
  readonly tells?: { readonly event: Event; readonly users: readonly string[] };
  /** An account that ends, with the id up to which it could read; what the name is from then on. */
  readonly ends?: { readonly user: string; readonly id: number; readonly standing: Standing };
  /** Holds the name of a new group until it is stored. */
  readonly hold?: Disposable;
}

/** Yes or no. */
export type Decision = Accepted | { readonly refused: Refusal };

/** Whether a decision changes what later decisions depend on; it must be stored before those. */
export function changesState({ opens, ends, chain, entries }: Accepted): boolean {
  if (opens !== undefined || ends !== undefined || chain !== undefined) return true;
  return entries.some((entry) => entry.t === "change");
}

/** Whether an order may take so much room that it has a commit of its own. */
export function standsAlone({ t }: Order): boolean {
  return t === "make_epoch";
}
