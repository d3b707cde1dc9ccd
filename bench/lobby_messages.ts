/**
 * The messages that the benchmarks of frame, codec and outbox are about.
 *
 * @module
 */

import type { MessageEntry } from "../protocol/event.ts";

/** Octets of the body of a message: what people say, and what the loads send. */
export const BODY_OCTETS = 100;

/** An entry id as long as those of November 2026. */
const FIRST_ID = 1_838_459_474_944_000;

/** Milliseconds since 1970: some day in November 2026. */
const AT = 1_795_370_581_000;

/** Users who take turns, as in the loads. */
const SENDERS = 4;

/**
 * Makes messages to the lobby that follow each other.
 *
 * @param count How many.
 * @returns Entries; the JSON text of each has about 230 octets.
 */
export function lobbyMessages(count: number): MessageEntry[] {
  return Array.from({ length: count }, (_, n) => ({
    t: "message",
    id: FIRST_ID + n,
    at: AT,
    conversation: "lobby",
    kind: "lobby",
    from: `user${n % SENDERS}`,
    to: "lobby",
    body: "x".repeat(BODY_OCTETS),
  }));
}
