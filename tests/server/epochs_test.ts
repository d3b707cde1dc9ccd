// FTC1 §7.4, §9 row 106: who may make which epoch, and what the others are told.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { keyOf, prefixOf } from "../../server/tables.ts";
import { atOnce } from "../testing/at_once.ts";
import { sealedDirect, sealedGroup } from "../testing/sealed.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { codeOf, recordOf, type SealedScene, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;
const realm = TEST_REALM;

/** What a member of the list after each change is told, and who is in the group then. */
const CHANGES: {
  readonly [change: string]: {
    readonly make: (scene: SealedScene) => Promise<unknown>;
    readonly told: readonly string[];
    readonly members: readonly string[];
  };
} = {
  add: {
    make: ({ team, people }) => team.add([people.dave, people.eve]),
    told: ["Group team: bob added dave, eve"],
    members: ["alice", "bob", "carol", "dave", "eve"],
  },
  remove: {
    make: ({ team, people }) => team.remove([people.carol]),
    told: ["Group team: bob removed carol"],
    members: ["alice", "bob"],
  },
  replace: {
    make: ({ team, people }) => team.replace([people.alice, people.dave]),
    told: ["Group team: bob added dave, removed carol"],
    members: ["alice", "bob", "dave"],
  },
  "the same list again": {
    make: ({ team, people }) => team.replace([people.alice, people.carol]),
    told: [],
    members: ["alice", "bob", "carol"],
  },
  rotate: {
    make: ({ team, people }) => team.rotate({ by: people.bob }),
    told: [],
    members: ["alice", "bob", "carol"],
  },
  close: {
    make: ({ team }) => team.close(),
    told: ["Group team deleted by bob"],
    members: [],
  },
};

for (const [name, { make, told, members }] of Object.entries(CHANGES)) {
  Deno.test(`${name}: everybody concerned is told, and the list is the new one`, pure, async () => {
    await using scene = await sealedScene();
    const { chat, team, login } = scene;
    const [alice, bob] = [login("alice"), login("bob")];
    await make(scene);
    strictEqual(await takes(bob, team.frames), "ok");
    deepStrictEqual([alice.sees(), bob.sees()], [told, told]);
    const change = alice.events.find((event) => event.t === "change");
    strictEqual(change?.epoch, told.length === 0 ? undefined : 1);
    const group = chat.service.conversations.groupById(team.conversation);
    deepStrictEqual([...group?.members.keys() ?? []].sort(), members);
    const chain = chat.service.chains.get(team.conversation);
    deepStrictEqual(chain?.head, team.head);
  });
}

Deno.test(
  "a new group is told to its members with the creator last, and holds its name",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { people: { bob, dave, carol }, login, chat } = scene;
    const [one, two] = [login("bob"), login("carol")];
    const club = await sealedGroup({ realm, name: "club", owner: bob, members: [dave, carol] });
    strictEqual(await takes(one, club.frames), "ok");
    deepStrictEqual(two.sees(), ["Group club created with members: carol, dave, bob"]);
    const again = await sealedGroup({ realm, name: "club", owner: dave, members: [bob] });
    strictEqual(await takes(login("dave"), again.frames), "name_taken: The name club is taken.");
    strictEqual(chat.service.conversations.groupNamed("club")?.id, club.conversation);
  },
);

type Attempt = (scene: SealedScene) => Promise<string>;

/** Rows 106 and 107, and the rules of the server: each is refused, and changes nothing. */
const REFUSED: { readonly [what: string]: readonly [string, Attempt] } = {
  "a skipped number": [
    "stale_epoch",
    async ({ team, login }) =>
      codeOf(
        login("bob"),
        await team.fork().rotate({ spoil: ({ epoch }) => ({ epoch: epoch + 1 }) }),
      ),
  ],
  "another record before": [
    "stale_epoch",
    async ({ team, login }) =>
      codeOf(
        login("bob"),
        await team.fork().rotate({ spoil: () => ({ previous: new Uint8Array(32) }) }),
      ),
  ],
  "another list than was hashed": [
    "bad_request",
    async ({ team, login }) =>
      codeOf(
        login("bob"),
        await team.fork().rotate({
          spoil: () => ({ membersHash: new Uint8Array(32) }),
        }),
      ),
  ],
  "another number of members": [
    "bad_request",
    async ({ team, login }) =>
      codeOf(login("bob"), await team.fork().rotate({ spoil: () => ({ members: 2 }) })),
  ],
  "a signer with another fingerprint": [
    "bad_request",
    async ({ team, login, people }) =>
      codeOf(
        login("bob"),
        await team.fork().rotate({
          spoil: () => ({ signerFingerprint: people.eve.identity.fingerprint }),
        }),
      ),
  ],
  "the record of another session's user": [
    "bad_request",
    async ({ team, login, people }) =>
      codeOf(login("alice"), await team.fork().rotate({ by: people.bob })),
  ],
  "a signature that is not right": ["bad_request", async ({ team, login }) => {
    const frames = await team.fork().rotate();
    const [epoch] = recordOf(frames);
    ok(epoch?.t === "epoch");
    const record = `${epoch.record.slice(0, -4)}AAAA`;
    return await codeOf(login("bob"), [...frames.slice(0, -1), { ...epoch, record }]);
  }],
  "a record that is none": [
    "bad_request",
    ({ login }) => codeOf(login("bob"), [{ t: "epoch", record: "AAAA" }]),
  ],
  "a record that is no base64url": [
    "bad_request",
    ({ login }) => codeOf(login("bob"), [{ t: "epoch", record: "+++" }]),
  ],
  "a record without wraps": [
    "bad_request",
    async ({ team, login }) => codeOf(login("bob"), recordOf(await team.fork().rotate())),
  ],
  "a record with one wrap too few": ["bad_request", async ({ team, login }) => {
    const frames = (await team.fork().rotate()).map((frame) =>
      frame.t === "wraps" ? { ...frame, m: frame.m.slice(1) } : frame
    );
    return await codeOf(login("bob"), frames);
  }],
  "an addition by a member": [
    "not_owner",
    async ({ team, login, people }) =>
      codeOf(login("alice"), await team.fork().add([people.dave], { by: people.alice })),
  ],
  "a removal by a member": [
    "not_owner",
    async ({ team, login, people }) =>
      codeOf(login("alice"), await team.fork().remove([people.carol], { by: people.alice })),
  ],
  "a close by a member": [
    "not_owner",
    async ({ team, login, people }) =>
      codeOf(login("alice"), await team.fork().close({ by: people.alice })),
  ],
  "a change by a stranger": [
    "no_group",
    async ({ team, login, people }) =>
      codeOf(login("eve"), await team.fork().rotate({ by: people.eve })),
  ],
  "an epoch 0 for a group that there is": ["name_taken", async ({ login, people }) => {
    const { bob, dave } = people;
    const other = await sealedGroup({ realm, name: "team", owner: bob, members: [dave] });
    return await codeOf(login("bob"), other.frames);
  }],
  "row 107: an epoch 0 whose id names another group": ["bad_request", async ({ login, people }) => {
    const { bob, dave } = people;
    const club = await sealedGroup({ realm, name: "club", owner: bob, members: [dave] });
    const frames = club.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, group: "other" } : frame
    );
    return await codeOf(login("bob"), frames);
  }],
  "row 107: an epoch 0 whose id names another creator": [
    "bad_request",
    async ({ login, people }) => {
      const { bob, dave } = people;
      const club = await sealedGroup({ realm, name: "club", owner: bob, members: [dave] });
      const stolen = club.fork();
      stolen.head = null;
      return await codeOf(login("dave"), await stolen.create(dave, [bob]));
    },
  ],
  "a group of one": ["bad_request", async ({ login, people }) => {
    const alone = await sealedGroup({ realm, name: "club", owner: people.bob, members: [] });
    return await codeOf(login("bob"), alone.frames);
  }],
  "a name that cannot be one": ["bad_name", async ({ login, people }) => {
    const { bob, dave } = people;
    const club = await sealedGroup({ realm, name: "help", owner: bob, members: [dave] });
    return await codeOf(login("bob"), club.frames);
  }],
  "a new member with keys that he has no more": [
    "stale_epoch",
    async ({ chat, team, login, people }) => {
      await chat.clients.rekey({ user: "dave", service: chat.service });
      return await codeOf(login("bob"), await team.fork().add([people.dave]));
    },
  ],
  "a direct conversation with somebody else in it": ["bad_request", async ({ login, people }) => {
    const { bob, dave, eve } = people;
    const direct = await sealedDirect({ realm, by: bob, to: dave });
    direct.head = null;
    return await codeOf(login("bob"), await direct.create(bob, [eve]));
  }],
  "a direct conversation under the name of another": ["bad_request", async ({ login, people }) => {
    const direct = await sealedDirect({ realm, by: people.bob, to: people.dave });
    const frames = direct.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, to: "eve" } : frame
    );
    return await codeOf(login("bob"), frames);
  }],
  "an addition to a direct conversation": ["bad_request", async ({ chat, login, people }) => {
    const { bob, dave } = people;
    const direct = await sealedDirect({ realm, by: bob, to: dave });
    strictEqual(await takes(login("bob"), direct.frames), "ok");
    const added = await direct.add([people.eve]);
    chat.failures.length = 0;
    return await codeOf(login("bob"), added);
  }],
  "new keys in a direct conversation in which nobody has any": [
    "bad_request",
    async ({ login, people }) => {
      const direct = await sealedDirect({ realm, by: people.bob, to: people.dave });
      strictEqual(await takes(login("bob"), direct.frames), "ok");
      return await codeOf(login("bob"), await direct.rekey([people.bob], { by: people.bob }));
    },
  ],
  "a direct conversation with nobody": ["no_user", async ({ login, people }) => {
    const nobody = { ...people.eve, user: "zoe" };
    const direct = await sealedDirect({ realm, by: people.bob, to: nobody });
    return await codeOf(login("bob"), direct.frames);
  }],
  "a second epoch 0 of a direct conversation": ["stale_epoch", async ({ login, people }) => {
    const direct = await sealedDirect({ realm, by: people.bob, to: people.alice });
    return await codeOf(login("bob"), direct.frames);
  }],
};

for (const [what, [code, attempt]] of Object.entries(REFUSED)) {
  Deno.test(`row 106: ${what}: ${code}`, pure, async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const alice = login("alice");
    strictEqual(await attempt(scene), code);
    deepStrictEqual([alice.sees(), chat.failures], [[], []]);
    // The chain is what it was, and goes on.
    strictEqual((await alice.asks(await team.seal(people.alice, "hi"))).t, "ack");
    strictEqual(await takes(login("bob"), await team.add([people.eve])), "ok");
  });
}

Deno.test(
  "of two epochs of one number decided at once exactly one is made, and the loser's wraps go",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const forks = [team.fork(), team.fork()];
    const [one, two] = [
      await forks[0]?.rotate({ by: people.alice }),
      await forks[1]?.remove([people.carol]),
    ];
    ok(one && two);
    await takes(login("alice"), one.slice(0, -1));
    await takes(login("bob"), two.slice(0, -1));
    const [first, second] = [one.at(-1), two.at(-1)];
    ok(first?.t === "epoch" && second?.t === "epoch");
    const outcomes = await atOnce(chat.service, [["alice", first], ["bob", second]]);
    deepStrictEqual(outcomes, ["stored", "stale_epoch"]);
    deepStrictEqual(chat.service.chains.get(team.conversation)?.head, forks[0]?.head);
    await chat.service.uploads.settled();
    const hash = encodeBase64Url(forks[1]?.record?.hash ?? new Uint8Array());
    deepStrictEqual(await chat.store.list({ prefix: prefixOf.wraps(hash), limit: 9 }), []);
    deepStrictEqual(await Array.fromAsync(chat.store.scan(prefixOf.staged)), []);
  },
);

Deno.test(
  "an epoch that fails to be stored has not happened, and may be sent again as it is",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    const before = chat.service.chains.get(team.conversation);
    const frames = await team.remove([people.carol]);
    await takes(bob, frames.slice(0, -1));
    chat.store.fail(new Error("disk full"));
    strictEqual(await codeOf(bob, frames.slice(-1)), "storage");
    strictEqual(chat.service.chains.get(team.conversation), before);
    deepStrictEqual(bob.sees(), []);
    chat.store.heal();
    strictEqual(await takes(bob, frames.slice(-1)), "ok");
  },
);

Deno.test("an epoch without entries whose commit failed although it was done is made", async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const [alice, bob] = [login("alice"), login("bob")];
  const frames = await team.rotate({ by: people.bob });
  await takes(bob, frames.slice(0, -1));
  chat.store.failAfterwards(new Error("connection to the disk lost"));
  const answer = takes(bob, frames.slice(-1));
  while (chat.failures.length === 0) await new Promise((resolve) => setTimeout(resolve));
  chat.store.heal();
  strictEqual(await answer, "ok");
  strictEqual((await alice.asks(await team.seal(people.alice, "hi"))).t, "ack");
});

Deno.test(
  "keys are changed once an hour, and once a minute where something is open",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const [alice, bob] = [login("alice"), login("bob")];
    strictEqual(await takes(bob, await team.rotate()), "ok");
    chat.now += 1_000;
    const early = await team.fork().rotate();
    await takes(bob, early.slice(0, -1));
    const [record] = recordOf(early);
    ok(record);
    const answer = await bob.asks(record);
    deepStrictEqual(answer.t === "error" && [answer.code, answer.after], ["rate", 3_599]);
    // A clock that was set back locks nothing.
    chat.now -= 10_000;
    strictEqual(await takes(bob, await team.rotate()), "ok");
    const { conversation, epoch } = team;
    strictEqual((await alice.asks({ t: "complain", conversation, epoch })).t, "ok");
    strictEqual(await codeOf(bob, await team.fork().rotate()), "rate");
    chat.now += 60_000;
    strictEqual(await takes(bob, await team.rotate()), "ok");
    strictEqual(await codeOf(bob, await team.fork().rotate()), "rate");
    chat.now += 3_600_000;
    await chat.restart();
    strictEqual(await takes(login("carol"), await team.rotate({ by: people.carol })), "ok");
  },
);

Deno.test("a closed group takes nothing any more", pure, async () => {
  await using scene = await sealedScene();
  const { team, people, login } = scene;
  const bob = login("bob");
  const message = await team.seal(people.bob, "late");
  strictEqual(await takes(bob, await team.close()), "ok");
  strictEqual(await codeOf(bob, await team.fork().rotate()), "no_group");
  strictEqual(await codeOf(bob, [message]), "no_group");
});

Deno.test(
  "a record that was made is not made again, and its wraps are not touched",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    const frames = await team.rotate();
    strictEqual(await takes(bob, frames), "ok");
    strictEqual(await codeOf(bob, recordOf(frames)), "stale_epoch");
    strictEqual(await codeOf(bob, frames.slice(0, 1)), "bad_request");
    await chat.service.uploads.settled();
    const hash = encodeBase64Url(team.record?.hash ?? new Uint8Array());
    for (const user of ["alice", "bob", "carol"]) {
      ok(await chat.store.get(keyOf.wrap(hash, user)), user);
    }
    strictEqual((await bob.asks(await team.seal(people.bob, "hi"))).t, "ack");
  },
);

Deno.test(
  "one member makes so many epochs of one conversation at once; what is refused does not count",
  pure,
  async () => {
    await using scene = await sealedScene({ epochBurst: 3 });
    const { chat, team, people, login } = scene;
    const [alice, bob] = [login("alice"), login("bob")];
    const outOfDate = await team.fork().rotate();
    strictEqual(await takes(bob, await team.add([people.dave])), "ok");
    // Not counted: somebody was faster.
    for (let n = 0; n < 5; n++) strictEqual(await codeOf(bob, outOfDate), "stale_epoch");
    strictEqual(await takes(bob, await team.remove([people.dave])), "ok");
    strictEqual(await takes(bob, await team.add([people.dave])), "ok");
    const fork = team.fork();
    const fourth = await fork.remove([people.dave]);
    await takes(bob, fourth.slice(0, -1));
    const [record] = recordOf(fourth);
    ok(record);
    const answer = await bob.asks(record);
    deepStrictEqual(answer.t === "error" && [answer.code, answer.after], ["rate", 60]);
    // Others, and his other conversations, are not concerned.
    const club = await sealedGroup({
      realm,
      name: "club",
      owner: people.bob,
      members: [people.eve],
    });
    strictEqual(await takes(bob, club.frames), "ok");
    strictEqual(await takes(bob, await club.add([people.dave])), "ok");
    strictEqual(
      await codeOf(alice, await team.fork().add([people.eve], { by: people.alice })),
      "not_owner",
    );
    strictEqual(await takes(alice, await team.fork().rotate({ by: people.alice })), "ok");
    chat.uptime += 60_000;
    strictEqual(await codeOf(bob, [record]), "stale_epoch");
  },
);

Deno.test(
  "the record that came too soon is sent again alone, when its time has come",
  pure,
  async () => {
    await using scene = await sealedScene({ epochBurst: 1 });
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    strictEqual(await takes(bob, await team.add([people.dave])), "ok");
    const frames = await team.remove([people.dave]);
    strictEqual(await codeOf(bob, frames), "rate");
    chat.uptime += 60_000;
    strictEqual(await takes(bob, recordOf(frames)), "ok");
    strictEqual((await bob.asks(await team.seal(people.bob, "hi"))).t, "ack");
  },
);
