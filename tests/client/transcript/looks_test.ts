import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { plain, toAnsi, wantsColours } from "../../../client/transcript/ansi.ts";
import { clockText, dayText } from "../../../client/transcript/clock_text.ts";
import { colourOf, PALETTE } from "../../../client/transcript/person_colour.ts";
import { lineOf, linesOf, spanOf, textOf } from "../../../client/transcript/styled_line.ts";

const none = { permissions: "none" } as const;

Deno.test("a style becomes one SGR sequence, and ends with its text", none, () => {
  const line = {
    spans: [spanOf("a"), spanOf("b", { bold: true, colour: 27 }), spanOf("c", { dim: true })],
  };
  strictEqual(toAnsi(line, { colours: true }), "a\x1b[1;38;5;27mb\x1b[0m\x1b[2mc\x1b[0m");
  strictEqual(toAnsi(line, { colours: false }), "abc");
  strictEqual(toAnsi(lineOf("", { inverse: true }), { colours: true }), "");
});

Deno.test("what should never be in a line does no harm there", none, () => {
  strictEqual(
    toAnsi(lineOf("a\x1b[2Jb\nc\x9b", { bold: true }), { colours: true }),
    "\x1b[1ma[2Jbc\x1b[0m",
  );
  strictEqual(plain(lineOf("a\x07\r")), "a");
});

Deno.test("NO_COLOR, a dumb terminal and the setting each turn looks off", none, () => {
  const wants = (variables: { [name: string]: string }, setting: "on" | "off" = "on") =>
    wantsColours({ environment: (name) => variables[name], setting });
  deepStrictEqual(
    [wants({}), wants({ TERM: "xterm-256color" }), wants({ NO_COLOR: "" })],
    [true, true, true],
  );
  deepStrictEqual([wants({ NO_COLOR: "1" }), wants({ TERM: "dumb" }), wants({}, "off")], [
    false,
    false,
    false,
  ]);
});

/** WCAG 2.2, "relative luminance", of a colour of xterm's cube. */
function luminance(colour: number): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const at = colour - 16;
  const [red = 0, green = 0, blue = 0] = [Math.trunc(at / 36), Math.trunc(at / 6) % 6, at % 6]
    .map((level) => (levels[level] ?? 0) / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

Deno.test("every colour of a person can be read on black and on white", none, () => {
  for (const colour of PALETTE) {
    ok((luminance(colour) + 0.05) / 0.05 >= 4, `${colour} on black`);
    ok(1.05 / (luminance(colour) + 0.05) >= 4, `${colour} on white`);
  }
  strictEqual(new Set(PALETTE).size, PALETTE.length);
});

Deno.test("a name has one colour, in any case, and names spread over all colours", none, () => {
  fc.assert(fc.property(fc.string(), (name) => {
    ok(PALETTE.includes(colourOf(name)));
    strictEqual(colourOf(name), colourOf(name.toLowerCase()));
  }));
  const names = Array.from({ length: 600 }, (_, n) => `user${n}`);
  const counts = Map.groupBy(names, colourOf);
  strictEqual(counts.size, PALETTE.length);
  // 50 each on average.
  for (const [colour, some] of counts) ok(some.length > 20 && some.length < 90, `${colour}`);
});

Deno.test("the colour of a name never changes between versions", none, () => {
  deepStrictEqual(["alice", "bob", "carol"].map(colourOf), [28, 161, 129]);
});

Deno.test("days and times", none, () => {
  const at = new Date(2026, 0, 5, 7, 8, 9).getTime();
  strictEqual(dayText(at), "Monday, 5 January 2026");
  deepStrictEqual(
    (["HH:MM", "HH:MM:SS", "off"] as const).map((format) => clockText(at, format)),
    ["07:08", "07:08:09", ""],
  );
  deepStrictEqual([dayText(NaN), clockText(NaN, "HH:MM")], [null, "??:??"]);
});

Deno.test("spans are cut at line breaks and nothing is lost", none, () => {
  const spans = fc.array(
    fc.string({ unit: fc.constantFrom("a", "\n", "b") }).map((text) =>
      spanOf(text, { bold: true })
    ),
  );
  fc.assert(fc.property(spans, (pieces) => {
    const whole = pieces.map(({ text }) => text).join("");
    const lines = linesOf(pieces);
    strictEqual(lines.map(textOf).join("\n"), whole);
    ok(lines.every(({ spans }) => spans.every(({ text }) => text !== "" && !text.includes("\n"))));
  }));
});
