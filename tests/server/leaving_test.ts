// FTC1 §7.4: the leave note ends a membership at once; the others must make an epoch before they go on.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Operator } from "../../server/operator.ts";
import { prefixOf } from "../../server/tables.ts";
import { sealedGroup } from "../testing/sealed.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { codeOf, readsEpochs, type SealedScene, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;

Deno.test("a note ends the membership at once, and is told with the note in it", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const [alice, carol] = [login("alice"), login("carol")];
  const note = await team.leave(people.carol);
  strictEqual(await takes(carol, [note]), "ok");
  for (const session of [alice, carol]) {
    deepStrictEqual(session.sees(), ["Group team: carol left"]);
    const left = session.events.find((event) => event.t === "change");
    strictEqual(left?.change === "left" && left.note, note.note);
  }
  strictEqual(chat.service.conversations.groupOf("team", "carol"), null);
  strictEqual(await codeOf(carol, [note]), "no_group");
  strictEqual(await codeOf(carol, [await team.seal(people.carol, "still here?")]), "no_group");
});

for (const restarts of [false, true]) {
  Deno.test(
    `any member makes the epoch without the leavers${restarts ? ", also after a restart" : ""}`,
    pure,
    async () => {
      await using scene = await sealedScene();
      const { chat, team, people, login } = scene;
      strictEqual(await takes(login("bob"), await team.add([people.dave, people.eve])), "ok");
      strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
      strictEqual(await takes(login("bob"), [await team.leave(people.bob)]), "ok");
      if (restarts) await chat.restart();
      const [alice, dave] = [login("alice"), login("dave")];
      const by = { by: people.alice };
      // With a leaver in it no list is taken, and without more than the leavers neither.
      strictEqual(await codeOf(alice, await team.fork().rotate(by)), "stale_epoch");
      strictEqual(await codeOf(alice, await team.fork().remove([people.carol], by)), "stale_epoch");
      strictEqual(
        await codeOf(alice, await team.fork().remove([people.carol, people.bob, people.eve], by)),
        "not_owner",
      );
      strictEqual(await takes(alice, await team.remove([people.carol, people.bob], by)), "ok");
      deepStrictEqual(dave.sees(), ["Group team: alice is the owner now"]);
      strictEqual(chat.service.conversations.groupOf("team", "dave")?.owner, "alice");
      deepStrictEqual(await Array.fromAsync(chat.store.scan(prefixOf.notes)), []);
      strictEqual((await dave.asks(await team.seal(people.dave, "hi"))).t, "ack");
      const { pieces } = await readsEpochs(dave, team.conversation);
      strictEqual(pieces.flatMap((one) => "notes" in one ? one.notes : []).length, 2);
      deepStrictEqual(pieces.find((one) => "removed" in one), { e: 2, removed: ["bob", "carol"] });
    },
  );
}

type Attempt = (scene: SealedScene) => Promise<string>;

const REFUSED: { readonly [what: string]: readonly [string, Attempt] } = {
  "a note of somebody else": [
    "bad_request",
    async ({ team, people, login }) => codeOf(login("carol"), [await team.leave(people.alice)]),
  ],
  "a note for another conversation": [
    "bad_request",
    async ({ team, people, login }) =>
      codeOf(login("carol"), [{ ...await team.leave(people.carol), conversation: "AAAA" }]),
  ],
  "a note that is none": [
    "bad_request",
    async ({ team, people, login }) =>
      codeOf(login("carol"), [{ ...await team.leave(people.carol), note: "AAAA" }]),
  ],
  "a note whose signature is not right": ["bad_request", async ({ team, people, login }) => {
    const frame = await team.leave(people.carol);
    return await codeOf(login("carol"), [{ ...frame, note: `${frame.note.slice(0, -8)}AAAAAAAA` }]);
  }],
  "a note of an epoch that is to come": [
    "bad_request",
    async ({ team, people, login }) => codeOf(login("carol"), [await team.leave(people.carol, 1)]),
  ],
  "a note from before the present membership": ["bad_request", async ({ team, people, login }) => {
    const bob = login("bob");
    const old = await team.leave(people.carol);
    strictEqual(await takes(bob, await team.remove([people.carol])), "ok");
    strictEqual(await takes(bob, await team.add([people.carol])), "ok");
    return await codeOf(login("carol"), [old]);
  }],
  "a note of a stranger": [
    "no_group",
    async ({ team, people, login }) => codeOf(login("eve"), [await team.leave(people.eve)]),
  ],
  "the note of the last one, who closes instead": [
    "bad_request",
    async ({ team, people, login }) => {
      const bob = login("bob");
      strictEqual(await takes(bob, await team.remove([people.alice, people.carol])), "ok");
      const answer = await takes(bob, [await team.leave(people.bob)]);
      strictEqual(answer, "bad_request: You are the last one in team: close it instead.");
      strictEqual(await takes(bob, await team.close()), "ok");
      return "bad_request";
    },
  ],
};

for (const [what, [code, attempt]] of Object.entries(REFUSED)) {
  Deno.test(`${what}: ${code}`, pure, async () => {
    await using scene = await sealedScene();
    strictEqual(await attempt(scene), code);
    deepStrictEqual(scene.chat.failures, []);
  });
}

Deno.test(
  "the last one left closes the group, though the others are still in the list",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { people, login } = scene;
    const club = await sealedGroup({
      realm: TEST_REALM,
      name: "club",
      owner: people.bob,
      members: [people.alice],
    });
    strictEqual(await takes(login("bob"), club.frames), "ok");
    strictEqual(await takes(login("bob"), [await club.leave(people.bob)]), "ok");
    const alice = login("alice");
    strictEqual(await codeOf(alice, [await club.leave(people.alice)]), "bad_request");
    strictEqual(await takes(alice, await club.close({ by: people.alice })), "ok");
    deepStrictEqual(alice.sees(), ["Group club deleted by alice"]);
  },
);

Deno.test(
  "the last one who has an account leaves by a note, and the group is over for the others' sake",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const operator = new Operator(chat.service);
    // The owner is gone, so nobody can close it.
    for (const user of ["bob", "carol"]) ok("text" in await operator.delete(user));
    const alice = login("alice");
    strictEqual(await codeOf(alice, await team.fork().close({ by: people.alice })), "not_owner");
    strictEqual(await takes(alice, [await team.leave(people.alice)]), "ok");
    deepStrictEqual(alice.sees(), ["Group team: alice left", "Group team deleted by alice"]);
    for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
      await restart();
      strictEqual(chat.service.conversations.groupOf("team", "alice"), null);
    }
  },
);

Deno.test("a note under newer keys than the listed ones waits for their epoch", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const now = await chat.clients.rekey({ user: "carol", service: chat.service });
  strictEqual(await codeOf(login("carol"), [await team.leave(now)]), "stale_epoch");
  const rekey = await team.rekey([now], { by: people.alice });
  strictEqual(await takes(login("alice"), rekey), "ok");
  strictEqual(await takes(login("carol"), [await team.leave(now)]), "ok");
});

Deno.test("who has left is added again, and an old note does not hold", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const bob = login("bob");
  strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
  strictEqual(await takes(bob, await team.remove([people.carol], { by: people.bob })), "ok");
  strictEqual(await takes(bob, await team.add([people.carol])), "ok");
  await chat.restart();
  strictEqual(chat.service.chains.get(team.conversation)?.notes.size, 0);
  const carol = login("carol");
  strictEqual((await carol.asks(await team.seal(people.carol, "back"))).t, "ack");
  const lines = await carol.rereads("team");
  strictEqual(lines.at(-2), "Group team: bob added carol");
  ok(lines.includes("Group team: carol left"));
});

for (const restarts of [false, true]) {
  Deno.test(
    `everybody else has left, then the owner changes his keys: he lists them, and goes on${
      restarts ? ", also after a restart" : ""
    }`,
    pure,
    async () => {
      await using scene = await sealedScene();
      const { chat, team, people, login } = scene;
      for (const user of ["alice", "carol"] as const) {
        strictEqual(await takes(login(user), [await team.leave(people[user])]), "ok");
      }
      const now = await chat.clients.rekey({ user: "bob", service: chat.service });
      const by = { by: now };
      const leavers = [people.alice, people.carol];
      // Whoever removes them must sign by the keys that the list has.
      strictEqual(await codeOf(login("bob"), await team.fork().remove(leavers, by)), "bad_request");
      strictEqual(await codeOf(login("bob"), await team.fork().rotate(by)), "stale_epoch");
      strictEqual(await takes(login("bob"), await team.rekey([now], by)), "ok");
      if (restarts) await chat.restart();
      const bob = login("bob");
      // The notes are as open as before.
      const notes = () =>
        [...chat.service.chains.get(team.conversation)?.notes.keys() ?? []].sort();
      deepStrictEqual(notes(), ["alice", "carol"]);
      const { pieces } = await readsEpochs(bob, team.conversation);
      const last = pieces.at(-1);
      strictEqual(last && "notes" in last && last.e === 2 && last.notes.length, 2);
      strictEqual(await codeOf(bob, [await team.seal(now, "anybody here?")]), "stale_epoch");
      deepStrictEqual((await Array.fromAsync(chat.store.scan(prefixOf.notes))).length, 2);
      strictEqual(await takes(bob, await team.fork().close(by)), "ok");
      strictEqual(chat.service.conversations.groupOf("team", "bob"), null);
      deepStrictEqual(chat.failures, []);
    },
  );
}

Deno.test(
  "a note outlives the new keys of the leaver himself, and one who stays removes him by it",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
    const [alice, carol] = await Promise.all(["alice", "carol"].map((user) => {
      return chat.clients.rekey({ user, service: chat.service });
    }));
    ok(alice && carol);
    const by = { by: alice };
    // Both at once: to others he may be one whose keys have changed.
    strictEqual(await takes(login("alice"), await team.rekey([alice, carol], by)), "ok");
    await chat.restart();
    strictEqual(await takes(login("alice"), await team.remove([people.carol], by)), "ok");
    strictEqual((await login("bob").asks(await team.seal(people.bob, "hi"))).t, "ack");
    const { pieces } = await readsEpochs(login("bob"), team.conversation);
    strictEqual(pieces.flatMap((one) => "notes" in one ? one.notes : []).length, 1);
    deepStrictEqual(await Array.fromAsync(chat.store.scan(prefixOf.notes)), []);
  },
);
