/**
 * Random choices that a seed repeats.
 *
 * A Weyl sequence whose steps are mixed by multiplications and shifts, 32 bits wide: enough to choose
 * what breaks next, and *nothing* for keys. The seed repeats the plan of a run; when a process gets to
 * which point is still up to the machine.
 *
 * Source of the construction: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number
 * Generators" (OOPSLA 2014); the multipliers are those of the finaliser of MurmurHash3.
 *
 * @module
 */

const STEP = 0x9e37_79b9;

/** A stream of choices. */
export class Random {
  #state: number;

  /**
   * Begins a stream.
   *
   * @param seed Any integer; its low 32 bits count.
   */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Draws an integer from 0 up to, and without, `bound`, which is at most 2^32. */
  below(bound: number): number {
    return Math.floor(this.#next() / 2 ** 32 * bound);
  }

  /** Draws an integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Says yes with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32;
  }

  /**
   * Draws one of a list.
   *
   * @throws {RangeError} If the list is empty.
   */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("Cannot pick: the list is empty");
    return list[this.below(list.length)] as T;
  }

  /** Draws up to `most` different ones of a list, at least one where there is one. */
  some<T>(list: readonly T[], most: number): T[] {
    const left = [...list];
    const wanted = Math.min(left.length, this.between(1, most));
    return Array.from({ length: wanted }, () => left.splice(this.below(left.length), 1)).flat();
  }

  /** A stream of its own, so that drawing more from one does not change the other. */
  fork(): Random {
    return new Random(this.#next());
  }

  #next(): number {
    this.#state = (this.#state + STEP) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }
}
