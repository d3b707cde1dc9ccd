/**
 * What the operator has decided about names (FTC1 §4.4, §4.7).
 *
 * | standing | means |
 * |---|---|
 * | `allowed` | may register although registration is closed; nobody else gets the name |
 * | `blocked` | the account cannot log in; it stays a member of its groups |
 * | `deleted` | the account is gone; nobody gets the name before `until` |
 *
 * In memory, since it is asked at every login; as many as the operator has made decisions, less those
 * whose time is over. No clock: the time is an argument.
 *
 * @module
 */

import { DamagedRecord, decodeRecord, encodeRecord } from "./record.ts";
import type { Store, StoredEntry, Write } from "./store.ts";
import { keyOf, prefixOf, type Standing, standingRecord } from "./tables.ts";

/** The decisions that hold. */
export class Standings {
  readonly #standings = new Map<string, Standing>();

  /**
   * Reads all decisions. Whoever was perhaps kept out stays out: one that cannot be read blocks.
   *
   * @param store Where they are.
   * @param damaged Told of each that cannot be read.
   */
  async load(store: Store, damaged: (error: unknown) => void): Promise<void> {
    for await (const stored of store.scan(prefixOf.standings)) {
      this.#standings.set(String(stored.key[1]), read(stored, damaged));
    }
  }

  /**
   * Finds what holds for a name.
   *
   * @param user Canonical name.
   * @param now Milliseconds since 1970.
   */
  of(user: string, now: number): Standing | null {
    const standing = this.#standings.get(user);
    if (standing === undefined) return null;
    if (now < (standing.until ?? Infinity)) return standing;
    this.#standings.delete(user);
    return null;
  }

  /** All that hold, by name. */
  all(now: number): [user: string, standing: Standing][] {
    return [...this.#standings].filter(([user]) => this.of(user, now) !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Enters a decision that is stored, or takes it away. */
  set(user: string, standing: Standing | null): void {
    if (standing === null) this.#standings.delete(user);
    else this.#standings.set(user, standing);
  }
}

function read(stored: StoredEntry, damaged: (error: unknown) => void): Standing {
  try {
    return decodeRecord(stored, standingRecord);
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error;
    damaged(error);
    return { standing: "blocked", at: 0 };
  }
}

/** Makes the writing of a decision. */
export function standingWrite(user: string, standing: Standing): Write {
  const key = keyOf.standing(user);
  const expireIn = expiryOf(standing);
  const value = encodeRecord(key, standing);
  return expireIn === undefined ? { key, value } : { key, value, expireIn };
}

/** Milliseconds after which a decision may go from the store; `undefined`: never. */
export function expiryOf({ at, until }: Standing): number | undefined {
  return until === undefined ? undefined : Math.max(1, until - at);
}
