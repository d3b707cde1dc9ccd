/**
 * What it costs to make and to read frames, commands and events.
 *
 * `deno bench -A bench/frame_bench.ts`.
 *
 * @module
 */

import { decodeCommand, decodeEvent, encodeEvent, unbatch } from "../protocol/codec.ts";
import type { MessageEntry } from "../protocol/event.ts";
import { decodeFrame, joinFrame } from "../protocol/frame.ts";
import { encodeRun } from "../protocol/message_run.ts";

/** Messages of 100 octets that a busy server tells at once. */
const MESSAGES = 32;

const messages = Array.from({ length: MESSAGES }, (_, n): MessageEntry => ({
  t: "message",
  id: 1_838_459_474_944_000 + n,
  at: 1_795_370_581_000,
  conversation: "lobby",
  kind: "lobby",
  from: `user${n % 4}`,
  to: "lobby",
  body: "x".repeat(100),
}));
const [message] = messages;
if (message === undefined) throw new Error("Cannot begin: no message");
const texts = messages.map((one) => encodeEvent(one));
const batch = joinFrame(texts);
const run = joinFrame(encodeRun(messages));
const json = JSON.stringify(message);
const send = { t: "send", id: "m".repeat(22), to: "lobby", body: "x".repeat(100) };
const sendFrame = joinFrame([new TextEncoder().encode(JSON.stringify(send))]);
const sendJson = JSON.stringify(send);

const one = { group: "one message out" };
Deno.bench("JSON.stringify", { ...one, baseline: true }, () => void JSON.stringify(message));
Deno.bench("encode an event", one, () => void encodeEvent(message));
Deno.bench("JSON.parse", one, () => void JSON.parse(json));
Deno.bench("decode an event", one, () => void decodeEvent(message));

const many = { group: `${MESSAGES} messages out` };
Deno.bench("copy as many octets", { ...many, baseline: true }, () => void batch.slice());
Deno.bench("join their texts to a batch", many, () => void joinFrame(texts));
Deno.bench("write them as one run", many, () => void encodeRun(messages));
Deno.bench("read the batch", many, () => void unbatch(decodeFrame(batch)));
Deno.bench("read the run", many, () => void unbatch(decodeFrame(run)));

const incoming = { group: "one message in" };
Deno.bench("JSON.parse of it", { ...incoming, baseline: true }, () => void JSON.parse(sendJson));
Deno.bench("read the frame", incoming, () => void decodeFrame(sendFrame));
Deno.bench("check the command", incoming, () => void decodeCommand(send));
