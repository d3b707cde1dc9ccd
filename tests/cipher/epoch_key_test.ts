import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  commitment,
  deriveAdded,
  deriveMessageKey,
  generateEpochKey,
  importMessageKey,
} from "../../cipher/epoch_key.ts";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { epochVector, team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const keyOf = (epoch: number) => Uint8Array.fromHex(epochVector(epoch).key);
const hex = Uint8Array.fromHex;

for (const vector of l2.group.epochs) {
  const key = Uint8Array.fromHex(vector.key);

  Deno.test(`commitment of epoch ${vector.epoch}`, pure, async () => {
    strictEqual((await commitment(team, vector.epoch, key)).toHex(), vector.commit);
  });

  Deno.test(`message key of epoch ${vector.epoch}`, pure, async () => {
    const recordHash = Uint8Array.fromHex(vector.record_sha256);
    const derived = await deriveMessageKey(key, recordHash);
    strictEqual(derived.toHex(), vector.message_key);
    const token = await seal(await importMessageKey(key, recordHash), Uint8Array.of(7));
    deepStrictEqual(await open(await importKey(derived), token), Uint8Array.of(7));
  });
}

Deno.test("after add, K follows from the K before and the new list", pure, async () => {
  const next = await deriveAdded(keyOf(0), hex(epochVector(1).members_hash));
  strictEqual(next.toHex(), epochVector(1).key);
  notDeepStrictEqual(await deriveAdded(keyOf(0), hex(epochVector(0).members_hash)), next);
  notDeepStrictEqual(await deriveAdded(keyOf(2), hex(epochVector(1).members_hash)), next);
});

Deno.test("row 108: a commitment fits one K, one epoch and one conversation", pure, async () => {
  const expected = epochVector(1).commit;
  strictEqual((await commitment(team, 1, keyOf(1))).toHex(), expected);
  const others = await Promise.all([
    commitment(team, 1, keyOf(0)),
    commitment(team, 2, keyOf(1)),
    commitment(new Uint8Array(32), 1, keyOf(1)),
  ]);
  for (const other of others) strictEqual(other.toHex() === expected, false);
});

Deno.test(
  "members who were shown different records have different message keys",
  pure,
  async () => {
    const [one, other] = [hex(epochVector(0).record_sha256), hex(epochVector(1).record_sha256)];
    notDeepStrictEqual(
      await deriveMessageKey(keyOf(0), one),
      await deriveMessageKey(keyOf(0), other),
    );
  },
);

Deno.test("K is 32 octets, new every time", pure, () => {
  strictEqual(generateEpochKey().length, 32);
  notDeepStrictEqual(generateEpochKey(), generateEpochKey());
});

Deno.test("a K, an id or a hash of another length is refused", pure, async () => {
  const [short, right] = [new Uint8Array(31), new Uint8Array(32)];
  for (const derive of [deriveAdded, deriveMessageKey, importMessageKey]) {
    await rejects(derive(short, right), RangeError);
    await rejects(derive(right, short), RangeError);
  }
  await rejects(commitment(short, 0, right), RangeError);
  await rejects(commitment(right, 0, short), RangeError);
  await rejects(commitment(right, -1, right), RangeError);
});
