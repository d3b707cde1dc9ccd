// FTC1 §3.10: reads, other requests, flood, quota.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Allowance, type AllowancePolicy } from "../../server/allowance.ts";

const pure = { permissions: "none" } as const;

const POLICY: AllowancePolicy = {
  readBurst: 3,
  readsPerSecond: 2,
  requestBurst: 2,
  requestsPerSecond: 1,
  floodMs: 10_000,
  octetsPerDay: 1_000,
  rekeysPerDay: 2,
};
const DAY_MS = 86_400_000;

const allowance = () => new Allowance(POLICY, 0);

Deno.test("reads and other requests have a bucket each", pure, () => {
  const one = allowance();
  const reads = ["history", "names", "groups"].map((type) => one.take(type, 0));
  deepStrictEqual(reads, ["allowed", "allowed", "allowed"]);
  deepStrictEqual(one.take("lookup", 0), { after: 0.5 });
  deepStrictEqual(["send", "ping"].map((type) => one.take(type, 0)), ["allowed", "allowed"]);
  deepStrictEqual(one.take("epoch", 0), { after: 1 });
  deepStrictEqual(one.take("group_info", 0), { after: 0.5 });
});

Deno.test("a frame of unknown type counts as a request", pure, () => {
  const one = allowance();
  for (const type of ["__proto__", "x"]) strictEqual(one.take(type, 0), "allowed");
  deepStrictEqual(one.take("send", 0), { after: 1 });
});

Deno.test("who sends on without waiting is a flood after ten seconds, not before", pure, () => {
  const one = allowance();
  const verdicts = new Map<number, unknown>();
  for (let now = 0; now <= 11_000; now += 100) verdicts.set(now, one.take("send", now));
  const flood = [...verdicts].find(([, verdict]) => verdict === "flood")?.[0];
  ok(flood !== undefined && flood >= 10_000 && flood <= 10_500, `flood at ${flood}`);
});

Deno.test("who waits as he is told is never a flood", pure, () => {
  fc.assert(fc.property(fc.array(fc.nat(3), { maxLength: 300 }), (extras) => {
    const one = allowance();
    let now = 0;
    for (const extra of extras) {
      const verdict = one.take("send", now);
      ok(verdict !== "flood");
      if (verdict !== "allowed") now += verdict.after * 1_000;
      now += extra;
    }
  }));
});

Deno.test("a burst now and then is never a flood", pure, () => {
  const one = allowance();
  for (let now = 0; now < 600_000; now += 21_000) {
    for (let n = 0; n < 10; n++) ok(one.take("send", now) !== "flood");
  }
});

Deno.test(
  "over the quota it says how long the day still lasts, and the next day is new",
  pure,
  () => {
    const one = allowance();
    strictEqual(one.store(600, 5_000), 0);
    strictEqual(one.store(401, 6_000), 86_394);
    strictEqual(one.store(400, 6_000), 0);
    strictEqual(one.store(1, DAY_MS - 1), 1);
    strictEqual(one.store(1_000, DAY_MS), 0);
    strictEqual(one.store(1, DAY_MS), 86_400);
  },
);

Deno.test("what is not stored after all is given back to the quota", pure, () => {
  const one = allowance();
  strictEqual(one.store(1_000, 5_000), 0);
  one.giveBack(400);
  strictEqual(one.store(401, 5_000), 86_395);
  strictEqual(one.store(400, 5_000), 0);
});

Deno.test("so many changes of keys a day, and what has not happened is given back", pure, () => {
  const one = allowance();
  const noon = 3 * DAY_MS + DAY_MS / 2;
  deepStrictEqual([one.rekey(noon), one.rekey(noon), one.rekey(noon)], [0, 0, DAY_MS / 2_000]);
  one.giveBackRekey();
  deepStrictEqual([one.rekey(noon), one.rekey(noon + 1_000)], [0, DAY_MS / 2_000 - 1]);
  // Octets of the same day are counted for themselves.
  strictEqual(one.store(1_000, noon), 0);
  strictEqual(one.rekey(4 * DAY_MS), 0);
  for (let n = 0; n < 5; n++) one.giveBackRekey();
  deepStrictEqual([0, 0, 0].map(() => one.rekey(4 * DAY_MS)), [0, 0, DAY_MS / 1_000]);
});
