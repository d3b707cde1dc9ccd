// FTC1 §7.4, §7.6: which sealed messages are taken, and which are for keys that are not the newest.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Event } from "../../protocol/event.ts";
import { rekeyed } from "../testing/person.ts";
import { sealedDirect } from "../testing/sealed.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { codeOf, type SealedScene, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;

const messageOf = (events: readonly Event[]) => events.find((event) => event.t === "message");

Deno.test("a sealed message is handed on as it stands, with its epoch", pure, async () => {
  await using scene = await sealedScene();
  const { team, people, login } = scene;
  const [alice, bob] = [login("alice"), login("bob")];
  const frame = await team.seal(people.bob, "psst");
  const ack = await bob.asks(frame);
  ok(ack.t === "ack");
  const message = messageOf(alice.events);
  deepStrictEqual(message, {
    t: "message",
    id: ack.id,
    at: ack.at,
    conversation: team.conversation,
    kind: "group",
    from: "bob",
    to: "team",
    body: frame.body,
    epoch: 0,
  });
  strictEqual(await team.open(message.body), "psst");
});

type Attempt = (scene: SealedScene) => Promise<string>;

const REFUSED: { readonly [what: string]: readonly [string, Attempt] } = {
  "clear text to a group": [
    "bad_request",
    ({ login }) => codeOf(login("bob"), [{ t: "send", to: "team", body: "hi" }]),
  ],
  "clear text to a user": [
    "bad_request",
    ({ login }) => codeOf(login("bob"), [{ t: "send", to: "alice", body: "hi" }]),
  ],
  "clear text that says which epoch": ["bad_request", ({ team, login }) =>
    codeOf(login("bob"), [{
      t: "send",
      to: "team",
      body: "hi",
      conversation: team.conversation,
      epoch: 0,
    }])],
  "a token that does not say its epoch": ["bad_request", async ({ team, people, login }) => {
    const { body } = await team.seal(people.bob, "hi");
    const { conversation } = team;
    return await codeOf(login("bob"), [{ t: "send", to: "team", body, conversation }]);
  }],
  "a group under the id of another conversation": [
    "no_group",
    async ({ team, people, login }) =>
      codeOf(login("bob"), [await team.seal(people.bob, "hi", { conversation: "AAAA" })]),
  ],
  "a user under the id of a group": [
    "bad_request",
    async ({ team, people, login }) =>
      codeOf(login("bob"), [await team.seal(people.bob, "hi", { to: "alice" })]),
  ],
  "a user with whom there are no keys": ["stale_epoch", async ({ people, login }) => {
    const direct = await sealedDirect({ realm: TEST_REALM, by: people.bob, to: people.dave });
    return await codeOf(login("bob"), [await direct.seal(people.bob, "hi")]);
  }],
  "an epoch that is to come": ["stale_epoch", async ({ team, people, login }) => {
    const fork = team.fork();
    await fork.rotate();
    return await codeOf(login("bob"), [await fork.seal(people.bob, "hi")]);
  }],
  "an epoch that is over": ["stale_epoch", async ({ team, people, login }) => {
    const message = await team.seal(people.bob, "hi");
    strictEqual(await takes(login("bob"), await team.rotate()), "ok");
    return await codeOf(login("bob"), [message]);
  }],
  "a group that somebody is leaving": ["stale_epoch", async ({ team, people, login }) => {
    strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
    return await codeOf(login("bob"), [await team.seal(people.bob, "hi")]);
  }],
  "a group in which somebody has newer keys": [
    "stale_epoch",
    async ({ chat, team, people, login }) => {
      await chat.clients.rekey({ user: "carol", service: chat.service });
      return await codeOf(login("bob"), [await team.seal(people.bob, "hi")]);
    },
  ],
  "a user with newer keys": ["stale_epoch", async ({ chat, people, login }) => {
    const direct = await sealedDirect({ realm: TEST_REALM, by: people.bob, to: people.dave });
    strictEqual(await takes(login("bob"), direct.frames), "ok");
    await chat.clients.rekey({ user: "dave", service: chat.service });
    return await codeOf(login("bob"), [await direct.seal(people.bob, "hi")]);
  }],
};

for (const [what, [code, attempt]] of Object.entries(REFUSED)) {
  Deno.test(`${what}: ${code}`, pure, async () => {
    await using scene = await sealedScene();
    const alice = scene.login("alice");
    strictEqual(await attempt(scene), code);
    strictEqual(messageOf(alice.events), undefined);
  });
}

Deno.test(
  "a message that was stored is acknowledged again, also when its epoch is over",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { team, people, login } = scene;
    const bob = login("bob");
    const frame = await team.seal(people.bob, "hi", { id: "m1" });
    const ack = await bob.asks(frame);
    strictEqual(await takes(bob, await team.rotate()), "ok");
    deepStrictEqual(await bob.asks(frame), ack);
    // Under another id it is another message.
    strictEqual(await codeOf(bob, [{ ...frame, id: "m2" }]), "stale_epoch");
  },
);

Deno.test(
  "who was deleted stays in the list and does not stop the others; who has a new account neither",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    chat.service.directory.removeUser("carol");
    strictEqual((await bob.asks(await team.seal(people.bob, "1"))).t, "ack");
    await chat.addAccount("carol");
    strictEqual((await bob.asks(await team.seal(people.bob, "2"))).t, "ack");
  },
);

Deno.test(
  "new keys of somebody are listed by anybody, and then messages go again",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const [alice, bob] = [login("alice"), login("bob")];
    const carol = await chat.clients.rekey({ user: "carol", service: chat.service });
    const eve = await rekeyed(people.eve);
    strictEqual(
      await codeOf(alice, await team.fork().rekey([{ ...eve, user: "carol" }])),
      "bad_request",
    );
    strictEqual(await takes(alice, await team.rekey([carol], { by: people.alice })), "ok");
    strictEqual((await bob.asks(await team.seal(people.bob, "hi"))).t, "ack");
    deepStrictEqual(
      chat.service.chains.get(team.conversation)?.head.members.get("carol")?.since,
      0,
    );
    // He may do so himself.
    const again = await chat.clients.rekey({ user: "carol", service: chat.service });
    strictEqual(await takes(login("carol"), await team.rekey([again], { by: again })), "ok");
  },
);

Deno.test(
  "with a new account of the same name the keys of a direct conversation are made anew",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, people, login } = scene;
    const bob = login("bob");
    const direct = await sealedDirect({ realm: TEST_REALM, by: people.bob, to: people.dave });
    strictEqual(await takes(bob, direct.frames), "ok");
    chat.service.directory.removeUser("dave");
    await chat.addAccount("dave");
    strictEqual(await codeOf(bob, [await direct.seal(people.bob, "hi")]), "stale_epoch");
    const dave = await chat.clients.person("dave");
    strictEqual(await takes(login("dave"), await direct.rekey([dave], { by: dave })), "ok");
    strictEqual((await bob.asks(await direct.seal(people.bob, "hi"))).t, "ack");
  },
);

Deno.test("a note to oneself is a direct conversation of one", pure, async () => {
  await using scene = await sealedScene();
  const { people, login } = scene;
  const [bob, alice] = [login("bob"), login("alice")];
  const notes = await sealedDirect({ realm: TEST_REALM, by: people.bob, to: people.bob });
  strictEqual(await takes(bob, notes.frames), "ok");
  strictEqual((await bob.asks(await notes.seal(people.bob, "milk"))).t, "ack");
  deepStrictEqual([messageOf(bob.events)?.to, alice.sees()], ["bob", []]);
});

Deno.test("an ordinary message costs one commit and no read", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const bob = login("bob");
  const frame = await team.seal(people.bob, "hi");
  const reads: string[] = [];
  for (const read of ["get", "getMany", "list", "scan"] as const) {
    const original = chat.store[read].bind(chat.store) as (...args: unknown[]) => never;
    chat.store[read] = (...args: unknown[]) => {
      reads.push(read);
      return original(...args);
    };
  }
  const commits = chat.store.commits.length;
  strictEqual((await bob.asks(frame)).t, "ack");
  deepStrictEqual([reads, chat.store.commits.length], [[], commits + 1]);
});
