import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { LineCutter, LineTooLong } from "../../protocol/line.ts";

const pure = { permissions: "none" } as const;
const LINE_FEED = 0x0a;

const octetsOf = (text: string) => new TextEncoder().encode(text);

function cut(limit: number, pieces: readonly Uint8Array[]): string[] {
  const cutter = new LineCutter(limit);
  return pieces.flatMap((piece) => [...cutter.push(piece)]);
}

const TABLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["one line", ["abc\n"], ["abc"]],
  ["two lines in one piece", ["abc\nde\n"], ["abc", "de"]],
  ["a line in three pieces", ["a", "b", "c\n"], ["abc"]],
  ["a line feed of its own", ["abc", "\n"], ["abc"]],
  ["empty lines", ["\n\n", "\n"], ["", "", ""]],
  ["nothing", ["", ""], []],
  ["no end", ["abc"], []],
  ["a carriage return, which is part of the line", ["abc\r\n"], ["abc\r"]],
  ["a zero octet", ["a\0b\n"], ["a\0b"]],
];

for (const [what, pieces, lines] of TABLE) {
  Deno.test(`cutting a stream into lines: ${what}`, pure, () => {
    deepStrictEqual(cut(100, pieces.map(octetsOf)), lines);
  });
}

const streams = fc.array(fc.oneof(fc.constant(LINE_FEED), fc.integer({ min: 0, max: 0x7f })));

Deno.test("the lines are the same however the stream is cut", pure, () => {
  const places = fc.array(fc.nat(200));
  fc.assert(fc.property(streams, places, (octets, places) => {
    const stream = Uint8Array.from(octets);
    const ends = [...places.filter((at) => at < stream.length), stream.length].sort((a, b) =>
      a - b
    );
    const pieces = ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
    const expected = new TextDecoder().decode(stream).split("\n").slice(0, -1);
    deepStrictEqual(cut(1_000, pieces), expected);
    deepStrictEqual(cut(1_000, octets.map((octet) => Uint8Array.of(octet))), expected);
  }));
});

Deno.test("what stays open is bounded by the limit, whatever comes", pure, () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }));
  fc.assert(fc.property(fc.integer({ min: 0, max: 30 }), pieces, (limit, pieces) => {
    const cutter = new LineCutter(limit);
    try {
      for (const piece of pieces) {
        for (const line of cutter.push(piece)) strictEqual(line.length <= limit, true);
        strictEqual(cutter.pending <= limit, true);
      }
    } catch (error) {
      strictEqual(error instanceof LineTooLong, true);
      strictEqual(cutter.pending <= limit, true);
    }
  }));
});

Deno.test("a line of exactly the limit passes, one octet more does not", pure, () => {
  deepStrictEqual(cut(3, [octetsOf("abc\nabc\n")]), ["abc", "abc"]);
  throws(() => cut(3, [octetsOf("abcd\n")]), { name: "LineTooLong", limit: 3 });
  throws(() => cut(3, [octetsOf("ab"), octetsOf("cd")]), LineTooLong);
});

Deno.test("a line that is too long is refused before its end has come", pure, () => {
  const cutter = new LineCutter(8_192);
  throws(() => [...cutter.push(new Uint8Array(1_048_576).fill(0x61))], LineTooLong);
  strictEqual(cutter.pending, 0);
});

Deno.test("the lines before one that is too long are given", pure, () => {
  const lines = new LineCutter(3).push(octetsOf("abc\nde\nabcd\n"));
  deepStrictEqual(lines.next().value, "abc");
  deepStrictEqual(lines.next().value, "de");
  throws(() => lines.next(), LineTooLong);
});

Deno.test("a limit raised while one line is handled holds for the next", pure, () => {
  const cutter = new LineCutter(3);
  const lines = cutter.push(octetsOf("abc\nabcdef\n"));
  strictEqual(lines.next().value, "abc");
  cutter.limit = 6;
  strictEqual(lines.next().value, "abcdef");
});

Deno.test("the buffer may be used again: what is kept has been copied", pure, () => {
  const cutter = new LineCutter(100);
  const buffer = octetsOf("abc");
  deepStrictEqual([...cutter.push(buffer)], []);
  buffer.fill(0x78);
  strictEqual(cutter.pending, 3);
  deepStrictEqual([...cutter.push(octetsOf("d\n"))], ["abcd"]);
  strictEqual(cutter.pending, 0);
});

Deno.test("octets outside ASCII can never look like a token", pure, () => {
  deepStrictEqual(cut(100, [Uint8Array.of(0xff, 0x41, LINE_FEED)]), ["\ufffdA"]);
  deepStrictEqual(cut(100, [octetsOf("\ufeffA\n")]), ["\ufeffA"]);
});
