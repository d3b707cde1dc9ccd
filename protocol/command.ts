/**
 * What a client asks: one object for each frame type that a client may send.
 *
 * The frames up to `passwd` are FTC1's (§3.7); the others are the application's, described in
 * `docs/PROTOCOL.md`. Octet strings are base64url without padding; they are decoded where they are
 * used. Every request carries an `id` chosen by the client, which the answer repeats as `re`.
 *
 * @module
 */

import * as v from "valibot";
import { MAX_HISTORY_ENTRIES, MAX_ID_CHARACTERS } from "./limits.ts";

/** A request id: a safe integer, or a string of 1–64 characters. */
export const requestId = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS)),
]);

/** Id of an entry: 0 (before all) or one that the server made. */
export const entryId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const name = v.string();
const members = v.array(v.string());

/** The schemas of all commands, by frame type. */
export const COMMANDS = {
  /** FTC1 §3.11: says who wants to log in. */
  auth: v.object({ t: v.literal("auth"), user: name }),
  /** FTC1 §4.3: proves the password. */
  login: v.object({ t: v.literal("login"), sig: v.string() }),
  /** FTC1 §4.3, §7.1: makes an account. */
  register: v.object({
    t: v.literal("register"),
    kdf: v.literal(1),
    salt: v.string(),
    pk: v.string(),
    sig: v.string(),
    keys: v.string(),
    vault: v.string(),
  }),
  /** FTC1 §4.3, §4.7: another password; signed with the old login key and with the new one. */
  passwd: v.object({
    t: v.literal("passwd"),
    id: requestId,
    kdf: v.literal(1),
    salt: v.string(),
    pk: v.string(),
    old: v.string(),
    new: v.string(),
    vault: v.string(),
  }),
  /** FTC1 §3.10: asks for a `pong`. */
  ping: v.object({ t: v.literal("ping"), id: v.optional(requestId) }),
  /** FTC1 §3.10: answers a `ping`. */
  pong: v.object({ t: v.literal("pong"), re: v.optional(requestId) }),
  /** FTC1 §3.8: the authenticated end. */
  bye: v.object({ t: v.literal("bye"), reason: v.optional(v.string()) }),
  /** A message; `id` is the client-made message id, a string unique in the account. */
  send: v.object({
    t: v.literal("send"),
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS)),
    to: name,
    /** `group`: the name can only mean a group. */
    kind: v.optional(v.literal("group")),
    body: v.string(),
  }),
  /** All entries up to this one have been shown; has no answer. */
  seen: v.object({ t: v.literal("seen"), upto: entryId }),
  /** Who is online, in pages: names after `after`. */
  names: v.object({ t: v.literal("names"), id: requestId, after: v.optional(name) }),
  /** Whether a name is a user or one of one's own groups. */
  lookup: v.object({ t: v.literal("lookup"), id: requestId, name }),
  /** Entries that the user may read, in pages. */
  history: v.object({
    t: v.literal("history"),
    id: requestId,
    /** One conversation, by name; without it all. */
    of: v.optional(name),
    /** Only entries with a greater id. */
    after: v.optional(entryId, 0),
    /** Only entries with this id or a smaller one. */
    upto: v.optional(entryId, Number.MAX_SAFE_INTEGER),
    limit: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_HISTORY_ENTRIES)),
    /** Which end of the range the page is taken from. */
    from: v.optional(v.picklist(["oldest", "newest"]), "newest"),
    /** `all` includes changes of groups and the number of entries in the range. */
    kinds: v.optional(v.picklist(["messages", "all"]), "messages"),
  }),
  /** The groups one is in, in pages. */
  groups: v.object({ t: v.literal("groups"), id: requestId, after: v.optional(name) }),
  /** Members of a group, in pages. */
  group_info: v.object({
    t: v.literal("group_info"),
    id: requestId,
    group: name,
    after: v.optional(name),
  }),
  /** Creates a group, or replaces its members. */
  group_set: v.object({ t: v.literal("group_set"), id: requestId, group: name, members }),
  /** Adds members. */
  group_add: v.object({ t: v.literal("group_add"), id: requestId, group: name, members }),
  /** Removes members. */
  group_remove: v.object({ t: v.literal("group_remove"), id: requestId, group: name, members }),
  /** Leaves a group. */
  group_leave: v.object({ t: v.literal("group_leave"), id: requestId, group: name }),
  /** Deletes a group. */
  group_delete: v.object({ t: v.literal("group_delete"), id: requestId, group: name }),
} as const;

/** The type of a command. */
export type CommandType = keyof typeof COMMANDS;

/** The command of one type, as the server reads it: defaults filled in. */
export type CommandOf<T extends CommandType> = v.InferOutput<typeof COMMANDS[T]>;

/** Any command, as the server reads it. */
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];

/** Any command, as a client writes it: what has a default may be left out. */
export type CommandInput = { [T in CommandType]: v.InferInput<typeof COMMANDS[T]> }[CommandType];

/** A request id. */
export type RequestId = v.InferOutput<typeof requestId>;
