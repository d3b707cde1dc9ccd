/**
 * Many logins: handshake, `auth`, `login`, with so many under way at once.
 *
 * The generator computes about as much as the server does, so what counts is the processor time of the
 * server for each of them.
 *
 * @module
 */

import { testAccount } from "../../tests/testing/test_account.ts";
import { FernPeer } from "./fern_peer.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { Histogram } from "./histogram.ts";
import { usageOf } from "./pinned_process.ts";
import { type Result, round } from "./result.ts";

const LOGINS = 1_000;
const AT_ONCE = 16;

/** Registers users, lets them all go and come again. */
export async function logins(options: FernOptions): Promise<Result> {
  await using target = await FernTarget.start(options);
  const accounts = await Promise.all(
    Array.from({ length: LOGINS }, (_, n) => testAccount(`u${n}`)),
  );
  await inTurns(
    accounts,
    async (account) => await (await target.enter(account))[Symbol.asyncDispose](),
  );
  const [server, generator] = [await target.process.usage(), await usageOf()];
  const begun = performance.now();
  const times = new Histogram();
  const peers: FernPeer[] = [];
  await inTurns(accounts, async (account) => {
    const since = performance.now();
    peers.push(await target.enter(account));
    times.add(performance.now() - since);
  });
  const seconds = (performance.now() - begun) / 1_000;
  const serverCpuS = (await target.process.usage()).cpuSeconds - server.cpuSeconds;
  const generatorCpuS = (await usageOf()).cpuSeconds - generator.cpuSeconds;
  for (const peer of peers) await peer[Symbol.asyncDispose]();
  return {
    logins: LOGINS,
    loginsPerSecond: Math.round(LOGINS / seconds),
    loginsPerServerCpuSecond: Math.round(LOGINS / serverCpuS),
    serverCpuShare: round(serverCpuS / seconds),
    generatorCpuShare: round(generatorCpuS / seconds),
    p50Ms: round(times.percentile(0.5)),
    p99Ms: round(times.percentile(0.99)),
  };
}

/**
 * Does the same for each of many, so many at once.
 *
 * @param all For each of them.
 * @param work What to do.
 */
export async function inTurns<T>(
  all: readonly T[],
  work: (one: T, at: number) => Promise<void>,
): Promise<void> {
  const left = all.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [at, one] of left) await work(one, at);
  }));
}
