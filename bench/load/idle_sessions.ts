/**
 * What a session costs that says nothing: resident memory, and the time of a message to all of them.
 *
 * @module
 */

import { type TestAccount, testAccount } from "../../tests/testing/test_account.ts";
import { codeOf } from "./code.ts";
import type { FernPeer } from "./fern_peer.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { inTurns } from "./logins.ts";
import { usageOf } from "./pinned_process.ts";
import { median, type Result, round } from "./result.ts";
import { pairsOf } from "./sealed_places.ts";
import type { Receiving } from "./target.ts";

const SESSIONS = 10_000;

/** Accounts that share them: each coming of somebody new is told to everybody who is there. */
const ACCOUNTS = 100;

/** Milliseconds in which a server has written what it puts off, and collected its garbage. */
const QUIET_MS = 20_000;

/** Octets that the generator reads at once from each of so many. */
const BUFFER_OCTETS = 2_048;

/**
 * One session of so many opens what comes at once: to open all would keep the generator busy. No
 * divisor of the accounts, so that those who are served first and last are among them.
 */
const SAMPLED = 101;

/** Direct messages of one pair, to take the median of. */
const DIRECT = 21;

/** Lets sessions log in and be silent, then sends one message to one of two, and one to all. */
export async function idleSessions(options: FernOptions): Promise<Result> {
  await using target = await FernTarget.start(options);
  await quiet();
  const empty = await target.process.usage();
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, (_, n) => testAccount(`u${n}`)),
  );
  const first = await target.enter(account(accounts, 0));
  await quiet();
  const afterFirst = await target.process.usage();
  await first[Symbol.asyncDispose]();
  const arrivals = new Arrivals();
  const peers: FernPeer[] = [];
  await inTurns([...Array(SESSIONS).keys()], async (user) => {
    const peer = await target.enter(account(accounts, user % ACCOUNTS));
    peers[user] = peer;
    peer.receive(arrivals.of(user), { bufferOctets: BUFFER_OCTETS });
  });
  await quiet();
  const full = await target.process.usage();
  const directMs = await timeDirect(target);
  await quiet();
  const { cpuSeconds } = await target.process.usage();
  for (const [user, peer] of peers.entries()) if (user % SAMPLED !== 0) peer.defer();
  const begun = performance.now();
  peers[0]?.post({ kind: "channel" }, codeOf(0, 0).padEnd(100, "."));
  const sampleMs = (await arrivals.until(Math.ceil(SESSIONS / SAMPLED))).map((at) => at - begun);
  await Promise.all(peers.map((peer, user) => peer.settle(arrivals.of(user))));
  const allMs = (await arrivals.until(SESSIONS)).at(-1) ?? NaN;
  const cpuMs = ((await target.process.usage()).cpuSeconds - cpuSeconds) * 1_000;
  for (const peer of peers) await peer[Symbol.asyncDispose]();
  return {
    sessions: SESSIONS,
    emptyMiB: Math.round(empty.residentKiB / 1_024),
    afterFirstLoginMiB: Math.round(afterFirst.residentKiB / 1_024),
    fullMiB: Math.round(full.residentKiB / 1_024),
    kibPerSession: round((full.residentKiB - empty.residentKiB) / SESSIONS),
    generatorMiB: Math.round((await usageOf()).residentKiB / 1_024),
    directMs: round(directMs),
    sampled: sampleMs.length,
    sampleFirstMs: round(sampleMs[0] ?? NaN),
    sampleHalfMs: round(median(sampleMs)),
    sampleLastMs: round(sampleMs.at(-1) ?? NaN),
    allOpenedMs: round(allMs - begun),
    serverCpuMs: round(cpuMs),
  };
}

/** When each session got the message. */
class Arrivals {
  readonly #times = new Map<number, number>();
  #expected = Infinity;
  #come: (() => void) | null = null;
  #failed: (error: unknown) => void = () => {};

  /** What a session is told with. */
  of(user: number): Receiving {
    return {
      arrive: () => {},
      deliver: () => {
        if (this.#times.has(user)) return this.#failed(new Error("A message came twice"));
        this.#times.set(user, performance.now());
        if (this.#times.size >= this.#expected) this.#come?.();
      },
      failed: (error) => this.#failed(error),
    };
  }

  /** Waits until so many have it; their times, in order. */
  async until(count: number): Promise<number[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    [this.#expected, this.#come, this.#failed] = [count, resolve, reject];
    if (this.#times.size >= count) resolve();
    await promise;
    return [...this.#times.values()].sort((a, b) => a - b);
  }
}

/** Milliseconds of one message between two who are not among the silent, the median. */
async function timeDirect(target: FernTarget): Promise<number> {
  let come = (): void => {};
  let fail = (_: unknown): void => {};
  const { peers, destination, body } = await pairsOf(target, {
    members: 2,
    receiving: (user) => ({
      arrive: () => {},
      deliver: () => user === 1 && come(),
      failed: (error) => fail(error),
    }),
  });
  const times: number[] = [];
  for (let n = 0; n < DIRECT; n++) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    [come, fail] = [resolve, reject];
    const begun = performance.now();
    peers[0]?.post(destination(0), body(0, n));
    await promise;
    times.push(performance.now() - begun);
  }
  for (const peer of peers) await peer[Symbol.asyncDispose]();
  return median(times);
}

function account(accounts: readonly TestAccount[], at: number): TestAccount {
  const found = accounts[at];
  if (found === undefined) throw new Error("Cannot log in: no account");
  return found;
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}
