/**
 * Accounts: who may log in with which key.
 *
 * The server never sees a password: an account is a salt, a public key, the signed key record of the
 * user's identity and a vault that only the password opens (FTC1 §4, §7.1, §7.2).
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../cipher/base64url.ts";
import type { KeyRecord } from "../cipher/key_record.ts";
import { isZero } from "../cipher/bytes.ts";
import { verifyLogin, verifyRegister } from "../cipher/login.ts";
import type { CommandOf } from "../protocol/command.ts";
import { decodeOctets, isVault, KEY_OCTETS, SALT_OCTETS, SIGNATURE_OCTETS } from "./credentials.ts";
import type { Directory } from "./directory.ts";
import { keyRecordWrite, readKeyRecord } from "./key_records.ts";
import { DamagedRecord, decodeRecord, encodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Store, StoredEntry } from "./store.ts";
import { type Account, accountRecord, keyOf, prefixOf } from "./tables.ts";

/** The channel that a proof was made for. */
export interface Channel {
  /** FTC1 §3.5. */
  readonly channelBinding: Uint8Array;
  /** The realm of the server. */
  readonly realm: Uint8Array;
}

/** What became of a registration. */
export type Registration =
  | { readonly account: Account }
  | { readonly refused: "bad_login" | "name_taken" | "bad_request" };

/** What had happened to a name when its account was read. */
interface AccountState {
  readonly endings: number;
  readonly passwords: number;
}

/** All accounts of a server. */
export class Accounts {
  readonly #store: Store;
  readonly #directory: Directory;
  readonly #isGroup: (name: string) => boolean;
  readonly #now: () => number;
  /** How many accounts of its name had ended when an account was read. */
  readonly #states = new WeakMap<Account, AccountState>();

  /**
   * Makes an `Accounts`.
   *
   * @param store Where they are kept.
   * @param options The directory, which is told of every account, and who has the other names;
   *   milliseconds since 1970.
   */
  constructor(
    store: Store,
    options: {
      readonly directory: Directory;
      readonly isGroup: (name: string) => boolean;
      readonly now: () => number;
    },
  ) {
    this.#store = store;
    this.#directory = options.directory;
    this.#isGroup = options.isGroup;
    this.#now = options.now;
  }

  /**
   * Enters all stored accounts into the directory.
   *
   * @param options The realm; who is told of an account that cannot be read. It keeps its name.
   */
  async load(
    options: { readonly realm: Uint8Array; readonly damaged: (error: unknown) => void },
  ): Promise<void> {
    for await (const stored of this.#store.scan(prefixOf.accounts)) {
      const user = String(stored.key[1]);
      this.#directory.addUser(user, await lineOf(stored, { user, ...options }));
    }
  }

  /** Whether a name without an account can have none: a group has it, or a deleted account had. */
  isTaken(user: string): boolean {
    return this.#belongsToOthers(user) || this.#directory.isHeld(user);
  }

  /** Whether the operator lets this name register although registration is closed. */
  isAllowed(user: string): boolean {
    return this.#directory.standings.of(user, this.#now())?.standing === "allowed";
  }

  /**
   * Says what stands against a session of an account, after its signature was found right.
   *
   * Synchronous, to be asked in the moment in which the session begins.
   *
   * @param account As `get` or `register` returned it; it may have ended or been blocked since.
   */
  refusal(account: Account): Refusal | null {
    const { endings, passwords } = this.#states.get(account) ?? {};
    if (endings !== this.#directory.endings(account.user)) return refuse.deleted();
    // Read before the password was changed, so the proof was one of the old password.
    if (passwords !== this.#directory.passwords(account.user)) return refuse.passwd("bad_login");
    const standing = this.#directory.standings.of(account.user, this.#now());
    return standing?.standing === "blocked" ? refuse.blocked() : null;
  }

  /**
   * Reads an account.
   *
   * @param user Canonical name.
   * @throws {import("./record.ts").DamagedRecord} If it cannot be read.
   */
  async get(user: string): Promise<Account | null> {
    const state = this.#stateOf(user);
    const stored = await this.#store.get(keyOf.account(user));
    if (stored === null) return null;
    const account = decodeRecord(stored, accountRecord);
    this.#states.set(account, state);
    return account;
  }

  /**
   * Checks the signature of a login (FTC1 §4.3).
   *
   * @param account Whose.
   * @param signature As sent, base64url.
   * @param channel What it must have been made for.
   * @returns Whether it is right; whatever is wrong with it is wrong in the same way.
   */
  async verify(account: Account, signature: string, channel: Channel): Promise<boolean> {
    const octets = decodeOctets(signature, SIGNATURE_OCTETS);
    if (octets === null) return false;
    const publicKey = decodeBase64Url(account.pk);
    return await verifyLogin(octets, { ...channel, user: account.user, publicKey });
  }

  /**
   * Makes an account, if all is right and the name is free.
   *
   * @param user Canonical name.
   * @param command As sent.
   * @param options The channel; milliseconds since 1970; the cursor to begin with.
   */
  async register(
    user: string,
    command: CommandOf<"register">,
    options: { readonly channel: Channel; readonly now: number; readonly cursor: number },
  ): Promise<Registration> {
    const { kdf, salt, pk, keys, vault } = command;
    const octets = {
      salt: decodeOctets(salt, SALT_OCTETS),
      publicKey: decodeOctets(pk, KEY_OCTETS),
      signature: decodeOctets(command.sig, SIGNATURE_OCTETS),
    };
    const { signature, publicKey } = octets;
    if (octets.salt === null || publicKey === null) return { refused: "bad_request" };
    if (!isVault(vault)) return { refused: "bad_request" };
    if (signature === null) return { refused: "bad_login" };
    const login = { ...options.channel, user, salt: octets.salt, publicKey };
    if (!(await verifyRegister(signature, login))) return { refused: "bad_login" };
    const record = await readKeyRecord(keys, { realm: options.channel.realm, user });
    // A first record follows nothing: it must not pass for the next one of a former account.
    const isFirst = record !== null && record.generation === 1 && isZero(record.previousHash);
    if (!isFirst) return { refused: "bad_request" };
    using hold = this.#belongsToOthers(user) ? null : this.#directory.hold(user);
    if (hold === null) return { refused: "name_taken" };
    const line = [encodeBase64Url(record.fingerprint)];
    const account: Account = { user, kdf, salt, pk, keys, vault, created: options.now, line };
    const made = await this.#create(account, { record, cursor: options.cursor });
    if (!made) return { refused: "name_taken" };
    this.#directory.addUser(user, line);
    this.#directory.standings.set(user, null);
    this.#states.set(account, this.#stateOf(user));
    return { account };
  }

  #belongsToOthers(user: string): boolean {
    const standing = this.#directory.standings.of(user, this.#now());
    return this.#isGroup(user) || standing?.standing === "deleted";
  }

  #stateOf(user: string): AccountState {
    return { endings: this.#directory.endings(user), passwords: this.#directory.passwords(user) };
  }

  #create(
    account: Account,
    { record, cursor }: { readonly record: KeyRecord; readonly cursor: number },
  ): Promise<boolean> {
    const key = keyOf.account(account.user);
    const cursorKey = keyOf.cursor(account.user);
    return this.#store.commit({
      checks: [{ key, version: null }],
      sets: [
        { key, value: encodeRecord(key, account) },
        { key: cursorKey, value: encodeRecord(cursorKey, { upto: cursor }) },
        keyRecordWrite(record),
      ],
      deletes: [keyOf.standing(account.user)],
    });
  }
}

/** The fingerprints of an account; of one from before they were stored, that of its one record. */
async function lineOf(
  stored: StoredEntry,
  { user, realm, damaged }: {
    readonly user: string;
    readonly realm: Uint8Array;
    readonly damaged: (error: unknown) => void;
  },
): Promise<readonly string[]> {
  try {
    const { line, keys } = decodeRecord(stored, accountRecord);
    if (line !== undefined) return line;
    const record = await readKeyRecord(keys, { realm, user });
    return record === null ? [] : [encodeBase64Url(record.fingerprint)];
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    damaged(error);
    return [];
  }
}
