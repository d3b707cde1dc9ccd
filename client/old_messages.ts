/**
 * Messages that were not acknowledged for so long that the server may have stored them and forgotten
 * their ids: only a person can say whether they are to be sent.
 *
 * Source: PRODUCT §4.2, §4.4.
 *
 * @module
 */

import { displayLine } from "./display.ts";
import type { Face } from "./face.ts";
import type { PendingMessage } from "./pending_message.ts";
import { localMinute } from "./local_minute.ts";

/** Characters of a message that are enough to recognise it. */
const MOST_SHOWN = 60;

/** What a person has decided. */
export interface OldDecision {
  /** To be sent now. */
  readonly send: readonly PendingMessage[];
  /** To be forgotten. */
  readonly forget: readonly PendingMessage[];
  /** Whether he left instead of answering. */
  readonly hasLeft: boolean;
}

/**
 * Asks about each message; a pipe is told that they are kept.
 *
 * @param face Whom to ask.
 * @param messages The messages.
 */
export async function askAboutOld(
  face: Face,
  messages: readonly PendingMessage[],
): Promise<OldDecision> {
  const send: PendingMessage[] = [];
  const forget: PendingMessage[] = [];
  if (face.input === "pipe" && messages.length > 0) {
    await face.notice(setAsideText("pipe", messages.length));
    return { send, forget, hasLeft: false };
  }
  for (const message of messages) {
    const answer = await face.ask(questionAbout(message));
    if (answer === null) return { send, forget, hasLeft: true };
    if (/^\s*y(es)?\s*$/i.test(answer)) send.push(message);
    else if (/^\s*d(elete)?\s*$/i.test(answer)) forget.push(message);
  }
  return { send, forget, hasLeft: false };
}

/**
 * Says that messages are not sent because of their age, and what can be done.
 *
 * @param input Whether there is somebody who can be asked.
 * @param count How many they are.
 */
export function setAsideText(input: Face["input"], count: number): string {
  const some = count === 1 ? "1 message is" : `${count.toLocaleString("en")} messages are`;
  const remedy = input === "pipe"
    ? "Start the client in a terminal to send or delete."
    : "Press Enter to decide.";
  return `${some} more than six days old and kept. ${remedy}`;
}

function questionAbout({ at, to, body }: PendingMessage): string {
  const text = body.length > MOST_SHOWN ? `${body.slice(0, MOST_SHOWN).toWellFormed()}…` : body;
  return `Typed ${localMinute(at)} for ${displayLine(to)} and never acknowledged, perhaps sent: ` +
    `"${displayLine(text)}". Send it now? [y/N, d deletes it] `;
}
