/**
 * What one connection still has to send: a bounded queue of JSON texts.
 *
 * All that waits leaves together: as one `batch` frame where the receiver takes batches, in one
 * write in any case. Frames are sealed in the order of writing, each under its own key
 * (FTC1 §3.7). A text is made once for all its receivers; only the sealing is done for each.
 *
 * Not here: what the texts mean, and what happens to a peer who does not read; the owner is told.
 *
 * @module
 */

import { frameCipher } from "../cipher/frame_cipher.ts";
import type { FrameKeys } from "../cipher/frame_keys.ts";
import { BATCH_OVERHEAD, joinFrame } from "../protocol/frame.ts";
import { MAX_FRAME_OCTETS } from "../protocol/limits.ts";

/** Octets of texts that go into one write: enough to fill a segment many times, little to hold. */
const WRITE_OCTETS = 262_144;

const LINE_FEED = 0x0a;

const encoder = new TextEncoder();

/** What an outbox needs from its owner. */
export interface OutboxOptions {
  /** The keys of this direction. */
  readonly keys: FrameKeys;
  /** Octets that may wait; beyond, the peer is too slow. */
  readonly limit: number;
  /** Writes all octets. */
  readonly write: (octets: Uint8Array) => Promise<void>;
  /** Called once, when the queue overflows or a write fails; nothing more is sent then. */
  readonly failed: (reason: "slow" | "broken") => void;
}

/** The sending side of one connection. */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Uint8Array[] = [];
  #octets = 0;
  #pump: Promise<void> | null = null;
  #dead = false;
  #writingSince: number | null = null;

  /** Whether several texts may share a frame (FTC1 §3.7: from the server, after `welcome`). */
  batching = false;

  /**
   * Makes an `Outbox`.
   *
   * @param options Keys, bound, and where to write.
   */
  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** When the write under way began, milliseconds of `performance.now`, or `null`. */
  get writingSince(): number | null {
    return this.#writingSince;
  }

  /** Whether more than half of what may wait does. */
  get isCrowded(): boolean {
    return this.#octets > this.#options.limit / 2;
  }

  /** Octets of JSON text that wait to be sealed and written. */
  get waiting(): number {
    return this.#octets;
  }

  /**
   * Queues a text; it leaves in this turn of the event loop or as soon as the write before is done.
   *
   * @param text JSON text from `encodeEvent` or `encodeCommand`.
   */
  push(text: Uint8Array): void {
    if (this.#dead) return;
    if (this.#octets + text.length > this.#options.limit) return this.#fail("slow");
    this.#waiting.push(text);
    this.#octets += text.length;
    this.#pump ??= this.#run();
  }

  /** Resolves when all that was queued has been written, or nothing can be any more. */
  async idle(): Promise<void> {
    while (this.#pump !== null) await this.#pump;
  }

  /** Forgets what waits; nothing is sent from now on. */
  drop(): void {
    this.#dead = true;
    this.#waiting = [];
    this.#octets = 0;
  }

  /** Forgets what waits, but goes on: for the last word to a peer who was too slow. */
  clear(): void {
    this.#waiting = [];
    this.#octets = 0;
    this.#dead = false;
  }

  #fail(reason: "slow" | "broken"): void {
    // The write that hung while the queue overflowed may still fail: that is no news.
    if (this.#dead) return;
    this.drop();
    this.#options.failed(reason);
  }

  async #run(): Promise<void> {
    // What the same turn of the event loop still queues goes into the same frame.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const sealed = this.#seal(this.#take());
        const octets = sealed instanceof Promise ? await sealed : sealed;
        this.#writingSince = performance.now();
        await this.#options.write(octets);
        this.#writingSince = null;
      }
    } catch {
      this.#fail("broken");
    } finally {
      this.#pump = null;
    }
  }

  /** Takes what goes into the next write, cut into frames. */
  #take(): Uint8Array[][] {
    const frames: Uint8Array[][] = [];
    let frame: Uint8Array[] = [];
    let frameOctets = BATCH_OVERHEAD;
    let total = 0;
    let taken = 0;
    for (const text of this.#waiting) {
      if (total > 0 && total + text.length > WRITE_OCTETS) break;
      const full = !this.batching || frameOctets + text.length > MAX_FRAME_OCTETS;
      if (frame.length > 0 && full) {
        frames.push(frame);
        frame = [];
        frameOctets = BATCH_OVERHEAD;
      }
      frame.push(text);
      frameOctets += text.length + 1;
      total += text.length;
      taken++;
    }
    frames.push(frame);
    this.#waiting = this.#waiting.slice(taken);
    this.#octets -= total;
    return frames;
  }

  /** Seals frames, each under the next key; waits only where the cipher does. */
  #seal(frames: Uint8Array[][]): Uint8Array | Promise<Uint8Array> {
    const tokens = frames.map((frame) =>
      frameCipher.seal(this.#options.keys.next(), joiner.join(frame))
    );
    return tokens.every((token) => typeof token === "string")
      ? asLines(tokens)
      : Promise.all(tokens).then(asLines);
  }
}

function asLines(tokens: readonly string[]): Uint8Array {
  const octets = new Uint8Array(tokens.reduce((sum, token) => sum + token.length + 1, 0));
  let at = 0;
  for (const token of tokens) {
    at += encoder.encodeInto(token, octets.subarray(at)).written;
    octets[at++] = LINE_FEED;
  }
  return octets;
}

/** Joins texts as `joinFrame` does; the frame of many receivers is made once. */
class FrameJoiner {
  #texts: readonly Uint8Array[] = [];
  #frame = new Uint8Array(0);

  join(texts: readonly Uint8Array[]): Uint8Array {
    const isSame = texts.length === this.#texts.length &&
      texts.every((text, at) => text === this.#texts[at]);
    if (!isSame) {
      this.#frame = joinFrame(texts);
      this.#texts = texts;
    }
    return this.#frame;
  }
}

const joiner = new FrameJoiner();
