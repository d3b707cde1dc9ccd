/**
 * Lines from a connection, one at a time.
 *
 * Reads with one small buffer instead of `conn.readable`, which holds 64 KiB for each idle
 * connection. What a line holds is not looked at.
 *
 * @module
 */

import { LineCutter } from "../protocol/line.ts";

/** Octets read at once: small, since a peer that has not logged in is not to cost much. */
const READ_OCTETS = 4_096;

/** Octets read at once after the login: one short frame, since most are silent most of the time. */
const IDLE_OCTETS = 512;

/** Octets read at once from who has filled the small buffer and may send such long lines. */
const MORE_OCTETS = 16_384;

const NONE: Iterator<string, void> = [].values();

/** What lines are read from: `Deno.Conn` and its like. */
export interface Source {
  /** Fills the buffer; resolves to the number of octets, or to `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Cuts the octets of one connection into lines. */
export class LineReader {
  readonly #source: Source;
  readonly #cutter: LineCutter;
  #buffer = new Uint8Array(READ_OCTETS);
  #isReading = false;
  #isFull = false;
  #isDiscarding = false;
  #lines: Iterator<string, void> = NONE;

  /**
   * Makes a `LineReader`.
   *
   * @param source The connection.
   * @param limit Octets of the longest line, without its line feed.
   */
  constructor(source: Source, limit: number) {
    this.#source = source;
    this.#cutter = new LineCutter(limit);
  }

  /** Octets of the longest line from now on. */
  set limit(octets: number) {
    this.#cutter.limit = octets;
    if (octets >= MORE_OCTETS) this.#buffer = new Uint8Array(IDLE_OCTETS);
  }

  /** Whether octets are being waited for; else whoever reads is busy with what has come. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /**
   * Called whenever all complete lines have been taken, before more is read.
   *
   * @param insideLine Whether a line has begun and is not complete.
   */
  drained: (insideLine: boolean) => void = () => {};

  /**
   * Reads the next line.
   *
   * @returns The line without its line feed, or `null` at the end of the stream; a last line
   *   without line feed is no line.
   * @throws {import("../protocol/line.ts").LineTooLong} Over the limit.
   */
  async next(): Promise<string | null> {
    while (!this.#isDiscarding) {
      const line = this.#lines.next();
      if (!line.done) return line.value;
      // A generator that is done still holds the buffer that it has cut.
      this.#lines = NONE;
      this.drained(this.#cutter.pending > 0);
      const buffer = this.#isFull ? new Uint8Array(MORE_OCTETS) : this.#buffer;
      let octets: number | null;
      this.#isReading = true;
      try {
        octets = await this.#source.read(buffer);
      } finally {
        this.#isReading = false;
      }
      if (octets === null) break;
      this.#isFull = octets >= this.#buffer.length && this.#cutter.limit >= MORE_OCTETS;
      this.#lines = this.#cutter.push(buffer.subarray(0, octets));
    }
    return null;
  }

  /** Reads on to the end of the stream and drops what comes; for whoever waits for a line it ends. */
  async discard(): Promise<void> {
    this.#isDiscarding = true;
    const buffer = new Uint8Array(MORE_OCTETS);
    while (await this.#source.read(buffer) !== null);
  }
}
