/**
 * The book of a run: what was sent, what arrived at whom, and what is complete.
 *
 * Each sender's messages must reach each of their receivers once and in order, or the run fails: a figure
 * for a server that loses messages is worth nothing.
 *
 * @module
 */

import { SEQUENCES } from "./code.ts";
import { Histogram } from "./histogram.ts";

/** Who sends to how many. */
export interface TallyOptions {
  /** Number of senders. */
  readonly senders: number;
  /** Number of receivers in all. */
  readonly receivers: number;
  /** Receivers of one message, the sender not counted. */
  readonly copies: number;
  /** Whether a message is complete only when this user has it. */
  readonly observes: (receiver: number) => boolean;
  /** Observers of one message, the sender not counted. */
  readonly observers: (sender: number) => number;
  /** Called when a message is complete. */
  readonly completed: (sender: number) => void;
}

/** Counts deliveries. */
export class Tally {
  /** From sending to each delivery to an observer, since `begin`. */
  latency: Histogram = new Histogram();
  readonly #options: TallyOptions;
  readonly #expected: Int32Array;
  readonly #missing: Uint32Array[];
  readonly #sentAt: Float64Array[];
  readonly #sent: number[];
  #copies = 0;
  #complete = 0;
  #isCounting = false;
  #now = 0;

  /** Makes an empty book. */
  constructor(options: TallyOptions) {
    this.#options = options;
    const { senders, receivers } = options;
    this.#expected = new Int32Array(senders * receivers).fill(-1);
    this.#missing = Array.from({ length: senders }, () => new Uint32Array(WINDOW));
    this.#sentAt = Array.from({ length: senders }, () => new Float64Array(WINDOW));
    this.#sent = Array.from({ length: senders }, () => 0);
  }

  /** Messages that have been completed since `begin`. */
  get complete(): number {
    return this.#complete;
  }

  /** Copies that have arrived, and could be opened, in all. */
  get arrived(): number {
    return this.#copies;
  }

  /** Copies that have been sent and have not been seen to arrive. */
  get missing(): number {
    return this.#sent.reduce((sum, sent) => sum + sent, 0) * this.#options.copies - this.#copies;
  }

  /** Begins to count: what came before was to warm up. */
  begin(): void {
    this.#complete = 0;
    this.latency = new Histogram();
    this.#isCounting = true;
  }

  /** Counts no more: what comes later is only checked. */
  end(): void {
    this.#isCounting = false;
  }

  /**
   * Notes that a message is sent now.
   *
   * @returns Its sequence number.
   */
  send(sender: number): number {
    const sequence = this.#sent[sender] ?? 0;
    const missing = this.#missing[sender];
    if (missing?.[sequence % WINDOW] !== 0) throw new Error("Cannot send: too many in flight");
    missing[sequence % WINDOW] = this.#options.observers(sender);
    this.#sentAt[sender]?.fill(performance.now(), sequence % WINDOW, sequence % WINDOW + 1);
    this.#sent[sender] = sequence + 1;
    return sequence % SEQUENCES;
  }

  /** Says that what is delivered from here on arrived at this moment. */
  arrive(): void {
    this.#now = performance.now();
  }

  /**
   * Notes a copy.
   *
   * @param receiver Who got it.
   * @param code As `readCode` gives it.
   * @throws {Error} If one was lost, doubled or overtaken.
   */
  deliver(receiver: number, code: number): void {
    const sender = Math.floor(code / SEQUENCES);
    const sequence = code % SEQUENCES;
    const at = receiver * this.#options.senders + sender;
    const expected = ((this.#expected[at] ?? 0) + 1) % SEQUENCES;
    if (sequence !== expected) {
      throw new Error(`lost or doubled: receiver ${receiver} got ${sequence}, not ${expected}`);
    }
    this.#expected[at] = sequence;
    this.#copies++;
    if (!this.#options.observes(receiver)) return;
    const slot = sequence % WINDOW;
    if (this.#isCounting) this.latency.add(this.#now - (this.#sentAt[sender]?.[slot] ?? 0));
    const missing = this.#missing[sender];
    if (missing === undefined) throw new Error(`unknown sender ${sender}`);
    const left = (missing[slot] ?? 0) - 1;
    missing[slot] = left;
    if (left > 0) return;
    if (this.#isCounting) this.#complete++;
    this.#options.completed(sender);
  }
}

/** Messages that one sender may have in flight. */
const WINDOW = SEQUENCES;
