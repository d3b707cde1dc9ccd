import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { displayLine, displayText } from "../../client/display.ts";

const none = { permissions: "none" } as const;

Deno.test("control characters are shown as escapes, in texts and in names", none, () => {
  strictEqual(displayLine("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  strictEqual(displayText("a\x00b\x7fc\x9bd\re"), "a\\x00b\\x7fc\\x9bd\\x0de");
  strictEqual(displayLine("a\nb\tc"), "a\\x0ab\\x09c");
});

Deno.test("a tab in a message stays a tab", none, () => {
  strictEqual(displayText("a\tb"), "a\tb");
});

Deno.test("each further line of a message begins with a mark of continuation", none, () => {
  strictEqual(displayText("hi\n[eve]: pay me\n"), "hi\n| [eve]: pay me\n| ");
  strictEqual(displayText("a\u2028b\u2029c"), "a\n| b\n| c");
  strictEqual(displayLine("a\u2028b"), "a\\u2028b");
});

Deno.test("bidirectional controls are removed", none, () => {
  const controls = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c";
  strictEqual(displayLine(`a${controls}b`), "ab");
  strictEqual(displayText(`a${controls}b`), "ab");
});

Deno.test("a line with right-to-left text is isolated, the other lines are not", none, () => {
  strictEqual(displayText("שלום\nhello"), "\u2068שלום\u2069\n| hello");
  strictEqual(displayLine("مرحبا"), "\u2068مرحبا\u2069");
  strictEqual(displayLine("\u{1e900}"), "\u2068\u{1e900}\u2069");
});

Deno.test("more than eight marks on a base are cut", none, () => {
  const mark = "\u0301";
  strictEqual(displayText(`a${mark.repeat(20)}b${mark}`), `a${mark.repeat(8)}b${mark}`);
  strictEqual(displayText(`a${mark.repeat(8)}`), `a${mark.repeat(8)}`);
});

Deno.test("format characters without width do not begin a new count of marks", none, () => {
  const shown = displayText(`a${"\u0301\u200b".repeat(20)}`);
  strictEqual([...shown].length, 9);
});

Deno.test("an emoji of several characters is left whole", none, () => {
  for (const emoji of ["👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️"]) strictEqual(displayText(emoji), emoji);
});

Deno.test("whatever comes in, nothing that steers a terminal comes out", none, () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom("\x1b", "\n", "\r", "\x9b", "\u202e", "\u2067", "\u0301", "ש", "a", "\ud800"),
      fc.string({ unit: "binary", maxLength: 1 }),
    ),
  });
  fc.assert(fc.property(hostile, (text) => {
    const line = displayLine(text);
    strictEqual(
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066\u2067\u200e\u200f\u061c]/u.test(line),
      false,
    );
    strictEqual(line.isWellFormed(), true);
    for (const [at, part] of displayText(text).split("\n").entries()) {
      strictEqual(at === 0 || part.startsWith("| "), true);
      strictEqual(/[\p{Cc}\u202a-\u202e\u2066\u2067]/u.test(part.replaceAll("\t", "")), false);
      strictEqual(part.split("\u2068").length, part.split("\u2069").length);
    }
  }));
});
