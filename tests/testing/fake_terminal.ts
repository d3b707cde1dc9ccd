/**
 * A terminal without end for tests: it understands what the terminal face writes, wraps its rows anew at
 * a change of width as most terminals do, and keeps every line.
 *
 * It is no emulator: a control sequence that it does not know is an error.
 *
 * @module
 */

import stringWidth from "string-width";
import type { Stream, TerminalEvents, TerminalStreams } from "../../client/streams.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// deno-lint-ignore no-control-regex -- what a terminal understands
const TOKEN = /\x1b\[([?\d;]*)([A-Za-z])|\x1b\]2;([^\x07]*)\x07|[\r\n\x07]|[^\x1b\r\n\x07]+/g;

/** A row of a line on the screen: cells from one index to another. */
interface Row {
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** A terminal that a test types on and looks at. */
export class FakeTerminal implements TerminalStreams {
  readonly isTyped = true;
  /** Everything that was written, control sequences included. */
  readonly written: Record<Stream, string> = { out: "", err: "" };
  /** Modes in the order they were set. */
  readonly modes: ("keys" | "lines")[] = [];
  /** Titles in the order they were set. */
  readonly titles: string[] = [];
  /** How often it has rung. */
  bells = 0;
  /** How often it was written to. */
  writes = 0;
  /** How often the process was stopped. */
  stops = 0;
  /** Called before each write. */
  slow: () => Promise<void> = () => Promise.resolve();
  readonly #lines: string[][] = [[]];
  #line = 0;
  #cell = 0;
  #size: { readonly columns: number; readonly rows: number };
  #events: TerminalEvents | null = null;
  readonly #pieces: (Uint8Array | null)[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(columns = 80, rows = 24) {
    this.#size = { columns, rows };
  }

  /** All lines, without blanks at their ends and without what isolates a direction. */
  get lines(): readonly string[] {
    return this.#lines.map((cells) => cells.join("").replace(/[\u2068\u2069]/g, "").trimEnd());
  }

  /** What stands before the cursor in its line. */
  get beforeCursor(): string {
    const cells = this.#lines[this.#line] ?? [];
    return cells.slice(0, this.#cell).join("").replace(/[\u2068\u2069]/g, "");
  }

  /** The line of the cursor, counted from the last. */
  get cursorFromEnd(): number {
    return this.#lines.length - 1 - this.#line;
  }

  /** Types; `null` ends the input. */
  types(text: string | null): void {
    this.#pieces.push(text === null ? null : new TextEncoder().encode(text));
    this.#wake.resolve();
  }

  /** Changes the size. */
  resize(columns: number, rows = this.#size.rows): void {
    this.#size = { columns, rows };
    this.#events?.resized();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    return this.#pieces.shift() ?? null;
  }

  async write(stream: Stream, text: string): Promise<void> {
    await this.slow();
    this.writes++;
    this.written[stream] += text;
    this.takes(text);
  }

  setMode(mode: "keys" | "lines"): void {
    this.modes.push(mode);
  }

  size(): { readonly columns: number; readonly rows: number } {
    return this.#size;
  }

  watch(events: TerminalEvents): Disposable {
    this.#events = events;
    return { [Symbol.dispose]: () => this.#events = null };
  }

  suspend(): Promise<void> {
    this.stops++;
    return Promise.resolve();
  }

  /** Acts on what is written. */
  takes(text: string): void {
    let at = 0;
    for (const match of text.matchAll(TOKEN)) {
      if (match.index !== at) break;
      at += match[0].length;
      this.#act(match);
    }
    if (at < text.length) {
      throw new Error(`Cannot act on ${JSON.stringify(text.slice(at, at + 20))}`);
    }
  }

  #act([all, parameters, final, title]: RegExpExecArray): void {
    if (final !== undefined) this.#control(parameters ?? "", final);
    else if (title !== undefined) this.titles.push(title);
    else if (all === "\r") this.#cell = this.#rows[this.#row]?.from ?? 0;
    else if (all === "\n") this.#down();
    else if (all === "\x07") this.bells++;
    else for (const { segment } of segmenter.segment(all)) this.#print(segment);
  }

  #control(parameters: string, final: string): void {
    const known = /^(\?(2026|2004|1004)[hl]|[\d;]*m|2[23];2t)$/;
    if (known.test(parameters + final)) return;
    if (final === "A") this.#to(Math.max(0, this.#row - Number(parameters || "1")));
    else if (final === "J" && parameters === "") this.#eraseBelow();
    else throw new Error(`Cannot act on CSI ${parameters}${final}`);
  }

  #print(segment: string): void {
    const cells = this.#lines[this.#line] ??= [];
    if (stringWidth(segment) === 0) {
      // What has no width belongs to the cell before.
      const before = Math.max(0, this.#cell - 1);
      if (!cells[before]?.endsWith(segment)) cells[before] = `${cells[before] ?? ""}${segment}`;
      return;
    }
    cells[this.#cell++] = segment;
  }

  #eraseBelow(): void {
    this.#lines.length = this.#line + 1;
    const cells = this.#lines[this.#line] ?? [];
    cells.length = Math.min(cells.length, this.#cell);
  }

  #down(): void {
    const rows = this.#rows;
    const next = rows[this.#row + 1];
    if (next === undefined) {
      this.#lines.push([]);
      [this.#line, this.#cell] = [this.#lines.length - 1, 0];
    } else {
      [this.#line, this.#cell] = [next.line, next.from];
    }
  }

  #to(row: number): void {
    const { line, from } = this.#rows[row] ?? { line: 0, from: 0 };
    [this.#line, this.#cell] = [line, from];
  }

  /** The row of the cursor. */
  get #row(): number {
    return this.#rows.findLastIndex(({ line, from }) =>
      line < this.#line || (line === this.#line && from <= this.#cell)
    );
  }

  get #rows(): Row[] {
    return this.#lines.flatMap((cells, line) => {
      const rows: Row[] = [];
      let [from, width] = [0, 0];
      cells.forEach((cell, at) => {
        const wide = stringWidth(cell);
        if (width + wide > this.#size.columns) {
          rows.push({ line, from, to: at });
          [from, width] = [at, 0];
        }
        width += wide;
      });
      return [...rows, { line, from, to: cells.length }];
    });
  }
}
