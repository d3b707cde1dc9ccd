/**
 * A typed line, read: what the user wants done.
 *
 * The first word decides: `@` and an exact command word is a command, `@` and a name is a message
 * or, alone, a change of conversation; `@@` begins a text with `@`; everything else is text for the
 * current conversation. Nothing is looked up here, so whether a name exists stays open.
 * Source: PRODUCT §3.
 *
 * @module
 */

import { MAX_HISTORY_ENTRIES } from "../protocol/limits.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import type { Action } from "./action.ts";
import { COMMANDS } from "./commands.ts";
import { readGroup } from "./input_group.ts";
import { alone, firstWord, noUser, type Reader, refused, usageOf, words } from "./input_words.ts";
import { message, NOTHING } from "./input_message.ts";
import { searchWords } from "./search.ts";
import { findSetting, readSetting, unknownSetting } from "./settings.ts";
import { suggestCommand, unknownCommand } from "./suggest.ts";

export type { Action, Target } from "./action.ts";

/**
 * Reads a line.
 *
 * @param line What was typed, without its end; a carriage return there is not part of it.
 * @returns What to do. `refused` has a sentence for the user; its `message` says that a text was
 *   not sent.
 */
export function parseLine(line: string): Action {
  const typed = line.endsWith("\r") ? line.slice(0, -1) : line;
  const [word, rest] = firstWord(typed);
  if (word === "") return NOTHING;
  if (!word.startsWith("@")) return message({ kind: "current" }, typed);
  if (word.startsWith("@@")) {
    return message({ kind: "current" }, typed.slice(typed.indexOf("@") + 1));
  }
  const name = word.slice(1);
  const command = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  return command === undefined ? toName(name, rest) : command(rest ?? "");
}

const TABLE: { readonly [word: string]: Reader } = {
  names: (rest) => alone(rest, "names", { type: "names" }),
  quit: (rest) => alone(rest, "quit", { type: "quit" }),
  history: readHistory,
  help: readHelp,
  lobby: (rest) =>
    rest.trim() === "" ? { type: "choose", name: LOBBY } : message({ kind: "lobby" }, rest),
  group: readGroup,
  password: (rest) => alone(rest, "password", { type: "password" }),
  rekey: (rest) => alone(rest, "rekey", { type: "rekey" }),
  verify: readVerify,
  trust: readTrust,
  next: readNext,
  search: readSearch,
  ignore: readIgnore,
  set: readSet,
};

function toName(typed: string, rest: string | null): Action {
  const name = canonicalName(typed);
  const isMessage = rest !== null && rest.trim() !== "";
  if (name === null) {
    return {
      type: "refused",
      text: unknownCommand(typed, suggestCommand(typed)),
      message: isMessage,
    };
  }
  return isMessage ? message({ kind: "name", name }, rest) : { type: "choose", name };
}

function readHistory(rest: string): Action {
  const [count = "", name, ...more] = words(rest);
  if (count === "more" && name === undefined) return { type: "history_more" };
  const n = Number(count);
  if (!/^\d{1,6}$/.test(count) || n < 1 || n > MAX_HISTORY_ENTRIES || more.length > 0) {
    return usageOf("history");
  }
  if (name === undefined) return { type: "history", count: n };
  const of = name === LOBBY ? LOBBY : canonicalName(name);
  if (of === null) return noUser(name);
  return { type: "history", count: n, of };
}

function readHelp(rest: string): Action {
  const asked = words(rest).join(" ").replace(/^@/, "");
  if (asked === "") return { type: "help" };
  const found = COMMANDS.filter(({ word }) => word === asked || word.startsWith(`${asked} `));
  if (found.length > 0) return { type: "help", commands: found };
  return refused(unknownCommand(asked, suggestCommand(asked)));
}

function readVerify(rest: string): Action {
  const [typed, ok, ...more] = words(rest);
  if (typed === undefined || more.length > 0) return usageOf("verify");
  if (ok !== undefined && ok.toLowerCase() !== "ok") return usageOf("verify");
  const name = canonicalName(typed);
  return name === null ? noUser(typed) : { type: "verify", name, compared: ok !== undefined };
}

function readTrust(rest: string): Action {
  const [typed, ...more] = words(rest);
  if (more.length > 0) return usageOf("trust");
  if (typed === undefined) return { type: "trust", name: null };
  const name = canonicalName(typed);
  return name === null ? noUser(typed) : { type: "trust", name };
}

function readNext(rest: string): Action {
  const [place = "1", ...more] = words(rest);
  if (!/^[1-9]\d{0,3}$/.test(place) || more.length > 0) return usageOf("next");
  return { type: "next", place: Number(place) };
}

function readSearch(rest: string): Action {
  const found = searchWords(rest);
  return found.length === 0 ? usageOf("search") : { type: "search", words: found };
}

function readIgnore(rest: string): Action {
  const [typed, ...more] = words(rest);
  if (more.length > 0) return usageOf("ignore");
  if (typed === undefined) return { type: "ignore", name: null };
  const name = canonicalName(typed);
  return name === null ? noUser(typed) : { type: "ignore", name };
}

function readSet(rest: string): Action {
  const [typed, value, ...more] = words(rest);
  if (more.length > 0) return usageOf("set");
  if (typed === undefined) return { type: "set", name: null, change: null };
  const name = findSetting(typed);
  if (name === null) return refused(unknownSetting(typed));
  if (value === undefined) return { type: "set", name, change: null };
  const choice = readSetting(name, value);
  if (choice.type === "refused") return refused(choice.text);
  return { type: "set", name, change: choice.change };
}
