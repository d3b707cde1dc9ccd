/**
 * A database in the hands of somebody who has a password, and all that can be opened with it: every wrap
 * is tried, every key is carried forward, and every key is tried on every message.
 *
 * It asks no server and obeys no rule of the client: what it cannot open, cannot be opened so.
 *
 * Source: FTC1 §7.1–§7.6.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import { type EpochRecord, parseEpoch } from "../../cipher/epoch.ts";
import { commitment, deriveAdded, importMessageKey } from "../../cipher/epoch_key.ts";
import { deriveIdentity, type Identity } from "../../cipher/identity.ts";
import { deriveLogin } from "../../cipher/login.ts";
import { BadMessage, openMessage } from "../../cipher/message.ts";
import { openVault } from "../../cipher/vault.ts";
import { BadWrap, openWrap } from "../../cipher/wrap.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { decodeRecord, type RecordSchema } from "../../server/record.ts";
import type { Key, Store } from "../../server/store.ts";
import {
  accountRecord,
  entryRecord,
  epochRecord,
  keyOf,
  prefixOf,
  realmRecord,
  wrapRecord,
} from "../../server/tables.ts";

/** A database that no server uses. */
export class StolenDatabase implements AsyncDisposable {
  readonly #store: Store;

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Opens a file. */
  static async open(path: string): Promise<StolenDatabase> {
    return new StolenDatabase(await openKvStore(path));
  }

  /** How many direct and group messages there are. */
  async messages(): Promise<number> {
    return (await this.#tokens()).length;
  }

  /** Everything of direct and group messages that a password opens, sorted. */
  async opensWith(user: string, password: string): Promise<string[]> {
    const identity = await this.#identity(user, password);
    const tokens = await this.#tokens();
    const texts = new Set<string>();
    for (const records of await this.#chains()) {
      for (const key of await this.#keys(records, identity)) {
        for (const { hash } of records) {
          const messageKey = await importMessageKey(key, hash);
          for (const token of tokens) {
            const text = await openMessage(messageKey, token).then(
              ({ body }) => new TextDecoder().decode(body),
              orNull(BadMessage),
            );
            if (text !== null) texts.add(text);
          }
        }
      }
    }
    return [...texts].sort();
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #identity(user: string, password: string): Promise<Identity> {
    const realm = decodeBase64Url((await this.#get(keyOf.realm(), realmRecord)).realm);
    const { salt, vault } = await this.#get(keyOf.account(user), accountRecord);
    const { vaultKey } = await deriveLogin(password, { realm, salt: decodeBase64Url(salt), user });
    return await deriveIdentity(await openVault(vaultKey, vault, { realm, user }), { realm, user });
  }

  async #tokens(): Promise<string[]> {
    const tokens: string[] = [];
    for await (const stored of this.#store.scan(["entry"])) {
      const { entry } = decodeRecord(stored, entryRecord);
      if (entry.t === "message" && entry.kind !== "lobby") tokens.push(entry.body);
    }
    return tokens;
  }

  /** The records of each conversation, in order. */
  async #chains(): Promise<EpochRecord[][]> {
    const chains = new Map<string, EpochRecord[]>();
    for await (const stored of this.#store.scan(prefixOf.epochs)) {
      const [, conversation, , piece] = stored.key;
      if (piece !== 0) continue;
      const { record } = decodeRecord(stored, epochRecord);
      const known = chains.get(String(conversation)) ?? [];
      chains.set(String(conversation), [...known, await parseEpoch(decodeBase64Url(record))]);
    }
    return [...chains.values()];
  }

  /** Keys of epochs: out of any wrap, for whomever it was made, and derived from those. */
  async #keys(records: readonly EpochRecord[], identity: Identity): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    let before: Uint8Array | null = null;
    for (const record of records) {
      const candidates = await this.#wrapped(record, identity);
      if (before !== null) candidates.push(await deriveAdded(before, record.membersHash));
      before = null;
      for (const key of candidates) {
        const committed = await commitment(record.conversation, record.epoch, key);
        if (equal(committed, record.commitment)) before = key;
        keys.push(key);
      }
    }
    return keys;
  }

  async #wrapped(record: EpochRecord, identity: Identity): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    const wraps = prefixOf.wraps(encodeBase64Url(record.hash));
    for await (const stored of this.#store.scan(wraps)) {
      const wrap = decodeBase64Url(decodeRecord(stored, wrapRecord).wrap);
      const key = await openWrap(wrap, { recordHash: record.hash, identity }).catch(
        orNull(BadWrap),
      );
      if (key !== null) keys.push(key);
    }
    return keys;
  }

  async #get<T>(key: Key, schema: RecordSchema<T>): Promise<T> {
    const stored = await this.#store.get(key);
    if (stored === null) throw new Error(`Cannot find ${key.join(" ")}`);
    return decodeRecord(stored, schema);
  }
}

function orNull(expected: typeof BadWrap | typeof BadMessage): (error: unknown) => null {
  return (error) => {
    if (error instanceof expected) return null;
    throw error;
  };
}
