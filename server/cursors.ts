/**
 * How far each account has been shown messages (PRODUCT §2): one id for all its sessions.
 *
 * Moves forward only, and is written lazily: a crash of the server may bring the last moment again.
 *
 * @module
 */

import type { LazyWriter } from "./lazy_writer.ts";
import { DamagedRecord, decodeRecord, encodeRecord } from "./record.ts";
import type { Store, StoredEntry } from "./store.ts";
import { cursorRecord, keyOf } from "./tables.ts";

/** Cursors that are kept in memory; the others are read when they are needed. */
const MOST_KEPT = 10_000;

/** The cursors of all accounts. */
export class Cursors {
  readonly #store: Store;
  readonly #writer: LazyWriter;
  readonly #damaged: (error: unknown) => void;
  /** The latest ones, also those that are still to be written. */
  readonly #latest = new Map<string, number>();

  /**
   * Makes `Cursors`.
   *
   * @param store Where they are read.
   * @param writer What writes them.
   * @param options Who is told of one that cannot be read.
   */
  constructor(
    store: Store,
    writer: LazyWriter,
    options: { readonly damaged: (error: unknown) => void },
  ) {
    this.#store = store;
    this.#writer = writer;
    this.#damaged = options.damaged;
  }

  /**
   * Reads the cursor of an account.
   *
   * @returns An entry id, 0 where there is none, or none that can be read: better all again than
   *   something never.
   */
  async get(user: string): Promise<number> {
    const known = this.#latest.get(user);
    if (known !== undefined) return known;
    const stored = await this.#store.get(keyOf.cursor(user));
    const upto = stored === null ? 0 : this.#decode(stored);
    // Whoever moved it in the meantime knows better.
    const latest = Math.max(upto, this.#latest.get(user) ?? 0);
    this.#remember(user, latest);
    return latest;
  }

  /**
   * Moves the cursor of an account, never back.
   *
   * @param user Whose.
   * @param upto An entry id that exists or existed.
   */
  async move(user: string, upto: number): Promise<void> {
    await this.get(user);
    // Looked at after waiting: another session may have moved it further in the meantime.
    if (upto <= (this.#latest.get(user) ?? 0)) return;
    this.#remember(user, upto);
    const key = keyOf.cursor(user);
    this.#writer.put(key, encodeRecord(key, { upto }));
  }

  /** Forgets what another account of this name was shown: what the store says, holds. */
  forget(user: string): void {
    this.#latest.delete(user);
    this.#writer.drop(keyOf.cursor(user));
  }

  #decode(stored: StoredEntry): number {
    try {
      return decodeRecord(stored, cursorRecord).upto;
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
      this.#damaged(error);
      return 0;
    }
  }

  #remember(user: string, upto: number): void {
    this.#latest.delete(user);
    this.#latest.set(user, upto);
    if (this.#latest.size <= MOST_KEPT) return;
    // Long written: 10,000 others have moved since.
    for (const oldest of this.#latest.keys()) return void this.#latest.delete(oldest);
  }
}
