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
import {
  MAX_HISTORY_ENTRIES,
  MAX_ID_CHARACTERS,
  MAX_KEYS_ASKED,
  MAX_STATE_WRITES,
  MAX_WRAPS_IN_FRAME,
} from "./limits.ts";

/** A request id: a safe integer, or a string of 1–64 characters. */
export const requestId = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS)),
]);

/** Id of an entry: 0 (before all) or one that the server made. */
export const entryId = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Number of an epoch, or of a piece within it. */
export const ordinal = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const name = v.string();
/** Octets in base64url; what they are is checked where they are used. */
const octets = v.string();

/** The schemas of all commands, by frame type. */
export const COMMANDS = {
  /** FTC1 §3.11: says who wants to log in. */
  auth: v.object({ t: v.literal("auth"), user: name }),
  /**
   * FTC1 §4.3: proves the password. `quiet`: for somebody who only sends; nobody is told that he is here,
   * and no live event comes.
   */
  login: v.object({
    t: v.literal("login"),
    sig: v.string(),
    quiet: v.optional(v.literal(true)),
  }),
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
    /** FTC1 §7.7: the next key record, at `@rekey`. */
    keys: v.optional(octets),
  }),
  /** FTC1 §3.10: asks for a `pong`. */
  ping: v.object({ t: v.literal("ping"), id: v.optional(requestId) }),
  /** FTC1 §3.10: answers a `ping`. */
  pong: v.object({ t: v.literal("pong"), re: v.optional(requestId) }),
  /** FTC1 §3.8: the authenticated end. */
  bye: v.object({ t: v.literal("bye"), reason: v.optional(v.string()) }),
  /**
   * A message; `id` is the client-made message id, a string unique in the account. To the lobby `body`
   * is the text; to anybody else a message token (FTC1 §7.6), with its conversation and epoch.
   */
  send: v.object({
    t: v.literal("send"),
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS)),
    to: name,
    /** `group`: the name can only mean a group. */
    kind: v.optional(v.literal("group")),
    conversation: v.optional(octets),
    epoch: v.optional(ordinal),
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
  /** FTC1 §7.2: key records, the present one of a user, or the one with a fingerprint. */
  keys: v.object({
    t: v.literal("keys"),
    id: requestId,
    of: v.pipe(
      v.array(v.object({ user: name, fp: v.optional(octets) })),
      v.minLength(1),
      v.maxLength(MAX_KEYS_ASKED),
    ),
  }),
  /** FTC1 §7.2: the key records of a user behind the one with this fingerprint, in order. */
  lineage: v.object({ t: v.literal("lineage"), id: requestId, user: name, from: octets }),
  /** FTC1 §7.4: epochs of a conversation in pieces, from a piece of an epoch on. */
  epochs: v.object({
    t: v.literal("epochs"),
    id: requestId,
    conversation: octets,
    from: v.optional(ordinal, 0),
    piece: v.optional(ordinal, 0),
  }),
  /** FTC1 §7.5: wraps for an epoch that is going to be made; `record` is the hash of its record. */
  wraps: v.object({
    t: v.literal("wraps"),
    id: requestId,
    record: octets,
    m: v.pipe(
      v.array(v.object({ user: name, fp: octets, wrap: octets })),
      v.minLength(1),
      v.maxLength(MAX_WRAPS_IN_FRAME),
    ),
  }),
  /** FTC1 §7.4: makes an epoch, all of whose wraps have been sent. */
  epoch: v.object({
    t: v.literal("epoch"),
    id: requestId,
    record: octets,
    /** Epoch 0 of a group: its name. */
    group: v.optional(name),
    /** A direct conversation: the other user. */
    to: v.optional(name),
  }),
  /** FTC1 §7.4: leaves a group. */
  leave: v.object({ t: v.literal("leave"), id: requestId, conversation: octets, note: octets }),
  /** FTC1 §7.5: says that there is no fitting wrap for the asker in this epoch. */
  complain: v.object({
    t: v.literal("complain"),
    id: requestId,
    conversation: octets,
    epoch: ordinal,
  }),
  /** FTC1 §7.5: a new wrap for somebody who has complained. */
  rewrap: v.object({
    t: v.literal("rewrap"),
    id: requestId,
    conversation: octets,
    epoch: ordinal,
    user: name,
    wrap: octets,
  }),
  /** FTC1 §7.7: the entries of the client state, in pages: names after `after`. */
  state: v.object({
    t: v.literal("state"),
    id: requestId,
    after: v.optional(name),
    /** Only if this entry has another counter. */
    unless: v.optional(v.object({ entry: name, counter: ordinal })),
  }),
  /** FTC1 §7.7: writes entries together, if each stored counter is one less; `null` deletes. */
  set_state: v.object({
    t: v.literal("set_state"),
    id: requestId,
    m: v.pipe(
      v.array(v.object({ entry: name, counter: ordinal, value: v.nullable(v.string()) })),
      v.minLength(1),
      v.maxLength(MAX_STATE_WRITES),
    ),
  }),
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
