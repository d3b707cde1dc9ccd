/**
 * Text from the network, made fit for a terminal.
 *
 * | in the text | shown |
 * |---|---|
 * | C0, DEL, C1 | escaped: `\x1b` |
 * | U+202A–202E, U+2066–2069, U+200E/F, U+061C | removed |
 * | more than 8 marks on a base | the first 8 |
 * | a line with right-to-left text | U+2068, the line, U+2069 |
 * | line feed, U+2028, U+2029 in a message | a line break and `| ` |
 *
 * A server may be hostile, so this is for everything that comes from it: texts, names, errors. It does
 * not judge what may be sent; that is `protocol/text.ts`.
 * Source: FTC1 §6.
 *
 * @module
 */

/** What a further line of a message begins with, so that none can pass for a line of its own. */
export const CONTINUATION = "| ";

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const BIDI_CONTROL = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g;
// Format characters have no width either, and would otherwise start a new count.
const MARKS = /([\p{M}\p{Cf}]{8})[\p{M}\p{Cf}]+/gu;
// The blocks whose characters are right-to-left unless told otherwise (DerivedBidiClass.txt).
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LINE_BREAK = /[\n\u2028\u2029]/;

/**
 * Makes something that stands within a line fit to be shown: a name, a list, an error text.
 *
 * @param text As it came.
 * @returns One line; line breaks and tabs are escaped like other control characters.
 */
export function displayLine(text: string): string {
  return isolate(clean(text));
}

/**
 * Makes a notice fit to be shown, whatever has got into it.
 *
 * @param text Lines of the client's own; a text from the network within one has passed
 *   {@linkcode displayLine} already, which leaves it no line break.
 * @returns As many lines.
 */
export function displayNotice(text: string): string {
  return text.split("\n").map(displayLine).join("\n");
}

/**
 * Makes the text of a message fit to be shown.
 *
 * @param text As it came.
 * @returns One or more lines; tabs stay, each further line begins with {@linkcode CONTINUATION}.
 */
export function displayText(text: string): string {
  return text.split(LINE_BREAK)
    .map((line) => isolate(line.split("\t").map(clean).join("\t")))
    .join(`\n${CONTINUATION}`);
}

function clean(text: string): string {
  return text.toWellFormed()
    .replace(CONTROL, escape)
    .replace(BIDI_CONTROL, "")
    .replace(MARKS, "$1");
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
}

/**
 * Closes a line with right-to-left text, so that it turns nothing around it.
 *
 * @param line One line, fit to be shown otherwise.
 */
export function isolate(line: string): string {
  return RIGHT_TO_LEFT.test(line) ? `\u2068${line}\u2069` : line;
}
