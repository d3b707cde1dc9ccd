/**
 * The texts of `@help`: all commands on one screen of 80 columns and 24 rows, or one in detail.
 *
 * @module
 */

import { type CommandHelp, COMMANDS } from "./commands.ts";

const LINES: readonly (readonly [string, string])[] = [
  ["text", "message to the current conversation (at first the lobby)"],
  ["@name text", "message to a user or a group, stored if nobody is there"],
  ["@name", "make a user or a group the current conversation"],
  ["@@text", "a text that begins with @"],
  ...COMMANDS.map(({ usage, about }) => [usage, about] as const),
];

const COLUMN = Math.max(...LINES.map(([left]) => left.length)) + 2;

/**
 * Explains everything a user may type.
 *
 * @returns At most 23 lines of at most 79 columns.
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
