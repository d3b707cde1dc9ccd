/**
 * The key records of others, as the server gives them: checked here, never believed.
 *
 * A record proves that its keys have signed it and whose it says they are, not that this is true: that
 * is for pins (`pins.ts`). What was once given for a fingerprint needs no trust, since the fingerprint
 * commits to the keys; so it is remembered for the run.
 * Source: FTC1 §7.2; §9 row 104.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url, InvalidBase64Url } from "../../cipher/base64url.ts";
import {
  BadKeyRecord,
  checkKeyRecord,
  isConfirmedBy,
  type KeyRecord,
} from "../../cipher/key_record.ts";
import { MAX_KEYS_ASKED } from "../../protocol/limits.ts";
import { type Asker, askFor, Refused } from "./asker.ts";

/** Records that are remembered, of about 4 KiB each. */
const MAX_REMEMBERED = 4_096;

/** Changes of keys that are followed; nobody makes more between two looks. */
const MAX_LINEAGE = 100;

/** A fingerprint and whose it is. */
export interface FingerprintOf {
  /** Canonical name. */
  readonly user: string;
  /** 32 octets. */
  readonly fingerprint: Uint8Array;
}

/** Where key records are looked up. */
export class KeyDirectory {
  readonly #asker: Asker;
  readonly #realm: Uint8Array;
  readonly #byFingerprint = new Map<string, KeyRecord>();
  /** The last record of each user, by what the server gave: checking it again would tell nothing new. */
  readonly #last = new Map<string, { readonly text: string; readonly record: KeyRecord }>();

  /**
   * Makes a directory that knows nothing yet.
   *
   * @param options Whom to ask; the realm, 16 octets.
   */
  constructor(options: { readonly asker: Asker; readonly realm: Uint8Array }) {
    this.#asker = options.asker;
    this.#realm = options.realm;
  }

  /**
   * Asks for the present key records.
   *
   * @param users Canonical names.
   * @returns By name. Without an entry the user does not exist; `invalid`: what the server gave is no
   *   key record of that user.
   * @throws {Refused | CutOff} If there is no answer that makes sense.
   */
  async present(users: readonly string[]): Promise<Map<string, KeyRecord | "invalid">> {
    const names = [...new Set(users)];
    const answers = await this.#ask(names.map((user) => ({ user })));
    const records = await Promise.all(names.map((user, at) => this.#check(user, answers[at])));
    const found = new Map<string, KeyRecord | "invalid">();
    for (const [at, user] of names.entries()) {
      const record = records[at] ?? null;
      if (record !== null) found.set(user, record);
    }
    return found;
  }

  /**
   * Finds key records by their fingerprints, also those of former keys and former accounts.
   *
   * @param of Whose and which.
   * @returns By fingerprint in hexadecimal; without an entry the server has none, or gave a wrong one.
   * @throws {Refused | CutOff} If there is no answer that makes sense.
   */
  async byFingerprint(of: readonly FingerprintOf[]): Promise<Map<string, KeyRecord>> {
    const wanted = new Map(of.map((one) => [one.fingerprint.toHex(), one.user]));
    const unknown = [...wanted].filter(([fp]) => !this.#byFingerprint.has(fp));
    const answers = await this.#ask(unknown.map(([fp, user]) => ({
      user,
      fp: encodeBase64Url(Uint8Array.fromHex(fp)),
    })));
    const fetched = new Map<string, KeyRecord>();
    await Promise.all(unknown.map(async ([fp, user], at) => {
      const record = await this.#check(user, answers[at]);
      if (record !== null && record !== "invalid" && record.fingerprint.toHex() === fp) {
        fetched.set(fp, record);
      }
    }));
    const found = new Map<string, KeyRecord>();
    for (const [fp, user] of wanted) {
      const record = fetched.get(fp) ?? this.#byFingerprint.get(fp);
      if (record?.user === user) found.set(fp, record);
    }
    return found;
  }

  /**
   * Follows the changes of a user's keys, each signed by the keys before.
   *
   * @param user Canonical name.
   * @param known The record to begin with.
   * @returns The records behind it, oldest first, up to the first that is not signed so; at most 100.
   * @throws {Refused | CutOff} If there is no answer that makes sense.
   */
  async lineage(user: string, known: KeyRecord): Promise<KeyRecord[]> {
    const line: KeyRecord[] = [];
    while (line.length < MAX_LINEAGE) {
      const last = line.at(-1) ?? known;
      const from = encodeBase64Url(last.fingerprint);
      const { keys, more } = await askFor(
        this.#asker,
        { t: "lineage", user, from },
        "lineage",
      );
      for (const text of keys) {
        const record = await this.#check(user, text);
        if (record === null || record === "invalid") return line;
        if (!await isConfirmedBy(record, line.at(-1) ?? known)) return line;
        line.push(record);
        if (line.length === MAX_LINEAGE) return line;
      }
      if (!more || keys.length === 0) return line;
    }
    return line;
  }

  /** Asks for as many at once as an answer may bring, until all are answered. */
  async #ask(
    of: readonly { readonly user: string; readonly fp?: string }[],
  ): Promise<(string | undefined)[]> {
    const answers: (string | undefined)[] = [];
    let size = MAX_KEYS_ASKED;
    while (answers.length < of.length) {
      const asked = of.slice(answers.length, answers.length + size);
      const { m } = await askFor(this.#asker, { t: "keys", of: [...asked] }, "keys");
      // An answer goes by its place: what its name says is judged with the record.
      if (m.length === 0 || m.length > asked.length) {
        throw new Refused({ code: "bad_frame", msg: "The server's answer makes no sense." });
      }
      answers.push(...m.map(({ keys }) => keys));
      // There is no point in naming again and again what does not fit.
      size = Math.min(MAX_KEYS_ASKED, m.length + 8);
    }
    return answers;
  }

  async #check(user: string, text: string | undefined): Promise<KeyRecord | "invalid" | null> {
    if (text === undefined) return null;
    const last = this.#last.get(user);
    if (last?.text === text) return last.record;
    try {
      const bytes = decodeBase64Url(text);
      const record = await checkKeyRecord(bytes, { realm: this.#realm, user });
      remember(this.#byFingerprint, record.fingerprint.toHex(), record);
      remember(this.#last, user, { text, record });
      return record;
    } catch (error) {
      if (error instanceof BadKeyRecord || error instanceof InvalidBase64Url) return "invalid";
      throw error;
    }
  }
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  const [oldest] = memory.keys();
  if (oldest !== undefined && memory.size >= MAX_REMEMBERED) memory.delete(oldest);
  memory.set(key, value);
}
