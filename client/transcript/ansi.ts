/**
 * Styled lines as text for a terminal: SGR sequences and nothing else (ECMA-48, 8.3.117).
 *
 * @module
 */

import { type Span, type Style, type StyledLine, textOf } from "./styled_line.ts";

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

const RESET = "\x1b[0m";

/** How lines are written. */
export interface AnsiOptions {
  /** Whether there are looks at all. */
  readonly colours: boolean;
}

/**
 * Writes a line.
 *
 * @param line The line.
 * @param options Whether there are looks at all: with NO_COLOR there are none.
 * @returns Text without a line break; each style that begins in it also ends in it.
 */
export function toAnsi(line: StyledLine, { colours }: AnsiOptions): string {
  return colours ? line.spans.map(spanText).join("") : plain(line);
}

/**
 * Writes a line without looks.
 *
 * @param line The line.
 */
export function plain(line: StyledLine): string {
  return clean(textOf(line));
}

/** What the environment and the user say about colours. */
export interface ColourWish {
  /** Reads an environment variable. */
  readonly environment: (name: string) => string | undefined;
  /** The setting. */
  readonly setting: "on" | "off";
}

/**
 * Says whether lines may have looks: not with NO_COLOR (https://no-color.org), not on a terminal that
 * says of itself that it is dumb.
 *
 * @param wish What the environment and the user say.
 */
export function wantsColours({ environment, setting }: ColourWish): boolean {
  return setting === "on" && !environment("NO_COLOR") && environment("TERM") !== "dumb";
}

function spanText({ text, style }: Span): string {
  const codes = style === undefined ? [] : codesOf(style);
  const shown = clean(text);
  return codes.length === 0 || shown === "" ? shown : `\x1b[${codes.join(";")}m${shown}${RESET}`;
}

function codesOf({ bold, dim, inverse, colour }: Style): string[] {
  return [
    ...(bold === true ? ["1"] : []),
    ...(dim === true ? ["2"] : []),
    ...(inverse === true ? ["7"] : []),
    ...(colour === undefined ? [] : [`38;5;${colour}`]),
  ];
}

/** Texts have passed `display.ts`; what has not must do no harm either. */
function clean(text: string): string {
  return text.replace(CONTROL, "");
}
