/**
 * Words of a typed line, and what is answered where they are wrong.
 *
 * @module
 */

import type { Action } from "./action.ts";
import { type CommandWord, findCommand } from "./commands.ts";

/** Reads what stands behind a command word. */
export type Reader = (rest: string) => Action;

/**
 * Splits at the first blank or line break behind the first word.
 *
 * @param text What was typed.
 * @returns The word, and the rest to the letter; `null` where nothing follows.
 */
export function firstWord(text: string): [string, string | null] {
  const match = /^[ \t\n]*([^ \t\n]*)(?:[ \t\n]([^]*))?$/.exec(text);
  return [match?.[1] ?? "", match?.[2] ?? null];
}

/** Takes a command that has no arguments; with some it is answered with its usage. */
export function alone(rest: string, word: CommandWord, action: Action): Action {
  return rest.trim() === "" ? action : usageOf(word);
}

/** Answers with the usage of a command. */
export function usageOf(word: CommandWord): Action {
  return { type: "usage", usage: findCommand(word)?.usage ?? word };
}

/** Refuses a group as the server would. */
export function noGroup(name: string): Action {
  return refused(`No group ${cut(name)} that you are in.`);
}

/** Refuses a user as the server would. */
export function noUser(name: string): Action {
  return refused(`User ${cut(name)} does not exist.`);
}

/** Refuses a command with a sentence. */
export function refused(text: string): Action {
  return { type: "refused", text, message: false };
}

/** Splits at blanks and line breaks. */
export function words(text: string): string[] {
  return text.split(/[ \t\n]+/).filter((word) => word !== "");
}

/** Shortens a name for a sentence. */
export function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40).toWellFormed()}…` : name;
}
