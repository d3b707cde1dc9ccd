// FTC1 §7.4: a client without state reads the whole chain in pages, and finds what the server knows.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { parseEpoch } from "../../cipher/epoch.ts";
import { type Member, membersHash, ROLE } from "../../cipher/member_list.ts";
import { openWrap } from "../../cipher/wrap.ts";
import { chatWith } from "../testing/chat.ts";
import { sealedDirect, sealedGroup } from "../testing/sealed.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { readsEpochs, type SealedScene, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;

/** A group with a history: added, removed, left, rotated. */
async function eventful(scene: SealedScene): Promise<void> {
  const { chat, team, people, login } = scene;
  const bob = login("bob");
  const by = { by: people.bob };
  strictEqual(await takes(bob, await team.add([people.dave])), "ok");
  strictEqual(await takes(bob, await team.remove([people.alice])), "ok");
  strictEqual(await takes(login("carol"), [await team.leave(people.carol)]), "ok");
  strictEqual(await takes(bob, await team.remove([people.carol], by)), "ok");
  strictEqual(await takes(bob, await team.add([people.alice])), "ok");
  const dave = await chat.clients.rekey({ user: "dave", service: chat.service });
  strictEqual(await takes(login("dave"), await team.rekey([dave], { by: dave })), "ok");
  bob.leave();
}

Deno.test(
  "the pieces give each list to the hash that its record was signed with",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { team, login } = scene;
    await eventful(scene);
    const { pieces, head } = await readsEpochs(login("bob"), team.conversation);
    strictEqual(head, 6 - 1);
    let owner = "bob";
    const list = new Map<string, Uint8Array>();
    const records = pieces.flatMap((one) => "record" in one ? [one] : []);
    for (const { e, record: text } of records) {
      for (const piece of pieces.filter((one) => one.e === e)) {
        if ("removed" in piece) { for (const name of piece.removed) list.delete(name); }
        if ("added" in piece) {
          for (const [name, fp] of piece.added) list.set(name, decodeBase64Url(fp));
        }
      }
      const record = await parseEpoch(decodeBase64Url(text));
      if (!list.has(owner)) owner = "";
      const members = [...list].map(([name, fingerprint]): Member => ({
        name,
        fingerprint,
        role: name === owner ? ROLE.owner : ROLE.member,
      }));
      deepStrictEqual(await membersHash(members), record.membersHash, `epoch ${e}`);
    }
    deepStrictEqual(list.size, team.head?.members.size);
  },
);

Deno.test("a member gets his own wrap with each record that has one for him", pure, async () => {
  await using scene = await sealedScene();
  const { team, people, login } = scene;
  strictEqual(await takes(login("bob"), await team.add([people.dave])), "ok");
  const wraps = async (user: "dave" | "alice") => {
    const { pieces } = await readsEpochs(login(user), team.conversation);
    return pieces.flatMap((one) => "record" in one ? [one.wrap] : []);
  };
  const [none, daves] = await wraps("dave");
  strictEqual(none, undefined);
  ok(daves !== undefined && team.record !== null);
  const options = { recordHash: team.record.hash, identity: people.dave.identity };
  deepStrictEqual(await openWrap(decodeBase64Url(daves), options), team.key);
  // Who was there already computes the key, and has no wrap.
  deepStrictEqual((await wraps("alice")).map((wrap) => wrap === undefined), [false, true]);
});

Deno.test("from any piece on, page by page, it is the rest of the same", pure, async () => {
  await using scene = await sealedScene();
  const { team, login } = scene;
  await eventful(scene);
  const bob = login("bob");
  const { pieces: all } = await readsEpochs(bob, team.conversation);
  for (const [i, { e }] of all.entries()) {
    const piece = all.slice(0, i).filter((one) => one.e === e).length;
    const { pieces } = await readsEpochs(bob, team.conversation, { from: e, piece });
    deepStrictEqual(pieces, all.slice(i));
  }
  const { pieces } = await readsEpochs(bob, team.conversation, { from: 99, piece: 5 });
  deepStrictEqual(pieces, []);
});

Deno.test("behind the newest epoch stands what is open", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, people, login } = scene;
  const { conversation } = team;
  const note = await team.leave(people.carol);
  strictEqual(await takes(login("carol"), [note]), "ok");
  await chat.clients.rekey({ user: "alice", service: chat.service });
  await login("alice").asks({ t: "complain", conversation, epoch: 0 });
  for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
    await restart();
    const { pieces } = await readsEpochs(login("bob"), conversation, { from: 1 });
    deepStrictEqual(pieces, [
      { e: 1, notes: [note.note] },
      { e: 1, rekeyed: ["alice"] },
      { e: 1, complaints: [{ epoch: 0, user: "alice" }] },
    ]);
    deepStrictEqual(
      (await readsEpochs(login("bob"), conversation, { from: 1, piece: 2 })).pieces,
      pieces.slice(2),
    );
    // Who leaves has no business with what is open.
    deepStrictEqual((await readsEpochs(login("carol"), conversation, { from: 1 })).pieces, []);
  }
});

Deno.test(
  "a former member reads up to the record that has him no more, others nothing",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    strictEqual(await takes(bob, await team.remove([people.carol])), "ok");
    strictEqual(await takes(bob, await team.rotate()), "ok");
    for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
      await restart();
      const { head, sent, pieces } = await readsEpochs(login("carol"), team.conversation);
      deepStrictEqual([head, sent, Math.max(...pieces.map(({ e }) => e))], [1, undefined, 1]);
      deepStrictEqual(await readsEpochs(login("eve"), team.conversation), { pieces: [] });
      deepStrictEqual(await readsEpochs(login("eve"), "AAAA"), { pieces: [] });
    }
    // A new account of the name is somebody else.
    chat.service.directory.removeUser("carol");
    chat.service.conversations.endAccount("carol", chat.service.journal.delivered);
    await chat.addAccount("carol");
    deepStrictEqual(await readsEpochs(login("carol"), team.conversation), { pieces: [] });
  },
);

Deno.test(
  "both see a direct conversation before anything is said, and nobody else",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { people, login } = scene;
    const direct = await sealedDirect({ realm: TEST_REALM, by: people.bob, to: people.dave });
    strictEqual(await takes(login("bob"), direct.frames), "ok");
    const { head, sent } = await readsEpochs(login("dave"), direct.conversation);
    deepStrictEqual([head, sent], [0, 0]);
    deepStrictEqual(await readsEpochs(login("eve"), direct.conversation), { pieces: [] });
  },
);

Deno.test(
  "the number of messages in the newest epoch is that, also after a restart",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const bob = login("bob");
    const sent = async () => (await readsEpochs(login("bob"), team.conversation)).sent;
    strictEqual(await sent(), 0);
    for (const text of ["1", "2", "3"]) await bob.asks(await team.seal(people.bob, text));
    strictEqual(await sent(), 3);
    strictEqual(await takes(bob, await team.add([people.eve])), "ok");
    await bob.asks(await team.seal(people.bob, "4"));
    strictEqual(await sent(), 1);
    await chat.restart();
    strictEqual(await sent(), 1);
  },
);

Deno.test(
  "a thousand members and many leavers come in pieces that fit into pages",
  pure,
  async () => {
    const crowd = Array.from({ length: 260 }, (_, n) => `u${`${n}`.padStart(31, "0")}`);
    await using chat = await chatWith({ users: ["bob", ...crowd] });
    const people = await Promise.all(crowd.map((user) => chat.clients.person(user)));
    const owner = await chat.clients.person("bob");
    const group = await sealedGroup({ realm: TEST_REALM, name: "crowd", owner, members: people });
    const bob = chat.login("bob");
    strictEqual(await takes(bob, group.frames), "ok");
    const leavers = people.slice(0, 70);
    for (const one of leavers) {
      strictEqual(await takes(chat.login(one.user), [await group.leave(one)]), "ok");
    }
    strictEqual(await takes(bob, await group.remove(leavers, { by: owner })), "ok");
    const { pieces } = await readsEpochs(bob, group.conversation);
    const shape = pieces.map((one) =>
      "added" in one
        ? one.added.length
        : "removed" in one
        ? one.removed.length
        : "notes" in one
        ? one.notes.length
        : "record"
    );
    deepStrictEqual(shape, ["record", 200, 61, "record", 70, 60, 10]);
    await chat.restart();
    deepStrictEqual(chat.service.chains.get(group.conversation)?.head, group.head);
    strictEqual(encodeBase64Url(group.id), group.conversation);
  },
);
