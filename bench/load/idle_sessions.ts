/**
 * What a session costs that says nothing: resident memory, and the time of a message to all of them.
 *
 * @module
 */

import { testAccount } from "../../tests/testing/test_account.ts";
import { codeOf } from "./code.ts";
import type { FernPeer } from "./fern_peer.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { inTurns } from "./logins.ts";
import { type Result, round } from "./result.ts";

const SESSIONS = 10_000;

/** Accounts that share them: each coming of somebody new is told to everybody who is there. */
const ACCOUNTS = 100;

/** Milliseconds in which a server has written what it puts off, and collected its garbage. */
const QUIET_MS = 20_000;

/** Octets that the generator reads at once from each of so many. */
const BUFFER_OCTETS = 2_048;

/** Lets sessions log in and be silent, then sends one message. */
export async function idleSessions(options: FernOptions): Promise<Result> {
  await using target = await FernTarget.start(options);
  await quiet();
  const empty = await target.process.usage();
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, (_, n) => testAccount(`u${n}`)),
  );
  const left = new Set(Array.from({ length: SESSIONS }, (_, n) => n));
  const all = Promise.withResolvers<void>();
  const peers: FernPeer[] = [];
  const arrived: number[] = [];
  await inTurns([...left], async (user) => {
    const account = accounts[user % ACCOUNTS];
    if (account === undefined) throw new Error("Cannot log in: no account");
    const peer = await target.enter(account);
    peers[user] = peer;
    peer.receive({
      arrive: () => {},
      deliver: () => {
        arrived.push(performance.now());
        left.delete(user);
        if (left.size === 0) all.resolve();
      },
      failed: all.reject,
    }, { bufferOctets: BUFFER_OCTETS });
  });
  await quiet();
  const full = await target.process.usage();
  const begun = performance.now();
  peers[0]?.post({ kind: "channel" }, codeOf(0, 0).padEnd(100, "."));
  await all.promise;
  const after = (share: number) =>
    round((arrived[Math.floor(share * (arrived.length - 1))] ?? NaN) - begun);
  for (const peer of peers) await peer[Symbol.asyncDispose]();
  return {
    sessions: SESSIONS,
    emptyMiB: Math.round(empty.residentKiB / 1_024),
    fullMiB: Math.round(full.residentKiB / 1_024),
    kibPerSession: round((full.residentKiB - empty.residentKiB) / SESSIONS),
    toFirstMs: after(0),
    toHalfMs: after(0.5),
    toAllMs: after(1),
  };
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}
