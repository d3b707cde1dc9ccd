// FTC1 §10.1: one packet must not stop a server.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { acceptLoop, atMostEvery } from "../../server/listener.ts";
import { type DuplexEnd, duplexPair } from "../testing/duplex.ts";
import { fakeTimers } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;

/** A listener that accepts or throws what it is given, in order, and is then closed. */
function listenerOf(...outcomes: readonly (DuplexEnd | Error)[]) {
  const waiting = [...outcomes];
  return {
    accept(): Promise<DuplexEnd> {
      const next = waiting.shift() ?? new Deno.errors.BadResource("Listener has been closed");
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
  };
}

Deno.test("connections are accepted until the listener is closed", pure, async () => {
  const ends = [...duplexPair()];
  const accepted: unknown[] = [];
  await acceptLoop(listenerOf(...ends), {
    accepted: (conn) => accepted.push(conn),
    failed: (error) => accepted.push(error),
  });
  deepStrictEqual(accepted.map((conn, i) => conn === ends[i]), [true, true]);
});

Deno.test("closing during accept ends the loop as well", pure, async () => {
  const failures: unknown[] = [];
  await acceptLoop(listenerOf(new Deno.errors.Interrupted("operation canceled")), {
    accepted: () => {},
    failed: (error) => failures.push(error),
  });
  deepStrictEqual(failures, []);
});

Deno.test(
  "an accept that throws stops nothing: after a pause the next one comes",
  pure,
  async () => {
    using timers = fakeTimers();
    const reset = new Deno.errors.NotConnected(
      "Transport endpoint is not connected (os error 107)",
    );
    const full = new Error("Too many open files (os error 24)");
    const [conn] = duplexPair();
    const seen: unknown[] = [];
    const failing = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const loop = acceptLoop(listenerOf(reset, full, conn), {
      accepted: (conn) => seen.push(conn),
      failed: (error) => {
        failing[seen.length]?.resolve();
        seen.push(error);
      },
    });
    for (const failed of failing) {
      await failed.promise;
      strictEqual(timers.waiting, 1);
      timers.pass(19);
      strictEqual(timers.waiting, 1);
      timers.pass(1);
    }
    await loop;
    deepStrictEqual(seen, [reset, full, conn]);
  },
);

Deno.test("of many failures one a second is told, with the number of those between", pure, () => {
  const told: [unknown, number][] = [];
  let now = 5_000;
  const failed = atMostEvery(1_000, {
    tell: (error, leftOut) => told.push([error, leftOut]),
    uptime: () => now,
  });
  for (const moment of [5_000, 5_020, 5_999, 6_000, 6_001, 9_000]) {
    now = moment;
    failed(moment);
  }
  deepStrictEqual(told, [[5_000, 0], [6_000, 2], [9_000, 1]]);
});
