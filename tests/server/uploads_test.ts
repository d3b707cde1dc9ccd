// FTC1 §7.4, §7.5: wraps come before the record, and do not stay without it.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import { prefixOf } from "../../server/tables.ts";
import { type StagedWrap, Uploads } from "../../server/uploads.ts";
import type { Chat } from "../testing/chat.ts";
import type { EpochFrame } from "../testing/sealed.ts";
import { codeOf, recordOf, sealedScene, takes } from "./sealed_scene.ts";

const pure = { permissions: "none" } as const;

const octets = (length: number, fill = 1) => encodeBase64Url(new Uint8Array(length).fill(fill));
const HASH = octets(32, 7);
const wrap = { user: "alice", fp: octets(32), wrap: octets(1_225) };

/** Keys of the tables of wraps, but for those of epochs that stand from the beginning of a scene. */
async function staged(chat: Chat): Promise<string[]> {
  const keys = await Array.fromAsync(chat.store.scan(prefixOf.staged), ({ key }) => String(key[1]));
  const wraps = await Promise.all(
    keys.map((hash) => chat.store.list({ prefix: prefixOf.wraps(hash), limit: 1_000 })),
  );
  return wraps.flat().map(({ key }) => String(key[2]));
}

const wrapsIn = (frames: readonly EpochFrame[]) => frames.filter(({ t }) => t === "wraps");

const MALFORMED: { readonly [what: string]: object } = {
  "row 108: a wrap of 1,224 octets": { m: [{ ...wrap, wrap: octets(1_224) }] },
  "a wrap of 1,226 octets": { m: [{ ...wrap, wrap: octets(1_226) }] },
  "a wrap that is no base64url": { m: [{ ...wrap, wrap: "+" }] },
  "a fingerprint of 31 octets": { m: [{ ...wrap, fp: octets(31) }] },
  "a name in capitals": { m: [{ ...wrap, user: "Alice" }] },
  "a name that is none": { m: [{ ...wrap, user: "a b" }] },
  "a hash of 31 octets": { record: octets(31) },
  "no wrap": { m: [] },
  "29 wraps": { m: Array(29).fill(wrap) },
};

for (const [what, fields] of Object.entries(MALFORMED)) {
  Deno.test(`${what} is malformed, and nothing is written`, pure, async () => {
    await using scene = await sealedScene();
    const { chat, login } = scene;
    const commits = chat.store.commits.length;
    const frame = { t: "wraps", record: HASH, m: [wrap], ...fields } as const;
    // The schema refuses some of them before the handler does.
    strictEqual(await login("bob").handles({ ...frame, id: 1 }), null);
    strictEqual(chat.store.commits.length, commits);
  });
}

Deno.test(
  "what is not completed in ten minutes is deleted, and its record is refused",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, login } = scene;
    const bob = login("bob");
    const frames = await team.fork().rotate();
    await takes(bob, wrapsIn(frames));
    deepStrictEqual(await staged(chat), ["alice", "bob", "carol"]);
    chat.uptime += 599_999;
    chat.service.uploads.sweep(chat.uptime);
    await chat.service.uploads.settled();
    strictEqual((await staged(chat)).length, 3);
    chat.uptime += 1;
    strictEqual(await codeOf(bob, frames.slice(-1)), "bad_request");
    await chat.service.uploads.settled();
    deepStrictEqual(await staged(chat), []);
  },
);

Deno.test(
  "a server that was killed between wraps and record starts without them",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const before = chat.service.chains.get(team.conversation);
    const frames = await team.fork().rotate();
    await takes(login("bob"), wrapsIn(frames));
    await chat.restart();
    deepStrictEqual(await staged(chat), []);
    deepStrictEqual(chat.service.chains.get(team.conversation)?.head, before?.head);
    strictEqual(await codeOf(login("bob"), frames.slice(-1)), "bad_request");
    strictEqual((await login("bob").asks(await team.seal(people.bob, "hi"))).t, "ack");
  },
);

Deno.test("a marker that a made epoch has left behind takes no wrap with it", pure, async () => {
  await using scene = await sealedScene();
  const { chat, team, login } = scene;
  const frames = await team.rotate();
  await takes(login("bob"), wrapsIn(frames));
  const [marker] = await Array.fromAsync(chat.store.scan(prefixOf.staged));
  ok(marker);
  strictEqual(await takes(login("bob"), frames.slice(-1)), "ok");
  await chat.store.commit({ sets: [marker] });
  strictEqual((await staged(chat)).length, 3);
  await chat.restart();
  deepStrictEqual(await staged(chat), []);
  const answer = await login("alice").asks({ t: "epochs", conversation: team.conversation });
  strictEqual(answer.t === "epochs" && answer.pieces.filter((one) => "wrap" in one).length, 2);
});

Deno.test(
  "an account sends wraps for four epochs at once; with a fifth its oldest ones go, and no other's",
  pure,
  async () => {
    await using scene = await sealedScene();
    const { chat, team, people, login } = scene;
    const [bob, again, alice] = [login("bob"), login("bob"), login("alice")];
    const others = await team.fork().rotate({ by: people.alice });
    strictEqual(await takes(alice, wrapsIn(others)), "ok");
    const uploads = [];
    for (let n = 0; n < 5; n++) uploads.push(await team.fork().rotate());
    // As if each had been cut off before its record.
    for (const frames of uploads) strictEqual(await takes(again, wrapsIn(frames)), "ok");
    await chat.service.uploads.settled();
    strictEqual((await staged(chat)).length, 5 * 3);
    const [first, second] = uploads;
    ok(first && second);
    strictEqual(await codeOf(bob, recordOf(first)), "bad_request");
    strictEqual(await takes(bob, recordOf(second)), "ok");
  },
);

Deno.test(
  "a write counts against the day's octets, and one that is refused does not",
  pure,
  async () => {
    await using scene = await sealedScene({ octetsPerDay: 20_000 });
    const { team, login } = scene;
    const alice = login("alice");
    const frames = wrapsIn(await team.fork().rotate());
    for (let n = 0; n < 9; n++) {
      strictEqual(
        await codeOf(alice, [{ t: "wraps", record: HASH, m: [{ ...wrap, fp: "" }] }]),
        "bad_request",
      );
    }
    for (let n = 0; n < 3; n++) strictEqual(await takes(alice, frames), "ok");
    strictEqual(await codeOf(alice, frames), "quota");
  },
);

/** Uploads on their own, with a bound that is soon reached. */
function uploads(store: MemoryStore) {
  return new Uploads(store, {
    policy: { stagedMs: 600_000, stagedPerAccount: 4 },
    mostMembers: 3,
    failed: (error) => {
      throw error;
    },
  });
}

const forUser = (user: string, fp = octets(32)): StagedWrap => ({ ...wrap, user, fp });

Deno.test(
  "the later of two wraps for one user holds, and there are no more than a list has names",
  pure,
  async () => {
    await using store = new MemoryStore(() => 0);
    const all = uploads(store);
    const options = { owner: "bob", now: 0 };
    strictEqual(
      await all.add("h", [forUser("a"), forUser("b"), forUser("a", "later")], options),
      null,
    );
    strictEqual(await all.add("h", [forUser("b", "later still")], options), null);
    deepStrictEqual([...all.take("h", options).members], [["a", "later"], ["b", "later still"]]);
    strictEqual(await all.add("h", [forUser("c")], options), null);
    strictEqual((await all.add("h", [forUser("d")], options))?.code, "bad_request");
    // What somebody else is sending is not his.
    strictEqual(
      (await all.add("h", [forUser("a")], { owner: "eve", now: 0 }))?.code,
      "bad_request",
    );
    strictEqual(all.take("h", { owner: "eve", now: 0 }).members.size, 0);
  },
);

Deno.test(
  "an upload does not go while its record is being decided, and goes when it is refused",
  pure,
  async () => {
    await using store = new MemoryStore(() => 0);
    const all = uploads(store);
    await all.add("h", [forUser("a")], { owner: "bob", now: 0 });
    const { done } = all.take("h", { owner: "bob", now: 1 });
    all.sweep(9_999_999);
    await all.settled();
    strictEqual((await store.list({ prefix: prefixOf.wraps("h"), limit: 9 })).length, 1);
    done("refused");
    // What is sent again at once is not deleted with it.
    strictEqual(await all.add("h", [forUser("b")], { owner: "bob", now: 9_999_999 }), null);
    await all.settled();
    deepStrictEqual(
      (await store.list({ prefix: prefixOf.wraps("h"), limit: 9 })).map(({ key }) => key[2]),
      ["b"],
    );
  },
);

Deno.test("what is being made does not give way to what comes later", pure, async () => {
  await using store = new MemoryStore(() => 0);
  const all = uploads(store);
  const options = { owner: "bob", now: 0 };
  const hashes = ["a", "b", "c", "d"];
  for (const hash of hashes) strictEqual(await all.add(hash, [forUser("x")], options), null);
  const takings = hashes.map((hash) => all.take(hash, options));
  strictEqual((await all.add("e", [forUser("x")], options))?.code, "bad_request");
  takings[2]?.done("keep");
  strictEqual(await all.add("e", [forUser("x")], options), null);
  await all.settled();
  const left = await Promise.all(
    [...hashes, "e"].map((hash) => store.list({ prefix: prefixOf.wraps(hash), limit: 9 })),
  );
  deepStrictEqual(left.map(({ length }) => length), [1, 1, 0, 1, 1]);
  deepStrictEqual(
    (await Array.fromAsync(store.scan(prefixOf.staged))).map(({ key }) => key[1]),
    ["a", "b", "d", "e"],
  );
});
