import { deepStrictEqual } from "node:assert/strict";
import { Gaps, type Sight } from "../../../client/end_to_end/gaps.ts";

const pure = { permissions: "none" } as const;

/** Nothing is to be said. */
const FINE: Sight = { isReplay: false, isLate: false, missingBefore: 0, missingAfter: 0 };

/** A message of one device in one epoch, by its id and its counter. */
function one(id: number, n: number): { id: number; stream: string; n: number } {
  return { id, stream: "bob", n };
}

/** Everything has been read. */
function wholly(): Gaps {
  return new Gaps(() => true);
}

Deno.test("messages in order are fine, wherever the first one stands", pure, () => {
  const gaps = wholly();
  deepStrictEqual(gaps.see([one(10, 7), one(20, 8)]), [FINE, FINE]);
  deepStrictEqual(gaps.see([one(30, 9)]), [FINE]);
});

Deno.test("a hole between two that were seen is said before the later one", pure, () => {
  const gaps = wholly();
  deepStrictEqual(gaps.see([one(10, 1), one(20, 4)]), [FINE, { ...FINE, missingBefore: 2 }]);
});

Deno.test("a hole before what was read earlier is said behind the last one before it", pure, () => {
  const gaps = wholly();
  gaps.see([one(30, 5)]);
  deepStrictEqual(gaps.see([one(10, 1), one(20, 2)]), [FINE, { ...FINE, missingAfter: 2 }]);
});

Deno.test("what stands later on the same page is not missing before what came live", pure, () => {
  const gaps = wholly();
  // A live message comes before the page with what was missed.
  gaps.see([one(30, 3)]);
  deepStrictEqual(gaps.see([one(10, 1), one(20, 2)]), [FINE, FINE]);
});

Deno.test("nothing is missing where not all was read", pure, () => {
  const gaps = new Gaps((from) => from >= 20);
  deepStrictEqual(gaps.see([one(10, 1), one(20, 4)]), [FINE, FINE]);
  deepStrictEqual(gaps.see([one(30, 6)]), [{ ...FINE, missingBefore: 1 }]);
});

Deno.test("a counter under a second id is a replay, the same entry again is none", pure, () => {
  const gaps = wholly();
  gaps.see([one(10, 1), one(20, 2)]);
  deepStrictEqual(gaps.see([one(20, 2)]), [FINE]);
  deepStrictEqual(gaps.see([one(30, 1)]).map(({ isReplay }) => isReplay), [true]);
});

Deno.test("one behind a later one of the same device is late, and nothing is missing", pure, () => {
  const gaps = wholly();
  deepStrictEqual(gaps.see([one(10, 1), one(20, 3), one(30, 2)]), [
    FINE,
    FINE,
    { ...FINE, isLate: true },
  ]);
});

Deno.test("devices and epochs are counted apart", pure, () => {
  const gaps = wholly();
  const other = { id: 15, stream: "bob, elsewhere", n: 9 };
  deepStrictEqual(gaps.see([one(10, 1), other, one(20, 2)]), [FINE, FINE, FINE]);
});
