/**
 * What a program is told: the events of the JSON face and of the library, field by field as
 * docs/JSON.md has them.
 *
 * Texts are to the letter, whatever they hold: who shows them to people passes them through
 * `display.ts`, as the other faces do. Objects are built from known fields, never passed on.
 *
 * @module
 */

import type { RequestId } from "../protocol/command.ts";
import type { ChangeEntry } from "../protocol/event.ts";
import type { Marks, OpenedEntry, OpenedMessage } from "./opened.ts";
import type { Shown } from "./shown.ts";

/** What may stand beside any event that belongs to a request. */
interface Belonging {
  /** The `id` of the command, or of the message. */
  readonly re?: RequestId;
}

/** What all entries have. */
interface EntryFields extends Belonging {
  /** Grows strictly, across all conversations: the order, and what `--since` takes. */
  readonly id: number;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
  /** `lobby`, or what names the conversation for ever (FTC1 §7.3). */
  readonly conversation: string;
  /** Set where it is from before: missed, or asked for with `history`. */
  readonly past?: true;
}

/** A message, one's own included. */
export interface MessageEvent extends EntryFields {
  /** Its type. */
  readonly t: "message";
  /** Where it was said. */
  readonly kind: "lobby" | "direct" | "group";
  /** Who said it. */
  readonly from: string;
  /** `lobby`, the other user, or the group. */
  readonly to: string;
  /** The text, to the letter. */
  readonly body: string;
  /** Set on a direct message whose receiver was not online. */
  readonly offline?: true;
  /** What is missing or odd about it, in sentences. */
  readonly marks?: Marks;
}

/** A change of a group. */
export interface ChangeEvent extends EntryFields {
  /** Its type. */
  readonly t: "change";
  /** The group's name. */
  readonly group: string;
  /** What has changed. */
  readonly change: ChangeEntry["change"];
  /** Who did it; absent with `owner`. */
  readonly by?: string;
  /** With `created`: all members. */
  readonly members?: readonly string[];
  /** With `members`: who is new. */
  readonly added?: readonly string[];
  /** With `members`: who is in it no more. */
  readonly removed?: readonly string[];
  /** With `owner`: who that is now. */
  readonly owner?: string;
}

/** An entry that cannot be shown. */
export interface DamagedEvent extends EntryFields {
  /** Its type. */
  readonly t: "damaged";
  /** Why, in a sentence. */
  readonly text?: string;
}

/** What a program is told. */
export type JsonEvent =
  | MessageEvent
  | ChangeEvent
  | DamagedEvent
  | Belonging & { readonly t: "account_created" | "welcome"; readonly user: string }
  /** Everything that was missed has come: entries up to `last`. */
  | { readonly t: "ready"; readonly last: number }
  | Belonging & { readonly t: "joined" | "left"; readonly user: string }
  | Belonging & { readonly t: "names"; readonly users: readonly string[] }
  | Belonging & { readonly t: "groups"; readonly groups: readonly string[] }
  | Belonging & {
    readonly t: "group";
    readonly group: string;
    readonly owner: string;
    /** Milliseconds since 1970. */
    readonly since: number;
    readonly members: readonly string[];
  }
  | Belonging & { readonly t: "notice"; readonly text: string }
  | Belonging & {
    readonly t: "keys";
    readonly level: "notice" | "warning" | "error";
    readonly text: string;
  }
  /** A message is on the server's disk: `re` is its id here, `id` the one of its entry. */
  | { readonly t: "ack"; readonly re: RequestId; readonly id: number; readonly at: number }
  /** A command has been done. */
  | { readonly t: "ok"; readonly re: RequestId }
  | Belonging & { readonly t: "error"; readonly code: string; readonly text: string }
  /** The connection is lost, and is tried again then (milliseconds since 1970); or it is there again. */
  | { readonly t: "connection"; readonly state: "off"; readonly next_try_at: number }
  | { readonly t: "connection"; readonly state: "on" }
  | Belonging & { readonly t: "shutdown" | "goodbye" };

/** The code of an error that does not come from the server. */
export const REFUSED = "refused";

/**
 * Says what a program is told of something shown.
 *
 * @param shown What people would read.
 * @param re The request or the message that it belongs to.
 * @returns The event, or `null` where it is only for people: headings, help.
 */
export function jsonEvent(shown: Shown, re?: RequestId): JsonEvent | null {
  const event = eventOf(shown);
  return event === null || re === undefined ? event : { ...event, re } as JsonEvent;
}

function eventOf(shown: Shown): JsonEvent | null {
  switch (shown.type) {
    case "account_created":
    case "welcome":
    case "joined":
    case "left":
      return { t: shown.type, user: shown.user };
    case "entry":
      return entryEvent(shown.entry);
    case "past":
      return { ...entryEvent(shown.entry), past: true };
    case "names":
      return { t: "names", users: shown.users };
    case "groups":
      return { t: "groups", groups: shown.groups };
    case "group_info": {
      const { group, owner, since, members } = shown.info;
      return { t: "group", group, owner, since, members };
    }
    case "done":
      return { t: "notice", text: shown.text };
    case "keys":
      return { t: "keys", level: shown.level, text: shown.text };
    case "refused":
      return { t: "error", code: shown.code ?? REFUSED, text: shown.text };
    case "shutdown":
    case "goodbye":
      return { t: shown.type };
    default:
      return null;
  }
}

function entryEvent(entry: OpenedEntry): MessageEvent | ChangeEvent | DamagedEvent {
  const { id, at, conversation } = entry;
  if (entry.t === "damaged") {
    const text = entry.text === undefined ? {} : { text: entry.text };
    return { t: "damaged", id, at, conversation, ...text };
  }
  return entry.t === "message"
    ? messageEvent(entry)
    : { t: "change", id, at, conversation, group: entry.group, ...changeFields(entry) };
}

function messageEvent(entry: OpenedMessage): MessageEvent {
  const { id, at, conversation, kind, from, to, body, offline, marks } = entry;
  return {
    t: "message",
    id,
    at,
    conversation,
    kind,
    from,
    to,
    body,
    ...(offline === undefined ? {} : { offline }),
    ...(marks === undefined ? {} : { marks: { ...marks } }),
  };
}

type ChangeFields = Pick<ChangeEvent, "change" | "by" | "members" | "added" | "removed" | "owner">;

function changeFields(entry: ChangeEntry): ChangeFields {
  const { change } = entry;
  switch (entry.change) {
    case "created":
      return { change, by: entry.by, members: entry.members };
    case "members":
      return { change, by: entry.by, added: entry.added, removed: entry.removed };
    case "left":
    case "deleted":
      return { change, by: entry.by };
    case "owner":
      return { change, owner: entry.owner };
  }
}
