/**
 * Fuzzes what a client reads of others' keys: records, notes, wraps, messages and its own state, all of
 * which a hostile server may have made (FTC1 §7.2 to §7.7).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { concat, u32, vec8 } from "../../../cipher/bytes.ts";
import { BadEpoch, parseEpoch, signEpoch, verifyEpoch } from "../../../cipher/epoch.ts";
import { importKey, seal } from "../../../cipher/fernet.ts";
import { deriveIdentity } from "../../../cipher/identity.ts";
import { BadKeyRecord, checkKeyRecord, isConfirmedBy } from "../../../cipher/key_record.ts";
import { BadLeaveNote, parseLeaveNote, verifyLeaveNote } from "../../../cipher/leave_note.ts";
import { BadMessage, isMessageToken, openMessage, verifyMessage } from "../../../cipher/message.ts";
import { BadState, openState } from "../../../cipher/state_entry.ts";
import { BadWrap, openWrap } from "../../../cipher/wrap.ts";
import { readValue } from "../../../client/end_to_end/state_value.ts";
import { latin1, type Target } from "../target.ts";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** Of the entry in the corpus. */
const NAME = "AAAAAAAAAAAAAAAAAAAAAA";

const OWNER = { realm: new Uint8Array(16).fill(7), user: "alice" };

type Reads = (octets: Uint8Array) => Promise<void> | void;

/** Gives what is read, or `null` after the error that its reader promises. */
async function readOr<T>(
  error: abstract new (...args: never[]) => Error,
  read: () => T | Promise<T>,
): Promise<T | null> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof error)) throw thrown;
    return null;
  }
}

/** The octets of one of them, as the server gives it or as it lies in its token. */
export const records: Target = {
  name: "records",
  invariant:
    "any octets are a record, a note, a wrap, a message or an entry, or raise the error named for it, " +
    "never another; what is read is written again to the octet; and nobody but who has the keys has signed it",
  words: [
    ...["FTCE", "FTCK", "FTCM", "FTCS", "\u0001", "\u0002", "\u0000", "alice", "\u0005alice", "{}"],
    ...[`{"entry":"${NAME}"`, '"counter":', '"first":1', '"peer":{', '"former":[', "null", "1e400"],
    new Uint8Array(32),
    new Uint8Array(64),
    new Uint8Array(256),
    new Uint8Array(1_184).fill(255),
    Uint8Array.of(255, 255, 255, 255),
  ],
  async start() {
    const key = await importKey(KEY);
    const identity = await deriveIdentity(new Uint8Array(32).fill(1), OWNER);
    const stranger = await deriveIdentity(new Uint8Array(32).fill(9), OWNER);
    const unsigned = { publicKey: stranger.ed25519 };
    const readers: readonly Reads[] = [
      async (octets) => {
        const record = await readOr(BadEpoch, () => parseEpoch(octets));
        if (record === null) return;
        deepStrictEqual(record.bytes, octets);
        const { bytes } = await signEpoch(stranger.signKey, record);
        deepStrictEqual(bytes.subarray(0, -64), octets.subarray(0, -64));
        strictEqual(await verifyEpoch(record, unsigned), false);
      },
      async (octets) => {
        const note = await readOr(BadLeaveNote, () => parseLeaveNote(octets));
        if (note === null) return;
        const { name, conversation, epoch, fingerprint } = note;
        const written = concat(vec8(name), conversation, u32(epoch), fingerprint);
        deepStrictEqual(written, octets.subarray(0, -64));
        strictEqual(await verifyLeaveNote(note, unsigned), false);
      },
      async (octets) => {
        const record = await readOr(BadKeyRecord, () => checkKeyRecord(octets, OWNER));
        if (record === null) return;
        ok(record.generation >= 1 && record.user === "alice");
        deepStrictEqual(record.fingerprint, identity.fingerprint);
        strictEqual(await isConfirmedBy(record, { ...record, generation: 0 }), false);
      },
      async (octets) => {
        const recordHash = new Uint8Array(32);
        const wrapped = await readOr(BadWrap, () => openWrap(octets, { recordHash, identity }));
        if (wrapped !== null) deepStrictEqual(wrapped, new Uint8Array(32).fill(5));
      },
      async (octets) => {
        const token = await seal(key, octets);
        const message = await readOr(BadMessage, () => openMessage(key, token));
        strictEqual(await readOr(BadMessage, () => openMessage(key, latin1(octets))), null);
        strictEqual(typeof isMessageToken(latin1(octets)), "boolean");
        if (message === null) return;
        ok(isMessageToken(token), "opens, and is no token");
        deepStrictEqual(message.signed, octets.subarray(0, message.signed.length));
        strictEqual(await verifyMessage(message, unsigned), false);
      },
      async (octets) => {
        const token = await seal(key, octets);
        const entry = await readOr(BadState, () => openState(key, token, { name: NAME }));
        if (entry === null) return;
        ok(Number.isSafeInteger(entry.counter) && entry.counter >= 0);
        readValue(entry.value);
        strictEqual(await readOr(BadState, () => openState(key, token, { name: "other" })), null);
      },
    ];
    return {
      async check(octets) {
        for (const read of readers) await read(octets);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};
