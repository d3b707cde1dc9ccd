/**
 * Fuzzes `protocol/line.ts`.
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert/strict";
import { LineCutter, LineTooLong } from "../../../protocol/line.ts";
import { stateless, type Target } from "../target.ts";

const LIMIT = 40;

/** The stream, and the places where it is cut, come from the same octets. */
export const lines: Target = {
  name: "lines",
  invariant:
    "however a stream is cut, its lines are the same, no more than the limit is kept, and " +
    "nothing but LineTooLong is thrown",
  words: ["\n", "\n\n", "\r\n", "gAAAA", "a".repeat(39), "a".repeat(40), "a".repeat(41), "\0"],
  start: stateless((octets) => {
    deepStrictEqual(cutIn(octets, (at) => 1 + (octets[at] ?? 0) % 9), expectedOf(octets));
    deepStrictEqual(cutIn(octets, () => octets.length), expectedOf(octets));
  }),
};

interface Cut {
  readonly lines: readonly string[];
  readonly isTooLong: boolean;
}

function cutIn(octets: Uint8Array, length: (at: number) => number): Cut {
  const cutter = new LineCutter(LIMIT);
  const found: string[] = [];
  try {
    for (let at = 0; at < octets.length;) {
      const end = at + length(at);
      for (const line of cutter.push(octets.slice(at, end))) found.push(line);
      ok(cutter.pending <= LIMIT, `${cutter.pending} octets are kept`);
      at = end;
    }
    return { lines: found, isTooLong: false };
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    return { lines: found, isTooLong: true };
  }
}

/** The same, written again and slowly. */
function expectedOf(octets: Uint8Array): Cut {
  const found: string[] = [];
  let line: number[] = [];
  for (const octet of octets) {
    if (octet === 0x0a) {
      found.push(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(line)));
      line = [];
    } else if (line.push(octet) > LIMIT) return { lines: found, isTooLong: true };
  }
  return { lines: found, isTooLong: false };
}
