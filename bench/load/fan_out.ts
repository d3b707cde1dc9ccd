/**
 * The loads of the comparison: a channel of all, a group encrypted end to end, pairs, a steady rate.
 *
 * @module
 */

import { FernTarget } from "./fern_target.ts";
import { hundredOctets, type Load, type Outcome, type Place, runLoad } from "./run_load.ts";
import { groupOf, nameOf, pairsOf } from "./sealed_places.ts";
import type { Receiving, Target } from "./target.ts";

/** Seconds before a run counts, and seconds that count. */
export const DURATION = { warmUpS: 4, seconds: 5 } as const;

/** Users in the channel unless told. */
const MEMBERS = 100;

/** Who sends in a channel. */
const SENDERS = 4;

/** Pairs that play ping-pong. */
const PAIRS = 50;

/** Messages per second at a steady rate. */
const STEADY = 100;

/** How long a run is. */
export type Duration = Pick<Load, "warmUpS" | "seconds">;

/** One load for any server. */
export type FanOut = (target: Target, duration: Duration) => Promise<Outcome>;

/** Everybody in one channel, four senders in a closed loop. */
export function channel(inFlight: number, members: number = MEMBERS): FanOut {
  return (target, duration) =>
    runLoad(target, {
      ...duration,
      members,
      senders: SENDERS,
      copies: members - 1,
      pace: { inFlight },
      enter: (receiving) => channelOf(target, { members, receiving }),
    });
}

/** Everybody in one channel, at a steady rate. */
export function steady(): FanOut {
  return (target, duration) =>
    runLoad(target, {
      ...duration,
      members: MEMBERS,
      senders: MEMBERS,
      copies: MEMBERS - 1,
      pace: { perSecond: STEADY },
      enter: (receiving) => channelOf(target, { members: MEMBERS, receiving }),
    });
}

/** A group, encrypted end to end, four senders in a closed loop; on IRC a channel in the clear. */
export function group(inFlight: number): FanOut {
  return (target, duration) =>
    runLoad(target, {
      ...duration,
      members: MEMBERS,
      senders: SENDERS,
      copies: MEMBERS - 1,
      pace: { inFlight },
      enter: (receiving) =>
        target instanceof FernTarget
          ? groupOf(target, { members: MEMBERS, senders: SENDERS, receiving })
          : channelOf(target, { members: MEMBERS, receiving }),
    });
}

/** Pairs; each user answers what he gets, so a pair has one message in flight. */
export function pairs(count: number = PAIRS): FanOut {
  const members = 2 * count;
  return (target, duration) =>
    runLoad(target, {
      ...duration,
      members,
      senders: members,
      copies: 1,
      pace: { pingPong: true },
      enter: (receiving) =>
        target instanceof FernTarget
          ? pairsOf(target, { members, receiving })
          : plainPairs(target, { members, receiving }),
    });
}

async function channelOf(
  target: Target,
  options: { readonly members: number; readonly receiving: (user: number) => Receiving },
): Promise<Place> {
  const peers = [];
  for (let user = 0; user < options.members; user++) {
    peers.push(await target.connect(nameOf(user), options.receiving(user)));
  }
  return { peers, destination: () => ({ kind: "channel" }), body: hundredOctets };
}

async function plainPairs(
  target: Target,
  options: { readonly members: number; readonly receiving: (user: number) => Receiving },
): Promise<Place> {
  const place = await channelOf(target, options);
  return { ...place, destination: (sender) => ({ kind: "user", name: nameOf(sender ^ 1) }) };
}
