import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { textFault } from "../../protocol/text.ts";

const pure = { permissions: "none" } as const;

const GOOD: { readonly [what: string]: string } = {
  "a word": "hi",
  "blanks around it": "  hi  ",
  "several lines and a tab": "a\n\tb",
  "4,000 letters": "x".repeat(4_000),
  "4,000 emoji": "😀".repeat(4_000),
  "right-to-left letters": "שלום",
  "a bidirectional override, which the client escapes": "a\u202eb",
  "a joined emoji": "👩\u200d💻",
  "a private character": "\ue000",
};

for (const [what, text] of Object.entries(GOOD)) {
  Deno.test(`a text may be sent: ${what}`, pure, () => strictEqual(textFault(text), null));
}

// FTC1 §9 rows 91, 92.
const BLANK = ["", " ", "\n", "\t \n", "\u00a0\u3000", "\u200b\u200d", "\u0301\u0301", "\ufeff"];

for (const text of BLANK) {
  Deno.test(`${JSON.stringify(text)} has nothing to show`, pure, () => {
    deepStrictEqual(textFault(text), { reason: "blank" });
  });
}

Deno.test("every control character but tab and line feed is refused", pure, () => {
  for (let code = 0; code <= 0x9f; code++) {
    const isControl = code < 0x20 || code >= 0x7f;
    const isAllowed = code === 0x09 || code === 0x0a;
    const fault = isControl && !isAllowed ? { reason: "control" } : null;
    deepStrictEqual(textFault(`a${String.fromCharCode(code)}b`), fault, `code ${code}`);
  }
});

Deno.test("a text of 4,001 code points is too long, and its length is told", pure, () => {
  for (const one of ["x", "é", "漢", "😀"]) {
    deepStrictEqual(textFault(one.repeat(4_001)), { reason: "too-long", length: 4_001 });
  }
});

Deno.test("what is too long and also blank is called too long", pure, () => {
  deepStrictEqual(textFault(" ".repeat(4_321)), { reason: "too-long", length: 4_321 });
});

Deno.test("a lone surrogate is refused, wherever it stands", pure, () => {
  for (
    const text of ["\ud800", "a\udc00", "\ud83d a", "\udc00\ud800", `${"x".repeat(5_000)}\ud800`]
  ) {
    deepStrictEqual(textFault(text), { reason: "malformed" });
  }
});

Deno.test("length is counted in code points, for any text", pure, () => {
  const text = fc.string({ unit: "binary", minLength: 4_001, maxLength: 4_100, size: "max" });
  fc.assert(
    fc.property(text, (text) => {
      const length = [...text].length;
      deepStrictEqual(textFault(text), { reason: "too-long", length });
    }),
    { numRuns: 10 },
  );
});

Deno.test("a text that may be sent has none of the faults", pure, () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const isBlank = !/[^\p{White_Space}\p{Mark}\p{Format}]/u.test(text);
    const hasControl = [...text].some((c) => /\p{Control}/u.test(c) && c !== "\n" && c !== "\t");
    strictEqual(textFault(text) === null, !isBlank && !hasControl);
  }));
});
