/**
 * What it costs to make and to read the plaintexts of frames.
 *
 * `deno bench -A bench/frame_bench.ts`. The counts are messages of 100 octets in one frame.
 *
 * @module
 */

import { encodeEvent, unbatch } from "../protocol/codec.ts";
import { decodeFrame, joinFrame } from "../protocol/frame.ts";
import { encodeRun } from "../protocol/message_run.ts";
import { lobbyMessages } from "./lobby_messages.ts";

/** A message alone, what a busy server tells at once, and nearly the longest frame. */
const COUNTS = [1, 32, 250] as const;

const decoder = new TextDecoder();

for (const count of COUNTS) {
  const messages = lobbyMessages(count);
  const texts = messages.map((message) => encodeEvent(message));
  const frame = joinFrame(texts);
  const json = decoder.decode(frame);
  const out = { group: `make a frame of ${count}` };
  Deno.bench("copy as many octets", { ...out, baseline: true }, () => void frame.slice());
  Deno.bench(`join ${count} texts`, out, () => void joinFrame(texts));
  const incoming = { group: `read a frame of ${count}` };
  Deno.bench("JSON.parse", { ...incoming, baseline: true }, () => void JSON.parse(json));
  Deno.bench(`decode the frame of ${count}`, incoming, () => void decodeFrame(frame));
  if (count === 1) continue;
  Deno.bench(`decode the batch of ${count}, taken apart`, incoming, () => {
    unbatch(decodeFrame(frame));
  });
  // As the server tells them: what follows each other shares its fields.
  const runs = encodeRun(messages);
  const runFrame = joinFrame(runs);
  Deno.bench(`write ${count} messages as runs`, out, () => void encodeRun(messages));
  Deno.bench(`join the runs of ${count}`, out, () => void joinFrame(runs));
  Deno.bench(`decode the runs of ${count}, taken apart`, incoming, () => {
    unbatch(decodeFrame(runFrame));
  });
}
