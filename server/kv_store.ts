/**
 * The storage port on Deno KV: one SQLite file and one handle.
 *
 * The file, its `-wal` and its `-shm` have mode 0600: SQLite gives the latter two the mode of the first,
 * which is made here before the engine can make it. The engine syncs the log to disk in every commit
 * (seen with strace, Deno 2.9.6), so what is committed survives the machine, not only the process.
 *
 * It is *not* guarded against a second process; the lock of `data_folder.ts` is.
 *
 * Source: FTC1 §9 rows 97–101, §10.6.
 *
 * @module
 */

import { resolve } from "node:path";
import { StartError } from "./start_error.ts";
import type { Batch, Key, Range, Store, StoredEntry } from "./store.ts";
import { checkBatch, checkRange } from "./store_checks.ts";
import { encodeKey, encodePrefix } from "./store_key.ts";

/** Keys that the engine reads at a time: its own limit. */
const GET_MANY = 10;
/** Entries that the engine reads at a time; at most 6.25 MiB of values. */
const PAGE = 100;

/**
 * Opens the database, and makes it if it is absent.
 *
 * @param path The file. Its folder exists and is closed to others.
 * @throws {StartError} If it cannot be opened or is no database.
 */
export async function openKvStore(path: string): Promise<Store> {
  const file = resolve(path);
  try {
    // Opened and closed before the engine opens it: closing it later would drop the engine's locks.
    (await Deno.open(file, { write: true, create: true, mode: 0o600 })).close();
    const engine = await Deno.openKv(file);
    try {
      return new KvStore(engine, await identify(file));
    } catch (error) {
      engine.close();
      throw error;
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot open database ${file}: ${cause}. ` +
        "Make sure that it is a Fernchat database that you may write to, or restore it from a backup.",
      { cause: error },
    );
  }
}

/** Which files the engine has open. */
type Identity = readonly {
  readonly path: string;
  readonly dev: number;
  readonly ino: number | null;
}[];

class KvStore implements Store {
  readonly #handle: Deno.Kv;
  readonly #files: Identity;
  #closed = false;

  constructor(handle: Deno.Kv, files: Identity) {
    this.#handle = handle;
    this.#files = files;
  }

  async get(key: Key): Promise<StoredEntry | null> {
    encodeKey(key);
    return entryOf(await this.#engine.get(key));
  }

  async getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]> {
    const engine = this.#engine;
    keys.forEach(encodeKey);
    const entries: (StoredEntry | null)[] = [];
    for (let i = 0; i < keys.length; i += GET_MANY) {
      const some: unknown[] = await engine.getMany(keys.slice(i, i + GET_MANY));
      entries.push(...(some as Deno.KvEntryMaybe<unknown>[]).map(entryOf));
    }
    return entries;
  }

  async list(range: Range): Promise<StoredEntry[]> {
    const engine = this.#engine;
    const { start, end } = checkRange(range);
    // The engine takes a range that ends before it begins for an error.
    if (start >= end) return [];
    const { limit, reverse = false } = range;
    const batchSize = Math.min(limit, PAGE);
    const found = engine.list(selectorOf(range), { limit, batchSize, reverse });
    return (await Array.fromAsync(found, entryOf)).filter((entry) => entry !== null);
  }

  async *scan(prefix: Key): AsyncGenerator<StoredEntry, void, void> {
    encodePrefix(prefix);
    for await (const found of this.#engine.list({ prefix }, { batchSize: PAGE })) {
      const entry = entryOf(found);
      if (entry !== null) yield entry;
    }
  }

  async commit(batch: Batch): Promise<boolean> {
    const engine = this.#engine;
    checkBatch(batch);
    const atomic = engine.atomic();
    for (const { key, version } of batch.checks ?? []) atomic.check({ key, versionstamp: version });
    for (const { key, value, expireIn } of batch.sets ?? []) {
      atomic.set(key, value, expireIn === undefined ? {} : { expireIn });
    }
    for (const key of batch.deletes ?? []) atomic.delete(key);
    const { ok } = await atomic.commit();
    refuseIfGone(this.#files);
    return ok;
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) this.#handle.close();
    this.#closed = true;
    return Promise.resolve();
  }

  get #engine(): Deno.Kv {
    if (this.#closed) throw new Error("Cannot use store: it is closed");
    return this.#handle;
  }
}

function entryOf(found: Deno.KvEntryMaybe<unknown>): StoredEntry | null {
  if (found.versionstamp === null) return null;
  // Only another program writes anything but octets. Then no octets are handed on, which makes this one
  // record a damaged one (record.ts) instead of the whole list unreadable.
  const value = found.value instanceof Uint8Array ? found.value : new Uint8Array();
  return { key: found.key as Key, value, version: found.versionstamp };
}

function selectorOf({ prefix, from, to }: Range): Deno.KvListSelector {
  if (from === undefined) return to === undefined ? { prefix } : { prefix, end: [...prefix, to] };
  const start = [...prefix, from];
  return to === undefined ? { prefix, start } : { start, end: [...prefix, to] };
}

async function identify(file: string): Promise<Identity> {
  return await Promise.all([file, `${file}-wal`].map(async (path) => {
    const { dev, ino } = await Deno.stat(path);
    return { path, dev, ino };
  }));
}

/**
 * Refuses to acknowledge what went into a file that nobody will find again.
 *
 * SQLite goes on writing to a deleted file and reports success (FTC1 §9 row 98). Looked at without a
 * thread: two trips there and back would cost more than the whole commit of a message.
 */
function refuseIfGone(files: Identity): void {
  for (const { path, dev, ino } of files) {
    const now = statOrNull(path);
    if (now === null || now.dev !== dev || now.ino !== ino) {
      throw new Error(`Cannot commit: ${path} was deleted or replaced while in use`);
    }
  }
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
