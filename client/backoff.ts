/**
 * How long to wait before the next connection: 1, 2, 4 … 60 s, 30 % more or less.
 *
 * The scatter keeps the clients of a server that comes back from coming all at once. No clock and no
 * randomness of its own.
 * Source: PRODUCT §2; FTC1 §4.7.
 *
 * @module
 */

const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 60;
const SCATTER = 0.3;

/** Milliseconds after which a session counts as one that held. */
const HELD_MS = 10_000;

/** The waits of one run. */
export class Backoff {
  readonly #random: () => number;
  #seconds = FIRST_SECONDS;

  /**
   * Begins with the shortest wait.
   *
   * @param random 0 ≤ n < 1.
   */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Seconds to wait now; the next wait is twice as long, up to the longest. */
  next(): number {
    const seconds = this.#seconds;
    this.#seconds = Math.min(2 * seconds, LONGEST_SECONDS);
    return seconds * (1 + SCATTER * (2 * this.#random() - 1));
  }

  /**
   * A session has ended; after one that held the waits begin anew.
   *
   * @param milliseconds How long it lasted.
   */
  held(milliseconds: number): void {
    if (milliseconds >= HELD_MS) this.#seconds = FIRST_SECONDS;
  }
}
