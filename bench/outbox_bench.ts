/**
 * What it costs to send the same to 100 receivers, without the sockets.
 *
 * `deno bench -A bench/outbox_bench.ts`.
 *
 * @module
 */

import { sealSync } from "../cipher/fernet_sync.ts";
import { FrameKeys } from "../cipher/frame_keys.ts";
import { paddedLength } from "../protocol/frame.ts";
import { Outbox } from "../transport/outbox.ts";

const RECEIVERS = 100;

/** Octets of what is sent: one message, a run of 32, and the longest frame, nearly. */
const LENGTHS = [230, 3_800, 60_000] as const;

/** More than ever waits here. */
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

for (const length of LENGTHS) {
  const group = `${length} octets to ${RECEIVERS}`;
  const frame = new Uint8Array(paddedLength(length));
  Deno.bench(`seal a frame ${RECEIVERS} times`, { group, baseline: true }, () => {
    for (let n = 0; n < RECEIVERS; n++) sealSync(key, frame);
  });
  Deno.bench(`through ${RECEIVERS} outboxes`, { group }, async () => {
    const text = new Uint8Array(length).fill(0x78);
    for (const outbox of outboxes) outbox.push(text);
    await Promise.all(outboxes.map((outbox) => outbox.idle()));
  });
}
