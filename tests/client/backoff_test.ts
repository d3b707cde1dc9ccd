import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "../../client/backoff.ts";

const none = { permissions: "none" } as const;

function waits(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.next());
}

Deno.test("waits double from one second to sixty", none, () => {
  deepStrictEqual(waits(new Backoff(() => 0.5), 9), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

Deno.test("chance makes a wait up to 30 % longer or shorter", none, () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (n) => {
      const scattered = waits(new Backoff(() => n), 8);
      const plain = waits(new Backoff(() => 0.5), 8);
      for (const [at, wait] of scattered.entries()) {
        const ratio = wait / (plain[at] ?? NaN);
        ok(ratio >= 0.7 && ratio < 1.3, String(ratio));
      }
    }),
  );
  strictEqual(new Backoff(() => 0).next(), 0.7);
});

Deno.test(
  "after a session that held the waits begin anew, after a short one they do not",
  none,
  () => {
    const backoff = new Backoff(() => 0.5);
    waits(backoff, 3);
    backoff.held(9_999);
    strictEqual(backoff.next(), 8);
    backoff.held(10_000);
    strictEqual(backoff.next(), 1);
  },
);
