import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { importKey, open } from "../../cipher/fernet.ts";
import { FrameKeys } from "../../cipher/frame_keys.ts";
import { unbatch } from "../../protocol/codec.ts";
import { decodeFrame, encodeObject, type FrameObject } from "../../protocol/frame.ts";
import { Outbox } from "../../transport/outbox.ts";

const pure = { permissions: "none" } as const;
const chain = new Uint8Array(32).fill(7);

/** An outbox whose writes are kept, hang or fail as the test says. */
function scene(options: { limit?: number; batching?: boolean } = {}) {
  const writes: string[] = [];
  const failures: string[] = [];
  let held: PromiseWithResolvers<void> | null = null;
  let reached = Promise.withResolvers<void>();
  const outbox = new Outbox({
    keys: new FrameKeys(chain),
    limit: options.limit ?? 1_048_576,
    write: async (octets) => {
      writes.push(new TextDecoder().decode(octets));
      reached.resolve();
      await held?.promise;
    },
    failed: (reason) => failures.push(reason),
  });
  outbox.batching = options.batching ?? true;
  return {
    outbox,
    writes,
    failures,
    /** The next writes hang; gives the handle that ends them. */
    hold(): PromiseWithResolvers<void> {
      held = Promise.withResolvers<void>();
      reached = Promise.withResolvers<void>();
      return held;
    },
    /** Resolves when a write has begun. */
    writing: () => reached.promise,
    frames: () => openLines(writes.join("")),
  };
}

/** Opens lines with the keys of the chain, in order. */
async function openLines(text: string): Promise<{ frame: FrameObject; octets: number }[]> {
  const keys = new FrameKeys(chain);
  const frames: { frame: FrameObject; octets: number }[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const plaintext = await open(await importKey(await keys.next()), line);
    frames.push({ frame: decodeFrame(plaintext), octets: plaintext.length });
  }
  return frames;
}

const text = (n: number, size = 0) => encodeObject({ t: "pong", re: n, x: "x".repeat(size) });

Deno.test("what waits leaves as one batch frame and one write", pure, async () => {
  const { outbox, writes, frames } = scene();
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
    const { outbox, writes, frames } = scene({ batching: false });
    for (const n of [1, 2, 3]) outbox.push(text(n));
    await outbox.idle();
    strictEqual(writes.length, 1);
    deepStrictEqual((await frames()).map(({ frame }) => frame["re"]), [1, 2, 3]);
  },
);

Deno.test("a text alone is no batch, and is padded", pure, async () => {
  const { outbox, writes, frames } = scene();
  outbox.push(text(1));
  await outbox.idle();
  deepStrictEqual(await frames(), [{ frame: { t: "pong", re: 1, x: "" }, octets: 256 }]);
  // FTC1 §3.14: all short messages are 441 octets and alike.
  strictEqual(writes[0]?.length, 441);
});

Deno.test("what comes during a write leaves together with the next one", pure, async () => {
  const { outbox, writes, frames, hold, writing } = scene();
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

Deno.test("an overflow reports a slow peer once, and nothing more is sent", pure, async () => {
  const { outbox, writes, failures, hold, writing } = scene({ limit: 1_000 });
  const held = hold();
  outbox.push(text(1));
  await writing();
  for (let n = 2; n < 100; n++) outbox.push(text(n, 100));
  deepStrictEqual(failures, ["slow"]);
  strictEqual(outbox.waiting, 0);
  held.resolve();
  await outbox.idle();
  outbox.push(text(100));
  await outbox.idle();
  strictEqual(writes.length, 1);
  deepStrictEqual(failures, ["slow"]);
});

Deno.test("exactly what the limit allows may wait", pure, async () => {
  const { outbox, failures } = scene({ limit: 2 * text(1).length });
  outbox.push(text(1));
  outbox.push(text(2));
  deepStrictEqual(failures, []);
  outbox.push(Uint8Array.of(0x20));
  deepStrictEqual(failures, ["slow"]);
  await outbox.idle();
});

Deno.test("a slow peer whose connection then breaks is reported once", pure, async () => {
  const { outbox, failures, hold, writing } = scene({ limit: 100 });
  const held = hold();
  outbox.push(text(1));
  await writing();
  outbox.push(text(2, 100));
  held.reject(new Error("gone"));
  await outbox.idle();
  deepStrictEqual(failures, ["slow"]);
});

Deno.test("the last word goes out after an overflow, under the right key", pure, async () => {
  const { outbox, frames, hold, writing } = scene({ limit: 100 });
  const held = hold();
  outbox.push(text(1));
  await writing();
  outbox.push(text(2, 100));
  outbox.clear();
  outbox.push(encodeObject({ t: "bye", reason: "slow" }));
  held.resolve();
  await outbox.idle();
  deepStrictEqual((await frames()).map(({ frame }) => frame.t), ["pong", "bye"]);
});

Deno.test("a write that fails is reported once, and nothing more is sent", pure, async () => {
  const { outbox, writes, failures, hold, writing } = scene();
  const held = hold();
  outbox.push(text(1));
  await writing();
  outbox.push(text(2));
  held.reject(new Error("gone"));
  await outbox.idle();
  outbox.push(text(3));
  await outbox.idle();
  deepStrictEqual(failures, ["broken"]);
  strictEqual(writes.length, 1);
});

Deno.test(
  "a text that no frame can hold is not lost silently: the connection ends",
  pure,
  async () => {
    const { outbox, writes, failures } = scene();
    outbox.push(text(1, 70_000));
    await outbox.idle();
    deepStrictEqual(failures, ["broken"]);
    deepStrictEqual(writes, []);
  },
);

Deno.test("nothing is sent once the outbox has been dropped", pure, async () => {
  const { outbox, writes, failures } = scene();
  outbox.push(text(1));
  outbox.drop();
  outbox.push(text(2));
  await outbox.idle();
  deepStrictEqual([writes, failures], [[], []]);
});

Deno.test("more than a frame holds is cut into frames, in order", pure, async () => {
  const { outbox, writes, frames } = scene();
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
  const { outbox, frames } = scene();
  const overhead = encodeObject({ t: "batch", m: [] }).length + ",".length;
  outbox.push(text(1));
  outbox.push(text(2, 65_536 - overhead - text(1).length - text(2).length));
  await outbox.idle();
  const sent = await frames();
  deepStrictEqual(sent.map(({ octets }) => octets), [65_536]);
});

Deno.test("a very long queue leaves in several writes", pure, async () => {
  const { outbox, writes, frames } = scene();
  for (let n = 0; n < 12; n++) outbox.push(text(n, 60_000));
  await outbox.idle();
  strictEqual(writes.length, 3);
  const sent = (await frames()).flatMap(({ frame }) => unbatch(frame) ?? []);
  deepStrictEqual(sent.map((one) => one["re"]), Array.from({ length: 12 }, (_, n) => n));
});

Deno.test("150 frames cross two borders of key blocks", pure, async () => {
  const { outbox, frames } = scene({ batching: false });
  for (let n = 0; n < 150; n++) outbox.push(text(n));
  await outbox.idle();
  const numbers = (await frames()).map(({ frame }) => frame["re"]);
  deepStrictEqual(numbers, Array.from({ length: 150 }, (_, n) => n));
});

Deno.test("whatever is queued, in whatever groups, arrives once and in order", pure, async () => {
  const groups = fc.array(fc.array(fc.nat(40_000), { maxLength: 4 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(groups, fc.boolean(), async (groups, batching) => {
      const { outbox, frames } = scene({ batching });
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
