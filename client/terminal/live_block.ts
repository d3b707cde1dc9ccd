/**
 * The live block: what is pending, a hint, the status, and the input, below all that was said.
 *
 * It is laid out anew for each refresh, from nothing but its arguments. It takes at most half of the
 * rows; of a long input the part around the cursor is shown. The input is last: so it stays where it is
 * whatever comes and goes above it.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { cutTo } from "./cells.ts";
import { type Input, inputRows, type Rows } from "./input_rows.ts";

/** What is in the block. */
export interface BlockContent {
  /** Messages that wait, oldest first, one line each; fit to be shown. */
  readonly pending: readonly string[];
  /** A hint, or `null`. */
  readonly hint: string | null;
  /** Connection and unread messages, or `null`. */
  readonly status: string | null;
  /** What is typed. */
  readonly input: Input;
}

/** Cells of a terminal. */
export interface Size {
  /** In a row. */
  readonly columns: number;
  /** Rows. */
  readonly rows: number;
}

/** One row. */
export interface BlockRow {
  /** What stands in it: fit to be shown, shorter than the terminal is wide. */
  readonly text: string;
  /** What it is. */
  readonly part: "pending" | "hint" | "status" | "input";
}

/** The rows of a block, and its cursor. */
export interface Block {
  /** The rows, at least one. */
  readonly rows: readonly BlockRow[];
  /** The row of the cursor, from 0. */
  readonly row: number;
  /** What stands before the cursor in its row. */
  readonly before: string;
}

/** Rows of pending messages at the most, however much room there is. */
const MOST_PENDING = 5;

/**
 * Lays out the block.
 *
 * @param content What is in it.
 * @param size Of the terminal.
 */
export function layOut({ pending, hint, status, input }: BlockContent, size: Size): Block {
  const room = Math.max(size.columns - 1, 1);
  const most = Math.max(1, Math.floor(size.rows / 2));
  const all = inputRows(input, size.columns);
  const statusRows = status === null || most < 2 ? [] : [row("status", status, room)];
  const hintRows = hint === null || most < 4 ? [] : [row("hint", hint, room)];
  const left = most - statusRows.length - hintRows.length;
  const forPending = Math.min(pending.length, MOST_PENDING, Math.max(left - 1, 0));
  const typed = windowOf(all, Math.max(1, left - Math.min(forPending, 1)));
  const waiting = pendingRows(pending, Math.min(forPending, left - typed.rows.length), room);
  const above = [...waiting, ...hintRows, ...statusRows];
  const rows = [...above, ...typed.rows.map((text): BlockRow => ({ text, part: "input" }))];
  return { rows, row: above.length + typed.row, before: typed.before };
}

function row(part: BlockRow["part"], text: string, room: number): BlockRow {
  return { text: cutTo(text, room), part };
}

function pendingRows(pending: readonly string[], most: number, room: number): BlockRow[] {
  if (most <= 0) return [];
  if (pending.length <= most) return pending.map((text) => row("pending", text, room));
  const more = (count: number) => row("pending", `(${count} more waiting)`, room);
  const shown = pending.slice(0, most - 1).map((text) => row("pending", text, room));
  return [...shown, more(pending.length - shown.length)];
}

/** So many of the rows, around the cursor. */
function windowOf({ rows, row, before }: Rows, most: number): Rows {
  const first = Math.min(Math.max(0, row - Math.floor(most / 2)), Math.max(0, rows.length - most));
  return { rows: rows.slice(first, first + most), row: row - first, before };
}
