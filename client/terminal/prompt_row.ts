/**
 * The row in which a line is typed: prompt and as much of the end of the text as fits.
 *
 * It never wraps, so that erasing it takes one carriage return.
 *
 * @module
 */

import stringWidth from "string-width";
import { displayLine } from "../display.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Erases the row. */
export const ERASE_ROW = "\r\x1b[K";

/**
 * Draws the row.
 *
 * @param prompt What stands before the text.
 * @param text What was typed; `null` when it must not be seen.
 * @param columns Of the terminal.
 * @returns Text of fewer columns than that, so that the cursor stays in the row.
 */
export function promptRow(prompt: string, text: string | null, columns: number): string {
  const room = Math.max(columns - 1, 1);
  const shownPrompt = fitting(prompt, { room, from: "start" });
  if (text === null) return shownPrompt;
  const left = room - stringWidth(shownPrompt);
  return shownPrompt + fitting(displayLine(text), { room: left, from: "end" });
}

function fitting(
  text: string,
  { room, from }: { readonly room: number; readonly from: "start" | "end" },
): string {
  if (stringWidth(text) <= room) return text;
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  if (from === "end") parts.reverse();
  const kept: string[] = [];
  let width = 0;
  for (const part of parts) {
    width += stringWidth(part);
    if (width > room) break;
    kept.push(part);
  }
  return (from === "end" ? kept.reverse() : kept).join("");
}
