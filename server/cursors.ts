/**
 * How far each account has been shown messages (PRODUCT §2): one id for all its sessions.
 *
 * Moves forward only. What a client says in one moment for many messages, or many clients say at
 * once, goes to the store together, and at most a few times each second: it must not cost the
 * messages their commits.
 *
 * @module
 */

import { decodeRecord, encodeRecord } from "./record.ts";
import type { Store, Write } from "./store.ts";
import { cursorRecord, keyOf } from "./tables.ts";

/** Milliseconds between two writings: what a crash of the server may make come again. */
const PAUSE_MS = 200;

/** Records in one commit, far below what the engine takes. */
const MOST_RECORDS = 500;

/** The cursors of all accounts. */
export class Cursors implements AsyncDisposable {
  readonly #store: Store;
  readonly #failed: (error: unknown) => void;
  /** What is known and not yet stored, or being stored. */
  readonly #moved = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();

  /**
   * Makes a `Cursors`.
   *
   * @param store Where they are kept.
   * @param failed Told when they could not be written; they are tried again with the next ones.
   */
  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /**
   * Reads the cursor of an account.
   *
   * @returns An entry id, 0 where there is none.
   */
  async get(user: string): Promise<number> {
    const moved = this.#moved.get(user);
    if (moved !== undefined) return moved;
    const stored = await this.#store.get(keyOf.cursor(user));
    const upto = stored === null ? 0 : decodeRecord(stored, cursorRecord).upto;
    return Math.max(upto, this.#moved.get(user) ?? 0);
  }

  /**
   * Moves the cursor of an account, never back.
   *
   * @param user Whose.
   * @param upto An entry id that exists or existed.
   */
  async move(user: string, upto: number): Promise<void> {
    if (upto <= await this.get(user)) return;
    this.#moved.set(user, Math.max(upto, this.#moved.get(user) ?? 0));
    this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }

  /** Writes what is not yet written; what the store does not take is lost, and shown once more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let left = Infinity; this.#moved.size > 0 && this.#moved.size < left;) {
      left = this.#moved.size;
      await this.#flush();
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#writing;
  }

  #flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const some = [...this.#moved].slice(0, MOST_RECORDS);
    if (some.length === 0) return;
    try {
      await this.#store.commit({
        sets: some.map(([user, upto]): Write => {
          const key = keyOf.cursor(user);
          return { key, value: encodeRecord(key, { upto }) };
        }),
      });
    } catch (error) {
      return this.#failed(error);
    }
    for (const [user, upto] of some) {
      if (this.#moved.get(user) === upto) this.#moved.delete(user);
    }
    if (this.#moved.size > 0) this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }
}
