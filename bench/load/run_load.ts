/**
 * Runs a load against a server and counts: in a closed loop, where every sender has so many messages in
 * flight and the server sets the pace, or at a steady rate.
 *
 * A message is in flight until its last copy has arrived. Where there are many receivers that is the last
 * copy of ten observers: the first and the last that a server is likely to serve. What the others get is
 * opened and checked after the run, so that opening it does not make the generator the bottleneck.
 *
 * @module
 */

import { codeOf, SEQUENCES } from "./code.ts";
import type { Histogram } from "./histogram.ts";
import { type Usage, usageOf } from "./pinned_process.ts";
import { Tally } from "./tally.ts";
import type { Destination, Peer, Receiving, Target } from "./target.ts";

/** Seconds without a completed message after which a run has failed. */
const STALLED_S = 30;

/** Receivers whose copies are waited for. */
const OBSERVERS = 10;

/** How the load is made. */
export interface Load {
  /** Users in all. */
  readonly members: number;
  /** How many of them send, the first ones. */
  readonly senders: number;
  /** Receivers of one message, the sender not counted. */
  readonly copies: number;
  /** What makes a sender send. */
  readonly pace:
    | { readonly inFlight: number }
    | { readonly perSecond: number }
    /** Of two neighbours the first sends one, and each answers what it gets. */
    | { readonly pingPong: true };
  /** Seconds before it counts: until the compiler of either side has nothing more to do. */
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
  /** Copies of the messages. */
  readonly deliveries: number;
  /** Messages. */
  readonly messages: number;
  /** Seconds that it took. */
  readonly seconds: number;
  /** From sending to each delivery to an observer. */
  readonly latency: Histogram;
  /** Seconds of processor time of the server. */
  readonly serverCpuS: number;
  /** Seconds of processor time of the generator. */
  readonly generatorCpuS: number;
  /** KiB of resident memory of the server at the end. */
  readonly serverKiB: number;
}

/**
 * Runs a load.
 *
 * @param target The server.
 * @param load What it has to do.
 * @throws {Error} If a message was lost, doubled or overtaken, or nothing arrives any more.
 */
export async function runLoad(target: Target, load: Load): Promise<Outcome> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const observers = observersOf(load);
  let isSending = true;
  const tally = new Tally({
    ...load,
    receivers: load.members,
    ...observers,
    completed: (sender) => {
      if (!isSending) return;
      if ("inFlight" in load.pace) send(sender);
      if ("pingPong" in load.pace) send(sender ^ 1);
    },
  });
  const receiving = (user: number): Receiving => ({
    arrive: () => tally.arrive(),
    deliver: (code) => {
      // The sender's own copy is on top: a server that does not send one has less to do.
      if (Math.floor(code / SEQUENCES) !== user) tally.deliver(user, code);
    },
    failed: failure.reject,
  });
  await using stack = new AsyncDisposableStack();
  const { peers, destination, body } = await load.enter(receiving);
  for (const peer of peers) stack.use(peer);
  peers.forEach((peer, user) => observers.observes(user) || peer.defer());
  const send = (sender: number) => {
    const sequence = tally.send(sender);
    peers[sender]?.post(destination(sender), body(sender, sequence));
  };
  using _pace = begin(load, send);
  await Promise.race([failure.promise, progress(tally, load.warmUpS)]);
  const before = await usages(target);
  tally.begin();
  const begun = performance.now();
  await Promise.race([failure.promise, progress(tally, load.seconds)]);
  const seconds = (performance.now() - begun) / 1_000;
  tally.end();
  const after = await usages(target);
  isSending = false;
  _pace[Symbol.dispose]();
  await Promise.all(peers.map((peer, user) => peer.settle(receiving(user))));
  await Promise.race([failure.promise, drained(tally)]);
  return {
    deliveries: tally.complete * load.copies,
    messages: tally.complete,
    seconds,
    latency: tally.latency,
    serverCpuS: after.server.cpuSeconds - before.server.cpuSeconds,
    generatorCpuS: after.generator.cpuSeconds - before.generator.cpuSeconds,
    serverKiB: after.server.residentKiB,
  };
}

/** A text of 100 octets. */
export function hundredOctets(sender: number, sequence: number): string {
  return codeOf(sender, sequence).padEnd(100, ".");
}

function observersOf({ members, copies }: Load) {
  const all = members <= OBSERVERS || copies === 1;
  const observes = (user: number) => all || user < OBSERVERS / 2 || user >= members - OBSERVERS / 2;
  return {
    observes,
    observers: (sender: number) => all ? copies : OBSERVERS - (observes(sender) ? 1 : 0),
  };
}

/** Begins to send; disposing of it ends a steady rate. */
function begin({ pace, senders }: Load, send: (sender: number) => void): Disposable {
  if ("inFlight" in pace) {
    for (let n = 0; n < pace.inFlight; n++) {
      for (let sender = 0; sender < senders; sender++) send(sender);
    }
    return { [Symbol.dispose]: () => {} };
  }
  if ("pingPong" in pace) {
    for (let sender = 0; sender < senders; sender += 2) send(sender);
    return { [Symbol.dispose]: () => {} };
  }
  const begun = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    // Timers may come late; what was due then is sent now.
    const due = Math.floor((performance.now() - begun) / 1_000 * pace.perSecond);
    while (sent < due) send(sent++ % senders);
  }, 1);
  return { [Symbol.dispose]: () => clearInterval(timer) };
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
    quiet = tally.arrived === last ? quiet + 1 : 0;
    last = tally.arrived;
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
