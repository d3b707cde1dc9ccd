/**
 * The storage port: what the server asks of a database, in words that every ordered key-value engine
 * can keep.
 *
 * Create-if-absent, a batch that is all or nothing, and an ordered range; no watch, no queue, no
 * queries. A value is octets; how a record becomes octets is `record.ts`.
 *
 * What an adapter promises; `tests/server/store_contract.ts` checks it:
 *
 * - **Order.** Keys are ordered part by part, strings before numbers; strings by their UTF-8 octets,
 *   numbers by value; a key comes before the keys it is the beginning of. Code must not rely on the
 *   order between a string and a number: give a place in a key one kind of part.
 * - **Reads** see every commit that was answered before the read began.
 * - **Limits** (`STORE_LIMITS`) are checked before anything is attempted; what is beyond them rejects
 *   with `RangeError` and changes nothing.
 * - **Octets** are copied: changing an array that was given or got changes nothing in the store.
 * - **Closing.** After disposal every call rejects. Disposing twice is harmless.
 *
 * Source: docs/ARCHITECTURE.md; FTC1 §9 rows 97–101, §10.6, §10.8.
 *
 * @module
 */

/**
 * The name of an entry: one or more parts.
 *
 * A string is well-formed (`isWellFormed`): an engine that stores UTF-8 makes all lone surrogates one
 * and the same key (FTC1 §10.6). A number is a safe integer, zero or more, and not −0.
 */
export type Key = readonly (string | number)[];

/** What the store holds under a key. */
export interface StoredEntry {
  /** The key. */
  readonly key: Key;
  /** The value, at most `STORE_LIMITS.valueOctets`. */
  readonly value: Uint8Array;
  /** Names this writing of the value: opaque, other for every commit, also after a deletion. */
  readonly version: string;
}

/** A condition of a batch. */
export interface Check {
  /** The key looked at. */
  readonly key: Key;
  /** The version that must stand there, as a `StoredEntry` gave it; null: nothing may stand there. */
  readonly version: string | null;
}

/** One writing of a batch. */
export interface Write {
  /** The key written to. */
  readonly key: Key;
  /** The new value. */
  readonly value: Uint8Array;
  /**
   * Milliseconds, 1 to `STORE_LIMITS.expireIn`, after which the entry may go. Never earlier; an engine
   * may be minutes late, so whoever needs the exact time stores it in the value.
   */
  readonly expireIn?: number;
}

/** What is done together or not at all. A key occurs at most once among `sets` and `deletes`. */
export interface Batch {
  /** All must hold at the moment of the commit. */
  readonly checks?: readonly Check[];
  /** Entries made or replaced; all get the same version. */
  readonly sets?: readonly Write[];
  /** Entries removed; one that is absent is no error. */
  readonly deletes?: readonly Key[];
}

/** A run of keys that begin with the same parts. */
export interface Range {
  /** The parts all keys have in common; the key that is exactly the prefix is not below it. */
  readonly prefix: Key;
  /** Where to begin, inclusive: the part after the prefix. */
  readonly from?: string | number;
  /** Where to end, exclusive: the part after the prefix. At or before `from`: nothing is found. */
  readonly to?: string | number;
  /** The most entries to return, 1 to `STORE_LIMITS.listEntries`. */
  readonly limit: number;
  /** From the end of the range downwards. */
  readonly reverse?: true;
}

/** The storage port. The module comment has the promises that hold for all of it. */
export interface Store extends AsyncDisposable {
  /** Reads one entry; null: absent. */
  get(key: Key): Promise<StoredEntry | null>;

  /**
   * Reads any number of entries, in the order asked; null: absent.
   *
   * Each is read as `get` would; together they are no snapshot.
   */
  getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]>;

  /** Reads up to `limit` entries of a range, ascending by key, or descending with `reverse`. */
  list(range: Range): Promise<StoredEntry[]>;

  /**
   * Walks everything below a prefix, ascending, in pages, so in bounded memory.
   *
   * No snapshot: what is written meanwhile may be seen or not; no key comes twice.
   */
  scan(prefix: Key): AsyncIterable<StoredEntry>;

  /**
   * Does a batch, all or nothing.
   *
   * @returns true: done, and on disk; false: a check did not hold, and nothing changed.
   * @throws {RangeError} If the batch is beyond `STORE_LIMITS`; nothing was attempted.
   * @throws {Error} If the store fails (locked, full, gone). Whether the batch was done is then
   * unknown; it must not be acknowledged, and doing it again must be harmless.
   */
  commit(batch: Batch): Promise<boolean>;
}

/**
 * The limits of the port: those of Deno KV 2.9.6, measured (FTC1 §10.6 and §9 row 97).
 *
 * A key counts as `encodeKey` spells it: a string its UTF-8 octets plus 2 (and 1 for each U+0000), a
 * number 9.
 */
export const STORE_LIMITS = {
  /** Octets of a value. A `Uint8Array` costs the engine nothing on top. */
  valueOctets: 65_536,
  /** Octets of a key. */
  keyOctets: 2_048,
  /** Sets and deletes of a batch together. */
  mutations: 1_000,
  /** Checks of a batch. */
  checks: 100,
  /** Octets of a batch: values and twice the key for a set, once the key for a delete or a check. */
  batchOctets: 819_200,
  /** Octets of the keys that a batch sets. */
  batchKeyOctets: 81_920,
  /** Milliseconds until an entry expires: a hundred years. */
  expireIn: 3_155_760_000_000,
  /** Entries that one `list` returns. */
  listEntries: 1_000,
} as const;
