// PRODUCT §3: leaving and deleting, and what becomes of the name.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { chatWith, START } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const DAY_MS = 86_400_000;
const users = ["alice", "bob", "carol", "dave", "eve"] as const;

Deno.test("a member leaves; the others and he himself are told", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice", "carol"] } });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  strictEqual(await alice.groups("leave", "team"), "ok");
  await bob.says("team", "good riddance");
  deepStrictEqual(alice.sees(), ["Group team: alice left"]);
  deepStrictEqual(bob.sees(), ["Group team: alice left", "[Group: team] bob: good riddance"]);
  strictEqual(await alice.groups("leave", "team"), "no_group: No group team that you are in.");
});

Deno.test("when the owner leaves, the longest-standing member follows", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "carol", "eve"] } });
  const [bob, alice] = [chat.login("bob"), chat.login("alice")];
  await bob.groups("add", "team", ["alice"]);
  await bob.groups("remove", "team", ["carol"]);
  await bob.groups("add", "team", ["carol"]);
  alice.sees();
  strictEqual(await bob.groups("leave", "team"), "ok");
  // The next one who sends makes the epoch without him, and that has another owner.
  await alice.says("team", "bye");
  deepStrictEqual(alice.sees(), [
    "Group team: bob left",
    "Group team: eve is the owner now",
    "[Group: team] alice: bye",
  ]);
  deepStrictEqual(bob.sees().at(-1), "Group team: bob left");
  await chat.login("eve").groups("leave", "team");
  await alice.says("team", "bye");
  deepStrictEqual(alice.sees(), [
    "Group team: eve left",
    "Group team: alice is the owner now",
    "[Group: team] alice: bye",
  ]);
});

Deno.test("of those who joined together, the first by name follows", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "eve", "dave", "carol"] } });
  const eve = chat.login("eve");
  await chat.login("bob").groups("leave", "team");
  await chat.login("dave").says("team", "bye");
  deepStrictEqual(eve.sees().slice(0, 2), [
    "Group team: bob left",
    "Group team: carol is the owner now",
  ]);
});

Deno.test("a group may shrink to its owner; the last one out deletes it", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const bob = chat.login("bob");
  strictEqual(await bob.groups("remove", "team", ["alice"]), "ok");
  strictEqual((await bob.says("team", "alone")).t, "ack");
  strictEqual(await bob.groups("leave", "team"), "ok");
  deepStrictEqual(bob.sees(), [
    "Group team: bob removed alice",
    "[Group: team] bob: alone",
    "Group team deleted by bob",
  ]);
  strictEqual(sentence(await bob.says("team", "hi")), "no_group: No group team that you are in.");
});

Deno.test("a deleted group is told to all, and takes no more messages", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  strictEqual(await bob.groups("delete", "team"), "ok");
  for (const session of [alice, bob]) {
    deepStrictEqual(session.sees(), ["Group team deleted by bob"]);
  }
  strictEqual(sentence(await alice.says("team", "?")), "no_group: No group team that you are in.");
});

Deno.test(
  "the name of a deleted group is free again after 30 days, also for a user",
  pure,
  async () => {
    await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
    const bob = chat.login("bob");
    await bob.groups("delete", "team");
    strictEqual(chat.service.accounts.isTaken("team"), true);
    chat.now = START + 30 * DAY_MS - 1;
    strictEqual(await bob.groups("set", "team", ["alice"]), "name_taken: The name team is taken.");
    chat.now = START + 30 * DAY_MS;
    strictEqual(chat.service.accounts.isTaken("team"), false);
    strictEqual(await bob.groups("set", "team", ["carol"]), "ok");
    strictEqual(chat.service.accounts.isTaken("team"), true);
  },
);
