/**
 * A message as it was sealed, so that it can be sent again to the letter.
 *
 * Sealed again it would have another counter, and where the first was stored after all nobody would know
 * which of the two is the message, or the readers would miss one (FTC1 §7.6).
 *
 * @module
 */

import * as v from "valibot";

/** The shape of a sealed message, on disk and in memory. */
export const sealedMessage = v.object({
  /** The id of the conversation, base64url. */
  conversation: v.string(),
  /** The epoch it is sealed for. */
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** The token. */
  token: v.string(),
});

/** A sealed message. */
export type SealedMessage = Readonly<v.InferOutput<typeof sealedMessage>>;
