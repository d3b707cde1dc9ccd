/**
 * An entry as the line that PRODUCT §3 gives for it: so that scenes read like a chat.
 *
 * For tests of the server only. What a client really shows is the client's business.
 *
 * @module
 */

import type { ChangeEntry, MessageEntry, PastEntry } from "../../protocol/event.ts";

/** Writes the line that a user sees. */
export function lineOf(entry: PastEntry, user: string): string {
  if (entry.t === "damaged") return "[damaged]";
  return entry.t === "message" ? messageLine(entry, user) : changeLine(entry);
}

function messageLine({ kind, from, to, body, offline }: MessageEntry, user: string): string {
  if (kind === "lobby") return `[${from}]: ${body}`;
  if (kind === "group") return `[Group: ${to}] ${from}: ${body}`;
  if (from === to) return `[Note]: ${body}`;
  if (from !== user) return `[DM from ${from}]: ${body}`;
  return `[DM to ${to}]: ${body}${offline ? " (offline, will be delivered)" : ""}`;
}

function changeLine(entry: ChangeEntry): string {
  const { group } = entry;
  switch (entry.change) {
    case "created":
      return `Group ${group} created with members: ${entry.members.join(", ")}`;
    case "members": {
      const added = entry.added.length > 0 ? [`added ${entry.added.join(", ")}`] : [];
      const removed = entry.removed.length > 0 ? [`removed ${entry.removed.join(", ")}`] : [];
      return `Group ${group}: ${entry.by} ${[...added, ...removed].join(", ")}`;
    }
    case "left":
      return `Group ${group}: ${entry.by} left`;
    case "owner":
      return `Group ${group}: ${entry.owner} is the owner now`;
    case "deleted":
      return `Group ${group} deleted by ${entry.by}`;
  }
}
