import { deepStrictEqual } from "node:assert/strict";
import { pause } from "../../client/pause.ts";
import { startPulse } from "../../client/pulse.ts";

const none = { permissions: "none" } as const;

Deno.test("a clock that jumps between two beats means that the machine has slept", none, () => {
  const real = globalThis.setInterval;
  let beat = () => {};
  const ticking = Object.assign((run: () => void) => (beat = run, real(() => {}, 1_000_000)), real);
  Object.assign(globalThis, { setInterval: ticking });
  try {
    const log: string[] = [];
    let now = 1_000_000;
    using _pulse = startPulse({
      now: () => now,
      beat: () => log.push("beat"),
      woke: () => log.push("woke"),
    });
    for (const passed of [1_000, 10_900, 11_100, 1_000, -3_600_000, 1_000]) {
      now += passed;
      beat();
    }
    deepStrictEqual(log, ["beat", "beat", "woke", "beat", "beat", "beat"]);
  } finally {
    Object.assign(globalThis, { setInterval: real });
  }
});

Deno.test("a pause ends with its time or with its signal", none, async () => {
  await pause(0.001, new AbortController().signal);
  const stop = new AbortController();
  const long = pause(1_000, stop.signal);
  stop.abort();
  await long;
  await pause(1_000, stop.signal);
});
