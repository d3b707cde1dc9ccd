/**
 * How much one account may ask, store and change: rates, flood, quota (FTC1 §3.10).
 *
 * One for each account that is online, shared by its sessions, so that a flood slows one account
 * only. No I/O; the time is an argument.
 *
 * @module
 */

import type { CommandType } from "../protocol/command.ts";
import type { Policy } from "./policy.ts";
import { Throttle } from "./throttle.ts";

const DAY_MS = 86_400_000;

const READS: ReadonlySet<string> = new Set<CommandType>([
  "names",
  "lookup",
  "history",
  "groups",
  "group_info",
  "keys",
  "lineage",
  "epochs",
  "state",
]);

/** The part of the policy that is about what one account asks. */
export type AllowancePolicy = Pick<
  Policy,
  | "readBurst"
  | "readsPerSecond"
  | "requestBurst"
  | "requestsPerSecond"
  | "floodMs"
  | "octetsPerDay"
  | "rekeysPerDay"
>;

/** What is said to a request: go on, wait so many seconds, or it is a flood. */
export type Verdict = "allowed" | "flood" | { readonly after: number };

/** What one account has left. */
export class Allowance {
  readonly #policy: AllowancePolicy;
  readonly #reads: Throttle;
  readonly #requests: Throttle;
  #over: { since: number; allowed: number; refused: number } | null = null;
  #day = -1;
  #octets = 0;
  #rekeys = 0;

  /**
   * Makes a full allowance.
   *
   * @param policy Limits.
   * @param now Milliseconds of a clock that never goes back.
   */
  constructor(policy: AllowancePolicy, now: number) {
    this.#policy = policy;
    const { readBurst, readsPerSecond, requestBurst, requestsPerSecond } = policy;
    this.#reads = new Throttle({ burst: readBurst, perSecond: readsPerSecond }, now);
    this.#requests = new Throttle({ burst: requestBurst, perSecond: requestsPerSecond }, now);
  }

  /**
   * Takes a request.
   *
   * @param type Of the frame.
   * @param now Milliseconds of the same clock.
   */
  take(type: string, now: number): Verdict {
    const after = (READS.has(type) ? this.#reads : this.#requests).take(now);
    const over = this.#over;
    if (after === 0) {
      if (over !== null) over.allowed++;
      return "allowed";
    }
    if (over === null || now - over.since > 2 * this.#policy.floodMs) {
      this.#over = { since: now, allowed: 0, refused: 1 };
      return { after };
    }
    over.refused++;
    if (now - over.since < this.#policy.floodMs) return { after };
    // Who waits as he is told is refused once for each request that is allowed.
    if (over.refused > 2 * over.allowed) return "flood";
    this.#over = null;
    return { after };
  }

  /**
   * Takes octets of the day's quota.
   *
   * @param octets That are to be stored.
   * @param now Milliseconds since 1970: days are those of UTC.
   * @returns 0 where there were enough left, else the seconds until the next day.
   */
  store(octets: number, now: number): number {
    const rest = this.#restOfDay(now);
    if (this.#octets + octets > this.#policy.octetsPerDay) return rest;
    this.#octets += octets;
    return 0;
  }

  /** Gives back what was taken of the quota and not stored after all. */
  giveBack(octets: number): void {
    this.#octets = Math.max(0, this.#octets - octets);
  }

  /**
   * Takes one of the day's changes of keys.
   *
   * @param now Milliseconds since 1970, as in `store`.
   * @returns 0 where there was one left, else the seconds until the next day.
   */
  rekey(now: number): number {
    const rest = this.#restOfDay(now);
    if (this.#rekeys >= this.#policy.rekeysPerDay) return rest;
    this.#rekeys++;
    return 0;
  }

  /** Gives back a change of keys that has not happened. */
  giveBackRekey(): void {
    this.#rekeys = Math.max(0, this.#rekeys - 1);
  }

  /** The seconds until the next day; with a new day everything is there again. */
  #restOfDay(now: number): number {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day) [this.#day, this.#octets, this.#rekeys] = [day, 0, 0];
    return Math.ceil(((day + 1) * DAY_MS - now) / 1_000);
  }
}
