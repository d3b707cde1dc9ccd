/**
 * The output of a process, line by line, as a test waits for it.
 *
 * Every line counts: one that nobody expected is as wrong as one that is missing. So that something
 * is *not* shown is said by the line that is expected next.
 *
 * @module
 */

import { within } from "./within.ts";

/** A line to the letter, or an expression that it matches. */
export type Expected = string | RegExp;

/** How long a line, or the end of a process, may take, in milliseconds; the machine may be busy. */
export const PATIENCE = 20_000;

/** What a stream of text has brought so far. */
export class Lines {
  readonly #lines: string[] = [];
  readonly #explain: () => string;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  #text = "";
  #taken = 0;
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  /**
   * Reads a stream to its end.
   *
   * @param stream UTF-8.
   * @param options `explain`: what to say beside a line that is not the expected one.
   */
  constructor(stream: ReadableStream<Uint8Array>, options: { readonly explain: () => string }) {
    this.#explain = options.explain;
    this.ended = this.#read(stream);
  }

  /** All that came, to the letter. */
  get text(): string {
    return this.#text;
  }

  /** The lines that no one has waited for. */
  get rest(): readonly string[] {
    return this.#lines.slice(this.#taken);
  }

  /**
   * Waits for the next lines.
   *
   * @param expected What they are, in order, with nothing before or between them.
   * @throws {Error} If they are others, or do not come.
   */
  async sees(...expected: readonly Expected[]): Promise<void> {
    const end = performance.now() + PATIENCE;
    for (const one of expected) {
      const line = await this.#next(one, end);
      if (!matches(line, one)) throw this.#error(`expected ${show(one)}, got ${show(line)}`);
    }
  }

  /**
   * Passes over lines up to one.
   *
   * @param expected Which.
   * @returns The line.
   * @throws {Error} If it does not come.
   */
  async until(expected: Expected): Promise<string> {
    const end = performance.now() + PATIENCE;
    while (true) {
      const line = await this.#next(expected, end);
      if (matches(line, expected)) return line;
    }
  }

  async #next(expected: Expected, end: number): Promise<string> {
    while (true) {
      const line = this.#lines[this.#taken];
      if (line !== undefined) {
        this.#taken++;
        return line;
      }
      if (this.#hasEnded) throw this.#error(`expected ${show(expected)}, got the end`);
      await within(end - performance.now(), this.#changed.promise).catch(() => {
        throw this.#error(`expected ${show(expected)}, got nothing for ${PATIENCE} ms`);
      });
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for await (const octets of stream) this.#add(decoder.decode(octets, { stream: true }));
    this.#add(decoder.decode());
    this.#hasEnded = true;
    this.#changed.resolve();
  }

  #add(piece: string): void {
    const begun = this.#text.slice(this.#text.lastIndexOf("\n") + 1);
    this.#text += piece;
    this.#lines.push(...(begun + piece).split("\n").slice(0, -1));
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #error(state: string): Error {
    return new Error(`Cannot find a line: ${state}\n${this.#explain()}`);
  }
}

/**
 * A line of history: local date and time, then a text.
 *
 * @param text What follows.
 */
export function past(text: string): RegExp {
  return new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d ${RegExp.escape(text)}$`);
}

function matches(line: string, expected: Expected): boolean {
  return typeof expected === "string" ? line === expected : expected.test(line);
}

function show(expected: Expected): string {
  return typeof expected === "string" ? JSON.stringify(expected) : String(expected);
}
