/**
 * Names of users and groups: one name space, ASCII, compared in lower case.
 *
 * 1–32 letters, digits, `.`, `_`, `-`; the first and the last a letter or digit. ASCII only is a
 * decision: no look-alike letters, no bidirectional tricks, no normalisation.
 * Source: FTC1 §4.6.
 *
 * @module
 */

import { MAX_NAME_CHARACTERS } from "./limits.ts";

/** Where everybody is: the public conversation. Reserved, so that no account can take it. */
export const LOBBY = "lobby";

const RESERVED: ReadonlySet<string> = new Set(
  ("names history quit help group lobby search verify trust rekey password ignore next set send " +
    "leave delete add remove list info invite who msg me all here everyone " +
    "admin root system server operator moderator support " +
    "null undefined true false constructor prototype").split(" "),
);

const SHAPE = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/**
 * Brings a name into the form in which names are compared and stored.
 *
 * @param typed What somebody typed or sent, in any case.
 * @returns The name in lower case, or `null` where it is no name or a reserved one.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(canonicalName("ALICE"), "alice");
 * strictEqual(canonicalName("a b"), null);
 * ```
 */
export function canonicalName(typed: string): string | null {
  if (typed.length > MAX_NAME_CHARACTERS) return null;
  // Only ASCII letters change: "K" (Kelvin sign) lower-cases to "k" and must not pass.
  const lower = typed.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return SHAPE.test(lower) && !RESERVED.has(lower) ? lower : null;
}

/**
 * Tells which of many names is closest to a mistyped one.
 *
 * @param typed The name that does not exist, canonical.
 * @param candidates The names that do.
 * @returns The candidate with the fewest edits (the first in alphabetical order among equals), or
 *   `null` when none is within two edits, or within one for names of up to three characters.
 */
export function closestName(typed: string, candidates: Iterable<string>): string | null {
  const allowed = typed.length <= 3 ? 1 : 2;
  let best: string | null = null;
  let fewest = allowed + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) > allowed) continue;
    const edits = editDistance(typed, candidate);
    if (edits < fewest || (edits === fewest && best !== null && candidate < best)) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/**
 * Counts the insertions, deletions, substitutions and swaps of neighbours that lead from one word
 * to another (optimal string alignment distance).
 *
 * @param a One word.
 * @param b The other.
 * @returns The number of edits, 0 for equal words.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, at(beforeLast, j - 2) + 1);
      }
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
