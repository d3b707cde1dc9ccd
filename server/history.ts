/**
 * Reading entries: one conversation or all that a user may read, merged by id, in pages.
 *
 * Each conversation is an ordered range of the store; the ranges a user may see are cut by his
 * memberships and by what was asked for, and merged from one end. Conversations whose newest entry
 * lies before the range cost nothing.
 *
 * @module
 */

import type { PastEntry } from "../protocol/event.ts";
import { MAX_PAGE_OCTETS } from "../protocol/limits.ts";
import type { Readable } from "./conversation.ts";
import { timeOf } from "./entry_id.ts";
import { Expiring } from "./expiring.ts";
import { entryAt, idOf, listRun, type Run } from "./numbering.ts";
import { DamagedRecord, decodeRecord } from "./record.ts";
import type { Store, StoredEntry } from "./store.ts";
import { entryRecord, type Tail } from "./tables.ts";

/** What part of the entries is wanted. */
export interface Wanted {
  /** Only greater ids. */
  readonly after: number;
  /** Only this id and smaller ones. */
  readonly upto: number;
  /** The most entries in the page. */
  readonly limit: number;
  /** From which end. */
  readonly from: "oldest" | "newest";
  /** Whether changes of groups are wanted as well. */
  readonly kinds: "messages" | "all";
}

/** One page. */
export interface Page {
  /** Ascending by id; at most 48 KiB as JSON. */
  readonly entries: readonly PastEntry[];
  /** Whether there are more in the range. */
  readonly more: boolean;
}

/** Damaged entries that are remembered as reported. */
const MOST_REPORTED = 10_000;

/** Which end of a run is read first. */
type End = "first" | "last";

/** Entries read from the store at once, from each conversation. */
const CHUNK = 100;

/** Reads what has been written. */
export class History {
  readonly #store: Store;
  readonly #tails: ReadonlyMap<string, Tail>;
  readonly #damaged: (error: unknown) => void;
  readonly #reported = new Expiring<true>(MOST_REPORTED, Infinity);

  /**
   * Makes a `History`.
   *
   * @param store Where entries are.
   * @param options The newest entry of each conversation; who is told of an entry that cannot be read.
   */
  constructor(
    store: Store,
    options: {
      readonly tails: ReadonlyMap<string, Tail>;
      readonly damaged: (error: unknown) => void;
    },
  ) {
    this.#store = store;
    this.#tails = options.tails;
    this.#damaged = options.damaged;
  }

  /**
   * Reads a page.
   *
   * @param readable What may be read.
   * @param wanted What part of it.
   */
  async page(readable: readonly Readable[], wanted: Wanted): Promise<Page> {
    const newest = wanted.from === "newest";
    const end = newest ? "last" : "first";
    const sources = this.#runs(readable, wanted)
      .map((run) => new Source(run, { store: this.#store, end, chunk: wanted.limit + 1 }));
    const entries: PastEntry[] = [];
    let octets = 0;
    let more = false;
    for await (const stored of merge(sources, end)) {
      const entry = this.#decode(stored);
      if (entry.t === "change" && wanted.kinds === "messages") continue;
      // A little more than what the page will hold of it: the number beside it.
      octets += stored.value.length;
      if (entries.length === wanted.limit || (octets > MAX_PAGE_OCTETS && entries.length > 0)) {
        more = true;
        break;
      }
      entries.push(entry);
    }
    return { entries: newest ? entries.reverse() : entries, more };
  }

  /**
   * Counts the entries of all kinds in a range, with two look-ups for each conversation.
   *
   * @param readable What may be read.
   * @param range Ids as in `Wanted`.
   */
  async count(
    readable: readonly Readable[],
    range: { readonly after: number; readonly upto: number },
  ): Promise<number> {
    const counts = this.#runs(readable, range).map(async (run) => {
      const [first, last] = await Promise.all([
        entryAt(this.#store, run, "first"),
        entryAt(this.#store, run, "last"),
      ]);
      return first === null || last === null ? 0 : Math.max(0, last.seq - first.seq + 1);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Once, however often it is read. */
  #report(error: DamagedRecord): void {
    const key = JSON.stringify(error.key);
    if (this.#reported.get(key, 0) === undefined) this.#damaged(error);
    this.#reported.set(key, true, 0);
  }

  #runs(
    readable: readonly Readable[],
    range: { readonly after: number; readonly upto: number },
  ): Run[] {
    return readable.flatMap(({ conversation, intervals }) => {
      const newest = this.#tails.get(conversation)?.id ?? 0;
      return intervals
        .map((interval) => ({
          conversation,
          from: Math.max(interval.from, range.after + 1),
          to: Math.min(interval.to, range.upto, newest),
        }))
        .filter((run) => run.from <= run.to);
    });
  }

  /** What cannot be read is not passed over in silence: it stays in its place, as damaged. */
  #decode(stored: StoredEntry): PastEntry {
    try {
      return decodeRecord(stored, entryRecord).entry;
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
      this.#report(error);
      const id = idOf(stored);
      return { t: "damaged", id, at: timeOf(id), conversation: String(stored.key[1]) };
    }
  }
}

/** Reads one run from one end, a chunk ahead. */
class Source {
  readonly #options: { readonly store: Store; readonly end: End; readonly chunk: number };
  #run: Run | null;
  #ahead: StoredEntry[] = [];
  #taken = 0;

  constructor(
    run: Run,
    options: { readonly store: Store; readonly end: End; readonly chunk: number },
  ) {
    this.#run = run;
    this.#options = options;
  }

  /** Takes the next entry; waits only where the next chunk must be read. */
  next(): StoredEntry | undefined | Promise<StoredEntry | undefined> {
    const entry = this.#ahead[this.#taken];
    if (entry === undefined && this.#run !== null) return this.#read(this.#run);
    this.#taken++;
    return entry;
  }

  async #read(run: Run): Promise<StoredEntry | undefined> {
    const { store, end } = this.#options;
    const limit = Math.min(CHUNK, this.#options.chunk);
    this.#ahead = await listRun(store, run, { end, limit });
    this.#taken = 1;
    const last = this.#ahead.at(-1);
    if (last === undefined || this.#ahead.length < limit) this.#run = null;
    else if (end === "last") this.#run = { ...run, to: idOf(last) - 1 };
    else this.#run = { ...run, from: idOf(last) + 1 };
    return this.#ahead[0];
  }
}

async function* merge(sources: readonly Source[], end: End): AsyncGenerator<StoredEntry> {
  // All first chunks at once: the store works while we wait.
  const heads = await Promise.all(sources.map((source) => source.next()));
  while (true) {
    let best = -1;
    let bestId = 0;
    for (const [at, head] of heads.entries()) {
      if (head === undefined) continue;
      const id = idOf(head);
      if (best === -1 || (end === "last" ? id > bestId : id < bestId)) [best, bestId] = [at, id];
    }
    const [entry, source] = [heads[best], sources[best]];
    if (entry === undefined || source === undefined) return;
    yield entry;
    const next = source.next();
    heads[best] = next instanceof Promise ? await next : next;
  }
}
