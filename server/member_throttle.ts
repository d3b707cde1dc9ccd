/**
 * How often one member may do something in one conversation: a bucket for each pair of the two.
 *
 * Members must not use up the epochs of a conversation, of which there are only so many, nor keep the
 * others at work. In memory: after a start all buckets are full. The time is an argument.
 *
 * Source: FTC1 §7.4.
 *
 * @module
 */

import { Expiring } from "./expiring.ts";
import { type Rate, Throttle } from "./throttle.ts";

/** Buckets that are kept; beyond, those not used for longest are forgotten. */
const MOST_BUCKETS = 100_000;

/** Who, and where. */
export interface Membership {
  /** Canonical name. */
  readonly user: string;
  /** Base64url. */
  readonly conversation: string;
}

/** The buckets of all members. */
export class MemberThrottle {
  readonly #rate: Rate;
  readonly #buckets: Expiring<Throttle>;

  /**
   * Makes a `MemberThrottle`.
   *
   * @param rate What each member may do in each conversation.
   */
  constructor(rate: Rate) {
    this.#rate = rate;
    // A bucket that was not used for so long is full.
    this.#buckets = new Expiring(MOST_BUCKETS, rate.burst / rate.perSecond * 1_000);
  }

  /**
   * Takes a token. To be asked about members only: each name makes a bucket.
   *
   * @param membership Whose.
   * @param now Milliseconds of a clock that never goes back.
   * @returns 0 where there was one, else the whole seconds until there is.
   */
  take(membership: Membership, now: number): number {
    const name = nameOf(membership);
    const bucket = this.#buckets.get(name, now) ?? new Throttle(this.#rate, now);
    this.#buckets.set(name, bucket, now);
    return Math.ceil(bucket.take(now));
  }

  /** Gives back a token that was taken for what was refused. */
  giveBack(membership: Membership, now: number): void {
    this.#buckets.get(nameOf(membership), now)?.giveBack();
  }
}

function nameOf({ user, conversation }: Membership): string {
  return `${user} ${conversation}`;
}
