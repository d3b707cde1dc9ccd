/**
 * Arbitrary commands and events for property tests: one generator for each type, so that a new type
 * does not compile until it is generated.
 *
 * @module
 */

import fc from "fast-check";
import type { CommandOf, CommandType } from "../../protocol/command.ts";
import type { EpochPiece, EventOf, EventType, PastEntry } from "../../protocol/event.ts";

const text = fc.string({ unit: "binary" });
const texts = fc.array(text, { maxLength: 5 });
const count = fc.maxSafeNat();
const time = fc.maxSafeInteger();
const messageId = fc.string({ minLength: 1, maxLength: 32, unit: "binary" });
const id = fc.oneof(fc.maxSafeInteger(), messageId);
const more = fc.boolean();

type Fields<T> = { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> };

/** An object with the fields of `needed`, and any of those of `extra`. */
function shape<A, B = unknown>(needed: Fields<A>, extra?: Fields<B>): fc.Arbitrary<A & Partial<B>> {
  const model = { ...needed, ...extra } as unknown as { [field: string]: fc.Arbitrary<unknown> };
  const requiredKeys = Object.keys(needed);
  return fc.record(model, { requiredKeys, noNullPrototype: true }) as fc.Arbitrary<A & Partial<B>>;
}

const is = <const T extends string>(t: T) => fc.constant(t);

const asked: fc.Arbitrary<CommandOf<"keys">["of"][number]> = shape({ user: text }, { fp: text });

/** Commands as the server reads them, by type. */
export const COMMAND_ARBITRARIES: { readonly [T in CommandType]: fc.Arbitrary<CommandOf<T>> } = {
  auth: shape({ t: is("auth"), user: text }),
  login: shape({ t: is("login"), sig: text }),
  register: shape({
    t: is("register"),
    kdf: fc.constant(1 as const),
    salt: text,
    pk: text,
    sig: text,
    keys: text,
    vault: text,
  }),
  passwd: shape({
    t: is("passwd"),
    id,
    kdf: fc.constant(1 as const),
    salt: text,
    pk: text,
    old: text,
    new: text,
    vault: text,
  }, { keys: text }),
  ping: shape({ t: is("ping") }, { id }),
  pong: shape({ t: is("pong") }, { re: id }),
  bye: shape({ t: is("bye") }, { reason: text }),
  send: shape({ t: is("send"), id: messageId, to: text, body: text }, {
    kind: is("group"),
    conversation: text,
    epoch: count,
  }),
  seen: shape({ t: is("seen"), upto: count }),
  names: shape({ t: is("names"), id }, { after: text }),
  lookup: shape({ t: is("lookup"), id, name: text }),
  history: shape({
    t: is("history"),
    id,
    after: count,
    upto: count,
    limit: fc.integer({ min: 1, max: 1_000 }),
    from: fc.constantFrom("oldest", "newest"),
    kinds: fc.constantFrom("messages", "all"),
  }, { of: text }),
  groups: shape({ t: is("groups"), id }, { after: text }),
  group_info: shape({ t: is("group_info"), id, group: text }, { after: text }),
  keys: shape({ t: is("keys"), id, of: fc.array(asked, { minLength: 1, maxLength: 5 }) }),
  lineage: shape({ t: is("lineage"), id, user: text, from: text }),
  epochs: shape({ t: is("epochs"), id, conversation: text, from: count, piece: count }),
  wraps: shape({
    t: is("wraps"),
    id,
    record: text,
    m: fc.array(shape({ user: text, fp: text, wrap: text }), { minLength: 1, maxLength: 28 }),
  }),
  epoch: shape({ t: is("epoch"), id, record: text }, { group: text, to: text }),
  leave: shape({ t: is("leave"), id, conversation: text, note: text }),
  complain: shape({ t: is("complain"), id, conversation: text, epoch: count }),
  rewrap: shape({
    t: is("rewrap"),
    id,
    conversation: text,
    epoch: count,
    user: text,
    wrap: text,
  }),
  state: shape({ t: is("state"), id }, {
    after: text,
    unless: shape({ entry: text, counter: count }),
  }),
  set_state: shape({
    t: is("set_state"),
    id,
    m: fc.array(shape({ entry: text, counter: count, value: fc.option(text) }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
};

const message: fc.Arbitrary<EventOf<"message">> = shape({
  t: is("message"),
  id: count,
  at: time,
  conversation: text,
  kind: fc.constantFrom("lobby", "direct", "group"),
  from: text,
  to: text,
  body: text,
}, { epoch: count, offline: fc.constant(true as const) });

const changed = { t: is("change"), id: count, at: time, conversation: text, group: text };
const said = { epoch: count };

const change: fc.Arbitrary<EventOf<"change">> = fc.oneof(
  shape({ ...changed, change: is("created"), by: text, members: texts }, said),
  shape({ ...changed, change: is("members"), by: text, added: texts, removed: texts }, said),
  shape({ ...changed, change: is("left"), by: text, note: text }, said),
  shape({ ...changed, change: is("owner"), owner: text }, said),
  shape({ ...changed, change: is("deleted"), by: text }, said),
);

const damaged = shape({ t: is("damaged"), id: count, at: time, conversation: text });

const answered: fc.Arbitrary<EventOf<"keys">["m"][number]> = shape({ user: text }, { keys: text });

const entries: fc.Arbitrary<PastEntry[]> = fc.array(fc.oneof(message, change, damaged), {
  maxLength: 3,
});

/** Pieces of epochs; each kind is told by the one field that it has beside `e`. */
export const PIECES: fc.Arbitrary<EpochPiece> = fc.oneof(
  shape({ e: count, record: text }, { wrap: text }),
  shape({ e: count, added: fc.array(fc.tuple(text, text), { maxLength: 5 }) }),
  shape({ e: count, removed: texts }),
  shape({ e: count, notes: texts }),
  shape({ e: count, rekeyed: texts }),
  shape({ e: count, complaints: fc.array(shape({ epoch: count, user: text }), { maxLength: 5 }) }),
);

/** Events as a client reads them, by type. */
export const EVENT_ARBITRARIES: { readonly [T in EventType]: fc.Arbitrary<EventOf<T>> } = {
  auth: shape({ t: is("auth"), user: text, known: fc.boolean() }, { kdf: fc.nat(), salt: text }),
  welcome: shape({
    t: is("welcome"),
    user: text,
    salt: text,
    time,
    vault: text,
    cursor: count,
    last: count,
  }),
  ok: shape({ t: is("ok") }, { re: id, text }),
  error: shape({ t: is("error"), code: text, msg: text }, {
    re: id,
    after: fc.nat(),
    closest: text,
  }),
  ping: shape({ t: is("ping") }, { id }),
  pong: shape({ t: is("pong") }, { re: id }),
  bye: shape({ t: is("bye") }, { reason: text }),
  ack: shape({ t: is("ack"), re: id, id: count, at: time }),
  message,
  change,
  joined: shape({ t: is("joined"), user: text }),
  left: shape({ t: is("left"), user: text }),
  names: shape({ t: is("names"), re: id, users: texts, more }),
  found: shape({ t: is("found"), re: id, name: text, kind: fc.constantFrom("user", "group") }, {
    conversation: text,
  }),
  history: shape({ t: is("history"), re: id, entries, more }, { total: count }),
  groups: shape({
    t: is("groups"),
    re: id,
    groups: fc.array(shape({ name: text, owner: text, members: count, since: time }), {
      maxLength: 3,
    }),
    more,
  }),
  group_info: shape({
    t: is("group_info"),
    re: id,
    group: text,
    owner: text,
    since: time,
    members: fc.array(shape({ name: text, since: time }), { maxLength: 3 }),
    more,
  }),
  keys: shape({
    t: is("keys"),
    re: id,
    m: fc.array(answered, { maxLength: 5 }),
  }),
  lineage: shape({ t: is("lineage"), re: id, keys: texts, more }),
  epochs: shape({ t: is("epochs"), re: id, pieces: fc.array(PIECES, { maxLength: 5 }), more }, {
    head: count,
    sent: count,
  }),
  complaint: shape({ t: is("complaint"), conversation: text, epoch: count, user: text }),
  rewrapped: shape({ t: is("rewrapped"), conversation: text, epoch: count }),
  state: shape({
    t: is("state"),
    re: id,
    m: fc.array(shape({ entry: text, counter: count, value: text }), { maxLength: 5 }),
    more,
  }, { same: fc.constant(true as const) }),
};
