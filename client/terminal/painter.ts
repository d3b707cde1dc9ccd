/**
 * Brings lines and the live block to the terminal: one write at a time, one write for each refresh.
 *
 * What is asked for while a write is under way is done together afterwards, so a slow terminal is not
 * flooded. Lines go out in the order they came. Notices go to standard error, which may be a file.
 *
 * @module
 */

import type { Stream } from "../streams.ts";
import type { Block, Size } from "./live_block.ts";
import { type Rewrapping, type RowStyle, Screen } from "./screen.ts";

/** What a painter needs. */
export interface PainterOptions {
  /** Writes all of a text. */
  readonly write: (stream: Stream, text: string) => Promise<void>;
  /** The size of the terminal at present. */
  readonly size: () => Size;
  /** The block as it should be now; `null` for none. */
  readonly block: (size: Size) => Block | null;
  /** What the terminal does with its rows; it wraps them anew unless told. */
  readonly rewrapping?: Rewrapping | undefined;
  /** How rows of the block are written. */
  readonly style: RowStyle;
}

interface Line {
  readonly stream: Stream;
  readonly text: string;
  readonly written: PromiseWithResolvers<void>;
}

/** The only one who writes to a terminal. */
export class Painter {
  readonly #options: PainterOptions;
  readonly #screen: Screen;
  #lines: Line[] = [];
  #extra = "";
  #isDirty = false;
  #isHidden = false;
  #wantsClear = false;
  #work: Promise<void> | null = null;

  /**
   * Makes a painter; nothing is written yet.
   *
   * @param options Where to, and what.
   */
  constructor(options: PainterOptions) {
    this.#options = options;
    this.#screen = new Screen(options.rewrapping);
  }

  /**
   * Writes a line, or several, above the block.
   *
   * @param stream Standard output or standard error.
   * @param text Fit to be shown, without the last line break.
   * @returns Resolves when that is written.
   * @throws {Error} An error of the system.
   */
  print(stream: Stream, text: string): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#lines.push({ stream, text, written });
    this.refresh();
    return written.promise;
  }

  /** The block may be another one. */
  refresh(): void {
    this.#isDirty = true;
    this.#work ??= this.#paint();
  }

  /** Writes a control sequence that moves nothing with the next refresh, such as the bell. */
  send(sequence: string): void {
    this.#extra += sequence;
    this.refresh();
  }

  /** The block goes to the top of an empty screen. */
  clear(): void {
    this.#wantsClear = true;
    this.refresh();
  }

  /**
   * Takes the block away until `resume`.
   *
   * @param sequence What is written with that.
   * @returns Resolves when everything is written.
   */
  async suspend(sequence: string): Promise<void> {
    this.#isHidden = true;
    this.send(sequence);
    await this.settled();
  }

  /**
   * The block comes back where the cursor is now: the terminal was somebody else's.
   *
   * @param sequence What is written before it.
   */
  resume(sequence: string): void {
    this.#isHidden = false;
    this.#screen.forget();
    this.send(sequence);
  }

  /** Resolves when everything that was asked for is written. */
  async settled(): Promise<void> {
    while (this.#work !== null) await this.#work;
  }

  /** Never rejects. */
  async #paint(): Promise<void> {
    // What is asked for in the same moment is one refresh.
    await Promise.resolve();
    while (this.#isDirty) {
      this.#isDirty = false;
      const lines = this.#takeLines();
      try {
        await (lines[0]?.stream === "err" ? this.#notify(lines) : this.#draw(lines));
        for (const { written } of lines) written.resolve();
      } catch (error) {
        for (const { written } of lines) written.reject(error);
      }
      if (this.#lines.length > 0) this.#isDirty = true;
    }
    this.#work = null;
  }

  /** Those at the front that go to the same stream. */
  #takeLines(): readonly Line[] {
    const other = this.#lines.findIndex(({ stream }) => stream !== this.#lines[0]?.stream);
    return this.#lines.splice(0, other === -1 ? this.#lines.length : other);
  }

  async #draw(lines: readonly Line[]): Promise<void> {
    const { size, write } = this.#options;
    const cleared = this.#wantsClear ? this.#screen.clear(size()) : "";
    const extra = this.#extra + cleared;
    this.#extra = "";
    this.#wantsClear = false;
    await write("out", extra + this.#drawing(textOf(lines), true));
  }

  async #notify(lines: readonly Line[]): Promise<void> {
    const { write } = this.#options;
    await write("out", this.#drawing(null, false));
    await write("err", `${textOf(lines)?.replaceAll("\n", "\r\n")}\r\n`);
    await write("out", this.#drawing(null, true));
  }

  #drawing(above: string | null, hasBlock: boolean): string {
    const { block, size, style } = this.#options;
    const now = size();
    const live = hasBlock && !this.#isHidden ? block(now) : null;
    return this.#screen.draw({ above, block: live, size: now }, style);
  }
}

function textOf(lines: readonly Line[]): string | null {
  return lines.length === 0 ? null : lines.map(({ text }) => text).join("\n");
}
