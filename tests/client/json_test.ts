// docs/JSON.md: lines of a program, read; what it is told, written.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { readJsonLine } from "../../client/json_command.ts";
import { type JsonEvent, jsonEvent } from "../../client/json_event.ts";
import { JsonFace } from "../../client/json_face.ts";
import { jsonLine } from "../../client/json_line.ts";
import { jsonOutputs } from "../../client/json_requests.ts";
import type { Output } from "../../client/session.ts";
import type { ChangeEntry } from "../../protocol/event.ts";
import { AT, says, Scene } from "./fake_server.ts";

const pure = { permissions: "none" } as const;

Deno.test("a line is printable ASCII and says the same, whatever is in it", pure, () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 0, max: 0xffff }),
      (text, unit) => {
        const object = { body: `${text}${String.fromCharCode(unit)}\u001b[2J\u202e\u2028\u0085` };
        const line = jsonLine(object);
        match(line, /^[\x20-\x7e]*$/);
        deepStrictEqual(JSON.parse(line), object);
      },
    ),
  );
});

Deno.test("a line is read with names in lower case and what may be left out", pure, () => {
  const cases: readonly (readonly [string, object])[] = [
    ['{"t":"send","to":"Alice","body":"hi"}', { t: "send", to: "alice", body: "hi" }],
    [
      '{"t":"send","id":"m1","to":"LOBBY","kind":"group","body":"hi","more":1}',
      { t: "send", id: "m1", to: "lobby", kind: "group", body: "hi" },
    ],
    ['{"t":"names"}', { t: "names" }],
    ['{"t":"groups","id":7}', { t: "groups", id: 7 }],
    [
      '{"t":"history"}',
      { t: "history", after: 0, upto: Number.MAX_SAFE_INTEGER, limit: 100 },
    ],
    [
      ' {"t":"history","of":"Team","after":1,"upto":9,"limit":1000} ',
      { t: "history", of: "team", after: 1, upto: 9, limit: 1_000 },
    ],
    [
      '{"t":"group_set","group":"Team","members":["Bob","eve"]}',
      { t: "group_set", group: "team", members: ["bob", "eve"] },
    ],
    ['{"t":"verify","name":"bob"}', { t: "verify", name: "bob", compared: false }],
    ['{"t":"quit"}', { t: "quit" }],
  ];
  for (const [line, command] of cases) deepStrictEqual(readJsonLine(line), { command });
  for (const line of ["", " \t", "\r"]) deepStrictEqual(readJsonLine(line), { blank: true });
});

Deno.test(
  "a line that makes no sense is answered under its id, with the field that is wrong",
  pure,
  () => {
    const cases: readonly (readonly [string, string, RegExp, unknown?])[] = [
      ["hello", "bad_json", /one object of JSON/],
      ["[]", "bad_json", /one object of JSON/],
      ["null", "bad_json", /one object of JSON/],
      ['"send"', "bad_json", /one object of JSON/],
      ['{"t":"sned","id":3}', "unknown_type", /send, names/, 3],
      ['{"t":"__proto__"}', "unknown_type", /send, names/],
      ['{"t":"toString"}', "unknown_type", /send, names/],
      ['{"id":"a"}', "unknown_type", /send, names/, "a"],
      ['{"t":"names","id":1.5}', "bad_command", /^"id" is wrong/],
      ['{"t":"names","id":""}', "bad_command", /^"id" is wrong/],
      ['{"t":"send","id":"m","to":"a b","body":"x"}', "bad_command", /^"to" is no name/, "m"],
      ['{"t":"send","id":7,"to":"a","body":"x"}', "bad_command", /^"id" is wrong/, 7],
      ['{"t":"send","to":"bob"}', "bad_command", /^"body" is wrong/],
      ['{"t":"send","to":"bob","body":" "}', "bad_command", /^"body" is no text/],
      ['{"t":"send","to":"bob","body":"\\u001b[2J"}', "bad_command", /^"body" is no text/],
      ['{"t":"send","to":"bob","body":"\\ud800"}', "bad_command", /^"body" is no text/],
      [
        `{"t":"send","to":"bob","body":"${"x".repeat(4_001)}"}`,
        "bad_command",
        /no text: 1 to 4,000/,
      ],
      ['{"t":"history","limit":1001}', "bad_command", /^"limit" is wrong/],
      ['{"t":"history","after":-1}', "bad_command", /^"after" is wrong/],
      ['{"t":"group_add","group":"g","members":[]}', "bad_command", /^"members" is wrong/],
      ['{"t":"group_add","group":"g","members":["@"]}', "bad_command", /^"members\.0" is no name/],
    ];
    for (const [line, code, text, re] of cases) {
      const read = readJsonLine(line);
      ok("fault" in read, line);
      strictEqual(read.fault.code, code, line);
      match(read.fault.text, text);
      strictEqual(read.fault.re, re, line);
      strictEqual(read.fault.isMessage, code === "bad_command" && line.includes('"send"'));
    }
  },
);

Deno.test("any line is read, and nothing is thrown", pure, () => {
  const types = fc.constantFrom("send", "names", "history", "group_set", "trust", "quit", "x");
  const object = fc.record(
    { t: types, id: fc.jsonValue(), to: fc.jsonValue(), body: fc.jsonValue(), of: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), object.map((one) => JSON.stringify(one))),
      (line) => {
        const read = readJsonLine(line);
        strictEqual(["command", "fault", "blank"].filter((key) => key in read).length, 1);
      },
    ),
  );
});

Deno.test("every event has its fields and no others", pure, () => {
  const hi = says("bob", "hi", { id: 5, kind: "direct", to: "alice", offline: true });
  const place = { id: 6, at: AT, conversation: "c" };
  const change = { t: "change", ...place, group: "team", epoch: 1 } as const;
  const changes: readonly (readonly [ChangeEntry, object])[] = [
    [{ ...change, change: "created", by: "bob", members: ["eve", "bob"] }, {
      by: "bob",
      members: ["eve", "bob"],
    }],
    [{ ...change, change: "members", by: "bob", added: ["al"], removed: [] }, {
      by: "bob",
      added: ["al"],
      removed: [],
    }],
    [{ ...change, change: "left", by: "eve", note: "n" }, { by: "eve" }],
    [{ ...change, change: "owner", owner: "al" }, { owner: "al" }],
    [{ ...change, change: "deleted", by: "al" }, { by: "al" }],
  ];
  for (const [entry, fields] of changes) {
    deepStrictEqual(jsonEvent({ type: "entry", entry }), {
      t: "change",
      ...place,
      group: "team",
      change: entry.change,
      ...fields,
    });
  }
  deepStrictEqual(jsonEvent({ type: "past", entry: { ...hi, epoch: 3 } }, "q"), {
    ...hi,
    past: true,
    re: "q",
  });
  const marks = { beside: "replayed" };
  deepStrictEqual(jsonEvent({ type: "entry", entry: { ...hi, marks } }), { ...hi, marks });
  deepStrictEqual(jsonEvent({ type: "entry", entry: { t: "damaged", ...place, text: "why" } }), {
    t: "damaged",
    ...place,
    text: "why",
  });
  deepStrictEqual(jsonEvent({ type: "refused", text: "No.", code: "rate" }, 3), {
    t: "error",
    code: "rate",
    text: "No.",
    re: 3,
  });
  deepStrictEqual(jsonEvent({ type: "refused", text: "No." }), {
    t: "error",
    code: "refused",
    text: "No.",
  });
  for (const type of ["now", "help"] as const) strictEqual(jsonEvent({ type }), null);
  strictEqual(jsonEvent({ type: "missed", count: 3, older: 0 }), null);
});

/** What a face hands to its program. */
function faceWithEvents(): { readonly face: JsonFace; readonly events: JsonEvent[] } {
  const events: JsonEvent[] = [];
  const face = new JsonFace({
    emit: (event) => Promise.resolve(void events.push(event)),
    notice: () => Promise.resolve(),
    line: () => Promise.resolve(null),
    hidden: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  });
  return { face, events };
}

Deno.test("a command ends with ok or with an error, never with both", pure, async () => {
  const { face, events } = faceWithEvents();
  await face.show({ type: "names", users: ["bob"] }, 1);
  await face.answered(1);
  await face.show({ type: "refused", text: "No.", code: "no_group" }, 2);
  await face.answered(2);
  await face.settled("m1", { id: 7, at: 8 });
  await face.show({ type: "refused", text: "No." }, "m2");
  await face.settled("m2", undefined);
  // The same id again is a new command.
  await face.answered(2);
  deepStrictEqual(events, [
    { t: "names", users: ["bob"], re: 1 },
    { t: "ok", re: 1 },
    { t: "error", code: "no_group", text: "No.", re: 2 },
    { t: "ack", re: "m1", id: 7, at: 8 },
    { t: "error", code: "refused", text: "No.", re: "m2" },
    { t: "ok", re: 2 },
  ]);
});

Deno.test("a program is told of each try to connect again, and of success, once", pure, () => {
  const { face, events } = faceWithEvents();
  const rest = { pending: [], unread: [] };
  const off = (nextTryAt: number | null) =>
    face.status({ ...rest, connection: { state: "off", nextTryAt } });
  const on = () => face.status({ ...rest, connection: { state: "on" } });
  on();
  // Leaving is no lost connection.
  off(null);
  on();
  off(1);
  off(1);
  off(null);
  off(2);
  on();
  on();
  deepStrictEqual(events, [
    { t: "connection", state: "off", next_try_at: 1 },
    { t: "connection", state: "off", next_try_at: 2 },
    { t: "connection", state: "on" },
  ]);
});

/** A session that is told lines of JSON. */
class Program extends Scene {
  readonly outputs: Output[] = [];

  says(...commands: readonly object[]): this {
    for (const command of commands) {
      const line = JSON.stringify(command);
      const options = { session: this.session, newId: () => "made", now: () => AT };
      this.outputs.push(...jsonOutputs(line, options));
    }
    return this;
  }
}

Deno.test("a message keeps the id of its program; one that waits waits once", pure, () => {
  const program = new Program();
  program.says(
    { t: "send", id: "m1", to: "lobby", body: "one" },
    { t: "send", id: "m1", to: "lobby", body: "one" },
    { t: "send", to: "lobby", body: "two" },
  );
  deepStrictEqual(
    program.outputs.map((output) => output.type === "keep" ? output.message.id : output.type),
    ["m1", "made"],
  );
  strictEqual(program.session.pending, 2);
  program.start();
  // The first is answered in the scene, and so the second is sent.
  deepStrictEqual(program.commands("send").map(({ id }) => id), ["m1", "made"]);
  strictEqual(program.session.pending, 0);
});

Deno.test("what belongs to a command carries its id, and its end is told", pure, () => {
  const program = new Program({}, [says("bob", "hi", { id: 3 })]).start();
  const outputs = jsonOutputs('{"t":"history","id":"h"}', {
    session: program.session,
    newId: () => "made",
    now: () => AT,
  });
  const asked = outputs.find((output) => output.type === "send");
  ok(asked?.type === "send" && asked.command.t === "history");
  const answer = program.session.receive({
    t: "history",
    re: asked.command.id,
    entries: [says("bob", "hi", { id: 3 })],
    more: false,
  });
  deepStrictEqual(
    answer.map((output) => [output.type, "re" in output ? output.re : null]),
    [["show", "h"], ["show", "h"], ["answered", "h"]],
  );
});

Deno.test(
  "a message that may not be sent counts as not stored, another line does not",
  pure,
  () => {
    const program = new Program().start();
    program.says({ t: "names", id: 1.5 }, { t: "nothing" });
    strictEqual(program.session.refused, 0);
    program.says({ t: "send", to: "lobby", body: "" });
    strictEqual(program.session.refused, 1);
    program.says({ t: "quit" });
    strictEqual(program.session.isQuitting, true);
  },
);
