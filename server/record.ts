/**
 * A record: how a JSON value is stored, and read again only if it is what was stored.
 *
 * Format:
 *
 *     checksum 8 ‖ JSON, UTF-8
 *     checksum = the first 8 octets of SHA-256(encodeKey(key) ‖ JSON)
 *
 * The checksum finds a record that a disk, a hand or a bug has cut, changed or moved to another key
 * (FTC1 §9 row 99). It has no secret, so it is *not* a MAC: whoever can write to the database can make
 * one that fits. Nor is it encryption (FTC1 §5).
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Key, StoredEntry } from "./store.ts";
import { encodeKey } from "./store_key.ts";

const CHECKSUM = 8;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const REASONS = {
  truncated: "it is too short to be one",
  checksum: "its checksum does not fit",
  json: "it is not JSON",
  schema: "it is not of the expected kind",
} as const satisfies Record<Damage, string>;

/** What is wrong with a record; `checksum` means changed, cut or moved from another key. */
export type Damage = "truncated" | "checksum" | "json" | "schema";

/** A stored record that is not what was stored. The others can still be read. */
export class DamagedRecord extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "DamagedRecord";
  /** Where it stands. */
  readonly key: Key;
  /** What is wrong. */
  readonly reason: Damage;

  /** Makes the error. The message names the key, and nothing of the content. */
  constructor(key: Key, reason: Damage) {
    super(`Cannot read record ${JSON.stringify(key)}: ${REASONS[reason]}`);
    this.key = key;
    this.reason = reason;
  }
}

/**
 * A schema that puts out a `T`: what is needed of a synchronous valibot schema, in the words that all
 * such libraries share (Standard Schema 1.0, standardschema.dev).
 */
export interface RecordSchema<T> {
  /** The part of a schema that is the same everywhere. */
  readonly "~standard": {
    readonly validate: (value: unknown) => Verdict<T> | Promise<Verdict<T>>;
  };
}

/** What a schema says: the value, or what it has against it. */
export type Verdict<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly unknown[] };

/**
 * Encodes a record.
 *
 * @param key Where it will be stored, and nowhere else.
 * @param value Anything JSON has a spelling for; of an object, what `JSON.stringify` keeps.
 * @returns 9 octets or more. Whether that fits is for the store to say (`STORE_LIMITS.valueOctets`).
 * @throws {TypeError} If JSON has no spelling for the value.
 * @throws {RangeError} If the key cannot be one.
 */
export function encodeRecord(key: Key, value: unknown): Uint8Array<ArrayBuffer> {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`Cannot encode record: expected a JSON value, got ${typeof value}`);
  }
  const json = utf8.encode(text);
  const octets = new Uint8Array(CHECKSUM + json.length);
  octets.set(checksumOf(key, json));
  octets.set(json, CHECKSUM);
  return octets;
}

/**
 * Decodes a record.
 *
 * @param entry As the store returned it.
 * @param schema What the value must be.
 * @returns The value, as the schema puts it out.
 * @throws {DamagedRecord} If it is not what was stored under this key, or not of this schema.
 * @throws {TypeError} If the schema is asynchronous.
 */
export function decodeRecord<T>(entry: StoredEntry, schema: RecordSchema<T>): T {
  const { key, value } = entry;
  if (value.length <= CHECKSUM) throw new DamagedRecord(key, "truncated");
  const json = value.subarray(CHECKSUM);
  if (!checksumOf(key, json).equals(value.subarray(0, CHECKSUM))) {
    throw new DamagedRecord(key, "checksum");
  }
  const verdict = schema["~standard"].validate(parse(key, json));
  if (verdict instanceof Promise) {
    throw new TypeError(
      "Cannot decode record: expected a synchronous schema, got an asynchronous one",
    );
  }
  if (verdict.issues !== undefined) throw new DamagedRecord(key, "schema");
  return verdict.value;
}

function checksumOf(key: Key, json: Uint8Array) {
  // No JSON text begins with the octet of a part, so there is one way to divide what is hashed.
  return createHash("sha256").update(encodeKey(key)).update(json).digest().subarray(0, CHECKSUM);
}

function parse(key: Key, json: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(json));
  } catch {
    throw new DamagedRecord(key, "json");
  }
}
