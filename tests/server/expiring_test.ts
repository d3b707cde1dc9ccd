import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Expiring } from "../../server/expiring.ts";

const pure = { permissions: "none" } as const;

Deno.test("an entry is kept for its life, which begins anew when it is set", pure, () => {
  const map = new Expiring<string>(9, 100);
  map.set("a", "one", 0);
  strictEqual(map.get("a", 99), "one");
  map.set("a", "two", 99);
  strictEqual(map.get("a", 198), "two");
  strictEqual(map.get("a", 199), undefined);
  strictEqual(map.size, 0);
});

Deno.test("looking at an entry does not lengthen its life", pure, () => {
  const map = new Expiring<number>(9, 100);
  map.set("a", 1, 0);
  strictEqual(map.get("a", 99), 1);
  strictEqual(map.get("a", 100), undefined);
});

Deno.test("beyond the number those go that were set longest ago", pure, () => {
  const map = new Expiring<number>(2, Infinity);
  map.set("a", 1, 0);
  map.set("b", 2, 1);
  map.set("a", 3, 2);
  map.set("c", 4, 3);
  deepStrictEqual(["a", "b", "c"].map((key) => map.get(key, 4)), [3, undefined, 4]);
});

Deno.test("an entry can be taken away, and one that is none as well", pure, () => {
  const map = new Expiring<number>(2, 100);
  map.set("a", 1, 0);
  map.delete("a");
  map.delete("b");
  deepStrictEqual([map.get("a", 0), map.size], [undefined, 0]);
});

Deno.test("whatever is set, no more are kept than may be", pure, () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", "__proto__", "toString"));
  fc.assert(fc.property(fc.integer({ min: 1, max: 3 }), keys, (most, keys) => {
    const map = new Expiring<number>(most, 10);
    keys.forEach((key, now) => {
      map.set(key, now, now);
      strictEqual(map.size <= most, true);
      strictEqual(map.get(key, now), now);
    });
  }));
});
