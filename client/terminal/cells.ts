/**
 * A text as a terminal shows it: characters, each with what is shown for it and how many cells that
 * takes.
 *
 * Only for what the user types himself; what comes from the network goes through `display.ts` as a whole.
 * Widths are those of string-width (Unicode's East Asian Width and emoji presentation); a terminal may
 * think otherwise, so nothing that would do damage depends on them.
 * Source: FTC1 §6; UAX #11, #29.
 *
 * @module
 */

import stringWidth from "string-width";
import { displayLine } from "../display.ts";

/** One character as people see it. */
export interface Cell {
  /** Where it begins: a UTF-16 index. */
  readonly index: number;
  /** What is written for it; a line break is empty. */
  readonly shown: string;
  /** Cells that it takes. */
  readonly width: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const PLAIN = /^[\x20-\x7e]*$/;
const ISOLATES = /[\u2068\u2069]/g;
const TAB = "    ";

let last: { readonly text: string; readonly cells: readonly Cell[] } = { text: "", cells: [] };

/** Shapes of characters that were seen; emptied when there are too many. */
const seen = new Map<string, Omit<Cell, "index">>();
const MOST_SEEN = 4_096;

/**
 * Cuts a text into characters.
 *
 * @param text What was typed.
 * @returns Its characters, in order.
 */
export function cellsOf(text: string): readonly Cell[] {
  // The same text is drawn again and again while others talk.
  if (last.text !== text) last = { text, cells: cut(text) };
  return last.cells;
}

function cut(text: string): readonly Cell[] {
  if (PLAIN.test(text)) {
    return Array.from(text, (shown, index) => ({ index, shown, width: 1 }));
  }
  return Array.from(
    segmenter.segment(text),
    ({ index, segment }) => ({ index, ...shapeOf(segment) }),
  );
}

/**
 * Measures a text that is fit to be shown.
 *
 * @param text Without line breaks and escape sequences.
 * @returns Cells that it takes.
 */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/**
 * Cuts a text that is fit to be shown so that it fits into so many cells.
 *
 * @param text Without line breaks and escape sequences.
 * @param room Cells, at least 1.
 * @returns The text, or its beginning and `…`.
 */
export function cutTo(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  let width = 1;
  let kept = "";
  for (const { segment } of segmenter.segment(text)) {
    width += widthOf(segment);
    if (width > room) break;
    kept += segment;
  }
  // What was to be closed at the end must be closed.
  return `${kept}…${kept.includes("\u2068") ? "\u2069" : ""}`;
}

function shapeOf(segment: string): Omit<Cell, "index"> {
  const known = seen.get(segment);
  if (known !== undefined) return known;
  const shown = segment === "\n" ? "" : segment === "\t" ? TAB : visible(segment);
  const shape = { shown, width: widthOf(shown) };
  if (seen.size >= MOST_SEEN) seen.clear();
  seen.set(segment, shape);
  return shape;
}

function visible(segment: string): string {
  return displayLine(segment).replace(ISOLATES, "");
}
