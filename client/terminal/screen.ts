/**
 * What is written to a terminal so that lines go into its own scrollback and the live block stays below.
 *
 * It is a pure function from what is there to what is written; the face writes it, one piece for each
 * refresh. The block's rows end with line breaks of their own and never reach the last column, so that a
 * terminal that wraps its rows anew at a change of width leaves them where they can be computed.
 *
 * Nothing of what is written here comes from the network without having passed `display.ts`.
 * Source: ECMA-48 §8.3 (CUU, ED); xterm, "Control Sequences"; synchronized output (mode 2026).
 *
 * @module
 */

import { cellsOf, widthOf } from "./cells.ts";
import type { Block, BlockRow, Size } from "./live_block.ts";

/** What a refresh shows. */
export interface Refresh {
  /** Lines for the scrollback, without the last line break; `null` where there are none. */
  readonly above: string | null;
  /** The block below them; `null` for none. */
  readonly block: Block | null;
  /** Size of the terminal. */
  readonly size: Size;
}

/** How a row of the block is written; as it is unless told. */
export type RowStyle = (row: BlockRow) => string;

/** Where the block stands. */
interface Drawn {
  readonly rows: readonly string[];
  readonly row: number;
  readonly before: string;
  readonly columns: number;
}

const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";
const ERASE_BELOW = "\r\x1b[J";

/** What a terminal does with its rows when it gets narrower: most wrap them anew, some cut them off. */
export type Rewrapping = "wraps" | "cuts";

/** The lower end of a terminal. */
export class Screen {
  readonly #rewrapping: Rewrapping;
  #drawn: Drawn | null = null;

  /**
   * Makes a screen on which there is no block.
   *
   * @param rewrapping What the terminal does with its rows.
   */
  constructor(rewrapping: Rewrapping = "wraps") {
    this.#rewrapping = rewrapping;
  }

  /**
   * Draws.
   *
   * @param refresh What is to be seen.
   * @param style How rows of the block are written.
   * @returns What to write, in one piece.
   */
  draw({ above, block, size }: Refresh, style: RowStyle = ({ text }) => text): string {
    const before = this.#drawn;
    const rowsBefore = before === null || before.columns !== size.columns ? 0 : before.rows.length;
    const lines = above === null ? "" : `${above.replaceAll("\n", "\r\n")}\r\n`;
    const erased = this.#top(size) + ERASE_BELOW;
    if (block === null) {
      this.#drawn = null;
      return BEGIN + erased + lines + END;
    }
    // The input stays in its row: what is not there any more above it leaves an empty row.
    const used = block.rows.length + lines.split("\n").length - 1;
    const blank = Array.from({ length: Math.max(0, rowsBefore - used) }, () => "");
    const rows = [...blank, ...block.rows.map(({ text }) => text)];
    const row = blank.length + block.row;
    this.#drawn = { rows, row, before: block.before, columns: size.columns };
    const written = [...blank, ...block.rows.map(style)].join("\r\n");
    return BEGIN + erased + lines + written + placeCursor(this.#drawn) + END;
  }

  /** The next block is drawn at the top of an empty screen; what was on it goes into the scrollback. */
  clear(size: Size): string {
    const erased = this.#top(size) + ERASE_BELOW;
    this.#drawn = null;
    return `${erased}\x1b[${size.rows}B${"\n".repeat(Math.max(1, size.rows - 1))}\x1b[H`;
  }

  /** The terminal was somebody else's meanwhile: the next block begins where the cursor is. */
  forget(): void {
    this.#drawn = null;
  }

  /** To the first row of the block, however it is wrapped by now. */
  #top({ columns }: Size): string {
    const drawn = this.#drawn;
    if (drawn === null) return "";
    if (this.#rewrapping === "cuts") return up(drawn.row);
    const heights = drawn.rows.slice(0, drawn.row).map((row) => heightOf(row, columns));
    const within = placeOf(drawn.before, columns);
    return up(heights.reduce((sum, height) => sum + height, within));
  }
}

/** Writing what stands before the cursor puts it there, whatever width the terminal gives characters. */
function placeCursor({ rows, row, before }: Drawn): string {
  if (row === rows.length - 1 && before === rows[row]) return "";
  return `${up(rows.length - 1 - row)}\r${before}`;
}

function up(rows: number): string {
  return rows === 0 ? "" : `\x1b[${rows}A`;
}

/** Rows that a row takes in a terminal of so many columns. */
function heightOf(row: string, columns: number): number {
  return 1 + wraps(row, columns).count;
}

/** Rows from the beginning of a text to what follows it. */
function placeOf(before: string, columns: number): number {
  const { count, width } = wraps(before, columns);
  return width === columns ? count + 1 : count;
}

/** How often a terminal wraps a text, and how wide its last row is. */
function wraps(text: string, columns: number): { readonly count: number; readonly width: number } {
  if (widthOf(text) <= columns) return { count: 0, width: widthOf(text) };
  let count = 0;
  let width = 0;
  for (const cell of cellsOf(text)) {
    // A wide character is never divided.
    if (width + cell.width > columns) {
      count++;
      width = 0;
    }
    width += cell.width;
  }
  return { count, width };
}
