// The load generator counts what it is trusted to count.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { BodyScanner } from "../../bench/load/body_scanner.ts";
import { CODE_LENGTH, codeOf, readCode, SEQUENCES } from "../../bench/load/code.ts";
import { FernTarget } from "../../bench/load/fern_target.ts";
import { channel } from "../../bench/load/fan_out.ts";
import { Histogram } from "../../bench/load/histogram.ts";
import { LineStore } from "../../bench/load/line_store.ts";
import { median } from "../../bench/load/result.ts";
import { Tally } from "../../bench/load/tally.ts";

const pure = { permissions: "none" } as const;
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("a mark says sender and number, and has always the same length", pure, () => {
  fc.assert(fc.property(fc.nat(9_999), fc.nat(5_000), (sender, sequence) => {
    const code = codeOf(sender, sequence);
    strictEqual(code.length, CODE_LENGTH);
    strictEqual(readCode(utf8(`..${code}`), 2), sender * SEQUENCES + sequence % SEQUENCES);
  }));
});

Deno.test(
  "every body is found that is no nearer to the one before than the second to the first",
  pure,
  () => {
    const some = fc.string({ unit: fc.constantFrom("a", '"', "g") });
    const between = fc.array(some, { maxLength: 20 }).map((pieces) => ["", "", ...pieces]);
    const scanner = new BodyScanner('"');
    fc.assert(fc.property(between, fc.nat(50), (pieces, stale) => {
      const text = pieces.map((piece, n) => `${piece}"${codeOf(n, n)}"`).join("");
      // What an earlier read has left behind the end is not looked at.
      const octets = utf8(text + `"${codeOf(7, 7)}"`.repeat(stale));
      const found: number[] = [];
      const end = utf8(text).length;
      const count = scanner.scan(octets, { end, found: (at) => found.push(readCode(octets, at)) });
      strictEqual(count, pieces.length);
      deepStrictEqual(found, pieces.map((_, n) => n * SEQUENCES + n));
    }));
  },
);

function tally(completed: number[] = []): Tally {
  return new Tally({
    senders: 2,
    receivers: 3,
    copies: 2,
    observes: () => true,
    observers: () => 2,
    completed: (sender) => completed.push(sender),
  });
}

Deno.test(
  "a message is complete with its last copy; none may be lost, doubled or overtaken",
  pure,
  () => {
    const completed: number[] = [];
    const book = tally(completed);
    book.begin();
    deepStrictEqual([book.send(1), book.send(1)], [0, 1]);
    book.arrive();
    book.deliver(0, SEQUENCES);
    throws(() => book.deliver(0, SEQUENCES), /lost or doubled/);
    throws(() => book.deliver(2, SEQUENCES + 1), /lost or doubled/);
    deepStrictEqual([completed, book.complete, book.missing], [[], 0, 3]);
    book.deliver(2, SEQUENCES);
    deepStrictEqual([completed, book.complete, book.missing], [[1], 1, 2]);
    book.end();
    book.deliver(0, SEQUENCES + 1);
    book.deliver(2, SEQUENCES + 1);
    deepStrictEqual([completed, book.complete, book.missing], [[1, 1], 1, 0]);
  },
);

Deno.test("a percentile is right within one per cent", pure, () => {
  const histogram = new Histogram();
  for (let n = 1; n <= 1_000; n++) histogram.add(n / 10);
  for (const share of [0.01, 0.5, 0.99]) {
    ok(Math.abs(histogram.percentile(share) / (share * 100) - 1) < 0.02);
  }
  ok(Number.isNaN(new Histogram().percentile(0.5)));
  deepStrictEqual([median([3, 1, 2]), median([1, 2, 3, 4])], [2, 2.5]);
});

Deno.test(
  "lines that are kept come out as they went in, whatever becomes of the buffer",
  pure,
  () => {
    const store = new LineStore();
    const buffer = new Uint8Array(3_000_000);
    for (let n = 0; n < 5; n++) store.push(buffer.fill(n));
    deepStrictEqual(store.take().map((line) => [line.length, line[0], line.at(-1)]), [
      [3_000_000, 0, 0],
      [3_000_000, 1, 1],
      [3_000_000, 2, 2],
      [3_000_000, 3, 3],
      [3_000_000, 4, 4],
    ]);
    deepStrictEqual(store.take(), []);
  },
);

Deno.test({
  name: "a real server under load loses nothing",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using target = await FernTarget.start({ core: 0 });
    const outcome = await channel(8, 20)(target, { warmUpS: 1, seconds: 1 });
    ok(outcome.messages > 0);
    strictEqual(outcome.deliveries, outcome.messages * 19);
    ok(outcome.latency.count > 0 && outcome.serverCpuS > 0);
  },
});
