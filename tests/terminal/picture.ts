/**
 * A terminal as a picture: what `tmux capture-pane -e` gives, as SVG.
 *
 * Each run of text is stretched to its cells, so that the columns stand under each other in any font.
 *
 * @module
 */

import stringWidth from "string-width";
import { type Look, type Run, runsOf } from "./styled_text.ts";

/** Of a cell, in pixels. */
const WIDTH = 8.4;
const HEIGHT = 19;
/** Around the cells. */
const MARGIN = 14;
/** From the top of a cell to the line on which letters stand. */
const BASE = 14;

const INK = "#d7dae0";
const PAPER = "#101217";

/** What is drawn beside the text. */
export interface PictureOptions {
  /** Width of the terminal in cells. */
  readonly columns: number;
  /** Said to those who cannot see it. */
  readonly title: string;
  /** The cell of the cursor, from 0. */
  readonly cursor?: { readonly column: number; readonly row: number };
}

/**
 * Draws a terminal.
 *
 * @param captured Its lines with their colours.
 * @param options Its width, a title, the cursor.
 * @returns An SVG file.
 */
export function picture(captured: string, options: PictureOptions): string {
  const { columns, title, cursor } = options;
  const rows = runsOf(captured);
  const width = round(columns * WIDTH + 2 * MARGIN);
  const height = rows.length * HEIGHT + 2 * MARGIN;
  const box = cursor === undefined ? [] : [
    `<rect x="${x(cursor.column)}" y="${y(cursor.row)}" width="${WIDTH}" height="${HEIGHT}" ` +
    `fill="${INK}" opacity="0.6"/>`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" ` +
    `font-size="14" fill="${INK}" xml:space="preserve">`,
    ...rows.flatMap((runs, row) => rowOf(runs, row)),
    "</g>",
    ...box,
    "</svg>",
    "",
  ].join("\n");
}

function rowOf(runs: readonly Run[], row: number): string[] {
  let column = 0;
  return runs.flatMap(({ text, look }) => {
    const at = column;
    column += stringWidth(text);
    return runOf(text, { look, at, row });
  });
}

function runOf(
  text: string,
  { look, at, row }: { readonly look: Look; readonly at: number; readonly row: number },
): string[] {
  const cells = stringWidth(text);
  const [ink, paper] = look.isReversed === true
    ? [look.paper ?? PAPER, look.ink ?? INK]
    : [look.ink, look.paper];
  const behind = paper === undefined ? [] : [
    `<rect x="${x(at)}" y="${y(row)}" width="${round(cells * WIDTH)}" height="${HEIGHT}" ` +
    `fill="${paper}"/>`,
  ];
  if (text.trim() === "") return behind;
  const attributes = [
    `x="${x(at)}" y="${y(row) + BASE}" textLength="${round(cells * WIDTH)}"`,
    `lengthAdjust="spacingAndGlyphs"`,
    ...(ink === undefined ? [] : [`fill="${ink}"`]),
    ...(look.isBold === true ? [`font-weight="bold"`] : []),
    ...(look.isDim === true ? [`opacity="0.6"`] : []),
    ...(look.isItalic === true ? [`font-style="italic"`] : []),
    ...(look.isUnderlined === true ? [`text-decoration="underline"`] : []),
  ];
  return [...behind, `<text ${attributes.join(" ")}>${escaped(text)}</text>`];
}

function x(column: number): number {
  return round(MARGIN + column * WIDTH);
}

function y(row: number): number {
  return MARGIN + row * HEIGHT;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
]);

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES.get(character) ?? character);
}
