import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LazyWriter } from "../../server/lazy_writer.ts";
import type { Key } from "../../server/store.ts";
import { HeldStore } from "../testing/held_store.ts";
import { type FakeTimers, fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;
const octets = (n: number) => new Uint8Array([n]);

/** A writer, what it could not do, and what is stored. */
function scene() {
  const store = new HeldStore();
  const failures: unknown[] = [];
  const writer = new LazyWriter(store, (error) => failures.push(error));
  const stored = async (...key: Key) => (await store.get(key))?.value[0] ?? null;
  return { store, failures, writer, stored };
}

/** Lets the time until the next writing pass, and the writing end. */
async function passed(timers: FakeTimers, store: HeldStore): Promise<void> {
  const before = store.commits.length;
  timers.pass(200);
  while (store.commits.length === before) await Promise.resolve();
  for (let n = 0; n < 20; n++) await Promise.resolve();
}

Deno.test(
  "records are written after a fifth of a second, together and in their latest state",
  pure,
  async () => {
    using timers = fakeTimers();
    const { store, writer, stored } = scene();
    writer.put(["a"], octets(1));
    writer.put(["b"], octets(2));
    writer.put(["a"], octets(3));
    timers.pass(199);
    strictEqual(store.commits.length, 0);
    await passed(timers, store);
    strictEqual(store.commits.length, 1);
    deepStrictEqual([await stored("a"), await stored("b")], [3, 2]);
    strictEqual(timers.waiting, 0);
  },
);

Deno.test(
  "a record is removed with null, and one that was dropped is not written",
  pure,
  async () => {
    const { writer, stored } = scene();
    writer.put(["a"], octets(1));
    writer.put(["b"], octets(2));
    await writer[Symbol.asyncDispose]();
    writer.put(["a"], null);
    writer.put(["b"], octets(9));
    writer.drop(["b"]);
    await writer[Symbol.asyncDispose]();
    deepStrictEqual([await stored("a"), await stored("b")], [null, 2]);
  },
);

Deno.test("what changes while it is being written is written again", pure, async () => {
  using timers = fakeTimers();
  const { store, writer, stored } = scene();
  store.hold();
  writer.put(["a"], octets(1));
  timers.pass(200);
  await store.waiting();
  writer.put(["a"], octets(2));
  store.release();
  await writer[Symbol.asyncDispose]();
  strictEqual(await stored("a"), 2);
  strictEqual(timers.waiting, 0);
});

Deno.test("a writing that failed is reported and tried again with the next", pure, async () => {
  using timers = fakeTimers();
  const { store, failures, writer, stored } = scene();
  store.fail(new Error("disk full"));
  writer.put(["a"], octets(1));
  await passed(timers, store);
  deepStrictEqual([failures.map(String), await stored("a")], [["Error: disk full"], null]);
  store.heal();
  writer.put(["b"], octets(2));
  await passed(timers, store);
  deepStrictEqual([await stored("a"), await stored("b")], [1, 2]);
  strictEqual(timers.waiting, 0);
});

Deno.test("the end writes all there is, in commits that the engine takes", pure, async () => {
  const { store, writer } = scene();
  for (let n = 0; n < 1_201; n++) writer.put(["n", n], octets(1));
  await writer[Symbol.asyncDispose]();
  deepStrictEqual(store.commits.map(({ sets = [] }) => sets.length), [500, 500, 201]);
});

Deno.test("an end on a store that fails gives up, and leaves no timer", pure, async () => {
  using timers = fakeTimers();
  const { store, failures, writer } = scene();
  store.fail(new Error("disk full"));
  writer.put(["a"], octets(1));
  await writer[Symbol.asyncDispose]();
  strictEqual(failures.length, 1);
  strictEqual(timers.waiting, 0);
});
