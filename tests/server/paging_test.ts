import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { MAX_PAGE_OCTETS } from "../../protocol/limits.ts";
import { pageOf } from "../../server/paging.ts";

const pure = { permissions: "none" } as const;
const itself = (name: string) => name;

Deno.test("a short list is one page", pure, () => {
  const whole = pageOf(["a", "b"], { name: itself, after: undefined });
  deepStrictEqual(whole, { page: ["a", "b"], more: false });
  deepStrictEqual(pageOf([], { name: itself, after: undefined }), { page: [], more: false });
});

Deno.test("a page begins after a name, whether that is still in the list or not", pure, () => {
  const after = (name: string) => pageOf(["a", "c", "e"], { name: itself, after: name }).page;
  deepStrictEqual(after("a"), ["c", "e"]);
  deepStrictEqual(after("b"), ["c", "e"]);
  deepStrictEqual(after("e"), []);
  deepStrictEqual(after(""), ["a", "c", "e"]);
});

Deno.test("one item that is too large is a page of its own", pure, () => {
  const large = "x".repeat(60_000);
  deepStrictEqual(pageOf([large, "y"], { name: itself, after: undefined }), {
    page: [large],
    more: true,
  });
});

Deno.test("pages hold at most 48 KiB, and together everything once and in order", pure, () => {
  const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom(..."abc"), maxLength: 12 }), {
    maxLength: 60,
  });
  fc.assert(fc.property(names, fc.integer({ min: 10, max: 3_000 }), (names, size) => {
    const items = names.toSorted().map((name) => ({ name, x: "x".repeat(size) }));
    const seen: typeof items = [];
    for (let after: string | undefined, more = true; more;) {
      const page = pageOf(items, { name: ({ name }) => name, after });
      strictEqual(JSON.stringify(page.page).length <= MAX_PAGE_OCTETS + 2, true);
      strictEqual(page.page.length > 0 || !page.more, true);
      seen.push(...page.page);
      after = page.page.at(-1)?.name;
      more = page.more;
    }
    deepStrictEqual(seen, items);
  }));
});
