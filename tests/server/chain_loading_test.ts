// FTC1 §9 rows 99 and 101 for epochs: a start gives the same chains; what is damaged stops one conversation.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Chain } from "../../server/chain.ts";
import type { Key } from "../../server/store.ts";
import { keyOf, prefixOf } from "../../server/tables.ts";
import { codeOf, readsEpochs, type SealedScene, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;

/** Makes the chain of the team one with changes of all kinds, and something open. */
async function lively(scene: SealedScene): Promise<Chain> {
  const { chat, team, people, login } = scene;
  const bob = login("bob");
  const by = { by: people.bob };
  strictEqual(await takes(bob, await team.add([people.dave, people.eve])), "ok");
  const eve = await chat.clients.rekey({ user: "eve", service: chat.service });
  strictEqual(await takes(bob, await team.rekey([eve], by)), "ok");
  strictEqual(await takes(bob, await team.rotate(by)), "ok");
  strictEqual(await takes(bob, await team.remove([people.carol])), "ok");
  strictEqual(await takes(bob, [await team.leave(people.bob)]), "ok");
  strictEqual(
    await takes(login("alice"), await team.remove([people.bob], { by: people.alice })),
    "ok",
  );
  strictEqual(await takes(login("dave"), [await team.leave(people.dave)]), "ok");
  await login("alice").asks({ t: "complain", conversation: team.conversation, epoch: 5 });
  const chain = chat.service.chains.get(team.conversation);
  ok(chain !== null && chain.notes.size === 1 && chain.complaints.size === 1);
  return chain;
}

Deno.test("row 101: after a restart every chain is what it was", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team } = scene;
  const before = await lively(scene);
  const { owner } = team;
  await chat.restart();
  const after = chat.service.chains.get(team.conversation);
  deepStrictEqual(after, before);
  deepStrictEqual(after?.head, team.head);
  strictEqual(owner.user, "alice");
  deepStrictEqual([...before.former], [["carol", 4], ["bob", 5]]);
  deepStrictEqual(chat.failures, []);
});

const DAMAGES: { readonly [what: string]: (value: Uint8Array) => Uint8Array | null } = {
  "cut": (value) => value.slice(0, -1),
  "changed in one bit": (value) =>
    value.with(value.length >> 1, (value[value.length >> 1] ?? 0) ^ 1),
  "deleted": () => null,
};

async function put(scene: SealedScene, key: Key, value: Uint8Array | null): Promise<void> {
  await scene.chat.store.commit(value === null ? { deletes: [key] } : { sets: [{ key, value }] });
  scene.chat.failures.length = 0;
  await scene.chat.restart();
}

for (const [what, damage] of Object.entries(DAMAGES)) {
  for (const table of ["epoch", "note"] as const) {
    if (what === "deleted" && table === "note") continue;
    Deno.test(
      `row 99: a record of "${table}" that was ${what} stops its conversation, and nothing else`,
      pure,
      async () => {
        await using scene = await sealedScene();
        const { chat, team, people, login } = scene;
        const whole = await lively(scene);
        const { conversation } = team;
        for (
          const { key, value } of await Array.fromAsync(chat.store.scan([table, conversation]))
        ) {
          await put(scene, key, damage(value));
          const alice = login("alice");
          strictEqual(chat.service.chains.get(conversation), null);
          strictEqual(chat.failures.length, 1, JSON.stringify(key));
          const fork = team.fork();
          strictEqual(await codeOf(alice, [await fork.seal(people.alice, "hi")]), "storage");
          strictEqual(
            await codeOf(alice, await fork.remove([people.dave], { by: people.alice })),
            "storage",
          );
          strictEqual(await codeOf(alice, [{ t: "epochs", conversation }]), "storage");
          strictEqual(chat.failures.length, 1, JSON.stringify(key));
          strictEqual((await alice.says("bob", "the others go on")).t, "ack");
          ok((await alice.rereads("team")).length > 0);
          await put(scene, key, value);
          deepStrictEqual(chat.service.chains.get(conversation)?.head, whole.head);
        }
      },
    );
  }

  if (what === "deleted") continue;
  for (const table of ["complaint", "made", "staged", "key"]) {
    Deno.test(
      `row 99: a record of "${table}" that was ${what} stops no conversation`,
      pure,
      async () => {
        await using scene = await sealedScene();
        const { chat, team, people, login } = scene;
        await takes(login("carol"), (await team.fork().rotate({ by: people.carol })).slice(0, -1));
        await login("carol").asks({ t: "complain", conversation: team.conversation, epoch: 0 });
        for (const { key, value } of await Array.fromAsync(chat.store.scan([table]))) {
          await put(scene, key, damage(value) ?? value);
          strictEqual((await login("alice").asks(await team.seal(people.alice, "hi"))).t, "ack");
        }
        strictEqual(await takes(login("bob"), await team.add([people.dave])), "ok");
        deepStrictEqual(await Array.fromAsync(chat.store.scan(prefixOf.staged)), []);
      },
    );
  }

  Deno.test(`row 99: a wrap that was ${what} is none, and may be replaced`, pure, async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const { conversation } = team;
    const hash = (await chat.store.list({ prefix: ["made"], limit: 9 })).map(({ key }) =>
      String(key[1])
    );
    const keys = hash.map((one) => keyOf.wrap(one, "carol"));
    const [stored] = (await chat.store.getMany(keys)).filter((one) => one !== null);
    ok(stored);
    await put(scene, stored.key, damage(stored.value) ?? stored.value);
    const carol = login("carol");
    const [first] = (await readsEpochs(carol, conversation)).pieces;
    strictEqual(first && "wrap" in first, false);
    await carol.asks({ t: "complain", conversation, epoch: 0 });
    const wrap = await team.wrapFor(people.carol);
    const answer = await login("bob").asks({
      t: "rewrap",
      conversation,
      epoch: 0,
      user: "carol",
      wrap,
    });
    strictEqual(answer.t, "ok");
    const [again] = (await readsEpochs(carol, conversation)).pieces;
    strictEqual(again && "wrap" in again && again.wrap, wrap);
  });
}

Deno.test(
  "notes and complaints that an epoch has ended are forgotten at the next start, however many",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const { conversation } = team;
    const old = (await Array.fromAsync(chat.store.scan(prefixOf.epochs)))[0]?.value ??
      new Uint8Array();
    strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
    const [note] = await Array.fromAsync(chat.store.scan(prefixOf.notes));
    ok(note && old.length > 0);
    strictEqual(
      await takes(login("bob"), await team.remove([people.carol], { by: people.bob })),
      "ok",
    );
    // As if there had been more than one commit deletes.
    await chat.store.commit({ sets: [note] });
    await chat.restart();
    strictEqual(chat.service.chains.get(conversation)?.notes.size, 0);
    deepStrictEqual(await Array.fromAsync(chat.store.scan(prefixOf.notes)), []);
  },
);
