/**
 * What a terminal is told at the beginning and at the end: how pastes and attention are reported, and
 * what its window is called.
 *
 * Source: xterm, "Control Sequences": DECSET 1004 and 2004, OSC 2, XTWINOPS 22 and 23.
 *
 * @module
 */

import type { Rewrapping } from "./screen.ts";

/**
 * Says what a terminal does with its rows when it gets narrower.
 *
 * @param environment Reads an environment variable.
 * @returns `cuts` for xterm and GNU screen, as far as they can be told from others.
 */
export function rewrappingOf(environment: (name: string) => string | undefined): Rewrapping {
  if (environment("TMUX")) return "wraps";
  return environment("XTERM_VERSION") || environment("STY") ? "cuts" : "wraps";
}

/** Pastes come in brackets; it is told when somebody looks, and when not. */
export const BEGIN = "\x1b[?2004h\x1b[?1004h";

/** As before. */
export const END = "\x1b[?1004l\x1b[?2004l";

/** Rings. */
export const BELL = "\x07";

/** The window is called as before. */
export const POP_TITLE = "\x1b[23;2t";

/**
 * Calls the window something; what it was called is kept for {@linkcode POP_TITLE}.
 *
 * @param title Words of our own.
 */
export function pushTitle(title: string): string {
  return `\x1b[22;2t${setTitle(title)}`;
}

/**
 * Calls the window something else.
 *
 * @param title Words of our own.
 */
export function setTitle(title: string): string {
  return `\x1b]2;${title}\x07`;
}
