/**
 * What a session tells its user, before a face gives it words.
 *
 * Texts and names in it are as the server sent them: each face passes them through `display.ts`.
 *
 * @module
 */

import type { EventOf } from "../protocol/event.ts";
import type { CommandHelp } from "./commands.ts";
import type { OpenedEntry } from "./opened.ts";

/** Where a text goes that names no receiver. */
export type Conversation =
  | { readonly kind: "lobby" }
  | { readonly kind: "user" | "group"; readonly name: string };

/** A group as `@group info` shows it. */
export type GroupInfo = Pick<EventOf<"group_info">, "group" | "owner" | "since"> & {
  readonly members: readonly string[];
};

/** One thing to show. */
export type Shown =
  | { readonly type: "account_created" | "welcome"; readonly user: string }
  /** An entry as it happens. */
  | { readonly type: "entry"; readonly entry: OpenedEntry }
  /** An entry from before. */
  | { readonly type: "past"; readonly entry: OpenedEntry }
  /** `count` past entries follow; `isOlder`: those before the ones that were shown last. */
  | { readonly type: "history"; readonly count: number; readonly isOlder?: true }
  /** Past entries that hold these words follow, newest first, until `found`. */
  | { readonly type: "search"; readonly words: readonly string[] }
  /** So many were found up to the beginning of the history, or where the search was stopped. */
  | {
    readonly type: "found";
    readonly count: number;
    /** Entries that could not be looked at. */
    readonly unreadable: number;
    readonly at: "beginning" | "stopped";
  }
  /** What was missed follows: `count` entries, of which the `older` first ones are not shown. */
  | { readonly type: "missed"; readonly count: number; readonly older: number }
  /** What was missed is over. */
  | { readonly type: "now" }
  | { readonly type: "joined" | "left"; readonly user: string }
  | { readonly type: "names"; readonly users: readonly string[] }
  | { readonly type: "groups"; readonly groups: readonly string[] }
  | { readonly type: "group_info"; readonly info: GroupInfo }
  /** The server did what was asked and has a sentence about it. */
  | { readonly type: "done"; readonly text: string }
  /** Something about keys that the user should know. */
  | {
    readonly type: "keys";
    readonly level: "notice" | "warning" | "error";
    readonly text: string;
  }
  /** Not done, and why; `typed`: the line of a message that was not stored, to be typed again. */
  | {
    readonly type: "refused";
    readonly text: string;
    readonly typed?: string | undefined;
    /** As in docs/PROTOCOL.md, where it is the server who refused. */
    readonly code?: string | undefined;
  }
  | { readonly type: "usage"; readonly usage: string }
  /** All commands, or some in detail. */
  | { readonly type: "help"; readonly commands?: readonly CommandHelp[] | undefined }
  /** The current conversation is another one. */
  | {
    readonly type: "chosen";
    readonly conversation: Conversation;
    /** Set where the user did not choose it: the one before is gone. */
    readonly isFallback?: true;
  }
  | { readonly type: "shutdown" | "goodbye" };
