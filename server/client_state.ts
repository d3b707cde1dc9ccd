/**
 * The client state of accounts: small entries that only their owner can read (FTC1 §7.7).
 *
 * Written by compare-and-set, all or nothing: each counter must be one more than the stored one, and a
 * record beside them, which changes with every writing, orders the sessions of an account. Entries
 * belong to one account, known by its first fingerprint: who registers under the name later has none.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { EventOf } from "../protocol/event.ts";
import { MAX_PAGE_OCTETS, MAX_STATE_CHARACTERS, MAX_STATE_ENTRIES } from "../protocol/limits.ts";
import { commitCertainly } from "./certain_commit.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type Check, type Key, type Store, STORE_LIMITS, type Write } from "./store.ts";
import { keyOf, prefixOf, stateRecord, statesRecord } from "./tables.ts";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** How often a writing is tried while other sessions write as well. */
const MOST_TRIES = 5;

/** Entries read at once: they fill a page if they are as long as they may be. */
const CHUNK = 16;

/** Whose state it is. */
export interface StateOwner {
  /** Canonical name. */
  readonly user: string;
  /** The first fingerprint of the account, base64url. */
  readonly line: string;
}

type Writes = CommandOf<"set_state">["m"];
type StateEntry = EventOf<"state">["m"][number];

/** The client state of all accounts. */
export class ClientState {
  readonly #store: Store;

  /**
   * Makes a `ClientState`.
   *
   * @param store Where it is.
   */
  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Writes entries, all or none.
   *
   * @param owner Whose.
   * @param writes As sent.
   * @returns Why not, or `null`: they are stored.
   * @throws {Error} If the store fails, or an entry cannot be read.
   */
  async write(owner: StateOwner, writes: Writes): Promise<Refusal | null> {
    if (!areWellFormed(writes)) return refuse.malformed();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const result = await this.#try(owner, writes);
      if (result !== "again") return result;
    }
    return refuse.conflict();
  }

  /**
   * Reads a page, sorted by name.
   *
   * @param owner Whose.
   * @param command As sent.
   */
  async page(
    owner: StateOwner,
    command: CommandOf<"state">,
  ): Promise<EventOf<"state"> | { readonly refused: Refusal }> {
    const { id: re, after = "", unless } = command;
    if (after !== "" && !NAME.test(after)) return { refused: refuse.malformed() };
    const { user, line } = owner;
    if (unless !== undefined && NAME.test(unless.entry)) {
      const counter = await this.#counter(keyOf.state(user, line, unless.entry));
      if (counter === unless.counter) return { t: "state", re, m: [], more: false, same: true };
    }
    const m: StateEntry[] = [];
    let octets = 0;
    for (let from = after;;) {
      const stored = await this.#store.list({
        prefix: prefixOf.state(user, line),
        // A page begins behind a name: nothing lies between it and the name with a zero after it.
        ...(from === "" ? {} : { from: `${from}\0` }),
        limit: CHUNK,
      });
      for (const one of stored) {
        const entry = { entry: String(one.key[3]), ...decodeRecord(one, stateRecord) };
        octets += JSON.stringify(entry).length + 1;
        if (octets > MAX_PAGE_OCTETS && m.length > 0) return { t: "state", re, m, more: true };
        m.push(entry);
      }
      if (stored.length < CHUNK) return { t: "state", re, m, more: false };
      from = m.at(-1)?.entry ?? from;
    }
  }

  /**
   * Deletes what accounts have left that had a name before.
   *
   * @param user The name.
   * @param presentLine Tells the first fingerprint of its present account, if there is one.
   * @throws {Error} If the store fails; the next start goes on.
   */
  async forget(user: string, presentLine: () => string | undefined): Promise<void> {
    const limit = STORE_LIMITS.listEntries / 2;
    for (const prefix of prefixOf.statesOf(user)) {
      for (let from: string | undefined, more = true; more;) {
        const range = from === undefined ? { prefix, limit } : { prefix, limit, from };
        const stored = await this.#store.list(range);
        // Asked after reading: what a new account has written by then, it was known before.
        const line = presentLine();
        const deletes = stored.map(({ key }) => key).filter((key) => key[2] !== line);
        if (deletes.length > 0) await this.#store.commit({ deletes });
        more = stored.length === limit;
        const last = String(stored.at(-1)?.key[2]);
        // What belongs to the present account is passed over as a whole.
        from = last === line ? `${last}\0` : last;
      }
    }
  }

  async #try({ user, line }: StateOwner, writes: Writes): Promise<Refusal | null | "again"> {
    const key = keyOf.states(user, line);
    const stored = await this.#store.get(key);
    const keys = writes.map(({ entry }) => keyOf.state(user, line, entry));
    const found = await this.#store.getMany(keys);
    let entries = stored === null ? 0 : decodeRecord(stored, statesRecord).entries;
    const sets: Write[] = [];
    const deletes: Key[] = [];
    for (const [i, { entry, counter, value }] of writes.entries()) {
      const old = found[i] ?? null;
      const before = old === null ? 0 : decodeRecord(old, stateRecord).counter;
      if (counter !== before + 1) return refuse.conflict();
      entries += (value === null ? 0 : 1) - (old === null ? 0 : 1);
      const at = keyOf.state(user, line, entry);
      if (value === null) deletes.push(at);
      else sets.push({ key: at, value: encodeRecord(at, { counter, value }) });
    }
    if (entries > MAX_STATE_ENTRIES) return refuse.tooMuchState();
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(9)));
    const head: Write = { key, value: encodeRecord(key, { entries, id }) };
    const checks: Check[] = [{ key, version: stored?.version ?? null }];
    const done = await commitCertainly(this.#store, { checks, sets: [head, ...sets], deletes });
    return done ? null : "again";
  }

  async #counter(key: Key): Promise<number | null> {
    const stored = await this.#store.get(key);
    return stored === null ? null : decodeRecord(stored, stateRecord).counter;
  }
}

function areWellFormed(writes: Writes): boolean {
  const names = new Set(writes.map(({ entry }) => entry));
  return names.size === writes.length &&
    writes.every(({ entry, counter, value }) =>
      NAME.test(entry) && counter > 0 &&
      (value === null || (value.length <= MAX_STATE_CHARACTERS && value.isWellFormed()))
    );
}
