/**
 * What is typed behind `@group`.
 *
 * Source: PRODUCT §3.
 *
 * @module
 */

import { MAX_GROUP_MEMBERS } from "../protocol/limits.ts";
import { canonicalName } from "../protocol/name.ts";
import type { Action } from "./action.ts";
import { type CommandWord, GROUP_USAGE, GROUP_WORDS } from "./commands.ts";
import { message } from "./input_message.ts";
import {
  alone,
  cut,
  firstWord,
  noGroup,
  type Reader,
  refused,
  usageOf,
  words,
} from "./input_words.ts";
import { suggestCommand, unknownCommand } from "./suggest.ts";

type MembersChange = "group_set" | "group_add" | "group_remove";

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

/** Reads a command for groups. */
export function readGroup(rest: string): Action {
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
