import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Cursors } from "../../server/cursors.ts";
import { LazyWriter } from "../../server/lazy_writer.ts";
import { chatWith } from "../testing/chat.ts";
import { HeldStore } from "../testing/held_store.ts";
import { fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;

/** Cursors on a store, and a way to load them again as after a restart. */
function scene() {
  const store = new HeldStore();
  const failures: unknown[] = [];
  const damaged = (error: unknown) => failures.push(error);
  const writer = new LazyWriter(store, damaged);
  const load = () => new Cursors(store, writer, { damaged });
  return {
    store,
    failures,
    writer,
    load,
    cursors: load(),
    stored: (user: string) => load().get(user),
    /** Writes what is to be written. */
    flush: () => writer[Symbol.asyncDispose](),
  };
}

Deno.test("a cursor moves forward only", pure, async () => {
  const { cursors, stored, flush } = scene();
  strictEqual(await cursors.get("bob"), 0);
  await cursors.move("bob", 10);
  await cursors.move("bob", 7);
  strictEqual(await cursors.get("bob"), 10);
  strictEqual(await cursors.get("alice"), 0);
  await flush();
  strictEqual(await stored("bob"), 10);
});

Deno.test("after a restart it goes on from what is stored, forward only", pure, async () => {
  const { cursors, load, stored, flush } = scene();
  await cursors.move("bob", 10);
  await flush();
  const again = load();
  await again.move("bob", 9);
  await flush();
  strictEqual(await stored("bob"), 10);
  await again.move("bob", 11);
  await flush();
  strictEqual(await stored("bob"), 11);
});

Deno.test("whatever order it is told in, the greatest stands", pure, async () => {
  const moves = fc.array(fc.tuple(fc.constantFrom("bob", "alice"), fc.nat(50)), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(moves, async (moves) => {
    const { cursors, stored, flush } = scene();
    await Promise.all(moves.map(([user, upto]) => cursors.move(user, upto)));
    await flush();
    for (const user of ["bob", "alice"]) {
      const greatest = Math.max(
        0,
        ...moves.filter(([who]) => who === user).map(([, upto]) => upto),
      );
      deepStrictEqual([await cursors.get(user), await stored(user)], [greatest, greatest]);
    }
  }));
});

Deno.test("many moves in one moment are one record in one commit", pure, async () => {
  using timers = fakeTimers();
  const { cursors, store, flush } = scene();
  for (let n = 1; n <= 50; n++) await cursors.move("bob", n);
  await cursors.move("alice", 5);
  strictEqual(store.commits.length, 0);
  timers.pass(200);
  await flush();
  deepStrictEqual(store.commits.map(({ sets }) => sets?.length), [2]);
});

Deno.test("what could not be written is reported, and tried again", pure, async () => {
  using timers = fakeTimers();
  const { cursors, store, failures, stored, flush } = scene();
  store.fail(new Error("disk full"));
  await cursors.move("bob", 10);
  timers.pass(200);
  await flush();
  strictEqual(failures.length > 0, true);
  store.heal();
  timers.pass(200);
  await flush();
  strictEqual(await stored("bob"), 10);
});

Deno.test(
  "seen moves the cursor of the account, up to the newest entry and no further",
  pure,
  async () => {
    await using chat = await chatWith({ users: ["bob"] });
    const bob = chat.login("bob");
    const ack = await bob.says("lobby", "hi");
    const id = ack.t === "ack" ? ack.id : NaN;
    await bob.handles({ t: "seen", upto: id - 1 });
    strictEqual(await chat.service.cursors.get("bob"), id - 1);
    await bob.handles({ t: "seen", upto: Number.MAX_SAFE_INTEGER });
    strictEqual(await chat.service.cursors.get("bob"), id);
    await bob.handles({ t: "seen", upto: 0 });
    await chat.restart();
    strictEqual(await chat.service.cursors.get("bob"), id);
    deepStrictEqual(bob.events.filter(({ t }) => t === "error"), []);
  },
);
