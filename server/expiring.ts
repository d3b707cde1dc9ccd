/**
 * A map that forgets: entries that are old, and beyond a number those that were set longest ago.
 *
 * @module
 */

/** Bounded memory of what happened not long ago. */
export class Expiring<T> {
  readonly #most: number;
  readonly #lifeMs: number;
  readonly #entries = new Map<string, { readonly value: T; readonly ends: number }>();

  /**
   * Makes an empty map.
   *
   * @param most Entries that are kept.
   * @param lifeMs Milliseconds for which an entry is kept after it was last set.
   */
  constructor(most: number, lifeMs: number) {
    this.#most = most;
    this.#lifeMs = lifeMs;
  }

  /** Number of entries, old ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Finds an entry.
   *
   * @param key Its name.
   * @param now Milliseconds of a clock that never goes back.
   */
  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.ends) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** Sets an entry, and so its life begins anew. */
  set(key: string, value: T, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, ends: now + this.#lifeMs });
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Forgets an entry. */
  delete(key: string): void {
    this.#entries.delete(key);
  }
}
