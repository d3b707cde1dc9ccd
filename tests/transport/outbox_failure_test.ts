import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { encodeObject } from "../../protocol/frame.ts";
import { outboxScene, text } from "./outbox_scene.ts";

const pure = { permissions: "none" } as const;

Deno.test("an overflow reports a slow peer once, and nothing more is sent", pure, async () => {
  const { outbox, writes, failures, hold, writing } = outboxScene({ limit: 1_000 });
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
  const { outbox, failures } = outboxScene({ limit: 2 * text(1).length });
  outbox.push(text(1));
  outbox.push(text(2));
  deepStrictEqual(failures, []);
  outbox.push(Uint8Array.of(0x20));
  deepStrictEqual(failures, ["slow"]);
  await outbox.idle();
});

Deno.test("a slow peer whose connection then breaks is reported once", pure, async () => {
  const { outbox, failures, hold, writing } = outboxScene({ limit: 100 });
  const held = hold();
  outbox.push(text(1));
  await writing();
  outbox.push(text(2, 100));
  held.reject(new Error("gone"));
  await outbox.idle();
  deepStrictEqual(failures, ["slow"]);
});

Deno.test("the last word goes out after an overflow, under the right key", pure, async () => {
  const { outbox, frames, hold, writing } = outboxScene({ limit: 100 });
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
  const { outbox, writes, failures, hold, writing } = outboxScene();
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
    const { outbox, writes, failures } = outboxScene();
    outbox.push(text(1, 70_000));
    await outbox.idle();
    deepStrictEqual(failures, ["broken"]);
    deepStrictEqual(writes, []);
  },
);

Deno.test("nothing is sent once the outbox has been dropped", pure, async () => {
  const { outbox, writes, failures } = outboxScene();
  outbox.push(text(1));
  outbox.drop();
  outbox.push(text(2));
  await outbox.idle();
  deepStrictEqual([writes, failures], [[], []]);
});
