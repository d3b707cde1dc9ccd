import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { LineTooLong } from "../../protocol/line.ts";
import { LineReader } from "../../transport/line_reader.ts";

const pure = { permissions: "none" } as const;

/** A connection whose reads give these pieces, or as much of them as the buffer holds. */
function sourceOf(...pieces: readonly string[]) {
  const waiting = pieces.map((piece) => new TextEncoder().encode(piece));
  return {
    read(buffer: Uint8Array): Promise<number | null> {
      const piece = waiting.shift();
      if (piece === undefined) return Promise.resolve(null);
      const taken = piece.subarray(0, buffer.length);
      buffer.set(taken);
      if (taken.length < piece.length) waiting.unshift(piece.subarray(taken.length));
      return Promise.resolve(taken.length);
    },
  };
}

async function linesOf(reader: LineReader): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await reader.next(); line !== null; line = await reader.next()) lines.push(line);
  return lines;
}

Deno.test("lines come one at a time, however they arrive", pure, async () => {
  const reader = new LineReader(sourceOf("ab", "c\nde\n\nf", "", "\n"), 100);
  deepStrictEqual(await linesOf(reader), ["abc", "de", "", "f"]);
});

Deno.test("a last line without line feed is no line", pure, async () => {
  const reader = new LineReader(sourceOf("abc\nde"), 100);
  strictEqual(await reader.next(), "abc");
  strictEqual(await reader.next(), null);
  strictEqual(await reader.next(), null);
});

Deno.test("a limit raised after a line holds for the rest of the same segment", pure, async () => {
  const reader = new LineReader(sourceOf(`abc\n${"x".repeat(50)}\n`), 3);
  strictEqual(await reader.next(), "abc");
  reader.limit = 50;
  strictEqual(await reader.next(), "x".repeat(50));
});

Deno.test("an endless line is refused as soon as it passes the limit", pure, async () => {
  let reads = 0;
  const endless = {
    read(buffer: Uint8Array): Promise<number | null> {
      reads++;
      return Promise.resolve(buffer.fill(0x61).length);
    },
  };
  await rejects(new LineReader(endless, 8_192).next(), LineTooLong);
  strictEqual(reads, 3);
});

Deno.test("what a connection throws is passed on", pure, async () => {
  const broken = { read: () => Promise.reject(new Deno.errors.ConnectionReset("gone")) };
  await rejects(new LineReader(broken, 100).next(), Deno.errors.ConnectionReset);
});

Deno.test("any stream in any pieces gives the same lines", pure, async () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 9_000 });
  await fc.assert(fc.asyncProperty(fc.array(piece), async (pieces) => {
    const expected = pieces.join("").split("\n").slice(0, -1);
    deepStrictEqual(await linesOf(new LineReader(sourceOf(...pieces), 100_000)), expected);
  }));
});

Deno.test(
  "who sends much and may is read in larger pieces, until there is little again",
  pure,
  async () => {
    const asked: number[] = [];
    const source = sourceOf(`${"x".repeat(9_999)}\n`, "y\n", "z\n");
    const reader = new LineReader({
      read: (buffer) => {
        asked.push(buffer.length);
        return source.read(buffer);
      },
    }, 87_500);
    deepStrictEqual((await linesOf(reader)).map(({ length }) => length), [9_999, 1, 1]);
    deepStrictEqual(asked, [4_096, 16_384, 16_384, 4_096, 4_096]);
  },
);

Deno.test("after the login little memory waits for the next line", pure, async () => {
  const asked: number[] = [];
  const source = sourceOf("login\n", `${"x".repeat(511)}\n`, "y\n");
  const reader = new LineReader({
    read: (buffer) => {
      asked.push(buffer.length);
      return source.read(buffer);
    },
  }, 8_192);
  strictEqual(await reader.next(), "login");
  reader.limit = 87_500;
  deepStrictEqual((await linesOf(reader)).map(({ length }) => length), [511, 1]);
  deepStrictEqual(asked, [4_096, 512, 16_384, 512]);
});
