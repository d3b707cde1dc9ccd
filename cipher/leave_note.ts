/**
 * The leave note: a member's signed word that he goes, so that anybody may make the epoch without him.
 *
 * ```
 * vec8(name) ‖ conversation(32) ‖ u32 epoch ‖ fp(32) ‖ signature(64)
 * ```
 *
 * The signature is over `"ftc1 leave\0"` and all before it. A note is good for one membership only: its
 * epoch is not before that of the leaver's latest joining. This is for the caller to check, with the
 * name and the fingerprint in the list.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { ByteReader } from "./byte_reader.ts";
import { concat, label, u32, vec8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import { isMemberName } from "./member_list.ts";

const SIGNATURE = 64;

/** What a note says. */
export interface LeaveNoteFields {
  /** The canonical name of the leaver. */
  readonly name: string;
  /** The id of the conversation he leaves, 32 octets. */
  readonly conversation: Uint8Array;
  /** The newest epoch he knows. */
  readonly epoch: number;
  /** `fp` of the keys he signs with, 32 octets. */
  readonly fingerprint: Uint8Array;
}

/** A note of right layout. Its signature is checked with {@linkcode verifyLeaveNote}. */
export interface LeaveNote extends LeaveNoteFields {
  /** The note as octets, 133 and those of the name. */
  readonly bytes: Uint8Array;
}

/** Octets that are no leave note. */
export class BadLeaveNote extends Error {
  /** Always `BadLeaveNote`. */
  override readonly name = "BadLeaveNote";
  /** The check that failed; there is one. */
  readonly reason = "layout";

  /** Says so. */
  constructor() {
    super("Cannot read leave note: layout");
  }
}

/**
 * Writes and signs a note.
 *
 * @param key The Ed25519 private key of the leaver.
 * @param fields What it says.
 * @returns The note.
 * @throws {RangeError} If a field has a wrong length, the number does not fit, or the name is not
 * canonical.
 */
export async function signLeaveNote(key: CryptoKey, fields: LeaveNoteFields): Promise<LeaveNote> {
  const { name, conversation, epoch, fingerprint } = fields;
  if (!isMemberName(name) || conversation.length !== 32 || fingerprint.length !== 32) {
    throw new RangeError(
      "Cannot sign leave note: expected a canonical name and two fields of 32 octets",
    );
  }
  const signed = concat(vec8(name), conversation, u32(epoch), fingerprint);
  const signature = await signEd25519(key, concat(label("ftc1 leave"), signed));
  return parseLeaveNote(concat(signed, signature));
}

/**
 * Reads a note. Nothing but its layout is checked.
 *
 * @param bytes What the server gave.
 * @returns The note; it keeps copies only.
 * @throws {BadLeaveNote} If the length is another or the name is not canonical.
 */
export function parseLeaveNote(bytes: Uint8Array): LeaveNote {
  const reader = new ByteReader(bytes);
  try {
    const note = {
      name: reader.text8(),
      conversation: reader.take(32),
      epoch: reader.integer(4),
      fingerprint: reader.take(32),
      bytes: bytes.slice(),
    };
    if (!isMemberName(note.name) || reader.left !== SIGNATURE) throw new BadLeaveNote();
    return note;
  } catch {
    throw new BadLeaveNote();
  }
}

/**
 * Verifies the signature of a note.
 *
 * @param note The note.
 * @param options `publicKey`: the Ed25519 key that belongs to the leaver's fingerprint.
 * @returns False also for a key of small order.
 */
export function verifyLeaveNote(
  note: LeaveNote,
  { publicKey }: { publicKey: Uint8Array },
): Promise<boolean> {
  const message = concat(label("ftc1 leave"), note.bytes.subarray(0, -SIGNATURE));
  return verifyEd25519(note.bytes.slice(-SIGNATURE), message, { publicKey });
}
