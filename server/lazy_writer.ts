/**
 * Small records that are written soon, together, and only in their latest state.
 *
 * For what may be a moment old after a crash: it must not cost messages their commits. A record that
 * could not be written is tried again with the next ones.
 *
 * @module
 */

import type { Key, Store } from "./store.ts";

/** Milliseconds between two writings. */
const PAUSE_MS = 200;

/** Records in one commit, far below what the engine takes. */
const MOST_RECORDS = 500;

interface Record {
  readonly key: Key;
  /** `null` removes it. */
  readonly value: Uint8Array | null;
}

/** Writes records lazily. */
export class LazyWriter implements AsyncDisposable {
  readonly #store: Store;
  readonly #failed: (error: unknown) => void;
  /** What is not stored yet, by key. */
  readonly #dirty = new Map<string, Record>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();

  /**
   * Makes a writer with nothing to write.
   *
   * @param store Where to.
   * @param failed Told of each writing that failed.
   */
  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /**
   * Has a record written soon, in place of what was to be written under its key.
   *
   * @param key Where to.
   * @param value The octets, or `null` to remove it.
   */
  put(key: Key, value: Uint8Array | null): void {
    this.#dirty.set(JSON.stringify(key), { key, value });
    this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }

  /** Writes what waits as soon as the writing under way is done, without the pause. */
  hurry(): void {
    if (this.#dirty.size > 0) void this.#flush();
  }

  /** Does not write a record that is not written yet. */
  drop(key: Key): void {
    this.#dirty.delete(JSON.stringify(key));
  }

  /** Writes what is not written yet; what the store does not take is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let left = Infinity; this.#dirty.size > 0 && this.#dirty.size < left;) {
      left = this.#dirty.size;
      await this.#flush();
    }
    await this.#writing;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const some = [...this.#dirty].slice(0, MOST_RECORDS);
    if (some.length === 0) return;
    try {
      await this.#store.commit({
        sets: some.flatMap(([, { key, value }]) => value === null ? [] : [{ key, value }]),
        deletes: some.flatMap(([, { key, value }]) => value === null ? [key] : []),
      });
      for (const [name, record] of some) {
        if (this.#dirty.get(name) === record) this.#dirty.delete(name);
      }
    } catch (error) {
      this.#failed(error);
    }
    if (this.#dirty.size > 0) this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }
}
