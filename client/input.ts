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

import { MAX_GROUP_MEMBERS, MAX_HISTORY_ENTRIES } from "../protocol/limits.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import { type TextFault, textFault } from "../protocol/text.ts";
import type { Action, Target } from "./action.ts";
import { COMMANDS, type CommandWord, findCommand } from "./commands.ts";
import { GROUP_USAGE, GROUP_WORDS } from "./commands.ts";
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

const NOTHING: Action = { type: "nothing" };

type MembersChange = "group_set" | "group_add" | "group_remove";

type Reader = (rest: string) => Action;

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
};

const GROUP_TABLE: { readonly [word: string]: Reader } = {
  set: (rest) => readMembers("group_set", rest),
  add: (rest) => readMembers("group_add", rest),
  remove: (rest) => readMembers("group_remove", rest),
  leave: (rest) => readGroupName("group_leave", rest),
  delete: (rest) => readGroupName("group_delete", rest),
  info: (rest) => readGroupName("group_info", rest),
  list: (rest) => alone(rest, "group list", { type: "group_list" }),
  send: readGroupSend,
};

/** Splits at the first blank behind the first word; the rest is kept to the letter. */
function firstWord(text: string): [string, string | null] {
  const match = /^[ \t]*([^ \t]*)(?:[ \t]([^]*))?$/.exec(text);
  return [match?.[1] ?? "", match?.[2] ?? null];
}

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

function message(to: Target, body: string): Action {
  const fault = textFault(body);
  if (fault === null) return { type: "send", to, body };
  if (fault.reason === "blank") return NOTHING;
  return { type: "refused", text: explain(fault), message: true };
}

function explain(fault: TextFault): string {
  if (fault.reason !== "too-long") return "Message contains control characters.";
  return `Message too long (${fault.length.toLocaleString("en")} of 4,000 characters).`;
}

function readHistory(rest: string): Action {
  const [count = "", name, ...more] = words(rest);
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

function readGroup(rest: string): Action {
  const [word, tail] = firstWord(rest);
  const command = Object.hasOwn(GROUP_TABLE, word) ? GROUP_TABLE[word] : undefined;
  if (command !== undefined) return command(tail ?? "");
  if (word === "") return { type: "usage", usage: GROUP_USAGE };
  return refused(unknownCommand(`group ${word}`, suggestCommand(word, GROUP_WORDS, "group ")));
}

function readMembers(type: MembersChange, rest: string): Action {
  const [group, list] = firstWord(rest);
  const members = [...new Set((list ?? "").split(/[\s,]+/).filter((name) => name !== ""))]
    .map((name) => canonicalName(name) ?? name);
  if (group === "" || members.length === 0) return usageOf(COMMAND_OF[type]);
  if (members.length > MAX_GROUP_MEMBERS + 1 || (list ?? "").length > LONGEST_LIST) {
    return refused(`A group has at most ${MAX_GROUP_MEMBERS.toLocaleString("en")} other members.`);
  }
  const name = canonicalName(group);
  if (name !== null) return { type, group: name, members };
  if (type !== "group_set") return noGroup(group);
  return refused(
    `${cut(group)} cannot be a name: 1 to 32 letters, digits, . _ - (first and last a letter or ` +
      "digit), and no command word.",
  );
}

// What 1,001 names of 32 letters take with their commas; it also fits into a frame.
const LONGEST_LIST = 33_033;

const COMMAND_OF = {
  group_set: "group set",
  group_add: "group add",
  group_remove: "group remove",
  group_leave: "group leave",
  group_delete: "group delete",
  group_info: "group info",
} as const satisfies { readonly [type: string]: CommandWord };

function readGroupName(type: "group_leave" | "group_delete" | "group_info", rest: string): Action {
  const [group, ...more] = words(rest);
  if (group === undefined || more.length > 0) return usageOf(COMMAND_OF[type]);
  const name = canonicalName(group);
  return name === null ? noGroup(group) : { type, group: name };
}

function readGroupSend(rest: string): Action {
  const [group, body] = firstWord(rest);
  if (body === null || body.trim() === "") return usageOf("group send");
  const name = canonicalName(group);
  if (name !== null) return message({ kind: "group", name }, body);
  return { type: "refused", text: `No group ${cut(group)} that you are in.`, message: true };
}

function alone(rest: string, word: CommandWord, action: Action): Action {
  return rest.trim() === "" ? action : usageOf(word);
}

function usageOf(word: CommandWord): Action {
  return { type: "usage", usage: findCommand(word)?.usage ?? word };
}

function noGroup(name: string): Action {
  return refused(`No group ${cut(name)} that you are in.`);
}

function noUser(name: string): Action {
  return refused(`User ${cut(name)} does not exist.`);
}

function refused(text: string): Action {
  return { type: "refused", text, message: false };
}

function words(text: string): string[] {
  return text.split(/[ \t]+/).filter((word) => word !== "");
}

function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40).toWellFormed()}…` : name;
}
