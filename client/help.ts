/**
 * The texts of `@help`: all commands on one screen of 80 columns and 24 rows, with room for the
 * input and a status row, or one in detail.
 *
 * @module
 */

import type { CommandHelp } from "./commands.ts";

/** Commands that belong together share a row, so that there is room for the input below. */
const LINES: readonly (readonly [string, string])[] = [
  ["text", "message to the current conversation (at first the lobby)"],
  ["@name text", "message to a user or a group, stored if nobody is there"],
  ["@name", "go there: text goes there from then on; @lobby [text]: back"],
  ["@@text", "a text that begins with @"],
  ["@names", "who is online"],
  ["@next [N]", "go to the next unread conversation, or to the N-th"],
  ["@history n [name]", "last n messages, of all or one; @history more: older ones"],
  ["@search words", "messages with all these words, newest first; Ctrl-C stops"],
  ["@group set G a,b,c", "create G, or replace the members of your G"],
  ["@group send G text", "message to a group (or @G text)"],
  ["@group add G a,b", "add members (owner); @group remove G a,b: remove them"],
  ["@group leave G", "leave a group; @group delete G: delete it (owner)"],
  ["@group list", "your groups; @group info G: owner and members of one"],
  ["@verify NAME [ok]", "number to compare with somebody; ok: it is the same"],
  ["@trust [NAME]", "accept what you were warned of, without comparing"],
  ["@ignore [NAME]", "hide what somebody says, or show it again; alone: a list"],
  ["@set [NAME VALUE]", "your settings (bell, colours, time …), or change one"],
  ["@password", "change your password; @rekey: keys too, if somebody had it"],
  ["@help [command]", "this, or one command with an example; @quit: leave"],
];

const COLUMN = Math.max(...LINES.map(([left]) => left.length)) + 2;

/**
 * Explains everything a user may type.
 *
 * @returns At most 20 lines of at most 79 columns.
 */
export function helpScreen(): string {
  return LINES.map(([left, right]) => left.padEnd(COLUMN) + right).join("\n");
}

/**
 * Explains one command, or all of `@group`.
 *
 * @param commands What to explain, in order.
 * @returns Two lines for each.
 */
export function helpDetail(commands: readonly CommandHelp[]): string {
  return commands
    .map(({ usage, about, example }) => `${usage}: ${about}\n  Example: ${example}`)
    .join("\n");
}
