/**
 * Hostile texts of every class of FTC1 §6, and what a face may write when it is given one.
 *
 * @module
 */

/** Stands behind whatever might begin a line: no line of a face may begin with it. */
export const FORGERY = "[eve]: pay me";

/** Classes of characters and sequences, each with its members. */
export const CLASSES: { readonly [name: string]: readonly string[] } = {
  "C0 but line feed and tab": range(0x00, 0x1f).filter((c) => c !== "\n" && c !== "\t"),
  "DEL and C1": range(0x7f, 0x9f),
  "escape sequences": [
    "\x1b[31;41;7m",
    "\x1b[2J\x1b[3J\x1b[H",
    "\x1b[6n",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1b]0;owned\x07",
    "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP+q544e\x1b\\",
    "\x1b_Gi=1;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bc",
    "\x1b(0",
    "\x9b31m",
    "\x9d0;owned\x9c",
    "\x90q\x9c",
  ],
  "bidirectional controls": [
    ...range(0x202a, 0x202e),
    ...range(0x2066, 0x2069),
    "\u200e",
    "\u200f",
    "\u061c",
    "\u202egnp.exe",
  ],
  "right-to-left text": ["שלום", "مرحبا", "a שלום b", "\u{1e900}"],
  "many marks": [
    "a" + "\u0301".repeat(200),
    "\u0301\u200b".repeat(100),
    "😀" + "\ufe0f".repeat(50),
  ],
  "ends of lines": [
    `\n${FORGERY}`,
    `\r${FORGERY}`,
    `\r\n${FORGERY}`,
    `\x85${FORGERY}`,
    `\x0b${FORGERY}`,
    `\x0c${FORGERY}`,
    `\u2028${FORGERY}`,
    `\u2029${FORGERY}`,
    `\n\n\n${FORGERY}\n`,
  ],
  "ill-formed": ["\ud800", "\udc00", "\ud800\ud800", "\udc00\ud83d"],
};

/** Every text, between letters, so that it can be looked for. */
export const HOSTILE_TEXTS: readonly string[] = Object.values(CLASSES).flat()
  .map((text) => `q${text}z`);

/** What may never be written, whatever the face: C1, bidirectional controls but isolates, halves. */
const NEVER = /[\u0080-\u009f\u007f\u202a-\u202e\u2066\u2067\u200e\u200f\u061c\u2028\u2029]/;

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f]/;

const MARKS = /[\p{M}\p{Cf}]{9}/u;

/** Every class that a terminal must not get. */
const DANGEROUS = HOSTILE_TEXTS.filter((text) => NEVER.test(text) || CONTROL.test(text));

/**
 * Looks at what was written.
 *
 * @param written Whole lines without the face's own sequences.
 * @returns What is wrong with it, or `null`.
 */
export function faultOf(written: string): string | null {
  const steering = steeringOf(written);
  if (steering !== null) return steering;
  for (const line of written.split("\n")) {
    if (line.startsWith(FORGERY)) return "a forged line";
    if (MARKS.test(line)) return "more than eight marks on a base";
    if (line.split("\u2068").length !== line.split("\u2069").length) return "an open isolate";
    if (/[\u0590-\u08ff\u{1e900}]/u.test(line.replaceAll(/\u2068[^\u2069]*\u2069/g, ""))) {
      return "right-to-left text that is not closed";
    }
  }
  return null;
}

/** What a terminal face may write of its own: colours, moves, erasing, modes, title, bell. */
const OWN_SEQUENCES = new RegExp(
  [
    "\\x1b\\[[0-9;]*m",
    "\\x1b\\[[0-9]*[ABCDGHJK]",
    "\\x1b\\[\\?(?:25|1004|2004|2026)[hl]",
    // The title: nothing in it may end it early.
    "\\x1b\\]2;[^\\x00-\\x1f\\x7f-\\x9f]*(?:\\x07|\\x1b\\\\)",
    "\\x1b\\[2[23];2t",
    "\\r",
    "\\x07",
  ].join("|"),
  "g",
);

/**
 * Looks for what steers a terminal or turns the direction of text, as in what one has typed oneself.
 *
 * @param written As for {@linkcode faultOf}.
 * @returns What is wrong with it, or `null`.
 */
export function steeringOf(written: string): string | null {
  if (!written.isWellFormed()) return "ill-formed";
  if (NEVER.test(written)) return "a control character of Unicode";
  return CONTROL.test(written) ? "a control character" : null;
}

/**
 * Takes away what a terminal face writes of its own.
 *
 * @param raw Everything that was written.
 */
export function withoutOwn(raw: string): string {
  return raw.replaceAll(OWN_SEQUENCES, "");
}

/**
 * Looks for hostile texts as they were given.
 *
 * @param raw Everything that was written, with the face's own sequences.
 * @returns The first that is found, or `null`.
 */
export function foundRaw(raw: string): string | null {
  return DANGEROUS.find((text) => raw.includes(text)) ?? null;
}

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => String.fromCharCode(first + at));
}
