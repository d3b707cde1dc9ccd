// FTC1 §3.10: silence, pings, lines that do not end, the age of a connection.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Diagnosis, VITAL_LIMITS, VitalSigns } from "../../transport/vital_signs.ts";

const pure = { permissions: "none" } as const;
const options = { limits: VITAL_LIMITS, frames: 0 };

/** When, to the millisecond, a diagnosis first comes, looked for up to a day. */
function first(wanted: Diagnosis, diagnose: (now: number) => Diagnosis): number {
  let [low, high] = [0, 86_400_000];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (diagnose(middle) === wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

Deno.test("a ping is due after 25 to 35 seconds of own silence", pure, () => {
  const dues = [0, 0.5, 0.999_999].map((random) => {
    const signs = new VitalSigns(0, random);
    signs.heard(30_000, false);
    return first("ping", (now) => now > 60_000 ? "ping" : signs.diagnose(now, options));
  });
  deepStrictEqual(dues, [25_000, 30_000, 35_000]);
});

Deno.test("what is said puts the ping off, what is heard does not", pure, () => {
  const signs = new VitalSigns(0, 0.5);
  signs.said(20_000);
  strictEqual(signs.diagnose(49_999, options), "well");
  strictEqual(signs.diagnose(50_000, options), "ping");
  signs.heard(49_000, false);
  strictEqual(signs.diagnose(50_000, options), "ping");
  signs.said(50_000);
  strictEqual(signs.diagnose(79_999, options), "well");
});

Deno.test("a peer counts as gone after 90 seconds without an octet", pure, () => {
  const signs = new VitalSigns(1_000, 0.5);
  signs.said(90_000);
  strictEqual(signs.diagnose(90_999, options), "well");
  strictEqual(signs.diagnose(91_000, options), "gone");
  signs.heard(91_000, false);
  strictEqual(signs.diagnose(91_000, options), "well");
  signs.said(180_000);
  strictEqual(signs.diagnose(180_999, options), "well");
  strictEqual(signs.diagnose(181_000, options), "gone");
});

Deno.test("a line that has begun must end within 30 seconds, however it drips", pure, () => {
  const signs = new VitalSigns(0, 0.5);
  for (let now = 5_000; now < 35_000; now += 1_000) {
    signs.heard(now, true);
    signs.said(now);
    strictEqual(signs.diagnose(now, options), "well");
  }
  strictEqual(signs.diagnose(34_999, options), "well");
  strictEqual(signs.diagnose(35_000, options), "stuck");
});

Deno.test("a line that ends in time starts the time of the next one", pure, () => {
  const signs = new VitalSigns(0, 0.5);
  signs.heard(5_000, true);
  signs.heard(20_000, false);
  signs.heard(21_000, true);
  signs.said(50_000);
  strictEqual(signs.diagnose(50_999, options), "well");
  strictEqual(signs.diagnose(51_000, options), "stuck");
});

Deno.test("fresh keys are due after a day or 2^24 frames", pure, () => {
  const signs = new VitalSigns(0, 0.5);
  signs.heard(86_399_000, false);
  signs.said(86_399_000);
  strictEqual(signs.diagnose(86_399_999, options), "well");
  strictEqual(signs.diagnose(86_400_000, options), "worn");
  strictEqual(signs.diagnose(86_399_999, { ...options, frames: 16_777_215 }), "well");
  strictEqual(signs.diagnose(86_399_999, { ...options, frames: 16_777_216 }), "worn");
});

Deno.test("the times are those of the limits that are given", pure, () => {
  const limits = { pingMs: 10, silenceMs: 30, lineMs: 20, lifetimeMs: 25, lifetimeFrames: 2 };
  const signs = new VitalSigns(0, 0.5);
  const at = (now: number, frames = 0) => signs.diagnose(now, { limits, frames });
  deepStrictEqual([at(9), at(10), at(9, 2), at(25), at(30)], [
    "well",
    "ping",
    "worn",
    "worn",
    "gone",
  ]);
  signs.heard(2, true);
  deepStrictEqual([at(21), at(22)], ["ping", "stuck"]);
});
