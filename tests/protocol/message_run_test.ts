// docs/PROTOCOL.md, "Entries": messages that follow each other come as one object.

import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { decodeEvent, unbatch } from "../../protocol/codec.ts";
import type { MessageEntry } from "../../protocol/event.ts";
import { decodeFrame } from "../../protocol/frame.ts";
import { MAX_FRAME_OCTETS } from "../../protocol/limits.ts";
import { continuesRun, encodeRun, takeRunApart } from "../../protocol/message_run.ts";

const pure = { permissions: "none" } as const;

const lobby: MessageEntry = {
  t: "message",
  id: 1_838_459_474_944,
  at: 1_795_370_581_000,
  conversation: "lobby",
  kind: "lobby",
  from: "bob",
  to: "lobby",
  body: "hi",
};

/** The messages in the texts of frames. */
function messagesIn(texts: readonly Uint8Array[]): unknown[] {
  const frames = texts.flatMap((text) => unbatch(decodeFrame(text)) ?? []);
  return frames.map((frame) => {
    const decoded = decodeEvent(frame);
    return decoded.ok ? decoded.value : decoded;
  });
}

Deno.test("a message alone is written as a message", pure, () => {
  const [text] = encodeRun([lobby]);
  deepStrictEqual(decodeFrame(text ?? new Uint8Array()), lobby);
});

Deno.test(
  "messages of one conversation are one object, to the letter of docs/PROTOCOL.md",
  pure,
  () => {
    const next = { ...lobby, id: lobby.id + 1, at: lobby.at + 12, from: "alice", body: "hello" };
    const [text, ...others] = encodeRun([lobby, next]);
    strictEqual(
      new TextDecoder().decode(text),
      '{"t":"messages","conversation":"lobby","kind":"lobby","to":"lobby",' +
        '"id":1838459474944,"at":1795370581000,"m":[["bob",0,0,"hi"],["alice",1,12,"hello"]]}',
    );
    deepStrictEqual(others, []);
    deepStrictEqual(messagesIn([text ?? new Uint8Array()]), [lobby, next]);
  },
);

Deno.test("any messages come out as they went in, in frames that hold them", pure, () => {
  const message = fc.record({
    step: fc.nat(5_000),
    later: fc.integer({ min: -10_000, max: 10_000 }),
    from: fc.constantFrom("bob", "alice"),
    body: fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("\u0001".repeat(4_000))),
  });
  const epoch = fc.option(fc.nat(100), { nil: undefined });
  fc.assert(fc.property(fc.array(message, { minLength: 1, maxLength: 40 }), epoch, (all, epoch) => {
    let { id, at } = lobby;
    const messages = all.map(({ step, later, from, body }): MessageEntry => {
      id += step;
      at += later;
      return { ...lobby, id, at, from, body, ...(epoch === undefined ? {} : { epoch }) };
    });
    const texts = encodeRun(messages);
    for (const text of texts) ok(text.length < MAX_FRAME_OCTETS);
    deepStrictEqual(messagesIn(texts), messages);
  }));
});

Deno.test(
  "only what is the same for all may be left out: anything else begins another run",
  pure,
  () => {
    strictEqual(
      continuesRun(lobby, { ...lobby, id: lobby.id + 1, at: 0, from: "al", body: "x" }),
      true,
    );
    const others: Partial<MessageEntry>[] = [
      { conversation: "x" },
      { kind: "group" },
      { to: "team" },
      { epoch: 0 },
      { offline: true },
    ];
    for (const other of others) {
      strictEqual(continuesRun(lobby, { ...lobby, ...other }), false, JSON.stringify(other));
      strictEqual(continuesRun({ ...lobby, ...other }, lobby), false, JSON.stringify(other));
    }
    const sealed = { ...lobby, epoch: 3 };
    strictEqual(continuesRun(sealed, { ...sealed, epoch: 4 }), false);
  },
);

const head = { t: "messages", conversation: "lobby", kind: "lobby", to: "lobby", id: 5, at: 6 };

Deno.test("a run stands alone or in a batch, and a run of none is none", pure, () => {
  const m = [["bob", 0, 0, "hi"]];
  const { t, id, at, conversation, kind, from, to, body } = { ...lobby, id: 5, at: 6 };
  const message = { t, id, at, conversation, kind, from, to, body };
  const pong = { t: "pong" };
  deepStrictEqual(unbatch({ ...head, m }), [message]);
  deepStrictEqual(unbatch({ t: "batch", m: [pong, { ...head, m }, pong] }), [pong, message, pong]);
  deepStrictEqual(unbatch({ ...head, m: [] }), []);
});

for (
  const m of [undefined, {}, [5], [["bob"]], [["bob", 0, 0, 5]], [["bob", "0", 0, "hi"]], [[
    "bob",
    0,
    null,
    "hi",
  ]]]
) {
  Deno.test(`${JSON.stringify(m)} is no run, nor is a batch with it`, pure, () => {
    strictEqual(takeRunApart({ ...head, m }), null);
    strictEqual(unbatch({ t: "batch", m: [{ t: "pong" }, { ...head, m }] }), null);
  });
}

Deno.test(
  "numbers that are no ids are refused message by message, like those of a message",
  pure,
  () => {
    const m = [["bob", 0, 0, "hi"], ["bob", 2 ** 53, 0, "far"], ["bob", 0.5, 0, "odd"]];
    const decoded = (takeRunApart({ ...head, m }) ?? []).map((frame) => decodeEvent(frame));
    deepStrictEqual(decoded.map(({ ok }) => ok), [true, false, false]);
    notStrictEqual(decoded.length, 0);
  },
);
