/**
 * Lines that are kept for later in few large pieces of memory, which cost a garbage collector nothing.
 *
 * @module
 */

/** Octets of a piece. */
const SLAB = 4_194_304;

/** Keeps lines in order. */
export class LineStore {
  #slabs: Uint8Array[] = [];
  #lines: Uint8Array[] = [];
  #used = SLAB;

  /** Copies a line. */
  push(line: Uint8Array): void {
    if (this.#used + line.length > SLAB) {
      this.#slabs.push(new Uint8Array(Math.max(SLAB, line.length)));
      this.#used = 0;
    }
    const place = this.#slabs.at(-1)?.subarray(this.#used, this.#used + line.length);
    place?.set(line);
    if (place !== undefined) this.#lines.push(place);
    this.#used += line.length;
  }

  /** Gives all lines and forgets them. */
  take(): readonly Uint8Array[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#slabs = [];
    this.#used = SLAB;
    return lines;
  }
}
