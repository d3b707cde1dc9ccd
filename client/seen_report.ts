/**
 * Tells the server how far its entries have been shown.
 *
 * Half a second after one was written out, or at once when the session ends; so at most that much is
 * seen twice after a crash, and a busy chat is no double traffic.
 * Source: PRODUCT §2, §4.3; docs/PROTOCOL.md, "seen".
 *
 * @module
 */

/** Milliseconds between writing an entry out and telling the server. */
const DELAY_MS = 500;

/** What is still to be told; disposing forgets it. */
export class SeenReport implements Disposable {
  readonly #tell: (upto: number) => void;
  #shown = 0;
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Makes a report that has nothing to tell yet.
   *
   * @param tell Sends `seen`.
   */
  constructor(tell: (upto: number) => void) {
    this.#tell = tell;
  }

  /** Entries up to this id have been written out. */
  shown(upto: number): void {
    this.#shown = Math.max(this.#shown, upto);
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  /** Tells the server now what it has not been told. */
  flush(): void {
    this[Symbol.dispose]();
    if (this.#shown > this.#told) this.#tell(this.#shown);
    this.#told = this.#shown;
  }

  /** Tells it again, on another connection: the answer of the server is not known. */
  again(): void {
    this.#told = 0;
    this.flush();
  }

  /** Stops the timer. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
