// FTC1 §3.10: what a link does about silence, lines that do not end, and its own age.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { encodeObject } from "../../protocol/frame.ts";
import type { VitalLimits } from "../../transport/vital_signs.ts";
import { linkAs, receiveAll } from "../testing/links.ts";
import { nextTurn } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;

/** Nothing is ever due; a limit of 0 is due at once. */
const NEVER: VitalLimits = {
  pingMs: Infinity,
  silenceMs: Infinity,
  lineMs: Infinity,
  lifetimeMs: Infinity,
  lifetimeFrames: Infinity,
};

Deno.test("nothing is done about a link that is well", pure, async () => {
  const { link, conn } = await linkAs("server");
  link.checkUp(NEVER);
  await link.sent();
  deepStrictEqual([conn.writes, link.ending, conn.closed], [[], null, false]);
  link.abort();
});

Deno.test("after own silence a ping goes out, from either side", pure, async () => {
  for (const role of ["server", "client"] as const) {
    const { link, peer } = await linkAs(role);
    link.open();
    link.checkUp({ ...NEVER, pingMs: 0 });
    deepStrictEqual(await peer.hears(), { t: "ping" });
    strictEqual(link.ending, null);
    link.abort();
  }
});

Deno.test("before the login nobody is pinged, or cut off for typing slowly", pure, async () => {
  const { link, peer } = await linkAs("server");
  const received = receiveAll(link);
  link.checkUp({ ...NEVER, pingMs: 0 });
  link.checkUp({ ...NEVER, silenceMs: 0 });
  strictEqual(link.ending, null);
  await link.close();
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye" }]);
  await received;
});

Deno.test("a peer who is silent for too long is cut off without a word", pure, async () => {
  const { link, conn, peer } = await linkAs("server");
  link.open();
  const received = receiveAll(link);
  link.checkUp({ ...NEVER, silenceMs: 0 });
  deepStrictEqual(await peer.hearsAll(), []);
  deepStrictEqual([conn.closed, link.ending], [true, "aborted"]);
  strictEqual((await received).error instanceof Error, true);
});

Deno.test("a line that does not end ends the link: bye timeout", pure, async () => {
  const { link, peer } = await linkAs("server");
  const limits = { ...NEVER, lineMs: 0 };
  const received = receiveAll(link);
  link.checkUp(limits);
  strictEqual(link.ending, null);
  const line = await peer.sealed('{"t":"pong"}');
  await peer.writes(line + line.slice(0, 100));
  while (link.ending === null) {
    await nextTurn();
    link.checkUp(limits);
  }
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye", reason: "timeout" }]);
  deepStrictEqual((await received).frames, [{ t: "pong" }]);
});

Deno.test("a link that is too old ends: bye rekey", pure, async () => {
  const { link, peer } = await linkAs("server");
  link.checkUp({ ...NEVER, lifetimeMs: 0 });
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye", reason: "rekey" }]);
  strictEqual(link.ending, "rekey");
  await link.close();
});

for (const direction of ["sent", "received"] as const) {
  Deno.test(`a link that has ${direction} enough frames ends: bye rekey`, pure, async () => {
    const { link, peer } = await linkAs("server");
    const limits = { ...NEVER, lifetimeFrames: 3 };
    const frames = link.receive();
    for (let n = 0; n < 3; n++) {
      link.checkUp(limits);
      strictEqual(link.ending, null);
      if (direction === "sent") {
        link.send(encodeObject({ t: "pong", re: n }));
        await peer.hears();
      } else {
        await peer.says('{"t":"pong"}');
        await frames.next();
      }
    }
    link.checkUp(limits);
    deepStrictEqual(await peer.hearsAll(), [{ t: "bye", reason: "rekey" }]);
    await link.close();
  });
}

Deno.test("nothing more is done about a link that has ended", pure, async () => {
  const { link, peer } = await linkAs("server");
  const closing = link.close("shutdown");
  for (const [limit] of Object.entries(NEVER)) link.checkUp({ ...NEVER, [limit]: 0 });
  deepStrictEqual(await peer.hearsAll(), [{ t: "bye", reason: "shutdown" }]);
  await closing;
});
