/**
 * What it costs to send the same to 100 receivers, without the sockets.
 *
 * `deno bench -A bench/outbox_bench.ts`. The outboxes seal as `frame_cipher.ts` chooses, the
 * baseline by node:crypto alone: where Web Crypto takes the AES of long frames, the ratio can be
 * below one.
 *
 * @module
 */

import { sealSync } from "../cipher/fernet_sync.ts";
import { FrameKeys } from "../cipher/frame_keys.ts";
import { encodeEvent } from "../protocol/codec.ts";
import { batchLength, paddedLength } from "../protocol/frame.ts";
import { encodeRun } from "../protocol/message_run.ts";
import { Outbox } from "../transport/outbox.ts";
import { lobbyMessages } from "./lobby_messages.ts";

const RECEIVERS = 100;

/** Octets: more than ever waits here. */
const LIMIT = 1_048_576;

const key = crypto.getRandomValues(new Uint8Array(32));
const outboxes = Array.from({ length: RECEIVERS }, () => {
  const outbox = new Outbox({
    keys: new FrameKeys(crypto.getRandomValues(new Uint8Array(32))),
    limit: LIMIT,
    write: () => Promise.resolve(),
    failed: (reason) => {
      throw new Error(reason);
    },
  });
  outbox.batching = true;
  return outbox;
});

/** Texts of so many messages, one each. */
function textsOf(count: number): Uint8Array[] {
  return lobbyMessages(count).map((message) => encodeEvent(message));
}

/** What is sent: each fits one frame. */
const LOADS: { readonly [name: string]: readonly Uint8Array[] } = {
  "1 text": textsOf(1),
  "32 texts": textsOf(32),
  "250 texts": textsOf(250),
  "a run of 32 messages": encodeRun(lobbyMessages(32)),
};

for (const [name, texts] of Object.entries(LOADS)) {
  const frame = new Uint8Array(paddedLength(batchLength(texts)));
  const group = `${name} to ${RECEIVERS}, frames of ${frame.length} octets`;
  Deno.bench(`seal ${frame.length} octets ${RECEIVERS} times`, { group, baseline: true }, () => {
    for (let n = 0; n < RECEIVERS; n++) sealSync(key, frame);
  });
  Deno.bench(`${name} through ${RECEIVERS} outboxes`, { group }, async () => {
    // New arrays each time: the frame of texts seen before would not be joined again.
    const fresh = texts.map((text) => text.slice());
    for (const outbox of outboxes) {
      for (const text of fresh) outbox.push(text);
    }
    await Promise.all(outboxes.map((outbox) => outbox.idle()));
  });
}
