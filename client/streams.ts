/**
 * Standard input and output as the faces want them, so that tests can put others in their place.
 *
 * @module
 */

import { writeAll } from "../transport/write_all.ts";

/** Where a line goes. */
export type Stream = "out" | "err";

/** What a face reads and writes. */
export interface Streams {
  /** Whether standard input is a terminal. */
  readonly isTyped: boolean;
  /** Reads some octets; `null` at the end. */
  read(): Promise<Uint8Array | null>;
  /**
   * Writes all of a text.
   *
   * @throws {Deno.errors.BrokenPipe} Or another error of the system, when nobody reads any more.
   */
  write(stream: Stream, text: string): Promise<void>;
  /** Lets the terminal hand over single keys without echo, or whole lines as before. */
  setMode(mode: "keys" | "lines"): void;
  /** Columns of the terminal. */
  columns(): number;
}

/**
 * The streams of this process.
 *
 * @returns Nothing is read or set before it is asked for.
 */
export function standardStreams(): Streams {
  const isTyped = Deno.stdin.isTerminal();
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(65_536);
  let mode = "lines";
  return {
    isTyped,
    async read() {
      const length = await Deno.stdin.read(buffer);
      return length === null ? null : buffer.slice(0, length);
    },
    write: (stream, text) =>
      writeAll(stream === "out" ? Deno.stdout : Deno.stderr, encoder.encode(text)),
    setMode(wanted) {
      // Only what was changed is changed back: the mode may be none of ours.
      if (!isTyped || wanted === mode) return;
      mode = wanted;
      Deno.stdin.setRaw(wanted === "keys");
    },
    columns() {
      try {
        return Deno.consoleSize().columns || 80;
      } catch {
        return 80;
      }
    },
  };
}
