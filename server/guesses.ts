/**
 * How often a password may be guessed, and how many accounts may be made (FTC1 §4.5).
 *
 * Asked before a signature is looked at, told afterwards. Counters live in memory and are bounded;
 * nothing here does I/O, and the time is an argument.
 *
 * | scope | limit |
 * |---|---|
 * | account and address | some wrong free, then a wait that doubles up to an hour |
 * | account, addresses that never got in | so many in an hour together: the owner is not locked out |
 * | address | so many in an hour, all accounts together |
 * | registrations | so many in an hour for an address, and in total |
 *
 * @module
 */

import { Expiring } from "./expiring.ts";
import type { Policy } from "./policy.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Counters of each kind that are kept; beyond, those not used for longest are forgotten. */
const MOST_COUNTERS = 100_000;

/** The part of the policy that is about guessing. */
export type GuessPolicy = Pick<
  Policy,
  | "wrongFree"
  | "wrongWaitMs"
  | "wrongFromStrangersPerHour"
  | "wrongPerAddressPerHour"
  | "registrationsPerAddressPerHour"
  | "registrationsPerHour"
  | "loopbackExempt"
>;

interface Wrong {
  count: number;
  until: number;
}

interface Window {
  count: number;
  readonly ends: number;
}

/** Counts guesses and registrations. */
export class Guesses {
  readonly #policy: GuessPolicy;
  readonly #pairs = new Expiring<Wrong>(MOST_COUNTERS, DAY_MS);
  readonly #strangers = new Expiring<Window>(MOST_COUNTERS, HOUR_MS);
  readonly #addresses = new Expiring<Window>(MOST_COUNTERS, HOUR_MS);
  readonly #registrations = new Expiring<Window>(MOST_COUNTERS, HOUR_MS);
  /** (account, address) pairs that got in since the server started. */
  readonly #welcome = new Expiring<true>(MOST_COUNTERS, Infinity);

  /**
   * Makes the counters, all at zero.
   *
   * @param policy Limits.
   */
  constructor(policy: GuessPolicy) {
    this.#policy = policy;
  }

  /**
   * Whether a login may be tried.
   *
   * @param user Canonical name.
   * @param options From where; milliseconds of a clock that never goes back.
   * @returns Seconds to wait, 0 where it may be tried at once.
   */
  beforeLogin(user: string, options: { readonly address: string; readonly now: number }): number {
    const { address, now } = options;
    const pair = pairOf(user, address);
    const own = Math.max(0, (this.#pairs.get(pair, now)?.until ?? 0) - now);
    const known = this.#welcome.get(pair, now) !== undefined;
    return inSeconds(Math.max(
      own,
      known ? 0 : rest(this.#strangers.get(user, now), this.#policy.wrongFromStrangersPerHour, now),
      rest(this.#addresses.get(address, now), this.#policy.wrongPerAddressPerHour, now),
    ));
  }

  /**
   * Counts a signature as wrong. To be called before it is looked at, since many may come at once;
   * `right` takes it back.
   */
  wrong(user: string, options: { readonly address: string; readonly now: number }): void {
    const { address, now } = options;
    const pair = pairOf(user, address);
    const wrong = this.#pairs.get(pair, now) ?? { count: 0, until: 0 };
    wrong.count++;
    const { wrongFree, wrongWaitMs } = this.#policy;
    if (wrong.count >= wrongFree) {
      wrong.until = now + Math.min(HOUR_MS, wrongWaitMs * 2 ** (wrong.count - wrongFree));
    }
    this.#pairs.set(pair, wrong, now);
    if (this.#welcome.get(pair, now) === undefined) count(this.#strangers, user, now);
    count(this.#addresses, address, now);
  }

  /** Tells that a signature that was counted as wrong was right. */
  right(user: string, options: { readonly address: string; readonly now: number }): void {
    const { address, now } = options;
    const pair = pairOf(user, address);
    this.#pairs.delete(pair);
    if (this.#welcome.get(pair, now) === undefined) takeBack(this.#strangers.get(user, now));
    takeBack(this.#addresses.get(address, now));
    this.#welcome.set(pair, true, now);
  }

  /**
   * Whether an account may be made; counts it if so.
   *
   * @returns Seconds to wait, 0 where it may.
   */
  register(options: { readonly address: string; readonly now: number }): number {
    const { address, now } = options;
    const { registrationsPerAddressPerHour: perAddress, registrationsPerHour } = this.#policy;
    const exempt = this.#policy.loopbackExempt && isLoopback(address);
    const wait = Math.max(
      exempt ? 0 : rest(this.#registrations.get(address, now), perAddress, now),
      rest(this.#registrations.get("", now), registrationsPerHour, now),
    );
    if (wait > 0) return inSeconds(wait);
    count(this.#registrations, address, now);
    count(this.#registrations, "", now);
    return 0;
  }
}

/**
 * Whether an address is this machine's own.
 *
 * @param address IPv4 or IPv6 literal.
 */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function pairOf(user: string, address: string): string {
  return `${user} ${address}`;
}

function count(windows: Expiring<Window>, key: string, now: number): void {
  const window = windows.get(key, now);
  if (window === undefined) windows.set(key, { count: 1, ends: now + HOUR_MS }, now);
  else window.count++;
}

function takeBack(window: Window | undefined): void {
  if (window !== undefined && window.count > 0) window.count--;
}

function rest(window: Window | undefined, limit: number, now: number): number {
  return window !== undefined && window.count >= limit ? window.ends - now : 0;
}

function inSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1_000);
}
