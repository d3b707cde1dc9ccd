import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { concat, label, u32, vec8 } from "../../cipher/bytes.ts";
import { importEd25519, signEd25519, verifyEd25519 } from "../../cipher/ed25519.ts";
import {
  BadLeaveNote,
  type LeaveNoteFields,
  parseLeaveNote,
  signLeaveNote,
  verifyLeaveNote,
} from "../../cipher/leave_note.ts";
import { epochVector, identityIn, team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const bob = () => identityIn(epochVector(1), "bob");

async function bobsNote(change: Partial<LeaveNoteFields> = {}) {
  const { signKey, fingerprint } = await bob();
  return await signLeaveNote(signKey, {
    name: "bob",
    conversation: team,
    epoch: 1,
    fingerprint,
    ...change,
  });
}

Deno.test("a leave note is laid out and signed as FTC1 §7.4 says", pure, async () => {
  const { fingerprint, ed25519 } = await bob();
  const { bytes, ...fields } = await bobsNote();
  const signed = concat(vec8("bob"), team, u32(1), fingerprint);
  deepStrictEqual(bytes.slice(0, -64), signed);
  deepStrictEqual(fields, { name: "bob", conversation: team, epoch: 1, fingerprint });
  const message = concat(label("ftc1 leave"), signed);
  strictEqual(await verifyEd25519(bytes.slice(-64), message, { publicKey: ed25519 }), true);
});

Deno.test("a leave note is verified under the leaver's key only", pure, async () => {
  const note = await bobsNote();
  const { ed25519: alice } = await identityIn(epochVector(1), "alice");
  strictEqual(await verifyLeaveNote(note, { publicKey: (await bob()).ed25519 }), true);
  strictEqual(await verifyLeaveNote(note, { publicKey: alice }), false);
  strictEqual(await verifyLeaveNote(note, { publicKey: new Uint8Array(32) }), false);
});

Deno.test(
  "row 106: a changed octet anywhere in a leave note breaks it or its signature",
  pure,
  async () => {
    const { bytes } = await bobsNote();
    const { ed25519: publicKey } = await bob();
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
      try {
        strictEqual(await verifyLeaveNote(parseLeaveNote(changed), { publicKey }), false, `${at}`);
      } catch (error) {
        strictEqual(error instanceof BadLeaveNote, true, `${at}: ${error}`);
      }
    }
  },
);

Deno.test("row 106: what was signed as something else is no leave note", pure, async () => {
  const { signKey, ed25519: publicKey, fingerprint } = await bob();
  const signed = concat(vec8("bob"), team, u32(1), fingerprint);
  for (const message of [signed, concat(label("ftc1 epoch"), signed)]) {
    const note = parseLeaveNote(concat(signed, await signEd25519(signKey, message)));
    strictEqual(await verifyLeaveNote(note, { publicKey }), false);
  }
});

const layouts = [
  ["no name", 0, [0]],
  ["name one longer", 0, [4]],
  ["name one shorter", 0, [2]],
  ["name in capitals", 1, [0x42]],
  ["name not UTF-8", 1, [0xff]],
] as const;

for (const [what, at, octets] of layouts) {
  Deno.test(`a leave note is refused: ${what}`, pure, async () => {
    const { bytes } = await bobsNote();
    bytes.set(octets, at);
    throws(() => parseLeaveNote(bytes), { name: "BadLeaveNote", reason: "layout" });
  });
}

const wrongFields: readonly (readonly [string, Partial<LeaveNoteFields>])[] = [
  ["a name in capitals", { name: "Bob" }],
  ["a short id", { conversation: new Uint8Array(31) }],
  ["a long fingerprint", { fingerprint: new Uint8Array(33) }],
  ["a negative epoch", { epoch: -1 }],
];

for (const [what, change] of wrongFields) {
  Deno.test(`a leave note is not signed: ${what}`, pure, async () => {
    await rejects(bobsNote(change), RangeError);
  });
}

Deno.test("whatever note is signed is read again as it was, and verified", pure, async () => {
  const { privateKey, publicKey } = await importEd25519(new Uint8Array(32).fill(7));
  const octets = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const notes = fc.record({
    name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,30}[a-z0-9]$/),
    conversation: octets,
    epoch: fc.nat({ max: 2 ** 32 - 1 }),
    fingerprint: octets,
  }, { noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(notes, async (fields) => {
      const { bytes, ...read } = parseLeaveNote((await signLeaveNote(privateKey, fields)).bytes);
      deepStrictEqual(read, fields);
      strictEqual(bytes.length, 133 + fields.name.length);
      strictEqual(await verifyLeaveNote({ ...read, bytes }, { publicKey }), true);
    }),
    { numRuns: 50 },
  );
});

Deno.test("any octets are a leave note or BadLeaveNote, however it is cut", pure, async () => {
  const { bytes } = await bobsNote();
  const cut = fc.nat({ max: bytes.length - 1 }).map((length) => bytes.slice(0, length));
  const longer = fc.uint8Array({ minLength: 1 }).map((tail) => concat(bytes, tail));
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), cut, longer), (input) => {
    throws(() => parseLeaveNote(input), BadLeaveNote);
  }));
});

Deno.test("a note keeps nothing of the buffer it came in", pure, async () => {
  const { bytes } = await bobsNote();
  const note = parseLeaveNote(bytes);
  bytes.fill(0);
  deepStrictEqual(note, await bobsNote());
});
