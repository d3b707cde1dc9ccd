/**
 * Reading a layout from octets, field by field, never beyond the end.
 *
 * The inverse of `bytes.ts` for the records of FTC1 §7. A field that is cut raises `RangeError`;
 * the parser of the record turns it into its own error. It copies what it returns, so a record
 * does not keep the buffer alive that it came in.
 *
 * @module
 */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A position in an octet string. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /**
   * Starts at the first octet.
   *
   * @param bytes What is read; not copied as a whole.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Octets read so far. */
  get at(): number {
    return this.#at;
  }

  /** Octets not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /**
   * Reads a field of fixed length.
   *
   * @param length Octets wanted.
   * @returns A copy of them.
   * @throws {RangeError} If fewer are left.
   */
  take(length: number): Uint8Array {
    if (length > this.left) {
      throw new RangeError(`Cannot read field: expected ${length} octets, got ${this.left}`);
    }
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /**
   * Reads a big-endian integer.
   *
   * @param size Its octets, 1 to 8.
   * @returns The number.
   * @throws {RangeError} If it is cut, or above the largest safe integer.
   */
  integer(size: number): number {
    let value = 0;
    for (const octet of this.take(size)) value = value * 256 + octet;
    if (!Number.isSafeInteger(value)) {
      throw new RangeError("Cannot read integer: above 2^53 - 1");
    }
    return value;
  }

  /**
   * Reads a string with its length in one octet, FTC1's `vec8`, as UTF-8.
   *
   * @returns The text.
   * @throws {RangeError} If it is cut or not UTF-8.
   */
  text8(): string {
    const bytes = this.take(this.integer(1));
    try {
      return decoder.decode(bytes);
    } catch {
      throw new RangeError("Cannot read text: not UTF-8");
    }
  }
}
