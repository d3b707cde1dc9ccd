/**
 * Streams that write down every octet, for looking at what a face makes of hostile texts.
 *
 * @module
 */

import type { Stream, TerminalStreams } from "../../client/streams.ts";
import { PATIENCE } from "../testing/lines.ts";
import { within } from "../testing/within.ts";

/** A terminal or a pipe that nobody looks at but the test. */
export class RecordedStreams implements TerminalStreams {
  /** What was written, both streams in their order. */
  raw = "";
  /** What was written to each. */
  readonly written: Record<Stream, string> = { out: "", err: "" };
  readonly #pieces: (Uint8Array | null)[] = [];
  #wake = Promise.withResolvers<void>();
  #wanted: { readonly text: string; readonly found: () => void } | null = null;

  constructor(readonly isTyped: boolean) {}

  /** Types; `null` is the end of input. */
  types(text: string | null): void {
    this.#pieces.push(text === null ? null : new TextEncoder().encode(text));
    this.#wake.resolve();
  }

  /** Resolves when a text has been written. */
  async has(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { text, found: resolve };
    this.#look();
    await within(PATIENCE, promise);
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    return this.#pieces.shift() ?? null;
  }

  write(stream: Stream, text: string): Promise<void> {
    // An unpaired half would become another character on its way out; here it is to be seen.
    this.raw += text;
    this.written[stream] += text;
    this.#look();
    return Promise.resolve();
  }

  setMode(): void {}

  size(): { columns: number; rows: number } {
    return { columns: 80, rows: 24 };
  }

  watch(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  suspend(): Promise<void> {
    return Promise.resolve();
  }

  #look(): void {
    if (this.#wanted !== null && this.raw.includes(this.#wanted.text)) this.#wanted.found();
  }
}
