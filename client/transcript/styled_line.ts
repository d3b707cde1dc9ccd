/**
 * A line for a terminal before it becomes octets: pieces of text, each with how it looks.
 *
 * @module
 */

/** How a piece of text looks. */
export interface Style {
  /** A colour of the 256 of xterm. */
  readonly colour?: number;
  /** Heavier. */
  readonly bold?: true;
  /** Paler: what is not said by a person. */
  readonly dim?: true;
  /** Foreground and background exchanged: what the user should not miss. */
  readonly inverse?: true;
}

/** A piece of text; without a style it looks as usual. */
export interface Span {
  /** The text, fit to be shown: no control characters, no line breaks. */
  readonly text: string;
  /** How it looks. */
  readonly style?: Style;
}

/** One line. */
export interface StyledLine {
  /** Its pieces, from the left. */
  readonly spans: readonly Span[];
}

/** A line that looks the same from end to end. */
export function lineOf(text: string, style?: Style): StyledLine {
  return { spans: [spanOf(text, style)] };
}

/** A piece of text. */
export function spanOf(text: string, style?: Style): Span {
  return style === undefined ? { text } : { text, style };
}

/** The text of a line without its looks. */
export function textOf({ spans }: StyledLine): string {
  return spans.map(({ text }) => text).join("");
}

/**
 * Cuts spans into lines at their line breaks.
 *
 * @param spans Pieces of a text of several lines.
 * @returns One line more than there are line breaks.
 */
export function linesOf(spans: readonly Span[]): StyledLine[] {
  const lines: Span[][] = [[]];
  for (const { text, style } of spans) {
    for (const [at, piece] of text.split("\n").entries()) {
      if (at > 0) lines.push([]);
      if (piece !== "") lines.at(-1)?.push(spanOf(piece, style));
    }
  }
  return lines.map((line) => ({ spans: line }));
}
