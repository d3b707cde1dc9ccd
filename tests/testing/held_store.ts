/**
 * A store whose commits wait until the test lets them go, or fail when it says so.
 *
 * Everything else is the store below. Not a mock: what is committed is really there afterwards.
 *
 * @module
 */

import { MemoryStore } from "../../server/memory_store.ts";
import type { Batch, Key, Range, Store, StoredEntry } from "../../server/store.ts";

/** A store in memory under the hand of a test. */
export class HeldStore implements Store {
  /** The batches that were asked for, in order. */
  readonly commits: Batch[] = [];
  readonly #below: MemoryStore;
  #gate: PromiseWithResolvers<void> | null = null;
  #failure: Error | null = null;
  #failsAfterwards: Error | null = null;
  #readFailure: Error | null = null;
  #reached = Promise.withResolvers<void>();

  /**
   * Makes an empty store.
   *
   * @param now Milliseconds, for expiry.
   */
  constructor(now: () => number = () => 0) {
    this.#below = new MemoryStore(now);
  }

  /** Lets no commit through from now on. */
  hold(): void {
    this.#gate = Promise.withResolvers();
    this.#reached = Promise.withResolvers();
  }

  /** Resolves when a commit waits. */
  waiting(): Promise<void> {
    return this.#reached.promise;
  }

  /** Lets all commits through. */
  release(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  /** Makes all commits fail until `heal`; nothing is stored. */
  fail(failure: Error): void {
    this.#failure = failure;
  }

  /** Makes the next commit fail after it was done; reads fail from then on until `heal`. */
  failAfterwards(failure: Error): void {
    this.#failsAfterwards = failure;
  }

  /** Ends the failing. */
  heal(): void {
    this.#failure = null;
    this.#readFailure = null;
  }

  /** See `Store.commit`. */
  async commit(batch: Batch): Promise<boolean> {
    this.commits.push(batch);
    this.#reached.resolve();
    await this.#gate?.promise;
    if (this.#failure !== null) throw this.#failure;
    const done = await this.#below.commit(batch);
    if (this.#failsAfterwards === null) return done;
    this.#readFailure = this.#failsAfterwards;
    this.#failsAfterwards = null;
    throw this.#readFailure;
  }

  /** See `Store.get`. */
  get(key: Key): Promise<StoredEntry | null> {
    if (this.#readFailure !== null) return Promise.reject(this.#readFailure);
    return this.#below.get(key);
  }

  /** See `Store.getMany`. */
  getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]> {
    return this.#below.getMany(keys);
  }

  /** See `Store.list`. */
  list(range: Range): Promise<StoredEntry[]> {
    return this.#below.list(range);
  }

  /** See `Store.scan`. */
  scan(prefix: Key): AsyncIterable<StoredEntry> {
    return this.#below.scan(prefix);
  }

  /** Closes the store below. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#below[Symbol.asyncDispose]();
  }
}
