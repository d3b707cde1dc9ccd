import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { EntryIds } from "../../server/entry_id.ts";

const pure = { permissions: "none" } as const;

Deno.test("an id shows its time", pure, () => {
  strictEqual(new EntryIds(0).next(1_795_370_580_000), 1_795_370_580_000 * 1_024);
});

Deno.test("where the clock stands still, ids count on", pure, () => {
  const ids = new EntryIds(0);
  const first = ids.next(5);
  strictEqual(ids.next(5), first + 1);
  strictEqual(ids.next(4.9), first + 2);
  strictEqual(ids.last, first + 2);
});

Deno.test("whatever the clock does, ids are safe integers that grow strictly", pure, () => {
  const clock = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer({ min: -1, max: 2_000_000_000_000 }),
    fc.constantFrom(0, -0, Infinity, -Infinity, 2 ** 53, 2 ** 42),
  );
  fc.assert(fc.property(fc.maxSafeNat().map((n) => n % 2 ** 52), fc.array(clock), (last, times) => {
    const ids = new EntryIds(last);
    let before = last;
    for (const now of times) {
      const id = ids.next(now);
      strictEqual(Number.isSafeInteger(id), true);
      strictEqual(id > before, true);
      strictEqual(ids.last, id);
      before = id;
    }
  }));
});
