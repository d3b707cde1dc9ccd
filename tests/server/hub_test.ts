import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { chatWith } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;

const users = ["alice", "bob", "carol", "eve"] as const;

Deno.test(
  "a lobby message reaches every session of everybody, the sender's included",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const [alice, bob, bobAgain] = ["alice", "bob", "bob"].map((user) => chat.login(user));
    strictEqual((await bob?.says("lobby", "hi"))?.t, "ack");
    for (const session of [alice, bob, bobAgain]) deepStrictEqual(session?.sees(), ["[bob]: hi"]);
  },
);

Deno.test("a direct message reaches all sessions of both, and nobody else", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob, bobAgain, eve] = [
    chat.login("alice"),
    chat.login("bob"),
    chat.login("bob"),
    chat.login("eve"),
  ];
  await bob.says("alice", "psst");
  deepStrictEqual(alice.sees(), ["[DM from bob]: psst"]);
  deepStrictEqual(bob.sees(), ["[DM to alice]: psst"]);
  deepStrictEqual(bobAgain.sees(), ["[DM to alice]: psst"]);
  deepStrictEqual(eve.sees(), []);
});

Deno.test(
  "a group message reaches every session of every member, the sender's others included",
  pure,
  async () => {
    await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
    const [alice, bob, bobAgain, eve] = [
      chat.login("alice"),
      chat.login("bob"),
      chat.login("bob"),
      chat.login("eve"),
    ];
    await bob.says("team", "hi");
    for (const session of [alice, bob, bobAgain]) {
      deepStrictEqual(session.sees(), ["[Group: team] bob: hi"]);
    }
    deepStrictEqual(eve.sees(), []);
  },
);

Deno.test(
  "a message to one who is not online says so, and waits in the history",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    await bob.says("alice", "are you there?");
    deepStrictEqual(bob.sees(), ["[DM to alice]: are you there? (offline, will be delivered)"]);
    deepStrictEqual(await chat.login("alice").rereads("bob"), ["[DM from bob]: are you there?"]);
  },
);

Deno.test("the flag of being offline is that of the moment of sending", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  await bob.says("alice", "1");
  const alice = chat.login("alice");
  await bob.says("alice", "2");
  alice.leave();
  await bob.says("alice", "3");
  deepStrictEqual(bob.sees(), [
    "[DM to alice]: 1 (offline, will be delivered)",
    "[DM to alice]: 2",
    "[DM to alice]: 3 (offline, will be delivered)",
  ]);
});

Deno.test("a note to oneself reaches one's own sessions, each once", pure, async () => {
  await using chat = await chatWith({ users });
  const [bob, again, alice] = [chat.login("bob"), chat.login("bob"), chat.login("alice")];
  await bob.says("bob", "buy milk");
  for (const session of [bob, again]) deepStrictEqual(session.sees(), ["[Note]: buy milk"]);
  deepStrictEqual(alice.sees(), []);
  deepStrictEqual(await again.rereads("bob"), ["[Note]: buy milk"]);
});

Deno.test("names are read in any case, and told in lower case", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
  const bob = chat.login("bob");
  await bob.says("ALICE", "1");
  await bob.says("Team", "2");
  await bob.says("LOBBY", "3");
  deepStrictEqual(bob.sees(), [
    "[DM to alice]: 1 (offline, will be delivered)",
    "[Group: team] bob: 2",
    "[bob]: 3",
  ]);
});

const REFUSED: readonly (readonly [string, string, string])[] = [
  ["alise", "hi", "no_user: User alise does not exist. Did you mean alice?"],
  ["teem", "hi", "no_user: User teem does not exist. Did you mean team?"],
  ["cellr", "hi", "no_user: User cellr does not exist."],
  ["cellar", "hi", "no_user: User cellar does not exist."],
  ["nobody", "hi", "no_user: User nobody does not exist."],
  ["a b", "hi", "no_user: User a b does not exist."],
  ["help", "hi", "no_user: User help does not exist."],
  ["__proto__", "hi", "no_user: User __proto__ does not exist."],
  ["lobby", "x".repeat(4_321), "bad_request: Message too long (4,321 of 4,000 characters)."],
  ["lobby", " \n ", "bad_request: Message has nothing to show."],
  ["lobby", "\u0301\u0301", "bad_request: Message has nothing to show."],
  ["lobby", "a\u001b[31mb", "bad_request: Message contains control characters."],
  ["lobby", "a\rb", "bad_request: Message contains control characters."],
];

for (const [to, body, refusal] of REFUSED) {
  Deno.test(`to ${to}, ${JSON.stringify(body.slice(0, 12))}: ${refusal}`, pure, async () => {
    await using chat = await chatWith({
      users,
      groups: { team: ["alice", "bob"], cellar: ["eve", "carol"] },
    });
    const commits = chat.store.commits.length;
    const [bob, eve] = [chat.login("bob"), chat.login("eve")];
    strictEqual(sentence(await bob.says(to, body)), refusal);
    deepStrictEqual([bob.sees(), eve.sees()], [[], []]);
    strictEqual(chat.store.commits.length, commits);
  });
}

Deno.test("the closest name comes as a field of its own as well", pure, async () => {
  await using chat = await chatWith({ users });
  const answer = await chat.login("bob").says("alcie", "hi");
  strictEqual(answer.t === "error" && answer.closest, "alice");
});

Deno.test("a message for a group goes to a group or nowhere", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
  const [alice, eve] = [chat.login("alice"), chat.login("eve")];
  const send = (to: string) => eve.asks({ t: "send", to, body: "hi", kind: "group" });
  for (const name of ["team", "alice", "nothing", "lobby"]) {
    strictEqual(sentence(await send(name)), `no_group: No group ${name} that you are in.`);
  }
  deepStrictEqual(alice.sees(), []);
  const team = chat.clients.group(alice, "team");
  const frame = await team.seal(await chat.clients.person("alice"), "hi", { kind: "group" });
  strictEqual((await alice.asks(frame)).t, "ack");
});

Deno.test("a text is kept to the letter", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const text = '  "a"\\\n\tb😀 \u202e  ';
  await bob.says("lobby", text);
  const [entry] = (await bob.reads()).entries;
  strictEqual(entry?.t === "message" && entry.body, text);
});

Deno.test("a name of any length in a refusal fits into a frame", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const long = "x".repeat(65_400);
  for (
    const answer of [
      await bob.says(long, "hi"),
      await bob.asks({ t: "lookup", name: long }),
      await bob.asks({ t: "epochs", conversation: long }),
      await bob.asks({ t: "complain", conversation: long, epoch: 0 }),
      await bob.asks({ t: "leave", conversation: long, note: "" }),
      await bob.asks({ t: "group_info", group: long }),
    ]
  ) {
    strictEqual(JSON.stringify(answer).length < 1_000, true);
  }
});
