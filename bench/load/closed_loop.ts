/**
 * A closed loop: every sender has so many messages in flight, and sends the next one when the last copy of
 * one has arrived. So the server sets the pace.
 *
 * Where there are many receivers the last copy is that of ten observers: those that a server is likely to
 * serve first and last among them. What the others get is opened and checked after the run, so that
 * opening it does not make the generator the bottleneck.
 *
 * @module
 */

import { codeOf } from "./code.ts";
import type { Histogram } from "./histogram.ts";
import { type Usage, usageOf } from "./pinned_process.ts";
import { Tally } from "./tally.ts";
import type { Destination, Peer, Receiving, Target } from "./target.ts";

/** Seconds without a delivery after which a run has failed. */
const STALLED_S = 10;

/** Receivers whose copies are waited for. */
const OBSERVERS = 10;

/** How the load is made. */
export interface Load {
  /** Users in all. */
  readonly members: number;
  /** How many of them send, the first ones. */
  readonly senders: number;
  /** Messages of each sender in flight. */
  readonly inFlight: number;
  /** Receivers of one message, the sender not counted. */
  readonly copies: number;
  /** Seconds before it counts. */
  readonly warmUpS: number;
  /** Seconds that count. */
  readonly seconds: number;
  /** Connects users and says where they send. */
  readonly enter: (receiving: (user: number) => Receiving) => Promise<Place>;
}

/** Users, ready to send. */
export interface Place {
  /** All of them. */
  readonly peers: readonly Peer[];
  /** Where a sender sends. */
  readonly destination: (sender: number) => Destination;
  /** What a sender sends; begins with `codeOf(sender, sequence)`. */
  readonly body: (sender: number, sequence: number) => string;
}

/** What came out. */
export interface Outcome {
  /** Messages to each receiver. */
  readonly deliveries: number;
  /** Messages. */
  readonly messages: number;
  /** Seconds that it took. */
  readonly seconds: number;
  /** From sending to each delivery. */
  readonly latency: Histogram;
  /** Seconds of processor time of the server. */
  readonly serverCpuS: number;
  /** Seconds of processor time of the generator. */
  readonly generatorCpuS: number;
  /** KiB of resident memory of the server at the end. */
  readonly serverKiB: number;
}

/**
 * Runs a closed loop.
 *
 * @param target The server.
 * @param load What it has to do.
 * @throws {Error} If a message was lost, doubled or overtaken, or nothing arrives any more.
 */
export async function runClosedLoop(target: Target, load: Load): Promise<Outcome> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let isSending = true;
  const isObserver = (user: number) =>
    user < OBSERVERS / 2 || user >= load.members - OBSERVERS / 2 || load.copies === 1;
  const observers = Math.min(OBSERVERS, load.members);
  const tally: Tally = new Tally({
    senders: load.senders,
    receivers: load.members,
    copies: load.copies,
    observes: isObserver,
    observers: (sender) => load.copies === 1 ? 1 : observers - (isObserver(sender) ? 1 : 0),
    completed: (sender) => {
      if (isSending) send(sender);
    },
  });
  const receiving = (user: number): Receiving => ({
    arrive: () => tally.arrive(),
    deliver: (code) => {
      // The sender's own copy is on top: servers that do not send one have less to do.
      if (!isOwn(user, code)) tally.deliver(user, code);
    },
    failed: failure.reject,
  });
  await using stack = new AsyncDisposableStack();
  const { peers, destination, body } = await load.enter(receiving);
  for (const peer of peers) stack.use(peer);
  const send = (sender: number) => {
    const sequence = tally.send(sender);
    peers[sender]?.post(destination(sender), body(sender, sequence));
  };
  peers.forEach((peer, user) => isObserver(user) || peer.defer());
  for (let sender = 0; sender < load.senders; sender++) {
    for (let n = 0; n < load.inFlight; n++) send(sender);
  }
  await Promise.race([failure.promise, progress(tally, load.warmUpS)]);
  const before = await usages(target);
  tally.begin();
  const begun = performance.now();
  await Promise.race([failure.promise, progress(tally, load.seconds)]);
  const seconds = (performance.now() - begun) / 1_000;
  const { complete: messages, latency } = tally;
  const after = await usages(target);
  isSending = false;
  await Promise.all(peers.map((peer, user) => peer.settle(receiving(user))));
  await Promise.race([failure.promise, drained(tally)]);
  return {
    deliveries: messages * load.copies,
    messages,
    seconds,
    latency,
    serverCpuS: after.server.cpuSeconds - before.server.cpuSeconds,
    generatorCpuS: after.generator.cpuSeconds - before.generator.cpuSeconds,
    serverKiB: after.server.residentKiB,
  };
}

/** A text of 100 octets. */
export function hundredOctets(sender: number, sequence: number): string {
  return codeOf(sender, sequence).padEnd(100, ".");
}

function isOwn(user: number, code: number): boolean {
  return Math.floor(code / 2 ** 20) === user;
}

async function usages(
  target: Target,
): Promise<{ readonly server: Usage; readonly generator: Usage }> {
  const [server, generator] = await Promise.all([target.process.usage(), usageOf()]);
  return { server, generator };
}

async function progress(tally: Tally, seconds: number): Promise<void> {
  let last = -1;
  let quiet = 0;
  for (let second = 0; second < seconds; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    quiet = tally.complete === last ? quiet + 1 : 0;
    last = tally.complete;
    if (quiet >= STALLED_S) throw new Error(`stalled with ${tally.missing} copies missing`);
  }
}

/** Nothing is lost: what was in flight at the end arrives as well. */
async function drained(tally: Tally): Promise<void> {
  for (let tenth = 0; tally.missing > 0; tenth++) {
    if (tenth === STALLED_S * 10) throw new Error(`lost ${tally.missing} copies at the end`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
