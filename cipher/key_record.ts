/**
 * The key record: the public keys of an account, signed by themselves and by those before.
 *
 * ```
 * "FTCK" 01 ‖ realm(16) ‖ vec8(user) ‖ u32 generation ‖ u64 created ‖ ed(32) ‖ x(32) ‖ ek(1184)
 *   ‖ H(previous record) or zeros (32) ‖ signature (64) ‖ signature by the previous identity or zeros (64)
 * ```
 *
 * Both signatures are over `"ftc1 key record\0"` and all before the first of them. What a change of
 * keys means for the user (notice, warning, stop) is decided by the client, FTC1 §7.8.
 *
 * Source: FTC1 §7.2.
 *
 * @module
 */

import { ByteReader } from "./byte_reader.ts";
import { concat, equal, label, u32, u64, utf8, vec8 } from "./bytes.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import {
  type Identity,
  type IdentityPublicKeys,
  type IdentityScope,
  userFingerprint,
} from "./identity.ts";
import { hash } from "./kdf.ts";
import { isMlkemPublicKey, MLKEM_PUBLIC_KEY } from "./mlkem.ts";
import { isSmallOrder } from "./small_order.ts";
import { isX25519PublicKey } from "./x25519.ts";

const HEAD = concat(utf8("FTCK"), Uint8Array.of(1));
const SIGNATURE = 64;

/** A key record that passed every check. */
export interface KeyRecord extends IdentityScope, IdentityPublicKeys {
  /** From 1, one more with every change of keys. */
  readonly generation: number;
  /** Unix seconds. */
  readonly created: number;
  /** `fp` of these keys, 32 octets. */
  readonly fingerprint: Uint8Array;
  /** Hash of the record before, 32 octets; zeros if there is none. */
  readonly previousHash: Uint8Array;
  /** Hash of this record, 32 octets: what the next one names. */
  readonly hash: Uint8Array;
  /** The record as octets. */
  readonly bytes: Uint8Array;
}

/** Which check a key record failed. */
export type BadKeyRecordReason = "layout" | "owner" | "generation" | "keys" | "signature";

/** A key record that is refused. */
export class BadKeyRecord extends Error {
  /** Always `BadKeyRecord`. */
  override readonly name = "BadKeyRecord";
  /** The check that failed. */
  readonly reason: BadKeyRecordReason;

  /**
   * Names the failed check.
   *
   * @param reason The check.
   */
  constructor(reason: BadKeyRecordReason) {
    super(`Cannot accept key record: ${reason}`);
    this.reason = reason;
  }
}

/** When and after what a record is made. */
export interface KeyRecordOptions {
  /** Unix seconds. */
  readonly created: number;
  /** The record before and the identity it is of; none for the first record of an account. */
  readonly previous?: { readonly record: KeyRecord; readonly identity: Identity };
}

/**
 * Writes and signs the key record of an identity.
 *
 * @param identity Whose keys it holds.
 * @param options When, and what came before; the generation follows from that.
 * @returns 1,442 octets and those of the name.
 */
export async function signKeyRecord(
  identity: Identity,
  { created, previous }: KeyRecordOptions,
): Promise<Uint8Array> {
  const fields = concat(
    HEAD,
    identity.realm,
    vec8(identity.user),
    u32((previous?.record.generation ?? 0) + 1),
    u64(created),
    identity.ed25519,
    identity.x25519,
    identity.mlkem,
    previous?.record.hash ?? new Uint8Array(32),
  );
  const message = concat(label("ftc1 key record"), fields);
  return concat(
    fields,
    await signEd25519(identity.signKey, message),
    previous ? await signEd25519(previous.identity.signKey, message) : new Uint8Array(SIGNATURE),
  );
}

/**
 * Checks a key record: layout, owner, generation, all three keys, the signature by its own key.
 *
 * The signature by the previous identity is checked with {@linkcode isConfirmedBy}.
 *
 * @param bytes What the server gave.
 * @param owner Whose record was asked for.
 * @returns The record.
 * @throws {BadKeyRecord} If a check fails; `reason` says which.
 */
export async function checkKeyRecord(bytes: Uint8Array, owner: IdentityScope): Promise<KeyRecord> {
  const { record, signed, signature } = parse(bytes);
  if (!equal(record.realm, owner.realm) || record.user !== owner.user) {
    throw new BadKeyRecord("owner");
  }
  if (record.generation < 1) throw new BadKeyRecord("generation");
  if (!await areUsable(record)) throw new BadKeyRecord("keys");
  const message = concat(label("ftc1 key record"), signed);
  if (!await verifyEd25519(signature, message, { publicKey: record.ed25519 })) {
    throw new BadKeyRecord("signature");
  }
  return {
    ...record,
    fingerprint: await userFingerprint(record, record),
    hash: await hash(bytes),
    bytes: bytes.slice(),
  };
}

/**
 * Tells whether a change of keys was signed by the identity before.
 *
 * @param record The new record.
 * @param previous The record that is known for the same account.
 * @returns True if the new one names the known one, is of a later generation, and carries a signature
 * by its key.
 */
export async function isConfirmedBy(record: KeyRecord, previous: KeyRecord): Promise<boolean> {
  if (!equal(record.previousHash, previous.hash)) return false;
  if (record.generation <= previous.generation) return false;
  const fields = record.bytes.subarray(0, -2 * SIGNATURE);
  return await verifyEd25519(
    record.bytes.slice(-SIGNATURE),
    concat(label("ftc1 key record"), fields),
    { publicKey: previous.ed25519 },
  );
}

/**
 * Reads which record a record follows. Nothing but its layout is checked: for records that were checked
 * before.
 *
 * @param bytes A record.
 * @returns Hash of the record before, 32 octets, zeros if there is none; `null` where it is no record.
 */
export function previousHashOf(bytes: Uint8Array): Uint8Array | null {
  try {
    return parse(bytes).record.previousHash;
  } catch (error) {
    if (error instanceof BadKeyRecord) return null;
    throw error;
  }
}

async function areUsable({ ed25519, x25519, mlkem }: IdentityPublicKeys): Promise<boolean> {
  return !isSmallOrder(ed25519) && isMlkemPublicKey(mlkem) && await isX25519PublicKey(x25519);
}

type Fields = Omit<KeyRecord, "fingerprint" | "hash" | "bytes">;

function parse(
  bytes: Uint8Array,
): { record: Fields; signed: Uint8Array; signature: Uint8Array } {
  const reader = new ByteReader(bytes);
  try {
    if (!equal(reader.take(HEAD.length), HEAD)) throw new BadKeyRecord("layout");
    const record = {
      realm: reader.take(16),
      user: reader.text8(),
      generation: reader.integer(4),
      created: reader.integer(8),
      ed25519: reader.take(32),
      x25519: reader.take(32),
      mlkem: reader.take(MLKEM_PUBLIC_KEY),
      previousHash: reader.take(32),
    };
    const signed = bytes.subarray(0, reader.at);
    const signature = reader.take(SIGNATURE);
    if (reader.left !== SIGNATURE) throw new BadKeyRecord("layout");
    return { record, signed, signature };
  } catch {
    throw new BadKeyRecord("layout");
  }
}
