/**
 * Standard input as text: pieces as they come, or whole lines.
 *
 * Octets that are not UTF-8 become U+FFFD. A line of more than a mebibyte is cut there; as a message it
 * is too long in any case.
 *
 * @module
 */

/** UTF-16 units of a line that are kept. */
const LONGEST_LINE = 1_048_576;

/** Text that comes in, and what of it is not used yet. */
export class InputText {
  readonly #read: () => Promise<Uint8Array | null>;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #hasEnded = false;
  #divert: ((piece: string | null) => string | null) | null = null;

  /**
   * Reads nothing before it is asked for.
   *
   * @param read Reads some octets; `null` at the end.
   */
  constructor(read: () => Promise<Uint8Array | null>) {
    this.#read = read;
  }

  /** The next piece, not empty; `null` at the end. */
  async piece(): Promise<string | null> {
    while (true) {
      while (this.#rest === "" && !this.#hasEnded) this.#rest = await this.#more();
      const piece = this.#rest === "" ? null : this.#rest;
      this.#rest = "";
      const left = this.#divert === null ? piece : this.#divert(piece);
      if (this.#divert === null || piece === null) return left;
      if (left === null) continue;
      this.#divert = null;
      this.#rest = left;
    }
  }

  /**
   * Lets somebody else have what comes next, while a reader waits.
   *
   * @param take Called with each piece, `null` at the end; gives back what it did not need when it
   *   needs no more, `null` before.
   */
  divert(take: (piece: string | null) => string | null): void {
    this.#divert = take;
  }

  /** Puts back what was not used of a piece. */
  putBack(text: string): void {
    this.#rest = text + this.#rest;
  }

  /** Forgets what has been read and not used. */
  discard(): void {
    this.#rest = "";
  }

  /** The next line, without its line feed; `null` at the end. */
  async line(): Promise<string | null> {
    let line = "";
    while (true) {
      const piece = await this.piece();
      if (piece === null) return line === "" ? null : line;
      const end = piece.indexOf("\n");
      line = (line + (end === -1 ? piece : piece.slice(0, end))).slice(0, LONGEST_LINE);
      if (end === -1) continue;
      this.putBack(piece.slice(end + 1));
      return line;
    }
  }

  async #more(): Promise<string> {
    const octets = await this.#read();
    if (octets !== null) return this.#decoder.decode(octets, { stream: true });
    this.#hasEnded = true;
    return this.#decoder.decode();
  }
}
