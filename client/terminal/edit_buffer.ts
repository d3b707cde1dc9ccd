/**
 * A text with a cursor, and the last thing that was cut out of it.
 *
 * The cursor never stands within a character as people see it (a grapheme cluster). Cuts that follow
 * each other are put together, as in a shell. It knows no keys.
 *
 * @module
 */

import { boundary, type Motion } from "./motions.ts";

/** UTF-16 units that a text may have. */
export const LONGEST_TEXT = 65_536;

/** A text that is being edited. */
export class EditBuffer {
  #text = "";
  #cursor = 0;
  #cut = "";
  #isCutting = false;

  /** The text. */
  get text(): string {
    return this.#text;
  }

  /** Where the cursor is: a UTF-16 index. */
  get cursor(): number {
    return this.#cursor;
  }

  /**
   * Puts another text in its place, with the cursor at its end.
   *
   * @param text The text; cut to the longest one.
   */
  set(text: string): void {
    this.#isCutting = false;
    this.#text = text.slice(0, LONGEST_TEXT).toWellFormed();
    this.#cursor = this.#text.length;
  }

  /**
   * Puts something before the cursor.
   *
   * @param text What.
   * @returns Whether there was room for it; nothing is put there otherwise.
   */
  insert(text: string): boolean {
    this.#isCutting = false;
    if (this.#text.length + text.length > LONGEST_TEXT) return false;
    const before = this.#text.slice(0, this.#cursor) + text;
    this.#change(before + this.#text.slice(this.#cursor), before.length);
    return true;
  }

  /**
   * Puts something in the place of what stands between another place and the cursor.
   *
   * @param from The place, before the cursor.
   * @param text What.
   */
  replace(from: number, text: string): boolean {
    this.#remove(() => from);
    return this.insert(text);
  }

  /** Moves the cursor. */
  move(motion: Motion): void {
    this.#isCutting = false;
    this.#cursor = motion(this.#text, this.#cursor);
  }

  /** Deletes what is between the cursor and another place. */
  delete(motion: Motion): void {
    this.#isCutting = false;
    this.#remove(motion);
  }

  /** Deletes likewise, and keeps it to be put somewhere else. */
  cut(motion: Motion): void {
    const before = this.#cursor;
    const removed = this.#remove(motion);
    const kept = this.#isCutting ? this.#cut : "";
    if (removed !== "") this.#cut = this.#cursor < before ? removed + kept : kept + removed;
    this.#isCutting = true;
  }

  /** Empties the text and keeps it as one cut. */
  clear(): void {
    if (this.#text !== "") this.#cut = this.#text;
    this.set("");
  }

  /** Puts what was cut before the cursor. */
  yank(): boolean {
    return this.insert(this.#cut);
  }

  #remove(motion: Motion): string {
    const to = motion(this.#text, this.#cursor);
    const [start, end] = to < this.#cursor ? [to, this.#cursor] : [this.#cursor, to];
    const removed = this.#text.slice(start, end);
    this.#change(this.#text.slice(0, start) + this.#text.slice(end), start);
    return removed;
  }

  /** What was put together may have become one character. */
  #change(text: string, cursor: number): void {
    this.#text = text;
    this.#cursor = boundary(text, cursor);
  }
}
