/**
 * The key records that there have ever been, by user and fingerprint (FTC1 §7.2, §7.4).
 *
 * Kept for ever, also those of accounts that are gone: old signatures are checked with old keys. The
 * present one of an account stands in the account as well, and is taken from there where the copy
 * cannot be read.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { hash } from "../cipher/kdf.ts";
import {
  BadKeyRecord,
  checkKeyRecord,
  type KeyRecord,
  previousHashOf,
} from "../cipher/key_record.ts";
import { decodeOctets } from "./credentials.ts";
import type { Directory } from "./directory.ts";
import { DamagedRecord, decodeRecord, encodeRecord, type RecordSchema } from "./record.ts";
import type { Store, StoredEntry, Write } from "./store.ts";
import { accountRecord, keyOf, keyRecordRecord, prefixOf } from "./tables.ts";

/** Key records of one account: its stored record names all of them. */
export const MOST_KEY_RECORDS = 1_000;

/** Whose record is asked for. */
export interface KeyQuestion {
  /** Canonical name. */
  readonly user: string;
  /** Base64url. */
  readonly fingerprint: string;
}

/** All key records of a server. */
export class KeyRecords {
  readonly #store: Store;
  readonly #options: {
    readonly directory: Directory;
    readonly realm: Uint8Array;
    readonly damaged: (error: unknown) => void;
  };

  /**
   * Makes a `KeyRecords`.
   *
   * @param store Where they are.
   * @param options Who has which; the realm; who is told of one that cannot be read.
   */
  constructor(
    store: Store,
    options: {
      readonly directory: Directory;
      readonly realm: Uint8Array;
      readonly damaged: (error: unknown) => void;
    },
  ) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Reads records as they were sent.
   *
   * @param questions Any number.
   * @returns In the order asked, base64url; `null` where there is none, or none that can be read.
   */
  async texts(questions: readonly KeyQuestion[]): Promise<(string | null)[]> {
    const keys = questions.map(({ user, fingerprint }) => keyOf.key(user, fingerprint));
    const stored = await this.#store.getMany(keys);
    return await Promise.all(questions.map((question, i) => {
      const record = this.#read(stored[i] ?? null, keyRecordRecord);
      return record === null ? this.#fromAccount(question) : record.keys;
    }));
  }

  /**
   * Reads the record of one user, and checks it as a receiver does.
   *
   * @param question Whose, and which.
   */
  async get(question: KeyQuestion): Promise<KeyRecord | null> {
    const [text] = await this.texts([question]);
    if (text === null || text === undefined) return null;
    return await readKeyRecord(text, { realm: this.#options.realm, user: question.user });
  }

  /**
   * Follows the records behind one, each signed by the one before, also of an account that is gone: old
   * epochs are checked with them (FTC1 §7.4). They were checked when they were stored, and are only
   * parsed; where there is no such record, that is found out by one read.
   *
   * @param question Whose, and which.
   * @param most How many are wanted.
   * @returns Texts in base64url, oldest first.
   */
  async behind(question: KeyQuestion, most: number): Promise<string[]> {
    const [first] = await this.texts([question]);
    if (first === null || first === undefined) return [];
    const followers = await this.#followers(question.user);
    const line: string[] = [];
    let last = decodeOctets(first);
    while (last !== null && line.length < most) {
      const previous = encodeBase64Url(await hash(last));
      last = followers.get(previous) ?? null;
      // None is taken twice, even if one could name itself.
      followers.delete(previous);
      if (last !== null) line.push(encodeBase64Url(last));
    }
    return line;
  }

  /** All records of a name, by the hash of the one that each of them follows. */
  async #followers(user: string): Promise<Map<string, Uint8Array>> {
    const followers = new Map<string, Uint8Array>();
    let seen = 0;
    for await (const stored of this.#store.scan(prefixOf.keys(user))) {
      if (++seen > MOST_KEY_RECORDS) break;
      const octets = decodeOctets(this.#read(stored, keyRecordRecord)?.keys ?? "");
      const previous = octets === null ? null : previousHashOf(octets);
      if (octets !== null && previous !== null) followers.set(encodeBase64Url(previous), octets);
    }
    return followers;
  }

  async #fromAccount({ user, fingerprint }: KeyQuestion): Promise<string | null> {
    if (this.#options.directory.fingerprintOf(user) !== fingerprint) return null;
    return this.#read(await this.#store.get(keyOf.account(user)), accountRecord)?.keys ?? null;
  }

  #read<T>(stored: StoredEntry | null, schema: RecordSchema<T>): T | null {
    if (stored === null) return null;
    try {
      return decodeRecord(stored, schema);
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
      this.#options.damaged(error);
      return null;
    }
  }
}

/**
 * Checks a key record as it was sent.
 *
 * @param text Base64url.
 * @param owner Whose it must be.
 * @returns The record, or `null` where it is none, or not his.
 */
export async function readKeyRecord(
  text: string,
  owner: { readonly realm: Uint8Array; readonly user: string },
): Promise<KeyRecord | null> {
  const octets = decodeOctets(text);
  if (octets === null) return null;
  try {
    return await checkKeyRecord(octets, owner);
  } catch (error) {
    if (error instanceof BadKeyRecord) return null;
    throw error;
  }
}

/** Makes the writing of a record, for the commit that makes it the present one of an account. */
export function keyRecordWrite(record: KeyRecord): Write {
  const key = keyOf.key(record.user, encodeBase64Url(record.fingerprint));
  return { key, value: encodeRecord(key, { keys: encodeBase64Url(record.bytes) }) };
}
