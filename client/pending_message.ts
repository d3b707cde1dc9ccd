/**
 * A message that the server has not acknowledged, as it outlives connections and runs.
 *
 * @module
 */

import * as v from "valibot";
import { MAX_ID_CHARACTERS } from "../protocol/limits.ts";
import { textFault } from "../protocol/text.ts";
import { sealedMessage } from "./end_to_end/sealed_message.ts";

/**
 * Milliseconds after which a message is not sent again without asking: the server knows its id for
 * seven days (PRODUCT §4.2), and clocks differ.
 */
const OLD_MS = 6 * 86_400_000;

/** Milliseconds that a message may come from the future: beyond, some clock was wrong. */
const SKEW_MS = 86_400_000;

/** The shape of a pending message, on disk and in memory. */
export const pendingMessage = v.object({
  /** The client-made id: 1–64 characters, unique in the account. */
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_CHARACTERS)),
  /** As in the command `send`. */
  to: v.string(),
  /** As in the command `send`. */
  kind: v.optional(v.literal("group")),
  /** The text. */
  body: v.pipe(v.string(), v.check((body) => textFault(body) === null)),
  /** When it was typed, in milliseconds since 1970 by the client's clock. */
  at: v.pipe(v.number(), v.safeInteger()),
  /** As it was sealed when it was sent first; absent before, and in the lobby. */
  sealed: v.optional(sealedMessage),
});

/** A message that is to be stored by the server. */
export type PendingMessage = Readonly<v.InferOutput<typeof pendingMessage>>;

/**
 * Says whether a message may have been forgotten by the server, so that sending it could double it.
 *
 * @param message The message.
 * @param now Milliseconds since 1970.
 */
export function isOld({ at }: PendingMessage, now: number): boolean {
  return now - at > OLD_MS || at - now > SKEW_MS;
}
