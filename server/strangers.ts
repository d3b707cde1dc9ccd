/**
 * Connections that have not logged in: how many there may be, and how fast new ones may come
 * (FTC1 §3.10).
 *
 * Who holds a place is a handle; when all places are taken the oldest one is closed, so that silent
 * connections cannot keep others out. No I/O; the time is an argument.
 *
 * @module
 */

import { isLoopback } from "./guesses.ts";
import type { Policy } from "./policy.ts";
import { Throttle } from "./throttle.ts";

/** A connection, as far as its place is concerned. */
export interface Stranger {
  /** Its address: IPv4, or the /64 of an IPv6. */
  readonly address: string;
  /** Closes it, to make place for another. */
  readonly close: () => void;
}

/** Addresses that are remembered; beyond, those that have not come for longest are forgotten. */
const MOST_ADDRESSES = 100_000;

/** Those who have not said who they are. */
export class Strangers {
  readonly #policy: Policy;
  /** In order of coming. */
  readonly #here = new Set<Stranger>();
  readonly #perAddress = new Map<string, number>();
  readonly #throttles = new Map<string, Throttle>();

  /**
   * Makes a `Strangers`.
   *
   * @param policy Bounds.
   */
  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /** Number of connections here. */
  get size(): number {
    return this.#here.size;
  }

  /**
   * Gives a place to a new connection; the oldest one goes where there is none left.
   *
   * @param stranger Who comes.
   * @param now Milliseconds of a clock that never goes back.
   * @returns The place, to be disposed at login or end; `null` where the address has had its share.
   */
  enter(stranger: Stranger, now: number): Disposable | null {
    const { address } = stranger;
    if (!this.#isExempt(address)) {
      if (this.#count(address) >= this.#policy.strangersPerAddress) return null;
      if (this.#throttle(address, now).take(now) > 0) return null;
    }
    if (this.#here.size >= this.#policy.strangersTotal) {
      const [oldest] = this.#here;
      if (oldest !== undefined) {
        this.#leave(oldest);
        oldest.close();
      }
    }
    this.#here.add(stranger);
    this.#perAddress.set(address, this.#count(address) + 1);
    return { [Symbol.dispose]: () => this.#leave(stranger) };
  }

  #leave(stranger: Stranger): void {
    if (!this.#here.delete(stranger)) return;
    const left = this.#count(stranger.address) - 1;
    if (left === 0) this.#perAddress.delete(stranger.address);
    else this.#perAddress.set(stranger.address, left);
  }

  #count(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }

  #throttle(address: string, now: number): Throttle {
    const { connectBurst: burst, connectPerSecond: perSecond } = this.#policy;
    const throttle = this.#throttles.get(address) ?? new Throttle({ burst, perSecond }, now);
    // Moved to the end: the first ones are those that have not come for longest.
    this.#throttles.delete(address);
    this.#throttles.set(address, throttle);
    if (this.#throttles.size > MOST_ADDRESSES) {
      for (const oldest of this.#throttles.keys()) {
        this.#throttles.delete(oldest);
        break;
      }
    }
    return throttle;
  }

  #isExempt(address: string): boolean {
    return this.#policy.loopbackExempt && isLoopback(address);
  }
}

/**
 * Brings an address into the form that limits are kept for (FTC1 §3.10).
 *
 * @param hostname As `Deno.Conn.remoteAddr` has it.
 * @returns An IPv4 address whole, also a mapped one; of an IPv6 address the first 64 bits.
 */
export function limitedAddress(hostname: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(hostname);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!hostname.includes(":") || hostname === "::1") return hostname;
  const [head = "", tail] = hostname.split("%")[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
