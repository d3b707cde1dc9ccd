/**
 * What a program says: one object of JSON on each line, as docs/JSON.md has them.
 *
 * A line is read whole or not at all. Nothing is looked up here, so whether a name exists stays open.
 *
 * @module
 */

import * as v from "valibot";
import { type RequestId, requestId } from "../protocol/command.ts";
import { MAX_GROUP_MEMBERS, MAX_HISTORY_ENTRIES, MAX_ID_CHARACTERS } from "../protocol/limits.ts";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import { textFault } from "../protocol/text.ts";

const id = v.optional(requestId);

const NO_NAME = "is no name: 1 to 32 letters, digits, . _ -, and no reserved word";

const name = v.pipe(
  v.string(),
  v.transform((typed) => canonicalName(typed) ?? ""),
  v.minLength(1, NO_NAME),
);

const nameOrLobby = v.union([
  v.pipe(v.string(), v.toLowerCase(), v.literal(LOBBY)),
  name,
], NO_NAME);

const text = v.pipe(
  v.string(),
  v.check(
    (body) => textFault(body) === null,
    "is no text: 1 to 4,000 characters, no control characters but line feed and tab, and not blank",
  ),
);

const members = v.pipe(
  v.array(name),
  v.minLength(1),
  v.maxLength(MAX_GROUP_MEMBERS + 1),
  v.readonly(),
);

const entry = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const group = name;

/** The schemas of all commands, by `t`. */
export const JSON_COMMANDS = {
  /** A message; `id` is kept by the server for seven days: the same one again stores nothing. */
  send: v.object({
    t: v.literal("send"),
    id: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS))),
    to: nameOrLobby,
    /** `group`: the name can only mean a group. */
    kind: v.optional(v.literal("group")),
    body: text,
  }),
  /** Who is online. */
  names: v.object({ t: v.literal("names"), id }),
  /** Entries from before, the newest `limit` of those with `after` < id ≤ `upto`. */
  history: v.object({
    t: v.literal("history"),
    id,
    of: v.optional(nameOrLobby),
    after: v.optional(entry, 0),
    upto: v.optional(entry, Number.MAX_SAFE_INTEGER),
    limit: v.optional(
      v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_HISTORY_ENTRIES)),
      100,
    ),
  }),
  /** The groups one is in. */
  groups: v.object({ t: v.literal("groups"), id }),
  group_info: v.object({ t: v.literal("group_info"), id, group }),
  group_set: v.object({ t: v.literal("group_set"), id, group, members }),
  group_add: v.object({ t: v.literal("group_add"), id, group, members }),
  group_remove: v.object({ t: v.literal("group_remove"), id, group, members }),
  group_leave: v.object({ t: v.literal("group_leave"), id, group }),
  group_delete: v.object({ t: v.literal("group_delete"), id, group }),
  /** The safety number of a user; `compared` marks it as compared. */
  verify: v.object({
    t: v.literal("verify"),
    id,
    name,
    compared: v.optional(v.boolean(), false),
  }),
  /** Accepts what was warned of. */
  trust: v.object({ t: v.literal("trust"), id, name: v.optional(name) }),
  /** Leaves: sends what is pending for up to five seconds. */
  quit: v.object({ t: v.literal("quit") }),
} as const;

/** The command of one type, as it is done. */
export type JsonCommandOf<T extends keyof typeof JSON_COMMANDS> = v.InferOutput<
  typeof JSON_COMMANDS[T]
>;

/** A command, as it is done: names in lower case, what has a default filled in. */
export type JsonCommand = { [T in keyof typeof JSON_COMMANDS]: JsonCommandOf<T> }[
  keyof typeof JSON_COMMANDS
];

/** A command, as a program writes it. */
export type JsonCommandInput = {
  [T in keyof typeof JSON_COMMANDS]: v.InferInput<typeof JSON_COMMANDS[T]>;
}[keyof typeof JSON_COMMANDS];

/** Why a line was not done. */
export interface JsonFault {
  /** The `id` of the line, where it has one. */
  readonly re?: RequestId | undefined;
  /** `bad_json`: no object of JSON; `unknown_type`: no such command; `bad_command`: a field is wrong. */
  readonly code: "bad_json" | "unknown_type" | "bad_command";
  /** What is wrong, in a sentence. */
  readonly text: string;
  /** Whether it was a message, which is not sent now. */
  readonly isMessage: boolean;
}

/** A line, read. */
export type ReadLine =
  | { readonly command: JsonCommand }
  | { readonly fault: JsonFault }
  /** Nothing but blanks. */
  | { readonly blank: true };

/**
 * Reads a line.
 *
 * @param line Without its line feed.
 * @returns The command, or what is wrong with it; never throws.
 */
export function readJsonLine(line: string): ReadLine {
  if (line.trim() === "") return { blank: true };
  const object = objectIn(line);
  if (object === null) {
    const text = 'A line is one object of JSON, such as {"t":"names","id":1}.';
    return { fault: { code: "bad_json", text, isMessage: false } };
  }
  const { t } = object;
  const re = v.is(requestId, object["id"]) ? object["id"] : undefined;
  const schema = typeof t === "string" && Object.hasOwn(JSON_COMMANDS, t)
    ? JSON_COMMANDS[t as keyof typeof JSON_COMMANDS]
    : null;
  if (schema === null) {
    const text = `"t" is one of ${Object.keys(JSON_COMMANDS).join(", ")}.`;
    return { fault: { re, code: "unknown_type", text, isMessage: false } };
  }
  const parsed = v.safeParse(schema, object, { abortEarly: true });
  if (parsed.success) return { command: parsed.output };
  return {
    fault: { re, code: "bad_command", text: wordsOf(parsed.issues[0]), isMessage: t === "send" },
  };
}

function objectIn(line: string): { readonly [field: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as { readonly [field: string]: unknown }
      : null;
  } catch {
    return null;
  }
}

function wordsOf(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "It";
  const { message } = issue;
  return message.startsWith("is ")
    ? `"${field}" ${message}.`
    : `"${field}" is wrong: expected ${issue.expected ?? "another value"}.`;
}
