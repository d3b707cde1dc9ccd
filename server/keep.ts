/**
 * Deletes entries that are older than the operator wants to keep (`--keep DAYS`), in the background.
 *
 * In small commits with pauses, so that no message waits for it. From each conversation the oldest go
 * first, so what is left is a run without gaps and can still be counted by its ends. The ends of
 * conversations and the changes of groups stay in tables of their own: numbers count on, and groups are
 * what they were. It is *not* an erasure: SQLite uses the space again, but does not overwrite it at once.
 *
 * A clock that is set forward while the server runs makes nothing older.
 *
 * @module
 */

import { firstIdAt } from "./entry_id.ts";
import { DamagedRecord, decodeRecord, encodeRecord } from "./record.ts";
import type { Store, StoredEntry } from "./store.ts";
import { keyOf, prefixOf, removedRecord, type Tail } from "./tables.ts";

const DAY_MS = 86_400_000;

/** Entries deleted in one commit; reading them first takes at most 2 MB. */
const MOST_DELETES = 100;

/** Conversations looked at without a pause. */
const MOST_LOOKS = 100;

/** What a `Keeper` works with. */
export interface KeepOptions {
  /** Days for which entries are kept; `Infinity`: for ever. */
  readonly days: number;
  /** The newest entry of each conversation. */
  readonly tails: ReadonlyMap<string, Tail>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** Lets others work, for some milliseconds; resolves at once when the signal is given. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

/** Keeps what is young. */
export class Keeper {
  readonly #store: Store;
  readonly #options: KeepOptions;
  /** Milliseconds since 1970 when `uptime` was 0. */
  readonly #epoch: number;
  /** No entry of the conversation has a smaller id. */
  readonly #oldest = new Map<string, number>();
  #removed: number;

  private constructor(store: Store, options: KeepOptions & { readonly removed: number }) {
    this.#store = store;
    this.#options = options;
    this.#epoch = options.now() - options.uptime();
    this.#removed = options.removed;
  }

  /**
   * Makes a `Keeper`.
   *
   * @param store Where entries are.
   * @param options How long they are kept; clocks.
   */
  static async open(store: Store, options: KeepOptions): Promise<Keeper> {
    const stored = await store.get(keyOf.removed());
    return new Keeper(store, { ...options, removed: stored === null ? 0 : readRemoved(stored) });
  }

  /** Entries that have been deleted since the database was made. */
  get removed(): number {
    return this.#removed;
  }

  /**
   * Deletes what is too old now.
   *
   * @param signal Ends it after the commit that is under way.
   * @returns How many entries were deleted.
   * @throws {Error} If the store fails; the next call goes on.
   */
  async sweep(signal: AbortSignal): Promise<number> {
    const { days, now, uptime, tails, pause } = this.#options;
    if (days === Infinity) return 0;
    const limit = firstIdAt(Math.min(now(), this.#epoch + uptime()) - days * DAY_MS);
    const before = this.#removed;
    let looks = 0;
    for (const conversation of [...tails.keys()]) {
      if (signal.aborted) break;
      if ((this.#oldest.get(conversation) ?? 0) >= limit) continue;
      if (++looks % MOST_LOOKS === 0) await pause(signal);
      await this.#clear(conversation, { limit, signal });
    }
    return this.#removed - before;
  }

  /** Deletes the entries of one conversation below an id. */
  async #clear(
    conversation: string,
    { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<void> {
    // What comes while we look has a greater id than the newest of now.
    const next = (this.#options.tails.get(conversation)?.id ?? 0) + 1;
    const idsOf = async (most: number) =>
      (await this.#store.list({ prefix: prefixOf.entries(conversation), limit: most }))
        .map(({ key }) => Number(key.at(-1)));
    let [oldest = next] = await idsOf(1);
    while (oldest < limit && !signal.aborted) {
      const ids = await idsOf(MOST_DELETES);
      const old = ids.filter((id) => id < limit);
      if (old.length > 0) await this.#delete(conversation, old);
      if (old.length < MOST_DELETES) oldest = ids[old.length] ?? Math.max(next, limit);
      else await this.#options.pause(signal);
    }
    this.#oldest.set(conversation, oldest);
  }

  async #delete(conversation: string, ids: readonly number[]): Promise<void> {
    const key = keyOf.removed();
    const entries = this.#removed + ids.length;
    await this.#store.commit({
      sets: [{ key, value: encodeRecord(key, { entries }) }],
      deletes: ids.map((id) => keyOf.entry(conversation, id)),
    });
    this.#removed = entries;
  }
}

/** A mere figure for `status`: if it cannot be read, it is counted anew. */
function readRemoved(stored: StoredEntry): number {
  try {
    return decodeRecord(stored, removedRecord).entries;
  } catch (error) {
    if (error instanceof DamagedRecord) return 0;
    throw error;
  }
}

/** How `keepOn` is called. */
export interface KeepOnOptions {
  /** Milliseconds between two sweeps. */
  readonly everyMs: number;
  /** Told of how many entries a sweep has deleted, where there were any. */
  readonly swept: (entries: number) => void;
  /** Told of a sweep that failed; the next one goes on. */
  readonly failed: (error: unknown) => void;
}

/**
 * Sweeps now and again and again.
 *
 * @param keeper What sweeps.
 * @param options How often, and who is told.
 * @returns To be disposed of before the store: waits for the commit that is under way.
 */
export function keepOn(keeper: Keeper, options: KeepOnOptions): AsyncDisposable {
  const ending = new AbortController();
  let sweeping: Promise<void> | null = null;
  const sweep = async () => {
    try {
      const entries = await keeper.sweep(ending.signal);
      if (entries > 0) options.swept(entries);
    } catch (error) {
      options.failed(error);
    }
    sweeping = null;
  };
  const start = () => void (sweeping ??= sweep());
  start();
  const timer = setInterval(start, options.everyMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      ending.abort();
      await sweeping;
    },
  };
}

/**
 * Waits.
 *
 * @param ms Milliseconds.
 * @param signal Ends the wait.
 */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<void>();
  const end = () => over.resolve();
  signal.addEventListener("abort", end, { once: true });
  const timer = setTimeout(end, ms);
  await over.promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
