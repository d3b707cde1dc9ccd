/**
 * Once a second: looks after the link, and notices that the machine has slept.
 *
 * After a sleep the link looks alive for as long as nobody sends anything, so the clock on the wall
 * tells: between two beats it must not go on by more than a few seconds.
 * Source: FTC1 §3.10.
 *
 * @module
 */

const BEAT_MS = 1_000;

/** Milliseconds between two beats from which on the machine has slept. */
const SLEPT_MS = 11_000;

/** What a pulse does. */
export interface PulseOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called once a second. */
  readonly beat: () => void;
  /** The machine has slept; called instead of `beat`. */
  readonly woke: () => void;
}

/**
 * Starts a pulse.
 *
 * @param options What to do.
 * @returns Stops it when disposed of.
 */
export function startPulse({ now, beat, woke }: PulseOptions): Disposable {
  let last = now();
  const timer = setInterval(() => {
    const time = now();
    const slept = time - last >= SLEPT_MS;
    last = time;
    if (slept) woke();
    else beat();
  }, BEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
