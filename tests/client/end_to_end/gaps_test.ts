import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Counted, Gaps, type Sight } from "../../../client/end_to_end/gaps.ts";
import { Stretches } from "../../../client/end_to_end/stretches.ts";

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

/** What the devices have sent in their order, as the server has stored it; some is lost. */
interface Stored {
  readonly messages: readonly Counted[];
  /** How many are missing between two of one device. */
  readonly lost: number;
}

const STORED: fc.Arbitrary<Stored> = fc.array(
  fc.record({ device: fc.nat(2), isLost: fc.boolean() }),
  { maxLength: 40 },
).map((sent) => {
  const counters = new Map<number, number>();
  const messages: Counted[] = [];
  for (const [id, { device, isLost }] of sent.entries()) {
    const n = (counters.get(device) ?? 0) + 1;
    counters.set(device, n);
    if (!isLost) messages.push({ id, stream: `bob, device ${device}`, n });
  }
  return { messages, lost: holesIn(messages) };
});

/** Holes between the first and the last of each device: before and behind, nothing can be known. */
function holesIn(messages: readonly Counted[]): number {
  const streams = Map.groupBy(messages, ({ stream }) => stream).values();
  return streams.reduce((sum, some) => {
    return sum + (some.at(-1)?.n ?? 0) - (some[0]?.n ?? 1) + 1 - some.length;
  }, 0);
}

/** Reads pages of five ids each, and tells all that was said about what was on them. */
function read({ messages }: Stored, pages: readonly number[]): Sight[] {
  const stretches = new Stretches();
  const gaps = new Gaps((from, to) => stretches.has(from, to));
  return pages.flatMap((page) => {
    stretches.add(page * 5 - 1, page * 5 + 4);
    return gaps.see(messages.filter(({ id }) => Math.floor(id / 5) === page));
  });
}

const PAGES = [0, 1, 2, 3, 4, 5, 6, 7];

function said(sights: readonly Sight[]): number {
  return sights.reduce((sum, { missingBefore, missingAfter }) => {
    return sum + missingBefore + missingAfter;
  }, 0);
}

/** Some pages in any order, some of them more than once. */
const ANY_ORDER = fc.array(fc.constantFrom(...PAGES), { maxLength: 16 });

Deno.test(
  "in whatever order pages are read, also twice, nothing is a replay or late, and no gap is false",
  pure,
  () => {
    fc.assert(fc.property(STORED, ANY_ORDER, (stored, pages) => {
      const sights = read(stored, pages);
      strictEqual(sights.some(({ isReplay, isLate }) => isReplay || isLate), false);
      if (stored.lost === 0) strictEqual(said(sights), 0);
    }));
  },
);

Deno.test(
  "no more is ever said to be missing than what is, however much has been read",
  pure,
  () => {
    fc.assert(fc.property(STORED, fc.shuffledSubarray(PAGES), (stored, pages) => {
      strictEqual(said(read(stored, pages)) <= stored.lost, true);
    }));
  },
);

/** From any page on to both sides: each page lies beside what has been read. */
const OUTWARDS = fc.tuple(
  fc.constantFrom(...PAGES),
  fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
)
  .map(([start, turns]) => {
    let [low, high] = [start, start];
    const later = turns.map((isUp) => {
      const up = (isUp && high < 7) || low === 0;
      return up ? ++high : --low;
    });
    return [start, ...later];
  });

Deno.test(
  "where page after page is read, to either side, each hole is said exactly once",
  pure,
  () => {
    fc.assert(fc.property(STORED, OUTWARDS, (stored, pages) => {
      strictEqual(said(read(stored, pages)), stored.lost);
    }));
  },
);

Deno.test(
  "whatever a server files, a counter counts once: each further id is a replay",
  pure,
  () => {
    const filed = fc.uniqueArray(fc.record({ id: fc.nat(30), n: fc.integer({ min: 1, max: 5 }) }), {
      selector: ({ id }) => id,
      maxLength: 30,
    });
    fc.assert(fc.property(filed, fc.boolean(), (messages, isTogether) => {
      const gaps = wholly();
      const counted = messages.map(({ id, n }) => one(id, n)).sort((a, b) => a.id - b.id);
      const sights = isTogether ? gaps.see(counted) : counted.flatMap((each) => gaps.see([each]));
      const seen = new Set<number>();
      for (const [at, { n }] of counted.entries()) {
        strictEqual(sights[at]?.isReplay, seen.has(n));
        seen.add(n);
      }
    }));
  },
);
