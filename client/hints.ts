/**
 * What a command takes, while it is being typed: one row above the input.
 *
 * Only words of the client's own are in it, never what was typed. It asks nobody: whether a name exists
 * stays open.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { canonicalName } from "../protocol/name.ts";
import { COMMAND_WORDS, findCommand, GROUP_USAGE, GROUP_WORDS } from "./commands.ts";
import { firstWord } from "./input_words.ts";
import { findSetting, SETTING_NAMES, SETTINGS } from "./settings.ts";

/**
 * Explains the command that is being typed.
 *
 * @param text The input as it is.
 * @returns One line, or `null` where there is nothing to explain: a text, a message to somebody.
 */
export function hintFor(text: string): string | null {
  const [word, rest] = firstWord(text);
  if (!word.startsWith("@")) return null;
  if (word.startsWith("@@")) return "a text that begins with @";
  const typed = word.slice(1);
  if (rest === null) return hintForWord(typed);
  if (typed === "group") return hintForGroup(rest);
  if (typed === "set") return hintForSet(rest);
  if (typed === "history" && /^\s*m/.test(rest)) return explain("history more");
  if (COMMAND_WORDS.includes(typed)) return explain(typed);
  return canonicalName(typed) === null ? UNKNOWN : null;
}

const UNKNOWN = "no such command: @help lists all, @@ begins a text with @";

function hintForWord(typed: string): string | null {
  if (typed === "") return "a command or a name; Tab completes, @help explains";
  const begun = COMMAND_WORDS.filter((word) => word.startsWith(typed));
  const [only] = begun;
  if (begun.length > 1) return begun.map((word) => `@${word}`).join("  ");
  if (only !== undefined) return only === "group" ? GROUP_USAGE : explain(only);
  return canonicalName(typed) === null ? UNKNOWN : null;
}

function hintForGroup(rest: string): string | null {
  const [word] = firstWord(rest);
  if (GROUP_WORDS.includes(word)) return explain(`group ${word}`);
  const begun = GROUP_WORDS.filter((one) => one.startsWith(word));
  const [only] = begun;
  if (begun.length !== 1 || only === undefined) return GROUP_USAGE;
  return explain(`group ${only}`);
}

function hintForSet(rest: string): string | null {
  const [word, value] = firstWord(rest);
  const name = findSetting(word);
  if (name === null || value === null) {
    const begun = SETTING_NAMES.filter((one) => one.startsWith(word.toLowerCase()));
    return `@set ${(begun.length > 0 ? begun : SETTING_NAMES).join("|")} VALUE`;
  }
  const { values, about } = SETTINGS[name];
  return `@set ${name} ${values.join("|")}: ${about}`;
}

function explain(word: string): string | null {
  const command = findCommand(word);
  return command === null ? null : `${command.usage}: ${command.about}`;
}
