/**
 * Keys in, a text out: what each key does to the text that is being typed.
 *
 * | keys | do |
 * |---|---|
 * | ← → Ctrl-B Ctrl-F, Home End Ctrl-A Ctrl-E | one character; to the ends of the line |
 * | Alt-B Alt-F, Ctrl-← Ctrl-→ | one word |
 * | Backspace Delete Ctrl-H Ctrl-D | delete a character |
 * | Ctrl-U Ctrl-K, Ctrl-W, Alt-Backspace Alt-D | cut to the ends of the line; what stands between blanks; a word |
 * | Ctrl-Y | puts back what was cut last |
 * | ↑ ↓ Ctrl-P Ctrl-N | one line; beyond the text, what was typed before |
 * | Alt-Enter | a line break |
 * | Enter | ends |
 *
 * The keys that concern more than the text come out as they are. It draws nothing.
 * Source: PRODUCT §5; GNU Readline, "Readline Movement Commands" and following.
 *
 * @module
 */

import { EditBuffer } from "./edit_buffer.ts";
import type { InputHistory } from "./input_history.ts";
import type { Key } from "./keys.ts";
import * as motions from "./motions.ts";

/** What a key has done. */
export type Edited =
  /** The text, or where the cursor is, may be another one. */
  | { readonly type: "changed" }
  /** It was sent; the text is empty now. */
  | { readonly type: "sent"; readonly text: string }
  /** Ctrl-C or Ctrl-D with nothing typed. */
  | { readonly type: "empty"; readonly key: "C-c" | "C-d" }
  /** Too much was typed or pasted; nothing has changed. */
  | { readonly type: "full" }
  /** A key that means nothing here. */
  | { readonly type: "other"; readonly key: string };

/** What an editor may be told. */
export interface EditorOptions {
  /** What was typed before; absent for a single line without one, as for a password. */
  readonly history?: InputHistory | undefined;
}

const CHANGED: Edited = { type: "changed" };
const FULL: Edited = { type: "full" };

const MOTIONS: Readonly<Record<string, motions.Motion>> = {
  "Left": motions.characterLeft,
  "C-b": motions.characterLeft,
  "Right": motions.characterRight,
  "C-f": motions.characterRight,
  "Home": motions.lineStart,
  "C-a": motions.lineStart,
  "End": motions.lineEnd,
  "C-e": motions.lineEnd,
  "C-Left": motions.wordLeft,
  "M-Left": motions.wordLeft,
  "M-b": motions.wordLeft,
  "C-Right": motions.wordRight,
  "M-Right": motions.wordRight,
  "M-f": motions.wordRight,
  "C-Home": () => 0,
  "M-<": () => 0,
  "C-End": (text) => text.length,
  "M->": (text) => text.length,
};

const DELETIONS: Readonly<Record<string, motions.Motion>> = {
  "Backspace": motions.characterLeft,
  "S-Backspace": motions.characterLeft,
  "Delete": motions.characterRight,
};

const CUTS: Readonly<Record<string, motions.Motion>> = {
  "C-w": motions.blankLeft,
  "C-u": (text, at) => motions.lineStart(text, at) || (at > 0 ? 0 : at),
  "C-k": motions.lineEnd,
  "M-Backspace": motions.wordLeft,
  "C-Backspace": motions.wordLeft,
  "M-d": motions.wordRight,
  "C-Delete": motions.wordRight,
};

const LINE_BREAKS: ReadonlySet<string> = new Set(["M-Enter", "S-Enter", "C-Enter"]);

/** A text that is being typed. */
export class Editor {
  readonly #buffer = new EditBuffer();
  readonly #history: InputHistory | undefined;

  /**
   * Makes an editor with nothing in it.
   *
   * @param options With a history it takes several lines.
   */
  constructor({ history }: EditorOptions = {}) {
    this.#history = history;
  }

  /** What has been typed so far. */
  get text(): string {
    return this.#buffer.text;
  }

  /** Where the cursor is: a UTF-16 index. */
  get cursor(): number {
    return this.#buffer.cursor;
  }

  /** Puts another text in the place of what was typed. */
  set(text: string): void {
    this.#buffer.set(text);
  }

  /** Puts a text in the place of what stands between a place before the cursor and the cursor. */
  replace(from: number, text: string): void {
    this.#buffer.replace(from, text);
  }

  /** Does what a key does. */
  press(key: Key): Edited {
    if (key.type === "text") return this.#insert(key.text);
    if (key.type === "paste") return this.#insert(this.#fitting(key.text));
    return this.#named(key.name);
  }

  #named(name: string): Edited {
    const buffer = this.#buffer;
    const motion = MOTIONS[name];
    if (motion !== undefined) return done(buffer.move(motion));
    const deletion = DELETIONS[name];
    if (deletion !== undefined) return done(buffer.delete(deletion));
    const cut = CUTS[name];
    if (cut !== undefined) return done(buffer.cut(cut));
    if (LINE_BREAKS.has(name) && this.#history !== undefined) return this.#insert("\n");
    switch (name) {
      case "Enter":
        return this.#send();
      case "Up":
      case "C-p":
        return this.#up();
      case "Down":
      case "C-n":
        return this.#down();
      case "C-y":
        return buffer.yank() ? CHANGED : FULL;
      case "C-c":
        return this.text === "" ? { type: "empty", key: name } : done(buffer.clear());
      case "C-d":
        if (this.text === "") return { type: "empty", key: name };
        return done(buffer.delete(motions.characterRight));
    }
    // Escape and then a letter may have been meant as two keys; nothing is lost.
    const letter = /^M-(\P{C})$/u.exec(name)?.[1];
    return letter !== undefined && !/\d/.test(letter)
      ? this.#insert(letter)
      : { type: "other", key: name };
  }

  #insert(text: string): Edited {
    return this.#buffer.insert(text) ? CHANGED : FULL;
  }

  /** One line where only one is asked for; the line break at the end of what is copied is none. */
  #fitting(text: string): string {
    const isAtEnd = this.cursor === this.text.length;
    if (this.#history === undefined) return text.trimEnd().replaceAll(/[\n\t]/g, " ");
    return isAtEnd ? text.replace(/\n$/, "") : text;
  }

  #send(): Edited {
    const { text } = this;
    this.#buffer.set("");
    return { type: "sent", text };
  }

  #up(): Edited {
    const { text, cursor } = this;
    if (motions.lineStart(text, cursor) > 0) return done(this.#buffer.move(motions.lineUp));
    return this.#walk(this.#history?.older(text));
  }

  #down(): Edited {
    const { text, cursor } = this;
    if (motions.lineEnd(text, cursor) < text.length) {
      return done(this.#buffer.move(motions.lineDown));
    }
    return this.#walk(this.#history?.newer(text));
  }

  #walk(line: string | null | undefined): Edited {
    if (typeof line === "string") this.#buffer.set(line);
    return CHANGED;
  }
}

function done(_result: void): Edited {
  return CHANGED;
}
