import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Stretches } from "../../../client/end_to_end/stretches.ts";

const pure = { permissions: "none" } as const;

const id = fc.integer({ min: 0, max: 40 });

Deno.test("what was read between two ids is what all stretches together have brought", pure, () => {
  const added = fc.array(fc.tuple(id, id), { maxLength: 20 });
  fc.assert(fc.property(added, id, id, (ranges, from, to) => {
    const stretches = new Stretches();
    const read = new Set<number>();
    for (const [after, upto] of ranges) {
      stretches.add(after, upto);
      for (let one = after + 1; one <= upto; one++) read.add(one);
    }
    let isWhole = true;
    for (let one = from; one <= to; one++) isWhole &&= read.has(one);
    if (from <= to) strictEqual(stretches.has(from, to), isWhole);
  }));
});

Deno.test("a stretch begins behind an id: nothing lies between neighbours", pure, () => {
  const stretches = new Stretches();
  stretches.add(0, 5);
  stretches.add(7, 9);
  deepStrictEqual([stretches.has(1, 5), stretches.has(0, 5), stretches.has(5, 8)], [
    true,
    false,
    false,
  ]);
  stretches.add(5, 7);
  strictEqual(stretches.has(1, 9), true);
});

Deno.test("an empty or reversed range adds nothing", pure, () => {
  const stretches = new Stretches();
  stretches.add(5, 5);
  stretches.add(9, 3);
  deepStrictEqual([stretches.has(5, 5), stretches.has(4, 8)], [false, false]);
});

Deno.test("ids without an end are read as well", pure, () => {
  const stretches = new Stretches();
  stretches.add(10, Number.MAX_SAFE_INTEGER);
  strictEqual(stretches.has(11, Number.MAX_SAFE_INTEGER), true);
});

Deno.test("a thousand stretches are remembered, those of the newest ids", pure, () => {
  const stretches = new Stretches();
  for (let n = 0; n < 1_500; n++) stretches.add(n * 3, n * 3 + 1);
  deepStrictEqual([stretches.has(1, 1), stretches.has(1_501, 1_501)], [false, true]);
  strictEqual(stretches.has(1_499 * 3 + 1, 1_499 * 3 + 1), true);
});
