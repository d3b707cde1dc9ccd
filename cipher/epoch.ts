/**
 * The epoch record: who is in a conversation from here on, signed by the one who changed it.
 *
 * ```
 * "FTCE" 01 kind(1) ‖ conversation(32) ‖ u32 epoch ‖ H(previous record) (32) ‖ change(1) ‖ u64 time
 *   ‖ u16 members ‖ members hash(32) ‖ commitment(32) ‖ vec8(signer) ‖ fp of signer(32) ‖ signature(64)
 * ```
 *
 * The signature is over `"ftc1 epoch\0"` and all before it. This file knows the layout and the
 * signature; whether a record may follow another is decided in `epoch_rules.ts`.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { ByteReader } from "./byte_reader.ts";
import { concat, equal, label, u16, u32, u64, utf8, vec8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import { hash } from "./kdf.ts";
import { isMemberName } from "./member_list.ts";

/** What a record does, by its number in the record. */
export const CHANGE = {
  create: 0,
  add: 1,
  remove: 2,
  rotate: 3,
  rekey: 4,
  replace: 5,
  close: 6,
} as const;

/** A change by its name. */
export type Change = keyof typeof CHANGE;

/** The two kinds of conversations, by their number in the record. */
export const KIND = { direct: 1, group: 2 } as const;

/** A kind by its name. */
export type Kind = keyof typeof KIND;

/** Records of one conversation at the most, so that checking a chain stays bounded (FTC1 §9, row 110). */
export const MAX_EPOCHS = 4_096;

/** The last of them, kept for removals, new keys and the end: a conversation must not get stuck. */
export const RESERVED_EPOCHS = 512;

/**
 * The very last of those of a group, kept for its owner to remove members and to end it: members who
 * change their keys again and again must not use them up.
 */
export const FINAL_EPOCHS = 64;

const HEAD = concat(utf8("FTCE"), Uint8Array.of(1));
const SIGNATURE = 64;
const NONCE = 16;

/** What a record says. */
export interface EpochFields {
  /** Direct or group. */
  readonly kind: Kind;
  /** The id of the conversation, 32 octets. */
  readonly conversation: Uint8Array;
  /** From 0, one more with every record. */
  readonly epoch: number;
  /** Hash of the record before, 32 octets; in epoch 0 of a group its nonce and 16 zeros, else zeros. */
  readonly previous: Uint8Array;
  /** What was done. */
  readonly change: Change;
  /** Milliseconds since 1970, by the signer's clock. */
  readonly time: number;
  /** How many the list has, 1 to 65,535 as it stands. */
  readonly members: number;
  /** Hash of the list, 32 octets. */
  readonly membersHash: Uint8Array;
  /** Commitment to `K`, 32 octets. */
  readonly commitment: Uint8Array;
  /** The canonical name of the one who signs. */
  readonly signer: string;
  /** `fp` of the keys he signs with, 32 octets. */
  readonly signerFingerprint: Uint8Array;
}

/** A record of right layout. Its signature is checked with {@linkcode verifyEpoch}. */
export interface EpochRecord extends EpochFields {
  /** The record as octets, 246 and those of the name. */
  readonly bytes: Uint8Array;
  /** Hash of the record, 32 octets: what the next one names. */
  readonly hash: Uint8Array;
}

/** Octets that are no epoch record. */
export class BadEpoch extends Error {
  /** Always `BadEpoch`. */
  override readonly name = "BadEpoch";
  /** The check that failed; there is one. */
  readonly reason = "layout";

  /** Says so. */
  constructor() {
    super("Cannot read epoch record: layout");
  }
}

/**
 * Writes and signs a record.
 *
 * @param key The Ed25519 private key of the signer.
 * @param fields What it says.
 * @returns The record.
 * @throws {RangeError} If a field has a wrong length, a number does not fit, the list is empty, or the
 * signer's name is not canonical.
 */
export async function signEpoch(key: CryptoKey, fields: EpochFields): Promise<EpochRecord> {
  const signed = encode(fields);
  const signature = await signEd25519(key, concat(label("ftc1 epoch"), signed));
  return await parseEpoch(concat(signed, signature));
}

/**
 * Reads a record. Nothing but its layout is checked.
 *
 * @param bytes What the server gave.
 * @returns The record; it keeps copies only.
 * @throws {BadEpoch} If the layout is another: length, magic, an unknown kind or change, no members, a
 * signer without a canonical name.
 */
export async function parseEpoch(bytes: Uint8Array): Promise<EpochRecord> {
  return { ...parse(bytes), bytes: bytes.slice(), hash: await hash(bytes) };
}

/**
 * Verifies the signature of a record.
 *
 * @param record The record.
 * @param options `publicKey`: the Ed25519 key that belongs to the signer's fingerprint.
 * @returns False also for a key of small order.
 */
export function verifyEpoch(
  record: EpochRecord,
  { publicKey }: { publicKey: Uint8Array },
): Promise<boolean> {
  const message = concat(label("ftc1 epoch"), record.bytes.subarray(0, -SIGNATURE));
  return verifyEd25519(record.bytes.slice(-SIGNATURE), message, { publicKey });
}

/**
 * Gives the nonce that a group's id was made with.
 *
 * @param record The first record of a group.
 * @returns 16 octets.
 * @throws {RangeError} If it is not the first, or not of a group.
 */
export function groupNonce(record: EpochFields): Uint8Array {
  if (record.kind !== "group" || record.epoch !== 0) {
    throw new RangeError(
      `Cannot read group nonce: expected epoch 0 of a group, got ${record.epoch} of a ${record.kind}`,
    );
  }
  return record.previous.slice(0, NONCE);
}

function encode(fields: EpochFields): Uint8Array {
  const { conversation, previous, membersHash, commitment, signer, signerFingerprint } = fields;
  for (const field of [conversation, previous, membersHash, commitment, signerFingerprint]) {
    if (field.length !== 32) throw refusal(`expected a field of 32 octets, got ${field.length}`);
  }
  if (!isMemberName(signer)) throw refusal("the signer's name is not canonical");
  if (fields.members < 1) throw refusal("the list is empty");
  return concat(
    HEAD,
    Uint8Array.of(KIND[fields.kind]),
    conversation,
    u32(fields.epoch),
    previous,
    Uint8Array.of(CHANGE[fields.change]),
    u64(fields.time),
    u16(fields.members),
    membersHash,
    commitment,
    vec8(signer),
    signerFingerprint,
  );
}

function refusal(state: string): RangeError {
  return new RangeError(`Cannot sign epoch record: ${state}`);
}

function parse(bytes: Uint8Array): EpochFields {
  const reader = new ByteReader(bytes);
  try {
    if (!equal(reader.take(HEAD.length), HEAD)) throw new BadEpoch();
    const fields = {
      kind: named(KIND, reader.integer(1)),
      conversation: reader.take(32),
      epoch: reader.integer(4),
      previous: reader.take(32),
      change: named(CHANGE, reader.integer(1)),
      time: reader.integer(8),
      members: reader.integer(2),
      membersHash: reader.take(32),
      commitment: reader.take(32),
      signer: reader.text8(),
      signerFingerprint: reader.take(32),
    };
    if (fields.members < 1 || !isMemberName(fields.signer)) throw new BadEpoch();
    if (reader.left !== SIGNATURE) throw new BadEpoch();
    return fields;
  } catch {
    throw new BadEpoch();
  }
}

function named<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name {
  for (const name in numbers) if (numbers[name] === number) return name;
  throw new BadEpoch();
}
