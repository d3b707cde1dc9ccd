/**
 * A store whose machine can lose power at any moment: it forgets whatever had not reached the disk.
 *
 * A commit goes through three states, each entered when the test says so:
 *
 *     asked    in memory only: a power cut forgets it, or does not; those that survive are the oldest
 *     synced   on the disk and visible to reads, but the caller has not been told
 *     answered the promise of `commit` is settled
 *
 * Its file can also be moved away under it: then commits are visible to reads, as SQLite goes on writing
 * to a file without a name, but they are answered with an error, and whoever starts anew does not find
 * them unless the file was moved back (FTC1 §9 row 98).
 *
 * So an answer may come long after the fact, or never; and a commit may be told to have failed though it
 * was done, or not (`Store.commit`: "whether the batch was done is then unknown"). Never is half a batch
 * on the disk: that much SQLite's log promises. SIGKILL of a process cannot show any of this, because
 * the kernel still writes what it was given.
 *
 * @module
 */

import { MemoryStore } from "../../server/memory_store.ts";
import type { Batch, Key, Range, Store, StoredEntry } from "../../server/store.ts";
import { checkBatch } from "../../server/store_checks.ts";

interface Asked {
  readonly batch: Batch;
  readonly answer: PromiseWithResolvers<boolean>;
  /** What it will be answered once it is synced; `null` before. */
  outcome: boolean | null;
}

/** A store on a disk that keeps only what was synced. */
export class ForgetfulStore implements Store {
  readonly #now: () => number;
  /** What the disk holds, as reads see it. */
  readonly #below: MemoryStore;
  /** What the disk holds, as it came to be. */
  readonly #disk: Batch[] = [];
  /** What went into the file while it was away. */
  #away: Batch[] | null = null;
  #asked: Asked[] = [];
  #isOff = false;
  #isHeld = false;

  /**
   * Makes an empty store on a machine that runs.
   *
   * @param now Milliseconds, for expiry.
   */
  constructor(now: () => number) {
    this.#now = now;
    this.#below = new MemoryStore(now);
  }

  /** Commits that have not been answered. */
  get waiting(): number {
    return this.#asked.length;
  }

  /** From now on a commit waits in each state for the test. */
  hold(): void {
    this.#isHeld = true;
  }

  /** From now on a commit is synced and answered at once; those that wait are so now. */
  async release(): Promise<void> {
    this.#isHeld = false;
    while (this.#asked.length > 0) {
      await this.sync();
      this.answer();
    }
  }

  /** Brings the oldest commit that is not on the disk there. */
  async sync(): Promise<void> {
    const next = this.#asked.find(({ outcome }) => outcome === null);
    if (next !== undefined) await this.#sync(next);
  }

  /** Answers the oldest commit, if it is synced. */
  answer(): void {
    const [first] = this.#asked;
    if (first === undefined || first.outcome === null) return;
    if (this.#away !== null) return this.fail();
    this.#asked.shift();
    first.answer.resolve(first.outcome);
  }

  /** Tells the oldest commit that it failed; it is on the disk if it had been synced. */
  fail(): void {
    this.#asked.shift()?.answer.reject(new Error("Cannot commit: input/output error"));
  }

  /** Moves its file away. */
  moveAway(): void {
    this.#away ??= [];
  }

  /** Moves it back. */
  moveBack(): void {
    this.#disk.push(...this.#away ?? []);
    this.#away = null;
  }

  /**
   * Cuts the power and switches on again.
   *
   * @param survivors How many of the commits that were only asked had reached the disk all the same.
   * @returns The store of the next start. This one is dead: every call on it rejects.
   */
  async cutPower(survivors: number): Promise<ForgetfulStore> {
    for (let n = 0; n < survivors; n++) await this.sync();
    this.#isOff = true;
    const next = new ForgetfulStore(this.#now);
    for (const { sets = [], deletes = [] } of this.#disk) {
      const batch = { sets, deletes };
      await next.#below.commit(batch);
      next.#disk.push(batch);
    }
    for (const { answer } of this.#asked.splice(0)) answer.reject(new Error(OFF));
    return next;
  }

  /** See `Store.commit`. */
  async commit(batch: Batch): Promise<boolean> {
    this.#refuseIfOff();
    checkBatch(batch);
    const asked: Asked = { batch, answer: Promise.withResolvers(), outcome: null };
    this.#asked.push(asked);
    if (!this.#isHeld) await this.release();
    return await asked.answer.promise;
  }

  /** See `Store.get`. */
  async get(key: Key): Promise<StoredEntry | null> {
    this.#refuseIfOff();
    return await this.#below.get(key);
  }

  /** See `Store.getMany`. */
  async getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]> {
    this.#refuseIfOff();
    return await this.#below.getMany(keys);
  }

  /** See `Store.list`. */
  async list(range: Range): Promise<StoredEntry[]> {
    this.#refuseIfOff();
    return await this.#below.list(range);
  }

  /** See `Store.scan`. */
  async *scan(prefix: Key): AsyncGenerator<StoredEntry, void, void> {
    this.#refuseIfOff();
    yield* this.#below.scan(prefix);
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#below[Symbol.asyncDispose]();
  }

  async #sync(asked: Asked): Promise<void> {
    asked.outcome = await this.#below.commit(asked.batch);
    if (asked.outcome) (this.#away ?? this.#disk).push(asked.batch);
  }

  #refuseIfOff(): void {
    if (this.#isOff) throw new Error(OFF);
  }
}

const OFF = "Cannot use store: the power is off";
