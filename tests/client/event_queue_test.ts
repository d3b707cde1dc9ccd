import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { EventQueue } from "../../client/event_queue.ts";

const pure = { permissions: "none" } as const;

/** Whether a promise has been settled once everything that can go on has gone on. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => over = true);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return over;
}

Deno.test("events come in order, and then the end", pure, async () => {
  const queue = new EventQueue<number>();
  const first = queue.next();
  await queue.push(1);
  await queue.push(2);
  queue.end();
  await queue.push(3);
  deepStrictEqual([await first, await queue.next(), await queue.next()], [1, 2, null]);
});

Deno.test("an error ends it, behind everything that came before", pure, async () => {
  const queue = new EventQueue<number>();
  await queue.push(1);
  queue.end(new Error("gone"));
  strictEqual(await queue.next(), 1);
  await rejects(queue.next(), /gone/);
});

Deno.test("a full queue slows its sender down until something is taken", pure, async () => {
  const queue = new EventQueue<number>(2);
  await queue.push(1);
  const second = queue.push(2);
  strictEqual(await isOver(second), false);
  await queue.next();
  strictEqual(await isOver(second), true);
});

Deno.test(
  "while an answer is awaited nothing is held up: it may come behind the rest",
  pure,
  async () => {
    const queue = new EventQueue<number>(2);
    await queue.push(1);
    const second = queue.push(2);
    const answer = Promise.withResolvers<string>();
    const asked = queue.during(answer.promise);
    strictEqual(await isOver(second), true);
    strictEqual(await isOver(queue.push(3)), true);
    answer.resolve("here");
    strictEqual(await asked, "here");
    strictEqual(await isOver(queue.push(4)), false);
  },
);

Deno.test("an event is done with when the next is asked for", pure, async () => {
  const queue = new EventQueue<number>();
  strictEqual(await isOver(queue.taken()), true);
  await queue.push(1);
  await queue.push(2);
  const both = queue.taken();
  await queue.next();
  await queue.next();
  strictEqual(await isOver(both), false);
  queue.finish();
  strictEqual(await isOver(both), true);
});
