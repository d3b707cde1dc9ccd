/**
 * When the terminal rings: for what the user wants to hear of, once for what comes together.
 *
 * Once it has rung, it is silent until somebody presses a key, or for a while.
 * Source: PRODUCT §5.
 *
 * @module
 */

import { mentions } from "../mention.ts";
import type { Settings } from "../settings.ts";
import type { Shown } from "../shown.ts";

/** Milliseconds of silence behind a bell that nobody has answered. */
const SILENCE_MS = 10_000;

/** Whose attention is wanted, and for what. */
export interface AttentionOptions {
  /** The canonical name of the user. */
  readonly me: string;
  /** The setting. */
  readonly bell: Settings["bell"];
}

/** A bell. */
export class Attention {
  #silentUntil = 0;

  /**
   * Says whether to ring.
   *
   * @param shown What is shown.
   * @param options Whose attention is wanted; `now` in milliseconds of any clock.
   */
  wants(shown: Shown, { now, ...options }: AttentionOptions & { readonly now: number }): boolean {
    if (now < this.#silentUntil || !calls(shown, options)) return false;
    this.#silentUntil = now + SILENCE_MS;
    return true;
  }

  /** Somebody is there. */
  answered(): void {
    this.#silentUntil = 0;
  }
}

function calls(shown: Shown, { me, bell }: AttentionOptions): boolean {
  if (shown.type !== "entry" || shown.entry.t !== "message") return false;
  const { kind, from, body } = shown.entry;
  if (bell === "off" || from === me) return false;
  return bell === "all" || kind === "direct" || (bell === "mention" && mentions(body, me));
}
