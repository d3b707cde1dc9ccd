// FTC1 §7.5: who has no fitting wrap says so, and any member wraps anew.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readsEpochs, type SealedScene, sealedScene } from "./sealed_scene.ts";
import { sealedDirect } from "../testing/sealed.ts";
import { type Question, sentence, TEST_REALM } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;

const complaintOf = ({ team }: SealedScene, epoch = 0): Question => ({
  t: "complain",
  conversation: team.conversation,
  epoch,
});

async function rewrapOf(scene: SealedScene, user: "alice" | "carol" = "carol"): Promise<Question> {
  const { team, people } = scene;
  const wrap = await team.wrapFor(people[user]);
  return { t: "rewrap", conversation: team.conversation, epoch: 0, user, wrap };
}

for (const restarts of [false, true]) {
  Deno.test(
    `a complaint is told to the others, and a new wrap to the one who complained${
      restarts ? ", also after a restart" : ""
    }`,
    pure,
    async () => {
      await using scene = await sealedScene();
      const { chat, team, login } = scene;
      const { conversation } = team;
      const [alice, before] = [login("alice"), login("carol")];
      strictEqual((await before.asks(complaintOf(scene))).t, "ok");
      // Once more is once.
      strictEqual((await before.asks(complaintOf(scene))).t, "ok");
      const told = alice.events.filter(({ t }) => t === "complaint");
      deepStrictEqual(told, [{ t: "complaint", conversation, epoch: 0, user: "carol" }]);
      strictEqual(before.events.some(({ t }) => t === "complaint"), false);
      if (restarts) await chat.restart();
      const [bob, carol, eve] = [login("bob"), login("carol"), login("eve")];
      const open = { e: 1, complaints: [{ epoch: 0, user: "carol" }] };
      deepStrictEqual((await readsEpochs(bob, conversation)).pieces.at(-1), open);
      const rewrap = await rewrapOf(scene);
      strictEqual(sentence(await eve.asks(rewrap)).split(":")[0], "bad_request");
      strictEqual((await bob.asks(rewrap)).t, "ok");
      deepStrictEqual(carol.events.filter(({ t }) => t === "rewrapped"), [
        { t: "rewrapped", conversation, epoch: 0 },
      ]);
      const [first] = (await readsEpochs(carol, conversation)).pieces;
      strictEqual(first && "wrap" in first && first.wrap, rewrap.t === "rewrap" && rewrap.wrap);
      // The complaint is settled.
      strictEqual(sentence(await bob.asks(rewrap)).split(":")[0], "bad_request");
      strictEqual(
        (await readsEpochs(bob, conversation)).pieces.some((one) => "complaints" in one),
        false,
      );
    },
  );
}

const REFUSED: { readonly [what: string]: (scene: SealedScene) => Promise<string> } = {
  "a complaint about an epoch that is to come": async (scene) =>
    sentence(await scene.login("carol").asks(complaintOf(scene, 1))),
  "a complaint of a stranger": async (scene) =>
    sentence(await scene.login("eve").asks(complaintOf(scene))),
  "a complaint about an epoch from before his joining": async (scene) => {
    const { team, people, login } = scene;
    for (const frame of await team.add([people.dave])) await login("bob").asks(frame);
    return sentence(await login("dave").asks(complaintOf(scene, 0)));
  },
  "a complaint about a conversation that there is not": async (scene) =>
    sentence(await scene.login("bob").asks({ t: "complain", conversation: "AAAA", epoch: 0 })),
  "a wrap for which nobody asks": async (scene) =>
    sentence(await scene.login("bob").asks(await rewrapOf(scene))),
  "a wrap of 1,224 octets": async (scene) => {
    await scene.login("carol").asks(complaintOf(scene));
    const rewrap = { ...await rewrapOf(scene), wrap: "AAAA" } as Question;
    return sentence(await scene.login("bob").asks(rewrap));
  },
};

for (const [what, attempt] of Object.entries(REFUSED)) {
  Deno.test(`${what} is refused`, pure, async () => {
    await using scene = await sealedScene();
    const alice = scene.login("alice");
    strictEqual((await attempt(scene)).split(":")[0], "bad_request");
    strictEqual(scene.chat.failures.length, 0);
    strictEqual(alice.events.some(({ t }) => t === "rewrapped"), false);
  });
}

Deno.test(
  "a member has so many complaints open and no more; the next epoch ends them",
  pure,
  async () => {
    await using scene = await sealedScene({ complaintsPerMember: 2 });
    const { chat, team, people, login } = scene;
    const [bob, carol] = [login("bob"), login("carol")];
    for (let n = 0; n < 3; n++) {
      chat.now += 3_600_000;
      for (const frame of await team.rotate({ by: people.bob })) await bob.asks(frame);
    }
    const answers = [0, 1, 2].map(async (epoch) => (await carol.asks(complaintOf(scene, epoch))).t);
    deepStrictEqual(await Promise.all(answers), ["ok", "ok", "error"]);
    strictEqual(chat.service.chains.get(team.conversation)?.complaints.size, 2);
    chat.now += 60_000;
    for (const frame of await team.rotate({ by: people.bob })) await bob.asks(frame);
    strictEqual(chat.service.chains.get(team.conversation)?.complaints.size, 0);
    await chat.restart();
    strictEqual(chat.service.chains.get(team.conversation)?.complaints.size, 0);
    deepStrictEqual(await Array.fromAsync(chat.store.scan(["complaint"])), []);
  },
);

Deno.test("wrapping anew for others does not use up one's own quota", pure, async () => {
  await using scene = await sealedScene({ octetsPerDay: 20_000 });
  const { team, people, login } = scene;
  const [bob, carol] = [login("bob"), login("carol")];
  for (let n = 0; n < 12; n++) {
    strictEqual((await carol.asks(complaintOf(scene))).t, "ok");
    strictEqual((await bob.asks(await rewrapOf(scene))).t, "ok");
  }
  strictEqual((await bob.asks(await team.seal(people.bob, "still here"))).t, "ack");
});

Deno.test(
  "a member complains so many times an hour in one conversation; what is refused does not count",
  pure,
  async () => {
    await using scene = await sealedScene({ complaintsPerHour: 3 });
    const { chat, team, people, login } = scene;
    const [alice, bob, carol] = [login("alice"), login("bob"), login("carol")];
    const complains = async () => {
      const answer = await carol.asks(complaintOf(scene));
      if (answer.t === "ok") strictEqual((await bob.asks(await rewrapOf(scene))).t, "ok");
      return answer.t === "error" ? [answer.code, answer.after] : answer.t;
    };
    strictEqual(await complains(), "ok");
    for (let n = 0; n < 5; n++) {
      const answer = await carol.asks(complaintOf(scene, 1));
      strictEqual(answer.t === "error" && answer.code, "bad_request");
    }
    deepStrictEqual([await complains(), await complains()], ["ok", "ok"]);
    deepStrictEqual(await complains(), ["rate", 1_200]);
    // Others, and other conversations, are not concerned.
    strictEqual((await alice.asks(complaintOf(scene))).t, "ok");
    const realm = TEST_REALM;
    const direct = await sealedDirect({ realm, by: people.carol, to: people.dave });
    for (const frame of direct.frames) strictEqual((await carol.asks(frame)).t, "ok");
    const { conversation } = direct;
    strictEqual((await carol.asks({ t: "complain", conversation, epoch: team.epoch })).t, "ok");
    chat.uptime += 1_200_000;
    strictEqual(await complains(), "ok");
    deepStrictEqual(await complains(), ["rate", 1_200]);
  },
);
