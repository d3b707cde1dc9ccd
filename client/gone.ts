/**
 * How a session learns that its current conversation is gone: deleted, or without this user.
 *
 * @module
 */

import type { OpenedEvent } from "./opened.ts";
import type { Output } from "./request_queue.ts";
import type { Conversation } from "./shown.ts";

/**
 * Says whether something shown means that the user is not in the current group any more.
 *
 * @param output What is shown.
 * @param options The current conversation, and the canonical name of the user, if it matters.
 */
export function saysGone(
  output: Output,
  { current, user }: { readonly current: Conversation; readonly user: string | undefined },
): boolean {
  if (user === undefined || current.kind !== "group") return false;
  if (output.type !== "show" || !("entry" in output.shown)) return false;
  const { entry } = output.shown;
  if (entry.t !== "change" || entry.group !== current.name) return false;
  return entry.change === "deleted" ||
    (entry.change === "left" && entry.by === user) ||
    (entry.change === "members" && entry.removed.includes(user));
}

/**
 * Says whether an event refuses a message because nobody can receive it.
 *
 * @param event What came from the server.
 * @param id The id of the message.
 */
export function saysNoReceiver(event: OpenedEvent, id: string | undefined): boolean {
  return event.t === "error" && event.re !== undefined && event.re === id &&
    (event.code === "no_group" || event.code === "no_user");
}
