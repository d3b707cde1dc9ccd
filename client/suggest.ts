/**
 * "Did you mean": what a word behind `@` that nobody knows was meant to be.
 *
 * Only something close is named; the bound is that of `closestName`.
 *
 * @module
 */

import { closestName, editDistance } from "../protocol/name.ts";
import { COMMAND_WORDS } from "./commands.ts";

/**
 * Finds the command word closest to a mistyped one.
 *
 * @param typed The word without `@`.
 * @param words The words it may be; all commands unless told.
 * @param prefix What stands before them, such as `group `.
 * @returns The word with its prefix, or `null` when none is close.
 */
export function suggestCommand(
  typed: string,
  words: readonly string[] = COMMAND_WORDS,
  prefix = "",
): string | null {
  const closest = closestName(typed.slice(0, 64).toLowerCase(), words);
  return closest === null ? null : prefix + closest;
}

/**
 * Says that a command is not known.
 *
 * @param typed The word without `@`; cut when long.
 * @param suggestion The command that is close, or `null`.
 * @returns The sentence behind `ERROR: `.
 */
export function unknownCommand(typed: string, suggestion: string | null): string {
  const word = typed.length > 40 ? `${typed.slice(0, 40).toWellFormed()}…` : typed;
  const meant = suggestion === null ? "" : ` Did you mean @${suggestion}?`;
  return `Unknown command @${word}.${meant}`;
}

/** What the server answered about a name that is no user and no group of one's own. */
export interface NoUser {
  /** The server's sentence. */
  readonly msg: string;
  /** The closest name that exists, if any is close. */
  readonly closest?: string | undefined;
}

/** What was wrong with `@word`. */
export interface Unknown {
  /** The sentence behind `ERROR: `. */
  readonly text: string;
  /** What it was meant as; `unclear` where it is close to nothing. */
  readonly as: "command" | "name" | "unclear";
}

/**
 * Says what was wrong with `@word`, once the server knows no such name: it may have been meant as a
 * command or as a name, and the closer of the two wins, the name among equals.
 *
 * @param word The name that was typed, canonical.
 * @param answer The server's.
 * @param use Whether it stood alone or before a text; alone and close to nothing it is a command.
 */
export function explainUnknown(word: string, answer: NoUser, use: "alone" | "text"): Unknown {
  const command = suggestCommand(word);
  const { closest } = answer;
  if (command !== null) {
    const isCloser = closest === undefined ||
      editDistance(word, command) < editDistance(word, closest.slice(0, 64));
    if (isCloser) return { text: unknownCommand(word, command), as: "command" };
  }
  if (closest !== undefined) return { text: answer.msg, as: "name" };
  return { text: use === "alone" ? unknownCommand(word, null) : answer.msg, as: "unclear" };
}
