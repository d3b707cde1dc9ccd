/**
 * Ids of entries: safe integers that grow strictly, across restarts and whatever the clock does.
 *
 * The upper part is the time, so that ids of several servers would sort roughly by time; where the
 * clock stands still or goes back, ids count on from the last one.
 *
 *     milliseconds since 1970 · 1,024 + counter
 *
 * @module
 */

/** Ids in one millisecond before they run ahead of the clock: a million each second. */
const PER_MS = 1_024;

/** The year 2109: a clock beyond must not use up the safe integers (ids count on from there). */
const LATEST_MS = 2 ** 42;

/**
 * Tells the smallest id that an entry of a time has, unless the clock was behind the last id.
 *
 * @param ms Milliseconds since 1970, right or wrong.
 */
export function firstIdAt(ms: number): number {
  return Math.max(0, Math.min(Math.floor(ms), LATEST_MS)) * PER_MS;
}

/**
 * Tells about when an entry was made.
 *
 * @param id Its id.
 * @returns Milliseconds since 1970; later than the clock said where ids ran ahead of it.
 */
export function timeOf(id: number): number {
  return Math.floor(id / PER_MS);
}

/** Makes entry ids. */
export class EntryIds {
  #last: number;

  /**
   * Makes an `EntryIds`.
   *
   * @param last The greatest id ever given.
   */
  constructor(last: number) {
    this.#last = last;
  }

  /** The greatest id given so far. */
  get last(): number {
    return this.#last;
  }

  /**
   * Makes the next id.
   *
   * @param now Milliseconds since 1970, right or wrong.
   * @returns An id greater than all before.
   */
  next(now: number): number {
    this.#last = Math.max(this.#last + 1, firstIdAt(now));
    return this.#last;
  }
}
