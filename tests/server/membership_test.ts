// PRODUCT §3, "membership and history": you read what lies in your intervals, and nothing else.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const DAY_MS = 86_400_000;
const users = ["alice", "bob", "carol", "eve"] as const;

const TEAM = { users, groups: { team: ["bob", "alice"] } } as const;

/** What alice reads of the group before and after a restart: it must be the same. */
async function read(chat: Chat, user: string, of: string): Promise<string[]> {
  const lines = await chat.login(user).rereads(of);
  await chat.restart();
  deepStrictEqual(await chat.login(user).rereads(of), lines);
  return lines;
}

Deno.test("who is removed reads up to the change that removed him", pure, async () => {
  await using chat = await chatWith(TEAM);
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  await bob.says("team", "before");
  await bob.groups("remove", "team", ["alice"]);
  await bob.says("team", "after");
  deepStrictEqual(alice.sees(), ["[Group: team] bob: before", "Group team: bob removed alice"]);
  deepStrictEqual(await read(chat, "alice", "team"), [
    "Group team created with members: alice, bob",
    "[Group: team] bob: before",
    "Group team: bob removed alice",
  ]);
});

Deno.test("who leaves reads up to his leaving, and not who is the owner then", pure, async () => {
  await using chat = await chatWith(TEAM);
  const bob = chat.login("bob");
  await bob.groups("leave", "team");
  await chat.login("alice").says("team", "after");
  deepStrictEqual(await read(chat, "bob", "team"), [
    "Group team created with members: alice, bob",
    "Group team: bob left",
  ]);
});

Deno.test("a new member reads from joining on", pure, async () => {
  await using chat = await chatWith(TEAM);
  const [bob, carol] = [chat.login("bob"), chat.login("carol")];
  await bob.says("team", "before");
  await bob.groups("add", "team", ["carol"]);
  await bob.says("team", "after");
  const lines = ["Group team: bob added carol", "[Group: team] bob: after"];
  deepStrictEqual(carol.sees(), lines);
  deepStrictEqual(await read(chat, "carol", "team"), lines);
});

Deno.test(
  "who comes back reads both times of his membership, and not what lies between",
  pure,
  async () => {
    await using chat = await chatWith(TEAM);
    const bob = chat.login("bob");
    await bob.says("team", "1");
    await bob.groups("remove", "team", ["alice"]);
    await bob.says("team", "2");
    await bob.groups("add", "team", ["alice"]);
    await bob.says("team", "3");
    deepStrictEqual(await read(chat, "alice", "team"), [
      "Group team created with members: alice, bob",
      "[Group: team] bob: 1",
      "Group team: bob removed alice",
      "Group team: bob added alice",
      "[Group: team] bob: 3",
    ]);
  },
);

Deno.test(
  "a deleted group stays readable to those who were in it, and to nobody else",
  pure,
  async () => {
    await using chat = await chatWith(TEAM);
    const bob = chat.login("bob");
    await bob.says("team", "1");
    await bob.groups("delete", "team");
    const lines = [
      "Group team created with members: alice, bob",
      "[Group: team] bob: 1",
      "Group team deleted by bob",
    ];
    deepStrictEqual(await read(chat, "alice", "team"), lines);
    deepStrictEqual(await read(chat, "bob", "team"), lines);
    const eve = chat.login("eve");
    strictEqual(
      sentence(await eve.asks({ t: "history", of: "team", limit: 9 })),
      "no_user: User team does not exist.",
    );
    deepStrictEqual(await eve.rereads(), []);
  },
);

Deno.test("the last one out reads the end as well", pure, async () => {
  await using chat = await chatWith(TEAM);
  await chat.login("bob").groups("remove", "team", ["alice"]);
  await chat.login("bob").groups("leave", "team");
  deepStrictEqual((await read(chat, "bob", "team")).slice(-2), [
    "Group team: bob removed alice",
    "Group team deleted by bob",
  ]);
});

Deno.test("a group name used again is another conversation", pure, async () => {
  await using chat = await chatWith(TEAM);
  const bob = chat.login("bob");
  await bob.says("team", "old");
  await bob.groups("delete", "team");
  chat.now = START + 31 * DAY_MS;
  await bob.groups("set", "team", ["carol"]);
  await bob.says("team", "new");
  const created = "Group team created with members: carol, bob";
  deepStrictEqual(await read(chat, "carol", "team"), [created, "[Group: team] bob: new"]);
  deepStrictEqual((await read(chat, "alice", "team"))[1], "[Group: team] bob: old");
  deepStrictEqual(await read(chat, "bob", "team"), [created, "[Group: team] bob: new"]);
  const all = await chat.login("bob").rereads();
  strictEqual(all.includes("[Group: team] bob: old"), true);
});

Deno.test(
  "a user who takes the name of a group that is gone is not confused with it",
  pure,
  async () => {
    await using chat = await chatWith(TEAM);
    const bob = chat.login("bob");
    await bob.says("team", "to the group");
    await bob.groups("delete", "team");
    chat.now = START + 31 * DAY_MS;
    await chat.addAccount("team");
    await bob.says("team", "to the user");
    const line = "[DM to team]: to the user (offline, will be delivered)";
    deepStrictEqual(await read(chat, "bob", "team"), [line]);
    deepStrictEqual(await chat.login("team").rereads("bob"), ["[DM from bob]: to the user"]);
  },
);

Deno.test("the lobby may be read from the beginning by everybody", pure, async () => {
  await using chat = await chatWith({ users });
  await chat.login("bob").says("lobby", "first");
  await chat.addAccount("zoe");
  deepStrictEqual(await read(chat, "zoe", "lobby"), ["[bob]: first"]);
});

Deno.test("a direct conversation is nobody else's", pure, async () => {
  await using chat = await chatWith({ users });
  await chat.login("bob").says("alice", "psst");
  for (const  of of["bob", "alice"]) deepStrictEqual(await read(chat, "eve", of), []);
  deepStrictEqual(await read(chat, "alice", "bob"), ["[DM from bob]: psst"]);
});

Deno.test("groups, members and owner are the same after a restart", pure, async () => {
  await using chat = await chatWith(TEAM);
  const bob = chat.login("bob");
  chat.now = START + 1_000;
  await bob.groups("add", "team", ["carol"]);
  await bob.groups("leave", "team");
  await chat.login("alice").says("team", "bye");
  for (let round = 0; round < 2; round++) {
    const alice = chat.login("alice");
    deepStrictEqual(await alice.asks({ t: "groups", id: 1 }), {
      t: "groups",
      re: 1,
      groups: [{ name: "team", owner: "alice", members: 2, since: START }],
      more: false,
    });
    deepStrictEqual(await alice.asks({ t: "group_info", id: 2, group: "TEAM" }), {
      t: "group_info",
      re: 2,
      group: "team",
      owner: "alice",
      since: START,
      members: [{ name: "alice", since: START }, { name: "carol", since: START + 1_000 }],
      more: false,
    });
    deepStrictEqual(await chat.login("bob").asks({ t: "groups", id: 3 }), {
      t: "groups",
      re: 3,
      groups: [],
      more: false,
    });
    await chat.restart();
  }
});
