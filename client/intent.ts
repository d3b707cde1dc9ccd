/**
 * What a user wants that takes more than one command on the wire, and keys: changes of groups, and trust.
 *
 * The session asks for it as for a command, and it is answered with `ok` or `error` as a command is; what
 * does it is `end_to_end/`. It never goes over the wire itself.
 * Source: PRODUCT §3; FTC1 §7.4, §7.8.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";

/** Something to be done end to end. */
export type Intent = { readonly id: RequestId } & Intended;

/** The same without its id. */
export type Intended =
  | {
    readonly t: "group_set" | "group_add" | "group_remove";
    readonly group: string;
    readonly members: readonly string[];
  }
  | { readonly t: "group_leave" | "group_delete"; readonly group: string }
  /** Shows the safety number, or marks it as compared. */
  | { readonly t: "verify"; readonly name: string; readonly compared: boolean }
  /** Accepts what was warned of: the keys of a user, the id of a group, or the state at the server. */
  | { readonly t: "trust"; readonly name: string | null };

/** The types of intents. */
export const INTENTS: ReadonlySet<string> = new Set(
  [
    "group_set",
    "group_add",
    "group_remove",
    "group_leave",
    "group_delete",
    "verify",
    "trust",
  ] satisfies Intent["t"][],
);
