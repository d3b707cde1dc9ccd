/**
 * Keeps a link alive, and notices that it is dead.
 *
 * A `ping` after 30 s ± 5 s of own silence; dead after 90 s without input.
 * Source: FTC1 §3.10.
 *
 * @module
 */

/** Milliseconds of own silence before a ping, without the scatter. */
const SILENCE_MS = 30_000;

/** Milliseconds that the silence may be longer or shorter. */
const SCATTER_MS = 5_000;

/** Milliseconds without input after which the peer is gone. */
const DEAF_MS = 90_000;

/** What a heartbeat does. */
export interface HeartbeatOptions {
  /** Sends a ping. */
  readonly ping: () => void;
  /** The peer is gone. Called once. */
  readonly dead: () => void;
  /** 0 ≤ n < 1; `Math.random` unless told. */
  readonly random?: () => number;
}

/** The timers of one link; disposing stops them. */
export class Heartbeat implements Disposable {
  readonly #options: HeartbeatOptions;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #deafness: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts both timers.
   *
   * @param options What to do.
   */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.said();
    this.heard();
  }

  /** Something was sent. */
  said(): void {
    clearTimeout(this.#silence);
    const random = this.#options.random ?? Math.random;
    const wait = SILENCE_MS + (2 * random() - 1) * SCATTER_MS;
    this.#silence = setTimeout(() => {
      this.#options.ping();
      this.said();
    }, wait);
  }

  /** Something was received. */
  heard(): void {
    clearTimeout(this.#deafness);
    this.#deafness = setTimeout(() => {
      this[Symbol.dispose]();
      this.#options.dead();
    }, DEAF_MS);
  }

  /** Stops. */
  [Symbol.dispose](): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#deafness);
  }
}
