/**
 * A stream of octets cut into lines, with a bound on what is kept.
 *
 * A line ends with one line feed (0x0A), which is not part of it. Nothing else is looked at: what a
 * line may contain is the token's business (FTC1 §3.1). Pure: no socket, no clock.
 *
 * @module
 */

const LINE_FEED = 0x0a;

/** A line was longer than the bound in force. The stream cannot be read on. */
export class LineTooLong extends Error {
  /** Tells it from other errors. */
  override readonly name = "LineTooLong";

  /**
   * Makes a `LineTooLong`.
   *
   * @param limit The bound, in octets without the line feed.
   */
  constructor(readonly limit: number) {
    super(`Cannot read line: longer than ${limit} octets`);
  }
}

/** Collects pieces of a stream and gives back whole lines, however the stream was cut. */
export class LineCutter {
  #pieces: Uint8Array[] = [];
  #kept = 0;

  /**
   * Makes a `LineCutter`.
   *
   * @param limit Octets of the longest line allowed, without its line feed; may be raised later.
   */
  constructor(public limit: number) {}

  /** Octets of the line that has begun and is not complete. */
  get pending(): number {
    return this.#kept;
  }

  /**
   * Takes the next piece of the stream. The octets are copied where they are kept, so that the
   * caller may use the buffer again.
   *
   * Lines are given one by one, so that a `limit` raised while one is handled holds for the next.
   *
   * @param piece The next octets, of any number.
   * @returns The lines that the piece completes, as text; octets outside ASCII become U+FFFD.
   * @throws {LineTooLong} When a line exceeds the bound, complete or not.
   */
  *push(piece: Uint8Array): Generator<string, void, undefined> {
    let start = 0;
    while (true) {
      const end = piece.indexOf(LINE_FEED, start);
      const part = piece.subarray(start, end === -1 ? piece.length : end);
      if (this.#kept + part.length > this.limit) throw new LineTooLong(this.limit);
      if (end === -1) {
        if (part.length > 0) {
          this.#pieces.push(part.slice());
          this.#kept += part.length;
        }
        return;
      }
      yield this.#complete(part);
      start = end + 1;
    }
  }

  #complete(last: Uint8Array): string {
    if (this.#kept === 0) return asText(last);
    const line = new Uint8Array(this.#kept + last.length);
    let at = 0;
    for (const piece of this.#pieces) {
      line.set(piece, at);
      at += piece.length;
    }
    line.set(last, at);
    this.#pieces = [];
    this.#kept = 0;
    return asText(line);
  }
}

const ascii = new TextDecoder("utf-8", { ignoreBOM: true });

function asText(line: Uint8Array): string {
  return ascii.decode(line);
}
