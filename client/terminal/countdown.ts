/**
 * A tick each second, while something is counted down.
 *
 * @module
 */

const TICK_MS = 1_000;

/** A tick that runs or does not. */
export class Countdown {
  readonly #tick: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Makes one that does not run.
   *
   * @param tick Called each second.
   */
  constructor(tick: () => void) {
    this.#tick = tick;
  }

  /** Lets it run or stop. */
  run(isWanted: boolean): void {
    if (isWanted) {
      this.#timer ??= setInterval(this.#tick, TICK_MS);
    } else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
