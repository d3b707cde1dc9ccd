/**
 * A gate for costly work: so many at once, so many in the queue, the rest turned away.
 *
 * @module
 */

/** Bounds how much of one kind of work is under way. */
export class Gate {
  readonly #limits: { readonly running: number; readonly waiting: number };
  #running = 0;
  readonly #queue: (() => void)[] = [];

  /**
   * Makes a `Gate`.
   *
   * @param limits How many may run and how many may wait.
   */
  constructor(limits: { readonly running: number; readonly waiting: number }) {
    this.#limits = limits;
  }

  /**
   * Does the work when its turn comes.
   *
   * @param work What to do.
   * @returns Its result, or `null` at once where the queue is full.
   */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#running >= this.#limits.running) {
      if (this.#queue.length >= this.#limits.waiting) return null;
      // The one who leaves hands over the place: `running` does not change in between.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
