/**
 * A token bucket: a burst, then a rate. The time is an argument.
 *
 * @module
 */

/** What sums of fractions may lack: who has waited as long as he was told gets his token. */
const ROUNDING = 1e-9;

/** How much a bucket allows. */
export interface Rate {
  /** Tokens of a full bucket. */
  readonly burst: number;
  /** Tokens that come back in a second. */
  readonly perSecond: number;
}

/** One bucket, full at first. */
export class Throttle {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /**
   * Makes a `Throttle`.
   *
   * @param rate What it allows.
   * @param now Milliseconds of a clock that never goes back.
   */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /**
   * Takes a token.
   *
   * @param now Milliseconds of the same clock.
   * @returns 0 where there was one, else the seconds until there is.
   */
  take(now: number): number {
    this.#refill(now);
    if (this.#tokens < 1 - ROUNDING) return (1 - this.#tokens) / this.#rate.perSecond;
    this.#tokens--;
    return 0;
  }

  /** Gives back a token that was taken for nothing. */
  giveBack(): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + 1);
  }

  #refill(now: number): void {
    const came = Math.max(0, now - this.#at) * this.#rate.perSecond / 1_000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + came);
    this.#at = Math.max(this.#at, now);
  }
}
