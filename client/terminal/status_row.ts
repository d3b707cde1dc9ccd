/**
 * The words of the status row and of what is pending.
 *
 * There is no row while there is nothing to say: connected, and nothing unread.
 *
 * @module
 */

import { displayLine } from "../display.ts";
import type { FaceStatus } from "../face.ts";
import type { PendingMessage } from "../pending_message.ts";
import type { Unread } from "../unread.ts";
import { LOBBY } from "../../protocol/name.ts";

/** The status before anything is known. */
export const NO_STATUS: FaceStatus = { connection: { state: "on" }, pending: [], unread: [] };

/** Characters of a message that can matter in one row. */
const MOST_SHOWN = 500;

/**
 * Says how the connection is and what is unread.
 *
 * @param status The status.
 * @param now Milliseconds since 1970.
 * @returns One line, or `null` where there is nothing to say.
 */
export function statusText({ connection, unread }: FaceStatus, now: number): string | null {
  const parts = [
    ...(connection.state === "off" ? [offline(connection.nextTryAt, now)] : []),
    ...(unread.length > 0 ? [`Unread: ${unread.map(unreadText).join(", ")}`] : []),
  ];
  return parts.length === 0 ? null : parts.join(" · ");
}

/**
 * Shows a message that waits, in one line.
 *
 * @param message The message.
 * @param state Whether there is a connection.
 */
export function pendingText(
  { to, kind, body }: PendingMessage,
  state: FaceStatus["connection"]["state"],
): string {
  const receiver = kind === "group" ? `#${displayLine(to)}` : displayLine(to);
  const text = body.length > MOST_SHOWN ? `${body.slice(0, MOST_SHOWN).toWellFormed()}…` : body;
  const verb = state === "on" ? "sending" : "waiting";
  return `(${verb}) ${receiver}: ${
    displayLine(text.replaceAll("\n", " ↵ ").replaceAll("\t", " "))
  }`;
}

/**
 * Names the window of the terminal.
 *
 * @param unread What is unread.
 */
export function titleText(unread: readonly Unread[]): string {
  const count = unread.reduce((sum, { count }) => sum + count, 0);
  return count === 0 ? "Fernchat" : `(${count}) Fernchat`;
}

function offline(nextTryAt: number | null, now: number): string {
  if (nextTryAt === null) return "Connecting…";
  const seconds = Math.max(0, Math.ceil((nextTryAt - now) / 1_000));
  return seconds === 0 ? "Connecting…" : `Not connected, next try in ${seconds} s`;
}

function unreadText({ conversation, count, mentions }: Unread, at: number): string {
  const mark = mentions > 0 ? "!" : "";
  const name = conversation.kind === "lobby"
    ? LOBBY
    : `${conversation.kind === "group" ? "#" : ""}${displayLine(conversation.name)}`;
  // The number is the key: Alt-1 goes to the first.
  return `${at < 9 ? `${at + 1}:` : ""}${name} ${count}${mark}`;
}
