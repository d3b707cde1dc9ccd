/**
 * Stretches of ids that have been read without a gap.
 *
 * @module
 */

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Stretches that are remembered; more only come of very many searches. */
const MOST_STRETCHES = 1_000;

/** What has been read. */
export class Stretches {
  #stretches: Stretch[] = [];

  /**
   * Adds one.
   *
   * @param after Only greater ids.
   * @param upto This id and smaller ones.
   */
  add(after: number, upto: number): void {
    let [from, to] = [after + 1, upto];
    if (from > to) return;
    const apart = this.#stretches.filter((one) => {
      if (one.to + 1 < from || to + 1 < one.from) return true;
      [from, to] = [Math.min(from, one.from), Math.max(to, one.to)];
      return false;
    });
    this.#stretches = [...apart, { from, to }].sort((a, b) => a.from - b.from)
      .slice(-MOST_STRETCHES);
  }

  /** Whether everything between two ids, both included, has been read. */
  has(from: number, to: number): boolean {
    return this.#stretches.some((one) => one.from <= from && to <= one.to);
  }
}
