/**
 * Times counted in classes of one per cent, so that a million of them cost no memory.
 *
 * @module
 */

const STEP = Math.log(1.01);

/** A distribution of times. */
export class Histogram {
  readonly #classes = new Uint32Array(4_096);
  #count = 0;

  /** How many times were added. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a time.
   *
   * @param milliseconds From a microsecond on.
   * @param times How often it was seen.
   */
  add(milliseconds: number, times = 1): void {
    const micros = Math.max(1, milliseconds * 1_000);
    const at = Math.min(this.#classes.length - 1, Math.floor(Math.log(micros) / STEP));
    this.#classes[at] = (this.#classes[at] ?? 0) + times;
    this.#count += times;
  }

  /**
   * Tells a percentile.
   *
   * @param share 0 to 1.
   * @returns Milliseconds, within one per cent; `NaN` where nothing was added.
   */
  percentile(share: number): number {
    let left = share * this.#count;
    for (const [at, times] of this.#classes.entries()) {
      left -= times;
      if (times > 0 && left <= 0) return Math.exp((at + 0.5) * STEP) / 1_000;
    }
    return NaN;
  }
}
