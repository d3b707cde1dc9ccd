/**
 * Where the cursor may go in a text: by characters as people see them, by words, by lines.
 *
 * Places are UTF-16 indices. They are computed; nothing is changed.
 *
 * @module
 */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const WORD = /[\p{L}\p{N}_]/u;
const BLANK = /^\s/u;

/** A place before or behind another one. */
export type Motion = (text: string, at: number) => number;

/** One character to the left. */
export function characterLeft(text: string, at: number): number {
  if (at <= 0) return 0;
  return segmenter.segment(text).containing(at - 1)?.index ?? at - 1;
}

/** One character to the right. */
export function characterRight(text: string, at: number): number {
  const found = segmenter.segment(text).containing(at);
  return found === undefined ? text.length : found.index + found.segment.length;
}

/** The next place, from here on, that is not within a character. */
export function boundary(text: string, at: number): number {
  const found = segmenter.segment(text).containing(at);
  return found === undefined || found.index === at ? at : found.index + found.segment.length;
}

/** The beginning of this word or of the one before. */
export function wordLeft(text: string, at: number): number {
  const start = runLeft(text, at, (character) => !WORD.test(character));
  return runLeft(text, start, (character) => WORD.test(character));
}

/** The end of this word or of the one behind. */
export function wordRight(text: string, at: number): number {
  const start = runRight(text, at, (character) => !WORD.test(character));
  return runRight(text, start, (character) => WORD.test(character));
}

/** The beginning of what stands between blanks. */
export function blankLeft(text: string, at: number): number {
  const start = runLeft(text, at, (character) => BLANK.test(character));
  return runLeft(text, start, (character) => !BLANK.test(character));
}

/** The beginning of the line. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** The end of the line. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** The same column one line up; the same place in the first line. */
export function lineUp(text: string, at: number): number {
  const start = lineStart(text, at);
  return start === 0 ? at : column(text, lineStart(text, start - 1), text.slice(start, at));
}

/** The same column one line down; the same place in the last line. */
export function lineDown(text: string, at: number): number {
  const end = lineEnd(text, at);
  if (end === text.length) return at;
  return column(text, end + 1, text.slice(lineStart(text, at), at));
}

/** The place in the line that begins at `start` with as many characters before it. */
function column(text: string, start: number, before: string): number {
  const line = text.slice(start, lineEnd(text, start));
  let at = start;
  let left = [...segmenter.segment(before)].length;
  for (const { segment } of segmenter.segment(line)) {
    if (left-- === 0) break;
    at += segment.length;
  }
  return at;
}

/** The texts are cut once: asking for one character after the other would take long in a long text. */
function runLeft(text: string, at: number, belongs: (character: string) => boolean): number {
  const first = [...segmenter.segment(text.slice(0, at))]
    .findLast(({ segment }) => !belongs(segment));
  return first === undefined ? 0 : first.index + first.segment.length;
}

function runRight(text: string, at: number, belongs: (character: string) => boolean): number {
  for (const { index, segment } of segmenter.segment(text.slice(at))) {
    if (!belongs(segment)) return at + index;
  }
  return text.length;
}
