import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { unbatch } from "../../protocol/codec.ts";
import { encodeObject } from "../../protocol/frame.ts";
import { outboxScene, text } from "./outbox_scene.ts";

const pure = { permissions: "none" } as const;

Deno.test("what waits leaves as one batch frame and one write", pure, async () => {
  const { outbox, writes, frames } = outboxScene();
  for (const n of [1, 2, 3]) outbox.push(text(n));
  await outbox.idle();
  strictEqual(writes.length, 1);
  const m = [1, 2, 3].map((re) => ({ t: "pong", re, x: "" }));
  deepStrictEqual(await frames(), [{ frame: { t: "batch", m }, octets: 256 }]);
});

Deno.test(
  "without batches, what waits leaves as frames of their own in one write",
  pure,
  async () => {
    const { outbox, writes, frames } = outboxScene({ batching: false });
    for (const n of [1, 2, 3]) outbox.push(text(n));
    await outbox.idle();
    strictEqual(writes.length, 1);
    deepStrictEqual((await frames()).map(({ frame }) => frame["re"]), [1, 2, 3]);
  },
);

Deno.test("a text alone is no batch, and is padded", pure, async () => {
  const { outbox, writes, frames } = outboxScene();
  outbox.push(text(1));
  await outbox.idle();
  deepStrictEqual(await frames(), [{ frame: { t: "pong", re: 1, x: "" }, octets: 256 }]);
  // FTC1 §3.14: all short messages are 441 octets and alike.
  strictEqual(writes[0]?.length, 441);
});

Deno.test("what comes during a write leaves together with the next one", pure, async () => {
  const { outbox, writes, frames, hold, writing } = outboxScene();
  const held = hold();
  outbox.push(text(1));
  await writing();
  for (const n of [2, 3, 4]) outbox.push(text(n));
  strictEqual(outbox.waiting, text(2).length * 3);
  held.resolve();
  await outbox.idle();
  strictEqual(writes.length, 2);
  strictEqual(outbox.waiting, 0);
  deepStrictEqual((await frames()).map(({ frame }) => unbatch(frame)?.length), [1, 3]);
});

Deno.test("more than a frame holds is cut into frames, in order", pure, async () => {
  const { outbox, writes, frames } = outboxScene();
  for (let n = 0; n < 5; n++) outbox.push(text(n, 30_000));
  await outbox.idle();
  strictEqual(writes.length, 1);
  const sent = await frames();
  deepStrictEqual(sent.map(({ frame }) => unbatch(frame)?.map((one) => one["re"])), [
    [0, 1],
    [2, 3],
    [4],
  ]);
  deepStrictEqual(sent.map(({ octets }) => octets), [65_536, 65_536, 32_768]);
});

Deno.test("a batch may fill a frame to the last octet", pure, async () => {
  const { outbox, frames } = outboxScene();
  const overhead = encodeObject({ t: "batch", m: [] }).length + ",".length;
  outbox.push(text(1));
  outbox.push(text(2, 65_536 - overhead - text(1).length - text(2).length));
  await outbox.idle();
  const sent = await frames();
  deepStrictEqual(sent.map(({ octets }) => octets), [65_536]);
});

Deno.test("a very long queue leaves in several writes", pure, async () => {
  const { outbox, writes, frames } = outboxScene();
  for (let n = 0; n < 12; n++) outbox.push(text(n, 60_000));
  await outbox.idle();
  strictEqual(writes.length, 3);
  const sent = (await frames()).flatMap(({ frame }) => unbatch(frame) ?? []);
  deepStrictEqual(sent.map((one) => one["re"]), Array.from({ length: 12 }, (_, n) => n));
});

Deno.test("150 frames cross two borders of key blocks", pure, async () => {
  const { outbox, frames } = outboxScene({ batching: false });
  for (let n = 0; n < 150; n++) outbox.push(text(n));
  await outbox.idle();
  const numbers = (await frames()).map(({ frame }) => frame["re"]);
  deepStrictEqual(numbers, Array.from({ length: 150 }, (_, n) => n));
});

Deno.test("whatever is queued, in whatever groups, arrives once and in order", pure, async () => {
  const groups = fc.array(fc.array(fc.nat(40_000), { maxLength: 4 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(groups, fc.boolean(), async (groups, batching) => {
      const { outbox, frames } = outboxScene({ batching });
      let pushed = 0;
      for (const sizes of groups) {
        for (const size of sizes) outbox.push(text(pushed++, size));
        await Promise.resolve();
      }
      await outbox.idle();
      const sent = (await frames()).flatMap(({ frame }) => unbatch(frame) ?? []);
      deepStrictEqual(sent.map((one) => one["re"]), Array.from({ length: pushed }, (_, n) => n));
    }),
    { numRuns: 25 },
  );
});
