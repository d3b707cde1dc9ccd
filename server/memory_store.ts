/**
 * The storage port in memory, for tests: ordered, with versions, and with expiry by a clock that the
 * test moves.
 *
 * It keeps the same contract as `kv_store.ts`, limits included. It is *not* durable, and not quick with
 * very many entries: writing a new key moves those after it.
 *
 * @module
 */

import type { Batch, Key, Range, Store, StoredEntry } from "./store.ts";
import { checkBatch, checkRange } from "./store_checks.ts";
import { encodeKey, encodePrefix } from "./store_key.ts";

interface Held extends StoredEntry {
  /** Milliseconds of the clock. */
  readonly expiresAt: number;
}

/** A store in memory. */
export class MemoryStore implements Store {
  readonly #now: () => number;
  readonly #held = new Map<string, Held>();
  /** The keys of `#held`, sorted. Hexadecimal digits sort as the octets they stand for. */
  readonly #order: string[] = [];
  #commits = 0;
  #closed = false;

  /**
   * Makes an empty store.
   *
   * @param now The clock, in milliseconds; it may go back, and then what had expired is there again
   * unless it was overwritten.
   */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** See `Store.get`. */
  // deno-lint-ignore require-await -- the port is asynchronous, and what is thrown must reject
  async get(key: Key): Promise<StoredEntry | null> {
    this.#refuseIfClosed();
    return this.#read(encodeKey(key).toHex());
  }

  /** See `Store.getMany`. */
  // deno-lint-ignore require-await -- as for get
  async getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]> {
    this.#refuseIfClosed();
    return keys.map((key) => this.#read(encodeKey(key).toHex()));
  }

  /** See `Store.list`. */
  // deno-lint-ignore require-await -- as for get
  async list(range: Range): Promise<StoredEntry[]> {
    this.#refuseIfClosed();
    const { start, end } = checkRange(range);
    const found = this.#order.slice(this.#position(start), this.#position(end));
    if (range.reverse) found.reverse();
    const entries = found.values().map((name) => this.#read(name)).filter((entry) =>
      entry !== null
    );
    return entries.take(range.limit).toArray();
  }

  /** See `Store.scan`. */
  async *scan(prefix: Key): AsyncGenerator<StoredEntry, void, void> {
    const below = encodePrefix(prefix).toHex();
    // Not an index: entries may come and go between two steps.
    for (let next: string | undefined = `${below}00`;;) {
      this.#refuseIfClosed();
      next = this.#order[this.#position(next)];
      if (next === undefined || next >= `${below}ff`) return;
      const entry = this.#read(next);
      if (entry !== null) yield await Promise.resolve(entry);
      next += "00";
    }
  }

  /** See `Store.commit`. */
  // deno-lint-ignore require-await -- as for get
  async commit(batch: Batch): Promise<boolean> {
    this.#refuseIfClosed();
    checkBatch(batch);
    const { checks = [], sets = [], deletes = [] } = batch;
    const versionAt = (key: Key) => this.#read(encodeKey(key).toHex())?.version ?? null;
    if (checks.some((check) => versionAt(check.key) !== check.version)) return false;
    this.#commits += 1;
    const version = this.#commits.toString(16).padStart(20, "0");
    for (const { key, value, expireIn = Infinity } of sets) {
      this.#write({
        key: [...key],
        value: value.slice(),
        version,
        expiresAt: this.#now() + expireIn,
      });
    }
    for (const key of deletes) this.#remove(encodeKey(key).toHex());
    return true;
  }

  /** Forgets everything. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#held.clear();
    this.#order.length = 0;
    return Promise.resolve();
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new Error("Cannot use store: it is closed");
  }

  #read(name: string): StoredEntry | null {
    const held = this.#held.get(name);
    if (held === undefined || held.expiresAt <= this.#now()) return null;
    return { key: [...held.key], value: held.value.slice(), version: held.version };
  }

  #write(held: Held): void {
    const name = encodeKey(held.key).toHex();
    if (!this.#held.has(name)) this.#order.splice(this.#position(name), 0, name);
    this.#held.set(name, held);
  }

  #remove(name: string): void {
    if (this.#held.delete(name)) this.#order.splice(this.#position(name), 1);
  }

  /** Where the first key at or after `name` is. */
  #position(name: string): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
