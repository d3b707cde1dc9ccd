/**
 * What the hub is asked to decide, and what it answers.
 *
 * @module
 */

import type { CommandOf } from "../protocol/command.ts";
import type { Entry } from "../protocol/event.ts";
import type { Refusal } from "./refusal.ts";
import type { Standing } from "./tables.ts";

/** The commands that make entries. */
export type WriteCommand =
  | CommandOf<"send">
  | CommandOf<"group_set">
  | CommandOf<"group_add">
  | CommandOf<"group_remove">
  | CommandOf<"group_leave">
  | CommandOf<"group_delete">;

/** What the operator asks for: the end of an account, in steps. */
export interface EndAccount {
  /** Tells it from the commands of users. */
  readonly t: "end_account";
  /** What the name is from then on. */
  readonly standing: Standing;
}

/** A command with what the hub cannot know of itself. */
export interface Request {
  /** Who asks, or whose account is to end. */
  readonly user: string;
  /** What for. */
  readonly command: WriteCommand | EndAccount;
  /**
   * The conversation id (FTC1 §7.3, base64url) that a direct message to this receiver, or a new
   * group of this name, would have; empty where there is neither.
   */
  readonly conversation: string;
}

/** When something is decided. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Makes the next entry id. */
  readonly nextId: () => number;
}

/** What is to be stored and told. */
export interface Accepted {
  /** In order; none where there was nothing to change. */
  readonly entries: readonly Entry[];
  /** A direct conversation that begins with the entry. */
  readonly opens?: { readonly conversation: string; readonly users: readonly string[] };
  /** An account that ends, with the id up to which it could read; what the name is from then on. */
  readonly ends?: { readonly user: string; readonly id: number; readonly standing: Standing };
  /** Holds the name of a new group until it is stored. */
  readonly hold?: Disposable;
  /** A sentence for the one who asked. */
  readonly text?: string;
}

/** Yes or no. */
export type Decision = Accepted | { readonly refused: Refusal };

/** Whether a decision changes what later decisions depend on; it must be stored before those. */
export function changesState(decision: Accepted): boolean {
  if (decision.opens !== undefined || decision.ends !== undefined) return true;
  return decision.entries.some((entry) => entry.t === "change");
}
