/**
 * One round: people talk, something is killed or cut meanwhile, and mostly they then wait until all they
 * said is acknowledged.
 *
 * The plan is drawn before anything happens, so a seed repeats it.
 *
 * @module
 */

import type { Actor } from "./actor.ts";
import { type Fault, FAULTS } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import { ACCOUNTS, GUEST, MEMBERS, SENDERS, TEAM } from "./words.ts";

/** What a round does. */
export interface Plan {
  /** Messages in each burst, by account; they are typed at once. */
  readonly bursts: readonly Readonly<Record<string, number>>[];
  /** Share of the lines of the first burst that are shown before anything breaks, 0 to 1. */
  readonly share: number;
  /** Faults of the network, by account: the first for the connection that there is. */
  readonly faults: Readonly<Record<string, readonly Fault[]>>;
  /** Whether the server is killed. */
  readonly killsServer: boolean;
  /** Accounts whose process is killed. */
  readonly killed: readonly string[];
  /** What the owner does with the guest of the group while the first burst is on its way. */
  readonly guests: readonly ("add" | "remove")[];
  /** Whether it ends only when everything is acknowledged. */
  readonly settles: boolean;
}

/** What happened in rounds. */
export interface Toll {
  /** SIGKILLs of the server. */
  serverKills: number;
  /** SIGKILLs of clients. */
  clientKills: number;
}

const GUESTS: readonly Plan["guests"][] = [["add"], ["remove"], ["add", "remove"]];

/** Draws a round. */
export function planRound(random: Random): Plan {
  const kind = random.pick(["server", "client", "wire", "server and client", "wire", "all"]);
  const isIn = (word: string) => kind === "all" || kind.includes(word);
  return {
    bursts: Array.from({ length: random.between(1, 3) }, () => planBurst(random)),
    share: random.below(100) / 100,
    faults: isIn("wire") ? planFaults(random) : {},
    killsServer: isIn("server"),
    killed: isIn("client") ? random.some(ACCOUNTS, 2) : [],
    guests: random.chance(0.6) ? random.pick(GUESTS) : [],
    settles: random.chance(0.7),
  };
}

/**
 * Plays a round.
 *
 * @param stage Everything that runs; it all runs again at the end.
 * @param plan What to do.
 * @param options `random`: who receives what; `toll`: what is counted.
 */
export async function playRound(
  stage: Stage,
  plan: Plan,
  { random, toll }: { readonly random: Random; readonly toll: Toll },
): Promise<void> {
  for (const [user, faults] of Object.entries(plan.faults)) stage.actor(user).proxy.plan(faults);
  const before = stage.shown;
  const [first, ...later] = plan.bursts;
  let lines = 0;
  for (const [user, count] of Object.entries(first ?? {})) {
    await stage.actor(user).says(count, random);
    // Each is seen by its sender and by one other at the least.
    lines += 2 * count;
  }
  for (const verb of plan.guests) {
    await stage.actor(MEMBERS[0]).run.writes([`@group ${verb} ${TEAM} ${GUEST}`]);
  }
  await stage.shows(before + Math.floor(lines * plan.share));

  const killed = plan.killed.map((user) => stage.actor(user));
  const confirmed = await Promise.all(killed.map((actor) => actor.confirmed()));
  const killing = killed.map((actor) => actor.run.kill());
  if (plan.killsServer) await stage.killServer();
  await Promise.all(killing);
  // A cursor is written lazily: a server that is killed may forget the last moment (PRODUCT §2).
  if (!plan.killsServer) {
    for (const [n, actor] of killed.entries()) actor.run.confirmed = confirmed[n] ?? null;
  }
  toll.clientKills += killed.length;

  for (const burst of later) await speak(burst, { stage, random, except: killed });
  if (plan.killsServer) {
    toll.serverKills++;
    await stage.restartServer();
  }
  await Promise.all(killed.map((actor) => actor.start()));
  if (plan.settles) await Promise.all(stage.actors.map((actor) => actor.settled()));
}

async function speak(
  burst: Readonly<Record<string, number>>,
  { stage, random, except }: {
    readonly stage: Stage;
    readonly random: Random;
    readonly except: readonly Actor[];
  },
): Promise<void> {
  for (const [user, count] of Object.entries(burst)) {
    const actor = stage.actor(user);
    if (!except.includes(actor)) await actor.says(count, random);
  }
}

function planBurst(random: Random): Record<string, number> {
  const talkers = random.some(SENDERS, SENDERS.length);
  return Object.fromEntries(talkers.map((user) => [user, random.between(1, 12)]));
}

function planFaults(random: Random): Record<string, Fault[]> {
  const struck = random.some(ACCOUNTS, 4);
  return Object.fromEntries(struck.map((user) => [user, planSeries(random)]));
}

function planSeries(random: Random): Fault[] {
  return Array.from({ length: random.between(1, 2) }, () => ({
    kind: random.pick(FAULTS),
    direction: random.pick(["up", "down"]),
    // From the first octet of a handshake to the middle of a conversation.
    after: random.below(random.pick([100, 2_000, 20_000])),
    ms: random.between(5, 100),
  }));
}
