/**
 * What a typed line can ask for. `input.ts` reads it, `requests.ts` does it.
 *
 * @module
 */

import type { CommandHelp } from "./commands.ts";
import type { SettingName, Settings } from "./settings.ts";
import type { Conversation } from "./shown.ts";

/** Where a text goes: the current conversation, the lobby, a group, or whoever has the name. */
export type Target =
  | { readonly kind: "current" }
  | { readonly kind: "lobby" }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "group"; readonly name: string };

/** What a line asks for. */
export type Action =
  | { readonly type: "nothing" }
  | { readonly type: "send"; readonly to: Target; readonly body: string }
  /** `conversation`: what the name is, where that is known already. */
  | { readonly type: "choose"; readonly name: string; readonly conversation?: Conversation }
  /** Goes to an unread conversation, by its place in the list from 1. */
  | { readonly type: "next"; readonly place: number }
  | { readonly type: "names" }
  | { readonly type: "quit" }
  | { readonly type: "password" }
  | { readonly type: "rekey" }
  /** `compared`: the safety number is the same. */
  | { readonly type: "verify"; readonly name: string; readonly compared: boolean }
  /** Accepts the keys of a user or the id of a group; `null`: the state at the server. */
  | { readonly type: "trust"; readonly name: string | null }
  | { readonly type: "group_list" }
  | { readonly type: "history"; readonly count: number; readonly of?: string }
  /** Messages before those that `@history` has shown last. */
  | { readonly type: "history_more" }
  /** `words`: as `search.ts` looks for them. */
  | { readonly type: "search"; readonly words: readonly string[] }
  /** Ignores somebody, or shows his messages again; `null`: who is ignored. */
  | { readonly type: "ignore"; readonly name: string | null }
  /** Changes a setting, or shows one, or all. */
  | {
    readonly type: "set";
    readonly name: SettingName | null;
    readonly change: Partial<Settings> | null;
  }
  | { readonly type: "help"; readonly commands?: readonly CommandHelp[] }
  | { readonly type: "group_set"; readonly group: string; readonly members: readonly string[] }
  | { readonly type: "group_add"; readonly group: string; readonly members: readonly string[] }
  | { readonly type: "group_remove"; readonly group: string; readonly members: readonly string[] }
  | { readonly type: "group_leave"; readonly group: string }
  | { readonly type: "group_delete"; readonly group: string }
  | { readonly type: "group_info"; readonly group: string }
  | { readonly type: "usage"; readonly usage: string }
  /** `message`: it was one, and is not sent; `typed`: the line it was. */
  | {
    readonly type: "refused";
    readonly text: string;
    readonly message: boolean;
    readonly typed?: string;
  };

/** The action of one type. */
export type ActionOf<T extends Action["type"]> = Extract<Action, { readonly type: T }>;
