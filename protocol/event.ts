/**
 * What the server tells: one object for each frame type that a server may send.
 *
 * Answers carry `re`, the id of the request. Entries (`message`, `change`) carry the server-made
 * `id`, which grows strictly, and `at`, the server's time in milliseconds since 1970.
 * Described in `docs/PROTOCOL.md`.
 *
 * @module
 */

import * as v from "valibot";
import { entryId, ordinal, requestId } from "./command.ts";

const name = v.string();
const names = v.array(name);
const time = v.pipe(v.number(), v.safeInteger());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const entryFields = { id: entryId, at: time, conversation: v.string() };

/** A message, live or from history. */
export const messageEntry = v.object({
  t: v.literal("message"),
  ...entryFields,
  kind: v.picklist(["lobby", "direct", "group"]),
  from: name,
  /** The lobby, the other user, or the group. */
  to: name,
  /** In the lobby the text; else a message token (FTC1 §7.6). */
  body: v.string(),
  /** The epoch that the token is of; absent in the lobby. */
  epoch: v.optional(ordinal),
  /** True on a direct message whose receiver was not online. */
  offline: v.optional(v.literal(true)),
});

/** `epoch`: whose record says so (FTC1 §7.4). */
const changeFields = {
  t: v.literal("change"),
  ...entryFields,
  group: name,
  epoch: v.optional(ordinal),
};

/** A change of a group, live or from history: what the server has read from the records. */
export const changeEntry = v.variant("change", [
  v.object({ ...changeFields, change: v.literal("created"), by: name, members: names }),
  v.object({
    ...changeFields,
    change: v.literal("members"),
    by: name,
    added: names,
    removed: names,
  }),
  v.object({ ...changeFields, change: v.literal("left"), by: name, note: v.string() }),
  v.object({ ...changeFields, change: v.literal("owner"), owner: name }),
  v.object({ ...changeFields, change: v.literal("deleted"), by: name }),
]);

/** An entry of a conversation. */
export const entry = v.union([messageEntry, changeEntry]);

/** In history, in the place of an entry that the server's disk has damaged: what is left of it. */
export const damagedEntry = v.object({ t: v.literal("damaged"), ...entryFields });

/**
 * A piece of what there is to know of a conversation's epochs; `e` is the epoch. First comes the
 * record with the asker's wrap, then how the list of members differs from that of the epoch before,
 * then the leave notes that the change rests on. Behind the newest epoch, with `e` one greater, comes
 * what is open: leave notes, members with newer keys, and complaints.
 */
export const epochPiece = v.union([
  v.object({ e: ordinal, record: v.string(), wrap: v.optional(v.string()) }),
  /** New members, or other fingerprints of members: name and fingerprint. */
  v.object({ e: ordinal, added: v.array(v.tuple([name, v.string()])) }),
  v.object({ e: ordinal, removed: names }),
  v.object({ e: ordinal, notes: v.array(v.string()) }),
  v.object({ e: ordinal, rekeyed: names }),
  v.object({ e: ordinal, complaints: v.array(v.object({ epoch: ordinal, user: name })) }),
]);

/** The schemas of all events, by frame type; `batch` is taken apart before they are looked at. */
export const EVENTS = {
  /** FTC1 §3.7: the answer to `auth`. */
  auth: v.object({
    t: v.literal("auth"),
    user: name,
    known: v.boolean(),
    kdf: v.optional(v.number()),
    salt: v.optional(v.string()),
  }),
  /** FTC1 §3.7: logged in. */
  welcome: v.object({
    t: v.literal("welcome"),
    user: name,
    salt: v.string(),
    time,
    vault: v.string(),
    /** What any session of the account has shown: entries up to here. */
    cursor: entryId,
    /** The newest entry at this moment; all later ones come live. */
    last: entryId,
  }),
  /** Done; `text` is a sentence where there is more to say. */
  ok: v.object({ t: v.literal("ok"), re: v.optional(requestId), text: v.optional(v.string()) }),
  /** Refused. */
  error: v.object({
    t: v.literal("error"),
    re: v.optional(requestId),
    code: v.string(),
    msg: v.string(),
    /** Seconds to wait before it may be tried again. */
    after: v.optional(v.pipe(v.number(), v.minValue(0))),
    /** With `no_user`: the closest name that exists. */
    closest: v.optional(name),
  }),
  ping: v.object({ t: v.literal("ping"), id: v.optional(requestId) }),
  pong: v.object({ t: v.literal("pong"), re: v.optional(requestId) }),
  bye: v.object({ t: v.literal("bye"), reason: v.optional(v.string()) }),
  /** A message is stored; `re` is its client-made id, `id` the server's. */
  ack: v.object({ t: v.literal("ack"), re: requestId, id: entryId, at: time }),
  message: messageEntry,
  change: changeEntry,
  /** The first session of a user has begun. */
  joined: v.object({ t: v.literal("joined"), user: name }),
  /** The last session of a user has ended. */
  left: v.object({ t: v.literal("left"), user: name }),
  /** Users online, sorted. */
  names: v.object({ t: v.literal("names"), re: requestId, users: names, more: v.boolean() }),
  /** What a name is. */
  found: v.object({
    t: v.literal("found"),
    re: requestId,
    name,
    kind: v.picklist(["user", "group"]),
    /** The id of the conversation, where it is a group. */
    conversation: v.optional(v.string()),
  }),
  /** Entries, ascending by id; `total` counts those in the range where asked for. */
  history: v.object({
    t: v.literal("history"),
    re: requestId,
    entries: v.array(v.union([messageEntry, changeEntry, damagedEntry])),
    more: v.boolean(),
    total: v.optional(count),
  }),
  /** Groups of the asker, sorted by name. */
  groups: v.object({
    t: v.literal("groups"),
    re: requestId,
    groups: v.array(v.object({ name, owner: name, members: count, since: time })),
    more: v.boolean(),
  }),
  /** Members of a group, sorted by name; `since` in milliseconds. */
  group_info: v.object({
    t: v.literal("group_info"),
    re: requestId,
    group: name,
    owner: name,
    since: time,
    members: v.array(v.object({ name, since: time })),
    more: v.boolean(),
  }),
  /** Key records in the order asked, as many as fit; without `keys` there is none. */
  keys: v.object({
    t: v.literal("keys"),
    re: requestId,
    m: v.array(v.object({ user: name, keys: v.optional(v.string()) })),
  }),
  /** Key records, each signed by the one before. */
  lineage: v.object({
    t: v.literal("lineage"),
    re: requestId,
    keys: v.array(v.string()),
    more: v.boolean(),
  }),
  /** Pieces of epochs, in order. */
  epochs: v.object({
    t: v.literal("epochs"),
    re: requestId,
    /** The newest epoch that the asker may see; absent where there is none. */
    head: v.optional(ordinal),
    /** Messages that the newest epoch has had. */
    sent: v.optional(count),
    pieces: v.array(epochPiece),
    more: v.boolean(),
  }),
  /** A member has no fitting wrap (FTC1 §7.5). */
  complaint: v.object({
    t: v.literal("complaint"),
    conversation: v.string(),
    epoch: ordinal,
    user: name,
  }),
  /** There is a new wrap for the receiver. */
  rewrapped: v.object({ t: v.literal("rewrapped"), conversation: v.string(), epoch: ordinal }),
  /** Entries of the client state, sorted by name; `same`: nothing has changed. */
  state: v.object({
    t: v.literal("state"),
    re: requestId,
    m: v.array(v.object({ entry: name, counter: ordinal, value: v.string() })),
    more: v.boolean(),
    same: v.optional(v.literal(true)),
  }),
} as const;

/** The type of an event. */
export type EventType = keyof typeof EVENTS;

/** The event of one type. */
export type EventOf<T extends EventType> = v.InferOutput<typeof EVENTS[T]>;

/** Any event. */
export type Event = { [T in EventType]: EventOf<T> }[EventType];

/** A message. */
export type MessageEntry = v.InferOutput<typeof messageEntry>;

/** A change of a group. */
export type ChangeEntry = v.InferOutput<typeof changeEntry>;

/** An entry that cannot be read any more; its time is that which the id tells. */
export type DamagedEntry = v.InferOutput<typeof damagedEntry>;

/** An entry as history has it. */
export type PastEntry = MessageEntry | ChangeEntry | DamagedEntry;

/** A piece of a conversation's epochs. */
export type EpochPiece = v.InferOutput<typeof epochPiece>;

/** A message or a change of a group. */
export type Entry = MessageEntry | ChangeEntry;
