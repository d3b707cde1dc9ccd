/**
 * Whether a link still lives: what it has heard and said, and when (FTC1 §3.10).
 *
 * No timers of its own: whoever owns links looks at all of them about once a second. A frame costs
 * two numbers, not a timer. Times are milliseconds of a clock that never goes back.
 *
 * @module
 */

/** The times that count. */
export interface VitalLimits {
  /** Own silence after which a `ping` is due, a sixth more or less. */
  readonly pingMs: number;
  /** Silence of the peer after which he counts as gone. */
  readonly silenceMs: number;
  /** In which a line that has begun must be complete. */
  readonly lineMs: number;
  /** After which fresh keys are due. */
  readonly lifetimeMs: number;
  /** Frames in one direction after which fresh keys are due. */
  readonly lifetimeFrames: number;
}

/** FTC1's own values. */
export const VITAL_LIMITS: VitalLimits = {
  pingMs: 30_000,
  silenceMs: 90_000,
  lineMs: 30_000,
  lifetimeMs: 86_400_000,
  lifetimeFrames: 16_777_216,
};

/** What is to be done about a link. */
export type Diagnosis = "well" | "ping" | "gone" | "stuck" | "worn";

/** The record of one link. */
export class VitalSigns {
  readonly #bornAt: number;
  readonly #scatter: number;
  #heardAt: number;
  #saidAt: number;
  #lineSince: number | null = null;

  /**
   * Begins a record.
   *
   * @param now When the link began.
   * @param random 0 ≤ n < 1: scatters the pings of many links.
   */
  constructor(now: number, random: number) {
    this.#bornAt = now;
    this.#heardAt = now;
    this.#saidAt = now;
    this.#scatter = 1 + (2 * random - 1) / 6;
  }

  /**
   * Octets came.
   *
   * @param now When.
   * @param insideLine Whether a line has begun and is not complete.
   */
  heard(now: number, insideLine: boolean): void {
    this.#heardAt = now;
    if (!insideLine) this.#lineSince = null;
    else this.#lineSince ??= now;
  }

  /** Frames were written. */
  said(now: number): void {
    this.#saidAt = now;
  }

  /**
   * Says what is to be done.
   *
   * @param now Now.
   * @param options Limits; frames used in the busier direction.
   */
  diagnose(
    now: number,
    options: { readonly limits: VitalLimits; readonly frames: number },
  ): Diagnosis {
    const { limits, frames } = options;
    if (now - this.#heardAt >= limits.silenceMs) return "gone";
    if (this.#lineSince !== null && now - this.#lineSince >= limits.lineMs) return "stuck";
    if (now - this.#bornAt >= limits.lifetimeMs || frames >= limits.lifetimeFrames) return "worn";
    return now - this.#saidAt >= limits.pingMs * this.#scatter ? "ping" : "well";
  }
}
