/**
 * What is said about a message beside its text.
 *
 * Source: FTC1 §7.6.
 *
 * @module
 */

import type { MessageEntry } from "../../protocol/event.ts";
import { localMinute } from "../local_minute.ts";
import type { MarkedEntry, Marks, OpenedEntry, OpenedMessage } from "../opened.ts";
import type { Sight } from "./gaps.ts";
import { type Genuine, markMessage } from "./opener.ts";

/** Milliseconds by which a sender's clock may differ before that is said (FTC1 §7.6). */
const CLOCK_MS = 600_000;

/**
 * Puts marks on a message.
 *
 * @param message What is to be shown.
 * @param sight What its counter and its epoch say.
 * @returns The message, or the line in its place where it was filed before.
 */
export function marked(message: Genuine, sight: Sight): OpenedEntry {
  const { entry } = message;
  if (sight.isReplay) return replayed(entry);
  const marks = marksOf(message, sight);
  return marks === null ? entry : { ...entry, marks } satisfies OpenedMessage;
}

function replayed(message: MessageEntry): MarkedEntry {
  return markMessage(message, "the server shows an earlier message once more");
}

function marksOf(
  { entry: { at, from }, time, isKnownKey }: Genuine,
  { isLate, missingBefore, missingAfter }: Sight,
): Marks | null {
  const beside = [
    ...(isKnownKey ? [] : [`signed by other keys than you know of ${from}`]),
    ...(isLate ? ["late"] : []),
    ...(Math.abs(time - at) > CLOCK_MS
      ? [`sent at ${localMinute(time)} by the sender's clock`]
      : []),
  ].join(", ");
  const marks: Marks = {
    ...(missingBefore > 0 ? { before: missing(missingBefore, from) } : {}),
    ...(beside === "" ? {} : { beside }),
    ...(missingAfter > 0 ? { behind: missing(missingAfter, from) } : {}),
  };
  return Object.keys(marks).length === 0 ? null : marks;
}

/**
 * Says that messages are missing.
 *
 * @param count How many.
 * @param from Whose.
 */
export function missing(count: number, from: string): string {
  return count === 1
    ? `1 message from ${from} is missing here`
    : `${count.toLocaleString("en")} messages from ${from} are missing here`;
}
