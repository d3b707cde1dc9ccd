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
import { entryId, requestId } from "./command.ts";

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
  body: v.string(),
  /** True on a direct message whose receiver was not online. */
  offline: v.optional(v.literal(true)),
});

const changeFields = { t: v.literal("change"), ...entryFields, group: name };

/** A change of a group, live or from history. */
export const changeEntry = v.variant("change", [
  v.object({ ...changeFields, change: v.literal("created"), by: name, members: names }),
  v.object({
    ...changeFields,
    change: v.literal("members"),
    by: name,
    added: names,
    removed: names,
  }),
  v.object({ ...changeFields, change: v.literal("left"), by: name }),
  v.object({ ...changeFields, change: v.literal("owner"), owner: name }),
  v.object({ ...changeFields, change: v.literal("deleted"), by: name }),
]);

/** An entry of a conversation. */
export const entry = v.union([messageEntry, changeEntry]);

/** In history, in the place of an entry that the server's disk has damaged: what is left of it. */
export const damagedEntry = v.object({ t: v.literal("damaged"), ...entryFields });

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

/** A message or a change of a group. */
export type Entry = MessageEntry | ChangeEntry;
