// PRODUCT §3: what may be done with groups, as those in them see it.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { chatWith } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;

const users = ["alice", "bob", "carol", "dave", "eve"] as const;

Deno.test("a new group is told to every member, the creator listed last", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob, eve] = [chat.login("alice"), chat.login("bob"), chat.login("eve")];
  strictEqual(await bob.groups("set", "Team", ["ALICE", "carol"]), "ok");
  const line = "Group team created with members: alice, carol, bob";
  deepStrictEqual([alice.sees(), bob.sees(), eve.sees()], [[line], [line], []]);
});

Deno.test("repetitions and oneself in the list are removed without a word", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  await bob.groups("set", "team", ["bob", "alice", "Alice", "BOB", "alice"]);
  deepStrictEqual(bob.sees(), ["Group team created with members: alice, bob"]);
});

Deno.test("at least one other member is needed", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  for (const members of [[], ["bob"]]) {
    strictEqual(
      await bob.groups("set", "team", members),
      "bad_request: A group needs at least one other member.",
    );
  }
  deepStrictEqual(bob.sees(), []);
});

Deno.test(
  "if one user is unknown, all unknown ones are named, and nothing is created",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    strictEqual(
      await bob.groups("set", "team", ["xavier", "alice", "yves", "xavier"]),
      "unknown_users: Unknown users: xavier, yves. Nothing created.",
    );
    strictEqual(await bob.groups("set", "team", ["alice"]), "ok");
  },
);

for (const name of ["", "a b", "help", "lobby", "x".repeat(33), "@team", "группа"]) {
  Deno.test(`${JSON.stringify(name)} cannot be the name of a group`, pure, async () => {
    await using chat = await chatWith({ users });
    const answer = await chat.login("bob").groups("set", name, ["alice"]);
    strictEqual(answer.startsWith("bad_name: "), true);
  });
}

Deno.test("names of users and of other people's groups are taken", pure, async () => {
  await using chat = await chatWith({ users, groups: { cellar: ["eve", "carol"] } });
  const bob = chat.login("bob");
  for (const name of ["alice", "bob", "cellar", "Cellar"]) {
    strictEqual(
      await bob.groups("set", name, ["alice"]),
      `name_taken: The name ${name.toLowerCase()} is taken.`,
    );
  }
});

Deno.test("of two who create a group of one name at once, one wins", pure, async () => {
  await using chat = await chatWith({ users });
  const answers = await Promise.all(
    ["bob", "eve"].map((user) => chat.login(user).groups("set", "team", ["alice"])),
  );
  deepStrictEqual(answers.toSorted(), ["name_taken: The name team is taken.", "ok"]);
});

Deno.test("the owner replaces the members", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice", "carol"] } });
  const [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map((u) => chat.login(u));
  strictEqual(await bob?.groups("set", "team", ["carol", "dave"]), "ok");
  const line = "Group team: bob added dave, removed alice";
  for (const session of [alice, bob, carol, dave]) deepStrictEqual(session?.sees(), [line]);
  await bob?.says("team", "hi");
  deepStrictEqual(alice?.sees(), []);
  deepStrictEqual(dave?.sees(), ["[Group: team] bob: hi"]);
});

Deno.test("replacing is refused as creating is", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const bob = chat.login("bob");
  strictEqual(
    await bob.groups("set", "team", ["xavier"]),
    "unknown_users: Unknown users: xavier. Nothing changed.",
  );
  strictEqual(
    await bob.groups("set", "team", []),
    "bad_request: A group needs at least one other member.",
  );
  // The same list again is fresh keys, and nothing to tell.
  strictEqual(await bob.groups("set", "team", ["alice"]), "ok");
  deepStrictEqual(bob.sees(), []);
});

Deno.test("the owner adds and removes, and both are told to all concerned", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const [alice, bob, carol] = [chat.login("alice"), chat.login("bob"), chat.login("carol")];
  strictEqual(await bob.groups("add", "team", ["carol", "alice", "dave"]), "ok");
  strictEqual(await bob.groups("remove", "team", ["alice", "Alice"]), "ok");
  const lines = ["Group team: bob added carol, dave", "Group team: bob removed alice"];
  for (const session of [alice, bob, carol]) deepStrictEqual(session.sees(), lines);
});

Deno.test("adding who does not exist does nothing", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice", "carol"] } });
  const bob = chat.login("bob");
  strictEqual(
    await bob.groups("add", "team", ["dave", "xavier"]),
    "unknown_users: Unknown users: xavier. Nothing changed.",
  );
  deepStrictEqual(bob.sees(), []);
});

Deno.test("only the owner may change or delete", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice", "carol"] } });
  const alice = chat.login("alice");
  for (const verb of ["set", "add", "remove", "delete"] as const) {
    strictEqual(
      await alice.groups(verb, "team", verb === "add" ? ["dave"] : ["carol"]),
      "not_owner: Only the owner of team can do that.",
    );
  }
  deepStrictEqual(alice.sees(), []);
});

Deno.test("a group that one is not in answers like one that does not exist", pure, async () => {
  await using chat = await chatWith({ users, groups: { cellar: ["eve", "carol"] } });
  const [bob, eve] = [chat.login("bob"), chat.login("eve")];
  const ask = async (group: string) => [
    sentence(await bob.asks({ t: "group_info", group })),
    sentence(await bob.asks({ t: "send", to: group, body: "hi", kind: "group" })),
    sentence(await bob.says(group, "hi")),
    sentence(await bob.asks({ t: "lookup", name: group })),
    sentence(await bob.asks({ t: "history", of: group, limit: 9 })),
  ];
  const answers = await ask("cellar");
  deepStrictEqual(
    answers.map((answer) => answer.replaceAll("cellar", "nothing")),
    await ask("nothing"),
  );
  strictEqual(answers[0], "no_group: No group cellar that you are in.");
  deepStrictEqual(eve.sees(), []);
});

Deno.test("1,000 other members are allowed", pure, async () => {
  const crowd = Array.from({ length: 1_001 }, (_, n) => `u${n}`);
  await using chat = await chatWith({ users: [...users, ...crowd] });
  const bob = chat.login("bob");
  strictEqual(await bob.groups("set", "team", crowd.slice(0, 1_000)), "ok");
  strictEqual(await bob.groups("remove", "team", ["u0"]), "ok");
  strictEqual(await bob.groups("add", "team", ["u1000"]), "ok");
  const last = chat.login("u1000");
  await bob.says("team", "so many");
  deepStrictEqual(last.sees(), ["[Group: team] bob: so many"]);
});

Deno.test(
  "a thousand long names are replaced by a thousand others in two changes",
  pure,
  async () => {
    const name = (letter: string, n: number) => `${letter}${`${n}`.padStart(31, "0")}`;
    const crowd = (letter: string) => Array.from({ length: 1_000 }, (_, n) => name(letter, n));
    await using chat = await chatWith({ users: [...users, ...crowd("x"), ...crowd("y")] });
    const bob = chat.login("bob");
    strictEqual(await bob.groups("set", "team", crowd("x")), "ok");
    strictEqual(await bob.groups("set", "team", crowd("y")), "ok");
    strictEqual(bob.sees().length, 3);
    const info = await bob.asks({ t: "group_info", group: "team" });
    strictEqual(info.t === "group_info" && info.members.length > 0, true);
    deepStrictEqual(chat.failures, []);
    await chat.restart();
    const [group] = chat.service.conversations.groupsOf("bob");
    deepStrictEqual([...group?.members.keys() ?? []].sort(), ["bob", ...crowd("y")]);
  },
);
