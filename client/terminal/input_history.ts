/**
 * What was typed before, for the arrow up: a bounded list, and walking through it.
 *
 * While somebody walks, what he changes on his way stays changed until the line is sent, and the line he
 * came from is kept as the newest one. Where the lines outlive a run is `input_history_file.ts`.
 * Source: PRODUCT §5.
 *
 * @module
 */

/** Lines that are kept. */
export const MOST_LINES = 1_000;

/** The lines that were sent, oldest first. */
export class InputHistory {
  #keep: (line: string) => void = () => {};
  #lines: string[] = [];
  #walked: string[] | null = null;
  #at = 0;

  /** The lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line that was sent, unless it is blank or the same as the last; whoever walked is back. */
  add(line: string): void {
    this.#walked = null;
    if (line.trim() === "" || line === this.#lines.at(-1)) return;
    this.#lines.push(line);
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
    this.#keep(line);
  }

  /**
   * Puts lines of earlier runs before those of this one.
   *
   * @param lines The lines, oldest first.
   * @param keep Called with each line that is added from now on.
   */
  recall(lines: readonly string[], keep: (line: string) => void): void {
    this.#walked = null;
    this.#lines = [...lines, ...this.#lines].slice(-MOST_LINES);
    this.#keep = keep;
  }

  /**
   * Goes one line back.
   *
   * @param text What stands in the input now.
   * @returns The line before, or `null` where there is none.
   */
  older(text: string): string | null {
    if (this.#walked === null) {
      this.#walked = [...this.#lines, text];
      this.#at = this.#lines.length;
    }
    return this.#go(text, -1);
  }

  /** Goes one line forward, likewise. */
  newer(text: string): string | null {
    return this.#go(text, 1);
  }

  #go(text: string, step: 1 | -1): string | null {
    const line = this.#walked?.[this.#at + step];
    if (this.#walked === null || line === undefined) return null;
    this.#walked[this.#at] = text;
    this.#at += step;
    return line;
  }
}
