/**
 * Keys in, a line out: typing at the end, Backspace, Ctrl-U, Ctrl-W, Enter, Ctrl-C, Ctrl-D.
 *
 * Other keys are ignored, escape sequences of cursor and function keys as a whole. It draws nothing.
 *
 * @module
 */

/** What ends the editing of a line: Enter, Ctrl-C or Ctrl-D on an empty line. */
export interface Edited {
  /** `leave`: Ctrl-C or Ctrl-D with nothing typed. */
  readonly type: "line" | "leave";
  /** What was typed. */
  readonly text: string;
  /** What came behind it. */
  readonly rest: string;
}

/** UTF-16 units that are kept of one line. */
const LONGEST_LINE = 65_536;

const ENTER = /[\r\n]/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A line that is being typed. */
export class LineEditor {
  #text = "";
  /** The escape sequence that has begun, without what came before. */
  #sequence: string | null = null;
  #afterReturn = false;

  /** What has been typed so far. */
  get text(): string {
    return this.#text;
  }

  /**
   * Takes what was typed.
   *
   * @param piece Some characters.
   * @returns How the line ended, or `null` while it goes on; the next one is empty then.
   */
  feed(piece: string): Edited | null {
    let at = 0;
    for (const key of piece) {
      at += key.length;
      const type = this.#press(key);
      if (type === null) continue;
      const text = this.#text;
      this.#text = "";
      return { type, text, rest: piece.slice(at) };
    }
    // Alone at the end of a piece it was the Escape key.
    if (this.#sequence === "\x1b") this.#sequence = null;
    return null;
  }

  #press(key: string): Edited["type"] | null {
    const isSecondHalf = this.#afterReturn && key === "\n";
    this.#afterReturn = key === "\r";
    if (this.#sequence !== null) {
      this.#continueSequence(key);
    } else if (key === "\x1b") {
      this.#sequence = key;
    } else if (ENTER.test(key)) {
      return isSecondHalf ? null : "line";
    } else if (key === "\x03" || key === "\x04") {
      if (this.#text === "") return "leave";
      if (key === "\x03") this.#text = "";
    } else {
      this.#edit(key);
    }
    return null;
  }

  #edit(key: string): void {
    if (key === "\x7f" || key === "\b") {
      this.#text = [...graphemes.segment(this.#text)].slice(0, -1).map((s) => s.segment).join("");
    } else if (key === "\x15") {
      this.#text = "";
    } else if (key === "\x17") {
      this.#text = this.#text.replace(/\S*\s*$/, "");
    } else if (!/\p{Cc}/u.test(key) && this.#text.length < LONGEST_LINE) {
      this.#text += key;
    }
  }

  /** ESC [ … final octet, ESC O and one more, ESC and one more (ECMA-48 §5.4; xterm). */
  #continueSequence(key: string): void {
    const sequence = this.#sequence + key;
    const goesOn = sequence === "\x1b[" || sequence === "\x1bO" ||
      (sequence.startsWith("\x1b[") && /[\x20-\x3f]/.test(key));
    this.#sequence = goesOn ? sequence.slice(0, 2) + "…" : null;
  }
}
