/**
 * Tab: what a word that has been begun may become.
 *
 * | where | what |
 * |---|---|
 * | `@…` at the beginning | commands, users, groups |
 * | behind a command | what that command takes |
 * | anywhere else | names of users, with `@` or without |
 *
 * Case does not matter. It looks at nothing but its arguments.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { COMMAND_WORDS, GROUP_WORDS } from "../commands.ts";
import type { Names } from "../known_names.ts";
import { SETTING_NAMES, SETTINGS } from "../settings.ts";
import { LOBBY } from "../../protocol/name.ts";

/** What Tab does. */
export interface Completion {
  /** What is put in the place of the word, or `null` where nothing can be added. */
  readonly insert: string | null;
  /** Where the word begins: a UTF-16 index. */
  readonly from: number;
  /** What the word may become, sorted, where it is not decided. */
  readonly choices: readonly string[];
}

/** A word that was begun, and what it may be. */
interface Begun {
  readonly from: number;
  readonly words: readonly string[];
  /** What follows the word when it is complete. */
  readonly end: " " | "";
}

type Source = (names: Names, before: readonly string[]) => readonly string[];

const users: Source = (names) => names.users;
const groups: Source = (names) => names.groups;
const conversations: Source = (names) => [LOBBY, ...names.groups, ...names.users];
const commands: Source = () => COMMAND_WORDS;
const groupWords: Source = (_names, [first]) => first === "group" ? GROUP_WORDS : [];
const settingNames: Source = () => SETTING_NAMES;

const settingValues: Source = (_names, [typed]) => {
  const name = SETTING_NAMES.find((known) => known === typed?.toLowerCase());
  return name === undefined ? [] : SETTINGS[name].values;
};

/** What stands behind a command, word by word. */
const ARGUMENTS: Readonly<Record<string, readonly Source[]>> = {
  help: [commands, groupWords],
  history: [() => ["10", "20", "50", "100", "more"], conversations],
  ignore: [users],
  set: [settingNames, settingValues],
  trust: [users],
  verify: [users, () => ["ok"]],
  group: [() => GROUP_WORDS, groups],
};

/** Commands behind whose group there is a list of users. */
const LISTS: ReadonlySet<string> = new Set(["set", "add", "remove"]);

/** Commands behind whose arguments there is text. */
const NO_TEXT: ReadonlySet<string> = new Set(Object.keys(ARGUMENTS));

/**
 * Completes the word before the cursor.
 *
 * @param input What was typed, and where the cursor is.
 * @param names Names that are known.
 */
export function complete(
  { text, cursor }: { readonly text: string; readonly cursor: number },
  names: Names,
): Completion {
  const { from, words, end } = begun(text.slice(0, cursor), names);
  const typed = text.slice(from, cursor).toLowerCase();
  const choices = [...new Set(words)].filter((word) => word.toLowerCase().startsWith(typed)).sort();
  const [only] = choices;
  if (choices.length === 1 && only !== undefined) {
    const isEnded = end === "" || /^\s/.test(text.slice(cursor));
    const insert = only + (isEnded ? "" : end);
    return { insert: insert === text.slice(from, cursor) ? null : insert, from, choices: [] };
  }
  const common = commonStart(choices);
  return { insert: common.length > typed.length ? common : null, from, choices };
}

function begun(before: string, names: Names): Begun {
  const from = before.search(/\S*$/);
  const typed = before.slice(from);
  const isFirst = before.slice(0, from).trim() === "";
  if (isFirst && typed.startsWith("@") && !typed.startsWith("@@")) {
    const words = [...COMMAND_WORDS, ...names.users, ...names.groups].map((word) => `@${word}`);
    return { from, words, end: " " };
  }
  const [first = "", ...rest] = before.trimStart().split(/\s+/);
  const command = first.slice(1);
  if (!isFirst && first.startsWith("@") && NO_TEXT.has(command)) {
    return argument(command, { before, rest: rest.slice(0, -1), from }, names);
  }
  if (typed === "") return { from, words: [], end: " " };
  const at = typed.startsWith("@") ? "@" : "";
  return { from, words: names.users.map((user) => at + user), end: " " };
}

function argument(
  command: string,
  { before, rest, from }: {
    readonly before: string;
    readonly rest: readonly string[];
    readonly from: number;
  },
  names: Names,
): Begun {
  const place = rest.length;
  const source = ARGUMENTS[command]?.[place];
  if (source !== undefined) return { from, words: source(names, rest), end: " " };
  const [word = ""] = rest;
  if (command !== "group" || place < 2) return { from, words: [], end: " " };
  if (!LISTS.has(word)) return { from, words: word === "send" ? names.users : [], end: " " };
  // One of several, behind a comma.
  const start = before.search(/[^\s,]*$/);
  const listed = new Set(before.slice(0, start).split(/[\s,]+/));
  return { from: start, words: names.users.filter((user) => !listed.has(user)), end: "" };
}

function commonStart(words: readonly string[]): string {
  const [first = "", ...others] = words;
  let end = first.length;
  for (const word of others) {
    while (!word.toLowerCase().startsWith(first.slice(0, end).toLowerCase())) end--;
  }
  return first.slice(0, end);
}
