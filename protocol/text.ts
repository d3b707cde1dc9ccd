/**
 * What a message text may contain when it reaches the server.
 *
 * Well-formed Unicode, at most 4,000 code points and 16,000 octets, no control characters but line
 * feed and tab, and something to see. How a client shows a text is another matter
 * (`client/display.ts`): a client trusts nobody.
 * Source: FTC1 §6, §9 row 91.
 *
 * @module
 */

import { MAX_TEXT_CODE_POINTS } from "./limits.ts";

/** Why a text is refused; `length` is in code points. */
export type TextFault =
  | { readonly reason: "blank" | "control" | "malformed" }
  | { readonly reason: "too-long"; readonly length: number };

// C0 without tab (09) and line feed (0A), DEL, C1.
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const VISIBLE = /[^\p{White_Space}\p{Mark}\p{Format}]/u;

/**
 * Says what is wrong with a text.
 *
 * @param text The text of a message, to the letter.
 * @returns The fault, or `null` where the text may be sent.
 */
export function textFault(text: string): TextFault | null {
  if (!text.isWellFormed()) return { reason: "malformed" };
  const length = codePoints(text);
  // 16,000 octets need no look of their own: four for each code point at the most.
  if (length > MAX_TEXT_CODE_POINTS) return { reason: "too-long", length };
  if (CONTROL.test(text)) return { reason: "control" };
  if (!VISIBLE.test(text)) return { reason: "blank" };
  return null;
}

function codePoints(text: string): number {
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) surrogatePairs++;
  }
  return text.length - surrogatePairs;
}
