import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Throttle } from "../../server/throttle.ts";

const pure = { permissions: "none" } as const;

Deno.test("a full bucket allows its burst, and then says how long to wait", pure, () => {
  const throttle = new Throttle({ burst: 3, perSecond: 2 }, 1_000);
  for (let n = 0; n < 3; n++) strictEqual(throttle.take(1_000), 0);
  strictEqual(throttle.take(1_000), 0.5);
  strictEqual(throttle.take(1_250), 0.25);
  strictEqual(throttle.take(1_500), 0);
  strictEqual(throttle.take(1_500), 0.5);
});

Deno.test("a bucket never holds more than its burst", pure, () => {
  const throttle = new Throttle({ burst: 2, perSecond: 1 }, 0);
  strictEqual(throttle.take(1_000_000_000), 0);
  strictEqual(throttle.take(1_000_000_000), 0);
  strictEqual(throttle.take(1_000_000_000), 1);
});

Deno.test("a clock that goes back gives no tokens, now or later", pure, () => {
  const throttle = new Throttle({ burst: 1, perSecond: 1 }, 10_000);
  strictEqual(throttle.take(10_000), 0);
  strictEqual(throttle.take(0), 1);
  strictEqual(throttle.take(10_000), 1);
  strictEqual(throttle.take(11_000), 0);
});

Deno.test("never more than burst and rate allow, however often it is tried", pure, () => {
  const steps = fc.array(fc.nat(2_000), { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), steps, (burst, steps) => {
    const perSecond = 4;
    const throttle = new Throttle({ burst, perSecond }, 0);
    let now = 0;
    let taken = 0;
    for (const step of steps) {
      now += step;
      if (throttle.take(now) === 0) taken++;
      strictEqual(taken <= burst + now * perSecond / 1_000 + 1e-6, true);
    }
  }));
});
