// PRODUCT §4, promise 2: what is sent again under the same message id is stored once.

import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import type { Event } from "../../protocol/event.ts";
import { keyOf } from "../../server/tables.ts";
import { chatWith, START } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const DAY_MS = 86_400_000;
const users = ["alice", "bob", "carol"] as const;

const idOf = (answer: Event): number => answer.t === "ack" ? answer.id : NaN;

Deno.test("the same message id again gives the ack of the first, and one entry", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  const first = await bob.says("alice", "hi", { id: "m1" });
  chat.now = START + 5_000;
  deepStrictEqual(await bob.says("alice", "hi", { id: "m1" }), first);
  deepStrictEqual(await chat.login("bob").says("lobby", "other", { id: "m1" }), first);
  deepStrictEqual(alice.sees(), ["[DM from bob]: hi"]);
  strictEqual((await bob.reads()).entries.length, 1);
});

Deno.test("so it does after a restart, for seven days", pure, async () => {
  await using chat = await chatWith({ users });
  const first = await chat.login("bob").says("lobby", "hi", { id: "m1" });
  chat.now = START + 7 * DAY_MS - 1;
  await chat.restart();
  deepStrictEqual(await chat.login("bob").says("lobby", "hi", { id: "m1" }), first);
  chat.now = START + 7 * DAY_MS;
  notStrictEqual(idOf(await chat.login("bob").says("lobby", "hi", { id: "m1" })), idOf(first));
});

Deno.test("the message ids of two accounts have nothing to do with each other", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = await chat.login("bob").says("lobby", "b", { id: "m1" });
  const alice = await chat.login("alice").says("lobby", "a", { id: "m1" });
  notStrictEqual(idOf(bob), idOf(alice));
});

Deno.test(
  "twice in one commit: stored once, both acknowledged alike, the others not touched",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const [alice, bob] = [chat.login("alice"), chat.login("bob")];
    const bobAgain = chat.login("bob");
    const answers = await Promise.all([
      bob.says("lobby", "1", { id: "m1" }),
      bobAgain.says("lobby", "1", { id: "m1" }),
      alice.says("lobby", "2"),
    ]);
    strictEqual(idOf(answers[0]), idOf(answers[1]));
    deepStrictEqual(alice.sees().toSorted(), ["[alice]: 2", "[bob]: 1"]);
  },
);

Deno.test("a known id among new ones: all are answered, each as it should be", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  const known = await bob.says("lobby", "1", { id: "m1" });
  alice.sees();
  const answers = await Promise.all([
    alice.says("lobby", "2"),
    bob.says("lobby", "1", { id: "m1" }),
    alice.says("lobby", "3"),
  ]);
  strictEqual(idOf(answers[1]), idOf(known));
  deepStrictEqual(alice.sees(), ["[alice]: 2", "[alice]: 3"]);
  strictEqual((await bob.reads()).entries.length, 3);
  deepStrictEqual(chat.failures, []);
});

Deno.test(
  "a known id of which nothing can be read is refused alone, and everybody gets one answer",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const [alice, bob] = [chat.login("alice"), chat.login("bob")];
    await bob.says("lobby", "1", { id: "m1" });
    await bob.says("lobby", "2", { id: "m2" });
    const key = keyOf.sent("bob", "m2");
    await chat.store.commit({ sets: [{ key, value: new Uint8Array(20) }] });
    const seen = [alice.events.length, bob.events.length] as const;
    const answers = await Promise.all([
      bob.says("lobby", "1", { id: "m1" }),
      bob.says("lobby", "2", { id: "m2" }),
      alice.says("lobby", "3"),
    ]);
    deepStrictEqual(
      answers.map((answer) => sentence(answer).split(":")[0]),
      ["ack", "storage", "ack"],
    );
    // The new message itself comes to both.
    deepStrictEqual([alice.events.length, bob.events.length], [seen[0] + 2, seen[1] + 3]);
  },
);

Deno.test("a message that was stored is acknowledged again, also if it could not be sent any more", async () => {
  await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  const ack = await bob.says("team", "hi", { id: "m1" });
  strictEqual(await alice.groups("remove", "team", ["bob"]), "ok");
  deepStrictEqual(await bob.says("team", "hi", { id: "m1" }), ack);
  strictEqual(
    sentence(await bob.says("team", "hi", { id: "m2" })),
    "no_group: No group team that you are in.",
  );
});

Deno.test("a message that was stored is acknowledged again, also when nothing more can be stored", async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const ack = await bob.says("alice", "hi", { id: "m1" });
  chat.isDiskFull = true;
  deepStrictEqual(await bob.says("alice", "hi", { id: "m1" }), ack);
  strictEqual(sentence(await bob.says("alice", "hi", { id: "m2" })).startsWith("storage: "), true);
});

Deno.test("a message sent again while its commit hangs is acknowledged, not refused, when it is done", async () => {
  await using chat = await chatWith({ users, directs: [["alice", "bob"]] });
  const bob = chat.login("bob");
  chat.store.hold();
  const first = bob.says("alice", "hi", { id: "m1" });
  await chat.store.waiting();
  chat.uptime += 60_000;
  const again = chat.login("bob").says("alice", "hi", { id: "m1" });
  strictEqual(sentence(await bob.says("alice", "hi", { id: "m2" })).startsWith("storage: "), true);
  chat.store.release();
  deepStrictEqual(await again, await first);
});
