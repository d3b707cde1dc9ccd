import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { mentions, mentionsIn } from "../../client/mention.ts";

const none = { permissions: "none" } as const;

function meant(text: string, user = "al"): string[] {
  return mentionsIn(text, user).map(({ from, to }) => text.slice(from, to));
}

Deno.test(
  "a user is meant by his name as a whole word, with or without @, in any case",
  none,
  () => {
    for (
      const text of ["al?", "Hi AL!", "(al)", "al", "hi al.", "al's", "-al-", "Hallo,al,", "al..."]
    ) {
      strictEqual(meant(text).length, 1, text);
    }
    deepStrictEqual(meant("@al and Al"), ["@al", "Al"]);
  },
);

Deno.test("a name within another word or name means nobody", none, () => {
  for (
    const text of [
      "also",
      "pal",
      "al_",
      "_al",
      "al2",
      "al.smith",
      "x-al",
      "al-x",
      "áal",
      "alé",
      "a@al.org",
    ]
  ) {
    deepStrictEqual(meant(text), [], text);
  }
});

Deno.test("everybody is meant by @all, @everyone and @here, not by the words alone", none, () => {
  deepStrictEqual(meant("@all @Everyone, @HERE!"), ["@all", "@Everyone", "@HERE"]);
  for (const text of ["all of you", "everyone", "here", "@allies", "@hereafter", "me@here.org"]) {
    deepStrictEqual(meant(text), [], text);
  }
});

Deno.test("a name with dots and hyphens is taken to the letter", none, () => {
  deepStrictEqual(meant("ann.m-b and annxm-b", "ann.m-b"), ["ann.m-b"]);
});

Deno.test("without a name only everybody is meant", none, () => {
  deepStrictEqual(meant("al @all", ""), ["@all"]);
});

Deno.test("places ascend, lie apart, and hold what was meant, in any text", none, () => {
  const text = fc.array(
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("al", "@al", "@all", " ", ".", "AL")),
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (body) => {
    const places = mentionsIn(body, "al");
    let last = 0;
    for (const { from, to } of places) {
      ok(from >= last && to > from && to <= body.length);
      ok(/^@?(al|all|everyone|here)$/i.test(body.slice(from, to)));
      last = to;
    }
    strictEqual(mentions(body, "al"), places.length > 0);
  }));
});
