import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { picture } from "./picture.ts";
import { runsOf } from "./styled_text.ts";

const pure = { permissions: "none" } as const;

Deno.test("colours and attributes are taken apart, over the ends of lines", pure, () => {
  deepStrictEqual(runsOf("a\x1b[1;31mb\nc\x1b[22md\x1b[0m\x1b[38;5;208me\x1b[48;2;1;2;255mf"), [
    [{ text: "a", look: {} }, { text: "b", look: { isBold: true, ink: "#e06c75" } }],
    [
      { text: "c", look: { isBold: true, ink: "#e06c75" } },
      { text: "d", look: { ink: "#e06c75" } },
      { text: "e", look: { ink: "#ff8700" } },
      { text: "f", look: { ink: "#ff8700", paper: "#0102ff" } },
    ],
  ]);
  deepStrictEqual(runsOf("\x1b[7;4mx\x1b[27my\x1b[94;39;103mz\x1b[mw")[0], [
    { text: "x", look: { isReversed: true, isUnderlined: true } },
    { text: "y", look: { isUnderlined: true } },
    { text: "z", look: { isUnderlined: true, paper: "#ffd98e" } },
    { text: "w", look: {} },
  ]);
});

Deno.test("a picture has every text, in its column, and escapes what SVG would read", pure, () => {
  const svg = picture("<a> 漢字\x1b[32m&\n", { columns: 20, title: 'a "b"' });
  match(svg, /aria-label="a &quot;b&quot;"/);
  match(svg, /<text x="14" y="28" textLength="67.2"[^>]*>&lt;a&gt; 漢字<\/text>/);
  match(svg, /<text x="81.2" y="28" textLength="8.4"[^>]*fill="#98c379"[^>]*>&amp;<\/text>/);
});

Deno.test("nothing but the text is lost, whatever the colours", pure, () => {
  const piece = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "漢", " ", "&"), maxLength: 5 }),
    fc.array(fc.integer({ min: 0, max: 107 }), { maxLength: 4 })
      .map((codes) => `\x1b[${codes.join(";")}m`),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const plain = pieces.filter((part) => !part.startsWith("\x1b")).join("");
    strictEqual(runsOf(pieces.join("")).flat().map(({ text }) => text).join(""), plain);
  }));
});
