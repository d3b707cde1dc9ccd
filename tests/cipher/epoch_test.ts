import {
  deepStrictEqual,
  notDeepStrictEqual,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import fc from "fast-check";
import { concat, label } from "../../cipher/bytes.ts";
import { groupId } from "../../cipher/conversation.ts";
import { importEd25519, signEd25519 } from "../../cipher/ed25519.ts";
import {
  BadEpoch,
  CHANGE,
  type Change,
  type EpochFields,
  groupNonce,
  KIND,
  type Kind,
  parseEpoch,
  signEpoch,
  verifyEpoch,
} from "../../cipher/epoch.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { epochVector, fieldsOf, identityIn, people, realm, team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const first = () => parseEpoch(Uint8Array.fromHex(epochVector(0).record));

for (const vector of l2.group.epochs) {
  const signer = () => identityIn(vector, vector.signer);

  Deno.test(`record of epoch ${vector.epoch} is made as in the vectors`, pure, async () => {
    const { signKey } = await signer();
    const record = await signEpoch(signKey, await fieldsOf(vector));
    strictEqual(record.bytes.toHex(), vector.record);
    strictEqual(record.hash.toHex(), vector.record_sha256);
  });

  Deno.test(`record of epoch ${vector.epoch} is read and verified`, pure, async () => {
    const { bytes, hash, ...fields } = await parseEpoch(Uint8Array.fromHex(vector.record));
    deepStrictEqual(fields, await fieldsOf(vector));
    strictEqual(bytes.toHex(), vector.record);
    strictEqual(hash.toHex(), vector.record_sha256);
    const { ed25519 } = await signer();
    strictEqual(await verifyEpoch({ ...fields, bytes, hash }, { publicKey: ed25519 }), true);
  });
}

Deno.test("carol signs her rekey with her new key, not with the one before", pure, async () => {
  const record = await parseEpoch(Uint8Array.fromHex(epochVector(3).record));
  const valid = await Promise.all((await people()).map(async ({ user, ed25519 }) => {
    return [user, await verifyEpoch(record, { publicKey: ed25519 })];
  }));
  deepStrictEqual(valid, [["alice", false], ["bob", false], ["carol", false], ["carol", true]]);
});

Deno.test("row 106: a changed octet anywhere breaks a record or its signature", pure, async () => {
  const { ed25519: publicKey } = await identityIn(epochVector(0), "alice");
  const bytes = Uint8Array.fromHex(epochVector(0).record);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
    try {
      strictEqual(await verifyEpoch(await parseEpoch(changed), { publicKey }), false, `${at}`);
    } catch (error) {
      strictEqual(error instanceof BadEpoch, true, `${at}: ${error}`);
    }
  }
});

Deno.test("row 106: a signature over the text without its label is none", pure, async () => {
  const { signKey, ed25519 } = await identityIn(epochVector(0), "alice");
  const signed = Uint8Array.fromHex(epochVector(0).record).slice(0, -64);
  const sign = async (message: Uint8Array) =>
    await parseEpoch(concat(signed, await signEd25519(signKey, message)));
  const verify = async (message: Uint8Array) =>
    await verifyEpoch(await sign(message), { publicKey: ed25519 });
  strictEqual(await verify(signed), false);
  strictEqual(await verify(concat(label("ftc1 message"), signed)), false);
  strictEqual(await verify(concat(label("ftc1 epoch"), signed)), true);
});

Deno.test("a record is not valid under a key of small order", pure, async () => {
  strictEqual(await verifyEpoch(await first(), { publicKey: new Uint8Array(32) }), false);
});

Deno.test(
  "row 107: the id of a group comes from its first record, and from no other creator",
  pure,
  async () => {
    const record = await first();
    const nonce = groupNonce(record);
    strictEqual(nonce.toHex(), l2.group.nonce);
    deepStrictEqual(await groupId(realm, l2.group.name, nonce, record.signerFingerprint), team);
    const bob = await identityIn(epochVector(0), "bob");
    const forged = await signEpoch(bob.signKey, {
      ...record,
      signer: "bob",
      signerFingerprint: bob.fingerprint,
    });
    strictEqual(await verifyEpoch(forged, { publicKey: bob.ed25519 }), true);
    const { conversation, signerFingerprint } = forged;
    notDeepStrictEqual(
      await groupId(realm, l2.group.name, groupNonce(forged), signerFingerprint),
      conversation,
    );
    notDeepStrictEqual(
      await groupId(realm, "teams", nonce, record.signerFingerprint),
      conversation,
    );
  },
);

Deno.test("only epoch 0 of a group has a nonce", pure, async () => {
  const record = await first();
  throws(() => groupNonce({ ...record, epoch: 1 }), RangeError);
  throws(() => groupNonce({ ...record, kind: "direct" }), RangeError);
});

const signerAt = 6 + 32 + 4 + 32 + 1 + 8 + 2 + 32 + 32;
const layouts = [
  ["magic", 0, [0x47]],
  ["version", 4, [2]],
  ["kind 0", 5, [0]],
  ["kind 3", 5, [3]],
  ["change 7", 74, [7]],
  ["time beyond 2^53", 75, [0, 0x20]],
  ["no members", 83, [0, 0]],
  ["signer one longer", signerAt, [6]],
  ["signer one shorter", signerAt, [4]],
  ["no signer", signerAt, [0]],
  ["signer in capitals", signerAt + 1, [0x41]],
  ["signer not UTF-8", signerAt + 1, [0xff]],
  ["signer with a zero octet", signerAt + 1, [0]],
] as const;

for (const [what, at, octets] of layouts) {
  Deno.test(`an epoch record is refused: ${what}`, pure, async () => {
    const bytes = Uint8Array.fromHex(epochVector(0).record);
    bytes.set(octets, at);
    await rejects(parseEpoch(bytes), { name: "BadEpoch", reason: "layout" });
  });
}

Deno.test(
  "row 110: a record that claims 65,535 members is read, and no list made from it",
  pure,
  async () => {
    const bytes = Uint8Array.fromHex(epochVector(0).record);
    bytes.fill(0xff, 83, 85);
    strictEqual((await parseEpoch(bytes)).members, 65_535);
  },
);

const wrongFields: readonly (readonly [string, Partial<EpochFields>])[] = [
  ["a short id", { conversation: new Uint8Array(31) }],
  ["a long previous hash", { previous: new Uint8Array(33) }],
  ["a short members hash", { membersHash: new Uint8Array(0) }],
  ["a short commitment", { commitment: new Uint8Array(16) }],
  ["a short fingerprint", { signerFingerprint: new Uint8Array(31) }],
  ["a negative epoch", { epoch: -1 }],
  ["an epoch of 33 bits", { epoch: 2 ** 32 }],
  ["a time before 1970", { time: -1 }],
  ["an empty list", { members: 0 }],
  ["65,536 members", { members: 65_536 }],
  ["a signer in capitals", { signer: "Alice" }],
  ["a signer of 33 characters", { signer: "a".repeat(33) }],
];

for (const [what, change] of wrongFields) {
  Deno.test(`an epoch record is not signed: ${what}`, pure, async () => {
    const { signKey } = await identityIn(epochVector(0), "alice");
    await rejects(signEpoch(signKey, { ...await fieldsOf(epochVector(0)), ...change }), RangeError);
  });
}

Deno.test("whatever record is signed is read again as it was, and verified", pure, async () => {
  const { privateKey, publicKey } = await importEd25519(new Uint8Array(32).fill(7));
  const octets = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const records: fc.Arbitrary<EpochFields> = fc.record({
    kind: fc.constantFrom(...Object.keys(KIND) as Kind[]),
    conversation: octets,
    epoch: fc.nat({ max: 2 ** 32 - 1 }),
    previous: octets,
    change: fc.constantFrom(...Object.keys(CHANGE) as Change[]),
    time: fc.maxSafeNat(),
    members: fc.integer({ min: 1, max: 65_535 }),
    membersHash: octets,
    commitment: octets,
    signer: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,30}[a-z0-9]$/),
    signerFingerprint: octets,
  }, { noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(records, async (fields) => {
      const { bytes, hash, ...read } = await parseEpoch(
        (await signEpoch(privateKey, fields)).bytes,
      );
      deepStrictEqual(read, fields);
      strictEqual(bytes.length, 246 + fields.signer.length);
      strictEqual(await verifyEpoch({ ...read, bytes, hash }, { publicKey }), true);
    }),
    { numRuns: 50 },
  );
});

Deno.test("any octets are an epoch record or BadEpoch, however it is cut", pure, async () => {
  const bytes = Uint8Array.fromHex(epochVector(0).record);
  const cut = fc.nat({ max: bytes.length - 1 }).map((length) => bytes.slice(0, length));
  const longer = fc.uint8Array({ minLength: 1 }).map((tail) => concat(bytes, tail));
  await fc.assert(fc.asyncProperty(fc.oneof(fc.uint8Array(), cut, longer), async (input) => {
    await rejects(parseEpoch(input), BadEpoch);
  }));
  const patched = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
  await fc.assert(fc.asyncProperty(patched, async ([at, octet]) => {
    const input = bytes.with(at, octet);
    const read = await parseEpoch(input).catch((error) => error);
    if (!(read instanceof BadEpoch)) deepStrictEqual(read.bytes, input);
  }));
});

Deno.test("a record keeps nothing of the buffer it came in", pure, async () => {
  const bytes = Uint8Array.fromHex(epochVector(0).record);
  const record = await parseEpoch(bytes);
  bytes.fill(0);
  deepStrictEqual(record, await first());
});
