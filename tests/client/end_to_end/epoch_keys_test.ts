// FTC1 §7.4, §7.5, §9 row 108: which K a client accepts.

import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeBase64Url } from "../../../cipher/base64url.ts";
import { openMessage } from "../../../cipher/message.ts";
import { makeWrap } from "../../../cipher/wrap.ts";
import { generateX25519 } from "../../../cipher/x25519.ts";
import { EpochKeys } from "../../../client/end_to_end/epoch_keys.ts";
import { REALM } from "../../testing/fake_keys.ts";
import { type Person, person, rekeyed } from "../../testing/person.ts";
import { type SealedConversation, sealedGroup } from "../../testing/sealed.ts";

interface Scene {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly team: SealedConversation;
  /** Takes the newest epoch in, with the wrap of the reader, or another one. */
  readonly take: (keys: EpochKeys, wrap?: Uint8Array | null) => void;
}

/** Alice's team with bob, as the reader gets it. */
async function sceneFor(reader: "alice" | "bob" | "carol"): Promise<Scene> {
  const [alice, bob, carol] = await Promise.all([
    person("alice", REALM),
    person("bob", REALM),
    person("carol", REALM),
  ]);
  const team = await sealedGroup({ realm: REALM, name: "team", owner: alice, members: [bob] });
  const take = (keys: EpochKeys, wrap = wrapOf(team, reader)) => {
    if (team.record !== null) keys.add(team.record, wrap);
  };
  return { alice, bob, carol, team, take };
}

function wrapOf({ frames }: SealedConversation, name: string): Uint8Array | null {
  const wraps = frames.flatMap((frame) => frame.t === "wraps" ? frame.m : []);
  const found = wraps.find(({ user }) => user === name);
  return found === undefined ? null : decodeBase64Url(found.wrap);
}

function keysOf({ team }: Scene, ...identities: readonly Person[]): EpochKeys {
  return new EpochKeys(team.id, { identities: identities.map(({ identity }) => identity) });
}

Deno.test("each epoch's K comes out of the reader's own wrap, or of the K before an addition", async () => {
  const scene = await sceneFor("bob");
  const { team, take, bob, carol } = scene;
  const keys = keysOf(scene, bob);
  const known: Uint8Array[] = [];
  const next = (wrap?: Uint8Array | null) => {
    take(keys, wrap);
    known.push(team.key);
  };
  next();
  await team.add([carol]);
  strictEqual(wrapOf(team, "bob"), null);
  next();
  await team.add([await person("dave", REALM)]);
  next();
  await team.rotate();
  next();
  await team.remove([carol]);
  next();
  // From the end backwards: nothing needs to have been opened before.
  for (const epoch of [4, 2, 3, 1, 0]) deepStrictEqual(await keys.key(epoch), known[epoch]);
  deepStrictEqual([await keys.key(5), await keys.key(-1)], [null, null]);
});

Deno.test("a newcomer has the K of his epoch and of those that follow, and none before", async () => {
  const scene = await sceneFor("carol");
  const { team, take, carol } = scene;
  const keys = keysOf(scene, carol);
  take(keys);
  await team.add([carol]);
  take(keys);
  await team.add([await person("dave", REALM)]);
  take(keys);
  deepStrictEqual([await keys.key(0), await keys.messageKey(0)], [null, null]);
  deepStrictEqual(await keys.key(2), team.key);
  ok(await keys.key(1) !== null);
  deepStrictEqual([keys.hasWrap(0), keys.hasWrap(1), keys.hasWrap(2)], [false, true, false]);
});

Deno.test("row 108: a wrap that is another member's, of another record, cut or altered gives no K", async () => {
  const scene = await sceneFor("bob");
  const { team, bob, alice } = scene;
  const right = wrapOf(team, "bob") ?? new Uint8Array();
  const other = await sealedGroup({ realm: REALM, name: "team", owner: alice, members: [bob] });
  const wrong: { readonly [what: string]: Uint8Array | null } = {
    none: null,
    "another member's": wrapOf(team, "alice"),
    "of another record": wrapOf(other, "bob"),
    "one octet short": right.subarray(0, -1),
    "one octet long": Uint8Array.of(...right, 0),
    "empty": new Uint8Array(),
    "another share": right.with(0, (right[0] ?? 0) ^ 1),
    "another ciphertext": right.with(500, (right[500] ?? 0) ^ 1),
    "another token": right.with(1_200, (right[1_200] ?? 0) ^ 1),
    "a share of low order": new Uint8Array(1_225).fill(0),
  };
  for (const [what, wrap] of Object.entries(wrong)) {
    const keys = keysOf(scene, bob);
    if (team.record !== null) keys.add(team.record, wrap);
    deepStrictEqual([await keys.key(0), await keys.messageKey(0)], [null, null], what);
    strictEqual(keys.hasWrap(0), wrap !== null);
  }
});

/** A wrap that opens, with any K in it. */
async function wrapWith(
  key: Uint8Array,
  { team }: Scene,
  receiver: Person,
): Promise<Uint8Array> {
  const ephemeral = await generateX25519();
  const recordHash = team.record?.hash ?? new Uint8Array();
  const options = { recordHash, receiver: receiver.identity, ephemeral };
  return await makeWrap(key, options) ?? new Uint8Array();
}

Deno.test("row 108: a K that the record does not commit to is none, however well it is wrapped", async () => {
  const scene = await sceneFor("bob");
  const { team, bob, carol, take } = scene;
  const keys = keysOf(scene, bob);
  take(keys, await wrapWith(new Uint8Array(32).fill(1), scene, bob));
  strictEqual(await keys.key(0), null);
  // What would be derived from it is none either; a wrap for him helps.
  await team.add([carol]);
  take(keys, null);
  strictEqual(await keys.key(1), null);
  keys.rewrap(1, await wrapWith(team.key, scene, bob));
  deepStrictEqual(await keys.key(1), team.key);
  strictEqual(await keys.key(0), null);
});

Deno.test("a wrap made anew opens its epoch, and the additions that rest on it", async () => {
  const scene = await sceneFor("bob");
  const { team, bob, carol, take } = scene;
  const keys = keysOf(scene, bob);
  take(keys, null);
  const first = { key: team.key, wrap: await wrapWith(team.key, scene, bob) };
  await team.add([carol]);
  take(keys);
  await team.add([await person("dave", REALM)]);
  take(keys);
  deepStrictEqual([await keys.key(2), await keys.messageKey(1)], [null, null]);
  keys.rewrap(0, first.wrap);
  keys.rewrap(7, first.wrap);
  deepStrictEqual([await keys.key(0), await keys.key(2)], [first.key, team.key]);
  ok(await keys.messageKey(1) !== null);
});

Deno.test("a wrong new wrap takes away no K that is known", async () => {
  const scene = await sceneFor("bob");
  const { bob, take, team } = scene;
  const keys = keysOf(scene, bob);
  take(keys);
  deepStrictEqual(await keys.key(0), team.key);
  keys.rewrap(0, new Uint8Array(1_225));
  deepStrictEqual(await keys.key(0), team.key);
});

Deno.test("former identities of the reader open what was wrapped for them (FTC1 §7.7)", async () => {
  const scene = await sceneFor("bob");
  const { team, bob, take } = scene;
  const [now, foreign] = [await rekeyed(bob), await person("bob", REALM)];
  const alone = keysOf(scene, now, foreign);
  take(alone);
  strictEqual(await alone.key(0), null);
  const keys = keysOf(scene, now, foreign, bob);
  take(keys);
  await team.rekey([now]);
  take(keys);
  deepStrictEqual(await keys.key(1), team.key);
  ok(await keys.key(0) !== null);
});

Deno.test("the key of messages is bound to the record: who was shown another one reads nothing", async () => {
  const scene = await sceneFor("bob");
  const { team, alice, bob, take } = scene;
  const keys = keysOf(scene, bob);
  take(keys);
  const key = await keys.messageKey(0);
  const { body } = await team.seal(alice, "hi");
  if (key === null) throw new Error("no key");
  strictEqual(new TextDecoder().decode((await openMessage(key, body)).body), "hi");
  strictEqual(await keys.messageKey(0), key);
  // The same K under another record: the list of members is not the one that was sent to.
  const { record } = team;
  if (record === null) throw new Error("no record");
  const hash = new Uint8Array(32).fill(1);
  const split = keysOf(scene, bob);
  split.add(
    { ...record, hash },
    await wrapWith(team.key, {
      ...scene,
      team: Object.assign(team.fork(), { record: { ...record, hash } }),
    }, bob),
  );
  deepStrictEqual(await split.key(0), await keys.key(0));
  const other = await split.messageKey(0);
  notDeepStrictEqual(other, null);
  const opened = other === null ? null : await openMessage(other, body).catch(({ name }) => name);
  strictEqual(opened, "BadMessage");
});

// FTC1 §9 row 110.
Deno.test("two thousand additions in a row are followed once, without recursion", async () => {
  const scene = await sceneFor("bob");
  const { team, bob } = scene;
  const keys = keysOf(scene, bob);
  const { record } = team;
  if (record === null) throw new Error("no record");
  keys.add(record, wrapOf(team, "bob"));
  // Records of a faulty server: none of their keys fits.
  for (let epoch = 1; epoch <= 2_000; epoch++) {
    keys.add({ ...record, epoch, change: "add" }, null);
  }
  strictEqual(await keys.key(2_000), null);
  deepStrictEqual(await keys.key(0), team.key);
});
