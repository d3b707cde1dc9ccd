/**
 * Every row of FTC1 §9 has a test that names its number.
 *
 * A name says `row 9`, `rows 15, 28` or `rows 15-24`. That the test is worth its name, this cannot see.
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert/strict";

const LAST_ROW = 110;

/** Rows without a test of their own, and why; five at the most. */
const EXCUSED: ReadonlyMap<number, string> = new Map([]);

Deno.test("every hostile input of FTC1 §9, rows 1 to 110, has a test that names it or an excuse", async () => {
  const named = new Set<number>();
  for await (const name of testNames(new URL(".", import.meta.url))) {
    for (const row of rowsIn(name)) named.add(row);
  }
  const rows = Array.from({ length: LAST_ROW }, (_, n) => n + 1);
  deepStrictEqual(rows.filter((row) => !named.has(row) && !EXCUSED.has(row)), []);
  deepStrictEqual([...EXCUSED.keys()].filter((row) => named.has(row)), []);
  ok(EXCUSED.size <= 5);
});

Deno.test("rows are read from a name, alone, listed and as a range", () => {
  deepStrictEqual(rowsIn("row 9: x"), [9]);
  deepStrictEqual(rowsIn("rows 15, 28: x 5"), [15, 28]);
  deepStrictEqual(rowsIn("rows 3-5, 9: x"), [3, 4, 5, 9]);
  deepStrictEqual(rowsIn("the row of the prompt, 80 columns"), []);
});

/** The names of all tests below a folder, as far as they stand in quotes behind `Deno.test(`. */
async function* testNames(folder: URL): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* testNames(url);
    else if (/_(test|tmux)\.ts$/.test(entry.name)) {
      const source = await Deno.readTextFile(url);
      for (const [, name = ""] of source.matchAll(NAME)) yield name;
    }
  }
}

const NAME = /(?:Deno\.test\(\s*(?:\{\s*name:\s*)?|name:\s*)["`](rows? [^"`]*)["`]/g;

function rowsIn(name: string): number[] {
  const list = /^rows? (\d+(?:(?:-|, )\d+)*)/.exec(name)?.[1] ?? "";
  return list.split(", ").filter((part) => part !== "").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}
