/**
 * The rows in which a text is typed: prompt, text, line breaks, and where the cursor is.
 *
 * No row reaches the last column, so the terminal never wraps one and there is always a place for the
 * cursor.
 *
 * @module
 */

import { isolate } from "../display.ts";
import { type Cell, cellsOf, cutTo, widthOf } from "./cells.ts";

/** Rows with a cursor in one of them. */
export interface Rows {
  /** The rows, at least one. */
  readonly rows: readonly string[];
  /** The row of the cursor, from 0. */
  readonly row: number;
  /** What stands before the cursor in its row. */
  readonly before: string;
}

/** What is typed, and behind what. */
export interface Input {
  /** What stands before the text; fit to be shown. */
  readonly prompt: string;
  /** Set where the prompt must be read whole: a question takes as many rows as it needs. */
  readonly isQuestion?: true;
  /** What was typed. */
  readonly text: string;
  /** Where the cursor is: a UTF-16 index. */
  readonly cursor: number;
}

/** What a line behind a line break begins with, as in a message that is shown. */
const CONTINUATION = "| ";

const FIRST_STRONG_ISOLATE = "\u2068";

/**
 * Lays out what is typed.
 *
 * @param input What.
 * @param columns Of the terminal.
 */
export function inputRows({ prompt, isQuestion, text, cursor }: Input, columns: number): Rows {
  const room = Math.max(columns - 1, 1);
  const leads = isQuestion === true
    ? wrapped(prompt, room)
    : [cutTo(prompt, Math.max(Math.floor(room / 2), Math.min(room, 8)))];
  const rows = leads.map((lead) => new Row(lead));
  let place = { row: 0, cells: 0 };
  let isPlaced = false;
  for (const cell of [...cellsOf(text), end(text)]) {
    const isBreak = text[cell.index] === "\n";
    let row = rows.at(-1);
    if (row === undefined) break;
    if (row.width + cell.width > room && !isBreak && cell.index < text.length) {
      rows.push(row = new Row(""));
    }
    if (!isPlaced && cell.index >= cursor) {
      isPlaced = true;
      place = { row: rows.length - 1, cells: row.length };
    }
    if (isBreak) rows.push(new Row(room > CONTINUATION.length ? CONTINUATION : ""));
    else row.add(cell);
  }
  return {
    rows: rows.map(({ text }) => text),
    row: place.row,
    before: rows[place.row]?.before(place.cells) ?? "",
  };
}

/** Words over rows; the last row has at least one cell left for an answer. */
function wrapped(question: string, room: number): string[] {
  const rows = [""];
  for (const word of question.match(/\s+|\S+/g) ?? []) {
    const row = rows.at(-1) ?? "";
    if (widthOf(row + word) <= room) rows[rows.length - 1] = row + word;
    else if (word.trim() !== "") rows.push(cutTo(word, room));
  }
  return rows.filter((row, at) => row !== "" || at === rows.length - 1);
}

function end(text: string): Cell {
  return { index: text.length, shown: "", width: 0 };
}

class Row {
  readonly #lead: string;
  readonly #shown: string[] = [];
  width: number;

  constructor(lead: string) {
    this.#lead = lead;
    this.width = widthOf(lead);
  }

  get text(): string {
    return this.#lead + isolate(this.#shown.join(""));
  }

  get length(): number {
    return this.#shown.length;
  }

  /** Its beginning, as it stands in the whole. */
  before(cells: number): string {
    const isIsolated = this.text.length > this.#lead.length + this.#shown.join("").length;
    const shown = this.#shown.slice(0, cells).join("");
    return this.#lead + (isIsolated ? FIRST_STRONG_ISOLATE : "") + shown;
  }

  add({ shown, width }: Cell): void {
    this.#shown.push(shown);
    this.width += width;
  }
}
