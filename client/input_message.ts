/**
 * A typed text that is a message.
 *
 * @module
 */

import { type TextFault, textFault } from "../protocol/text.ts";
import type { Action, Target } from "./action.ts";

/** A line that asks for nothing. */
export const NOTHING: Action = { type: "nothing" };

/**
 * Makes a message of a text, if it may be one.
 *
 * @param to Where it goes.
 * @param body The text, to the letter.
 */
export function message(to: Target, body: string): Action {
  const fault = textFault(body);
  if (fault === null) return { type: "send", to, body };
  if (fault.reason === "blank") return NOTHING;
  return { type: "refused", text: explain(fault), message: true };
}

function explain(fault: TextFault): string {
  if (fault.reason !== "too-long") return "Message contains control characters.";
  return `Message too long (${fault.length.toLocaleString("en")} of 4,000 characters).`;
}
