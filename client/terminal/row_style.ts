/**
 * How the rows of the live block look: SGR and nothing else.
 *
 * @module
 */

import type { BlockRow } from "./live_block.ts";

const LOOKS: Readonly<Record<BlockRow["part"], readonly [string, string]>> = {
  pending: ["\x1b[2m", "\x1b[m"],
  hint: ["\x1b[2m", "\x1b[m"],
  status: ["\x1b[7m", "\x1b[m"],
  input: ["", ""],
};

/**
 * Writes a row.
 *
 * @param row The row.
 * @param options Whether there are looks at all.
 */
export function rowStyle(
  { text, part }: BlockRow,
  { colours }: { readonly colours: boolean },
): string {
  const [begin, end] = colours ? LOOKS[part] : ["", ""];
  return begin + text + end;
}
