/**
 * Lines that are kept for later in few large pieces of memory, which cost a garbage collector nothing.
 *
 * @module
 */

/** Octets of the first piece: of ten thousand who keep a line or two each. */
const FIRST_SLAB = 2_048;

/** Octets of a piece at the most; each is twice as long as the one before. */
const SLAB = 4_194_304;

/** Keeps lines in order. */
export class LineStore {
  #slabs: Uint8Array[] = [];
  #lines: Uint8Array[] = [];
  #used = 0;

  /** Copies a line. */
  push(line: Uint8Array): void {
    let slab = this.#slabs.at(-1);
    if (slab === undefined || this.#used + line.length > slab.length) {
      const octets = slab === undefined ? FIRST_SLAB : Math.min(2 * slab.length, SLAB);
      slab = new Uint8Array(Math.max(octets, line.length));
      this.#slabs.push(slab);
      this.#used = 0;
    }
    const place = slab.subarray(this.#used, this.#used + line.length);
    place.set(line);
    this.#lines.push(place);
    this.#used += line.length;
  }

  /** Gives all lines and forgets them. */
  take(): readonly Uint8Array[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#slabs = [];
    return lines;
  }
}
