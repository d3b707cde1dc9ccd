import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  decodeCommand,
  decodeEvent,
  encodeCommand,
  encodeEvent,
  unbatch,
} from "../../protocol/codec.ts";
import { COMMANDS, type CommandType } from "../../protocol/command.ts";
import { EVENTS } from "../../protocol/event.ts";
import { decodeFrame, encodeObject, type FrameObject, joinFrame } from "../../protocol/frame.ts";
import { COMMAND_ARBITRARIES, EVENT_ARBITRARIES } from "./arbitrary_frames.ts";

const pure = { permissions: "none" } as const;

const fromJson = (json: string): FrameObject => decodeFrame(new TextEncoder().encode(json));

for (const [type, commands] of Object.entries(COMMAND_ARBITRARIES)) {
  Deno.test(`every ${type} command survives encoding and decoding`, pure, () => {
    fc.assert(fc.property(commands, (value) => {
      const frame = decodeFrame(joinFrame([encodeCommand(value)]));
      deepStrictEqual(decodeCommand(frame), { ok: true, value });
    }));
  });
}

for (const [type, events] of Object.entries(EVENT_ARBITRARIES)) {
  Deno.test(`every ${type} event survives encoding and decoding`, pure, () => {
    fc.assert(fc.property(events, (value) => {
      const frame = decodeFrame(joinFrame([encodeEvent(value)]));
      deepStrictEqual(decodeEvent(frame), { ok: true, value });
    }));
  });
}

Deno.test("a frame with any fields is a message or a refusal, never an exception", pure, () => {
  const t = fc.constantFrom(...Object.keys(COMMANDS), ...Object.keys(EVENTS), "batch", "toString");
  const fields = fc.dictionary(
    fc.constantFrom(
      ...["id", "re", "to", "body", "of", "after", "limit", "members", "entries", "m", "keys"],
      ...["conversation", "epoch", "record", "note", "user", "from", "piece", "pieces", "more"],
    ),
    fc.jsonValue(),
  );
  fc.assert(fc.property(t, fields, (t, fields) => {
    const frame = fromJson(JSON.stringify({ ...fields, t }));
    for (const decoded of [decodeCommand(frame), decodeEvent(frame)]) {
      if (!decoded.ok) strictEqual(/^(unknown_type|bad_request)$/.test(decoded.code), true);
      else strictEqual(decoded.value.t, t);
    }
    const frames = unbatch(frame);
    if (frames !== null && t !== "batch") deepStrictEqual(frames, [frame]);
  }));
});

Deno.test("unknown fields are dropped, keys of the prototype among them", pure, () => {
  const frame = fromJson(
    '{"t":"auth","user":"bob","admin":true,"__proto__":{"x":1},"constructor":2}',
  );
  const decoded = decodeCommand(frame);
  deepStrictEqual(decoded, { ok: true, value: { t: "auth", user: "bob" } });
  strictEqual("x" in {}, false);
});

Deno.test("what may be left out of a history request has its default", pure, () => {
  deepStrictEqual(decodeCommand({ t: "history", id: 1, limit: 20 }), {
    ok: true,
    value: {
      t: "history",
      id: 1,
      limit: 20,
      after: 0,
      upto: Number.MAX_SAFE_INTEGER,
      from: "newest",
      kinds: "messages",
    },
  });
});

// FTC1 §9 row 60.
for (const t of ["", "nope", "__proto__", "toString", "constructor", "x".repeat(5_000), "batch"]) {
  Deno.test(`the type ${JSON.stringify(t.slice(0, 20))} is unknown to a server`, pure, () => {
    deepStrictEqual(decodeCommand({ t, id: 7 }), { ok: false, code: "unknown_type", re: 7 });
  });
}

Deno.test("what only a server says is unknown to it, and the other way round", pure, () => {
  deepStrictEqual(decodeCommand({ t: "welcome" }), { ok: false, code: "unknown_type" });
  deepStrictEqual(decodeEvent({ t: "send" }), { ok: false, code: "unknown_type" });
});

// FTC1 §9 row 62: what is no id is not sent back.
const IDS: readonly (readonly [string, boolean])[] = [
  ["7", true],
  ["-7", true],
  ["-0", true],
  ["9007199254740991", true],
  ['"a"', true],
  [`"${"x".repeat(64)}"`, true],
  ["9007199254740992", false],
  ["1e400", false],
  ["-1e400", false],
  ["1.5", false],
  ['""', false],
  [`"${"x".repeat(65)}"`, false],
  ["null", false],
  ["true", false],
  ["{}", false],
  ["[1]", false],
];

for (const [json, good] of IDS) {
  Deno.test(
    `${json.slice(0, 30)} is ${good ? "an id" : "no id, and is not repeated"}`,
    pure,
    () => {
      const { id } = fromJson(`{"t":"","id":${json}}`);
      const decoded = decodeCommand(fromJson(`{"t":"names","id":${json}}`));
      if (good) deepStrictEqual(decoded, { ok: true, value: { t: "names", id } });
      else deepStrictEqual(decoded, { ok: false, code: "bad_request" });
      const unknown = decodeCommand(fromJson(`{"t":"nope","id":${json}}`));
      strictEqual("re" in unknown, good);
    },
  );
}

/** For each command, fields that are missing, of another type or out of bounds. */
const BAD: readonly (FrameObject & { readonly t: CommandType })[] = [
  { t: "auth" },
  { t: "auth", user: 1 },
  { t: "auth", user: null },
  { t: "auth", user: ["bob"] },
  { t: "auth", user: { toString: "bob" } },
  { t: "auth", user: true },
  { t: "login" },
  { t: "login", sig: null },
  { t: "login", sig: ["x"] },
  { t: "register", kdf: 0, salt: "", pk: "", sig: "", keys: "", vault: "" },
  { t: "register", kdf: 2, salt: "", pk: "", sig: "", keys: "", vault: "" },
  { t: "register", kdf: "1", salt: "", pk: "", sig: "", keys: "", vault: "" },
  { t: "register", kdf: 1, pk: "", sig: "", keys: "", vault: "" },
  { t: "register", kdf: 1, salt: "", pk: {}, sig: "", keys: "", vault: "" },
  { t: "send", to: "bob", body: "hi" },
  { t: "send", id: 5, to: "bob", body: "hi" },
  { t: "send", id: "a", to: 5, body: "hi" },
  { t: "send", id: "a", to: "bob" },
  { t: "send", id: "a", to: "bob", body: ["hi"] },
  { t: "send", id: "a", to: "bob", body: "hi", kind: "user" },
  { t: "seen", upto: -1 },
  { t: "seen", upto: 1.5 },
  { t: "seen", upto: "5" },
  { t: "seen", upto: Infinity },
  { t: "history", id: 1 },
  { t: "history", id: 1, limit: 0 },
  { t: "history", id: 1, limit: -1 },
  { t: "history", id: 1, limit: 1.5 },
  { t: "history", id: 1, limit: 1_001 },
  { t: "history", id: 1, limit: 1e9 },
  { t: "history", id: 1, limit: "5" },
  { t: "history", id: 1, limit: 5, after: -1 },
  { t: "history", id: 1, limit: 5, upto: 2 ** 53 },
  { t: "history", id: 1, limit: 5, from: "middle" },
  { t: "history", id: 1, limit: 5, kinds: "changes" },
  { t: "history", id: 1, limit: 5, of: 3 },
  { t: "send", id: "a", to: "bob", body: "x", conversation: 5 },
  { t: "send", id: "a", to: "bob", body: "x", epoch: -1 },
  { t: "send", id: "a", to: "bob", body: "x", epoch: 1.5 },
  { t: "send", id: "a", to: "bob", body: "x", epoch: 2 ** 53 },
  { t: "send", id: "a", to: "bob", body: "x", epoch: "0" },
  { t: "passwd", id: 1, kdf: 1, salt: "", pk: "", old: "", new: "", vault: "", keys: 5 },
  { t: "passwd", id: 1, kdf: 1, salt: "", pk: "", old: "", new: "" },
  { t: "keys", id: 1 },
  { t: "keys", id: 1, of: [] },
  { t: "keys", id: 1, of: "bob" },
  { t: "keys", id: 1, of: ["bob"] },
  { t: "keys", id: 1, of: [{ fp: "x" }] },
  { t: "keys", id: 1, of: [{ user: "bob", fp: 5 }] },
  { t: "lineage", id: 1, user: "bob" },
  { t: "lineage", id: 1, user: "bob", from: null },
  { t: "epochs", id: 1 },
  { t: "epochs", id: 1, conversation: ["x"] },
  { t: "epochs", id: 1, conversation: "x", from: -1 },
  { t: "epochs", id: 1, conversation: "x", piece: 0.5 },
  { t: "epochs", id: 1, conversation: "x", piece: Infinity },
  { t: "wraps", id: 1, record: "x" },
  { t: "wraps", id: 1, record: "x", m: [] },
  { t: "wraps", id: 1, record: "x", m: [{ user: "bob", fp: "x" }] },
  { t: "wraps", id: 1, record: 5, m: [{ user: "bob", fp: "x", wrap: "x" }] },
  { t: "epoch", id: 1 },
  { t: "epoch", id: 1, record: {} },
  { t: "epoch", id: 1, record: "x", group: 5 },
  { t: "epoch", id: 1, record: "x", to: ["bob"] },
  { t: "leave", id: 1, conversation: "x" },
  { t: "leave", id: 1, note: "x" },
  { t: "complain", id: 1, conversation: "x" },
  { t: "complain", id: 1, conversation: "x", epoch: "0" },
  { t: "rewrap", id: 1, conversation: "x", epoch: 0, user: "bob" },
  { t: "rewrap", id: 1, conversation: "x", epoch: 0, wrap: "x" },
  { t: "state", id: 1, after: 5 },
  { t: "state", id: 1, unless: "x" },
  { t: "state", id: 1, unless: { entry: "x" } },
  { t: "state", id: 1, unless: { entry: "x", counter: -1 } },
  { t: "set_state", id: 1 },
  { t: "set_state", id: 1, m: [] },
  { t: "set_state", id: 1, m: [{ entry: "x", counter: 1 }] },
  { t: "set_state", id: 1, m: [{ entry: "x", counter: 1, value: 5 }] },
  { t: "set_state", id: 1, m: [{ entry: "x", counter: "1", value: null }] },
  { t: "ping", id: {} },
  { t: "bye", reason: 5 },
];

for (const frame of BAD) {
  Deno.test(`${JSON.stringify(frame)} is a bad request`, pure, () => {
    const decoded = decodeCommand(frame);
    strictEqual(decoded.ok, false);
    strictEqual(decoded.ok ? "" : decoded.code, "bad_request");
  });
}

/** Lists of commands, and how long they may be. */
const LISTS: readonly (readonly [number, (length: number) => FrameObject])[] = [
  [400, (n) => ({ t: "keys", id: 1, of: filled(n, { user: "bob" }) })],
  [28, (n) => ({ t: "wraps", id: 1, record: "x", m: filled(n, { user: "b", fp: "", wrap: "" }) })],
  [400, (n) => ({ t: "set_state", id: 1, m: filled(n, { entry: "x", counter: 1, value: null }) })],
];

function filled<T>(length: number, item: T): T[] {
  return Array.from({ length }, () => item);
}

for (const [most, commandOf] of LISTS) {
  const { t } = commandOf(1);
  Deno.test(`a ${t} of ${most} is read, and one more is a bad request`, pure, () => {
    strictEqual(decodeCommand(commandOf(most)).ok, true);
    deepStrictEqual(decodeCommand(commandOf(most + 1)), { ok: false, code: "bad_request", re: 1 });
  });
}

// What clients of level 1 asked (FTC1 §7.4 has records in its place).
for (const t of ["group_set", "group_add", "group_remove", "group_leave", "group_delete"]) {
  Deno.test(`no server makes groups of words: ${t} is unknown`, pure, () => {
    const frame = { t, id: 7, group: "team", members: ["bob"] };
    deepStrictEqual(decodeCommand(frame), { ok: false, code: "unknown_type", re: 7 });
  });
}

/** For each event of level 2, fields that are missing or of another type. */
const BAD_EVENTS: readonly FrameObject[] = [
  { t: "change", id: 1, at: 0, conversation: "x", group: "g", change: "left", by: "bob" },
  { t: "keys", re: 1 },
  { t: "keys", re: 1, m: [{ keys: "x" }] },
  { t: "keys", re: 1, m: [{ user: "bob", keys: null }] },
  { t: "lineage", re: 1, keys: ["x"] },
  { t: "lineage", re: 1, keys: [5], more: false },
  { t: "epochs", re: 1, pieces: [] },
  { t: "epochs", re: 1, pieces: [{ e: 0 }], more: false },
  { t: "epochs", re: 1, pieces: [{ record: "x" }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: -1, record: "x" }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: 0, record: "x", wrap: 5 }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: 0, added: ["bob"] }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: 0, added: [["bob"]] }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: 0, removed: [5] }], more: false },
  { t: "epochs", re: 1, pieces: [{ e: 0, complaints: ["bob"] }], more: false },
  { t: "epochs", re: 1, pieces: [], more: false, head: "0" },
  { t: "complaint", conversation: "x", epoch: 0 },
  { t: "rewrapped", conversation: "x", epoch: 0.5 },
  { t: "state", re: 1, m: [] },
  { t: "state", re: 1, m: [{ entry: "x", counter: 1, value: null }], more: false },
  { t: "state", re: 1, m: [], more: false, same: false },
];

for (const frame of BAD_EVENTS) {
  Deno.test(`${JSON.stringify(frame)} is no event`, pure, () => {
    const decoded = decodeEvent(frame);
    strictEqual(decoded.ok ? "" : decoded.code, "bad_request");
  });
}

Deno.test("a batch is taken apart in order; anything else stands alone", pure, () => {
  const m = [{ t: "pong", re: 1 }, { t: "nope", x: [1] }];
  deepStrictEqual(unbatch({ t: "batch", m }), m);
  deepStrictEqual(unbatch({ t: "batch", m: [] }), []);
  deepStrictEqual(unbatch({ t: "pong", m }), [{ t: "pong", m }]);
});

const NO_BATCH: readonly unknown[] = [undefined, null, {}, "x", [1], [null], [[]], [{}], [{
  t: 5,
}]];

for (const m of NO_BATCH) {
  Deno.test(`a batch of ${JSON.stringify(m)} is none`, pure, () => {
    strictEqual(unbatch({ t: "batch", m }), null);
  });
}

Deno.test("a batch in a batch is none, wherever it stands", pure, () => {
  const nested = { t: "batch", m: [{ t: "pong" }, { t: "batch", m: [] }] };
  strictEqual(unbatch(nested), null);
  notStrictEqual(unbatch({ t: "batch", m: [{ t: "pong", m: [{ t: "batch" }] }] }), null);
});

Deno.test(
  "an event is written once and serves all its receivers: no padding, no line feed",
  pure,
  () => {
    const event = { t: "joined", user: "bob" } as const;
    deepStrictEqual(encodeEvent(event), encodeObject(event));
    strictEqual(new TextDecoder().decode(encodeEvent(event)), '{"t":"joined","user":"bob"}');
  },
);
