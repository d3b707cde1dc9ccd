import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { concat, label } from "../../cipher/bytes.ts";
import { signEd25519 } from "../../cipher/ed25519.ts";
import { deriveIdentity } from "../../cipher/identity.ts";
import {
  BadKeyRecord,
  checkKeyRecord,
  isConfirmedBy,
  signKeyRecord,
} from "../../cipher/key_record.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const realm = Uint8Array.fromHex(l2.realm);
const carol = { realm, user: l2.rekeyed.user };

async function rekeyed() {
  const before = l2.identities.find(({ user }) => user === carol.user);
  ok(before);
  const identity = await deriveIdentity(Uint8Array.fromHex(before.root), carol);
  const record = await checkKeyRecord(Uint8Array.fromHex(before.key_record), carol);
  const next = await deriveIdentity(Uint8Array.fromHex(l2.rekeyed.root), carol);
  return { previous: { record, identity }, next };
}

for (const vector of l2.identities) {
  const owner = { realm, user: vector.user };

  Deno.test(`key record of ${vector.user} is made and accepted`, pure, async () => {
    const identity = await deriveIdentity(Uint8Array.fromHex(vector.root), owner);
    const bytes = await signKeyRecord(identity, { created: l2.timestamp });
    strictEqual(bytes.toHex(), vector.key_record);
    strictEqual(bytes.length, 1442 + vector.user.length);
    const record = await checkKeyRecord(bytes, owner);
    strictEqual(record.fingerprint.toHex(), vector.fingerprint);
    strictEqual(record.generation, 1);
    strictEqual(record.created, l2.timestamp);
    deepStrictEqual(record.previousHash, new Uint8Array(32));
  });
}

Deno.test("a change of keys is confirmed by the identity before", pure, async () => {
  const { previous, next } = await rekeyed();
  const bytes = await signKeyRecord(next, { created: l2.rekeyed.created, previous });
  strictEqual(bytes.toHex(), l2.rekeyed.key_record);
  const record = await checkKeyRecord(bytes, carol);
  strictEqual(record.generation, l2.rekeyed.generation);
  strictEqual(record.fingerprint.toHex(), l2.rekeyed.fingerprint);
  strictEqual(await isConfirmedBy(record, previous.record), true);
  strictEqual(await isConfirmedBy(previous.record, record), false);
});

Deno.test(
  "a change with a broken or missing old signature is valid but not confirmed",
  pure,
  async () => {
    const { previous } = await rekeyed();
    const bytes = Uint8Array.fromHex(l2.rekeyed.key_record);
    bytes.fill(0, -64);
    strictEqual(await isConfirmedBy(await checkKeyRecord(bytes, carol), previous.record), false);
  },
);

Deno.test("a generation that does not grow is not confirmed", pure, async () => {
  const { previous, next } = await rekeyed();
  const stale = { ...previous, record: { ...previous.record, generation: 0 } };
  const bytes = await signKeyRecord(next, { created: 0, previous: stale });
  strictEqual(await isConfirmedBy(await checkKeyRecord(bytes, carol), previous.record), false);
});

Deno.test("a change that names another record before it is not confirmed", pure, async () => {
  const { previous, next } = await rekeyed();
  const other = { ...previous, record: { ...previous.record, hash: new Uint8Array(32).fill(1) } };
  const bytes = await signKeyRecord(next, { created: 0, previous: other });
  strictEqual(await isConfirmedBy(await checkKeyRecord(bytes, carol), previous.record), false);
});

/** Carol's record with some octets replaced and signed again by its own key. */
async function resigned(at: number, octets: Uint8Array): Promise<Uint8Array> {
  const { next } = await rekeyed();
  const bytes = Uint8Array.fromHex(l2.rekeyed.key_record);
  bytes.set(octets, at);
  const signature = await signEd25519(
    next.signKey,
    concat(label("ftc1 key record"), bytes.subarray(0, -128)),
  );
  bytes.set(signature, bytes.length - 128);
  return bytes;
}

const userAt = 21;
const generationAt = userAt + 1 + carol.user.length;
const edAt = generationAt + 12;
const forgeries = [
  ["magic", 0, Uint8Array.of(0x47), "layout"],
  ["version", 4, Uint8Array.of(2), "layout"],
  ["realm", 5, new Uint8Array(16), "owner"],
  ["name", userAt + 1, Uint8Array.of(0x64), "owner"],
  ["name not UTF-8", userAt + 1, Uint8Array.of(0xff), "layout"],
  ["name one longer", userAt, Uint8Array.of(6), "layout"],
  ["generation 0", generationAt, new Uint8Array(4), "generation"],
  ["created beyond 2^53", generationAt + 4, Uint8Array.of(1), "layout"],
  ["Ed25519 of small order", edAt, new Uint8Array(32), "keys"],
  ["another Ed25519 key", edAt, new Uint8Array(32).fill(3), "signature"],
  ["X25519 of low order", edAt + 32, new Uint8Array(32), "keys"],
  ["ML-KEM coefficient 4095", edAt + 64, Uint8Array.of(0xff, 0xff), "keys"],
] as const;

for (const [what, at, octets, reason] of forgeries) {
  Deno.test(`a key record is refused: ${what}`, pure, async () => {
    await rejects(checkKeyRecord(await resigned(at, octets), carol), {
      name: "BadKeyRecord",
      reason,
    });
  });
}

Deno.test("a key record signed again without a change is accepted", pure, async () => {
  ok(await checkKeyRecord(await resigned(0, new Uint8Array(0)), carol));
});

Deno.test("one changed octet before the old signature stops a key record", pure, async () => {
  const bytes = Uint8Array.fromHex(l2.rekeyed.key_record);
  for (let at = 0; at < bytes.length - 64; at += 11) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await rejects(checkKeyRecord(changed, carol), BadKeyRecord);
  }
});

Deno.test("any octets are a key record or BadKeyRecord, however it is cut", pure, async () => {
  const bytes = Uint8Array.fromHex(l2.rekeyed.key_record);
  const cut = fc.nat({ max: bytes.length - 1 }).map((length) => bytes.slice(0, length));
  const longer = fc.uint8Array({ minLength: 1 }).map((tail) => concat(bytes, tail));
  await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array(), cut, longer), async (input) => {
    await rejects(checkKeyRecord(input, carol), BadKeyRecord);
  }));
});
