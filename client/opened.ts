/**
 * What a session shows of conversations once it has been opened: events as the server sends them, but
 * texts in the place of tokens, and marks where something is not as it should be.
 *
 * @module
 */

import type { ChangeEntry, DamagedEntry, Event, EventOf, MessageEntry } from "../protocol/event.ts";

/** What is said about a message beside its text; sentences without line breaks. */
export interface Marks {
  /** On a line before it: what is missing there. */
  readonly before?: string;
  /** Behind it on its line. */
  readonly beside?: string;
  /** On a line behind it: what is missing there. */
  readonly behind?: string;
}

/** A message with its text. */
export type OpenedMessage = MessageEntry & { readonly marks?: Marks };

/** An entry of which nothing can be shown but why. */
export type MarkedEntry = DamagedEntry & { readonly text?: string };

/** An entry, opened. */
export type OpenedEntry = OpenedMessage | ChangeEntry | MarkedEntry;

/** A page of history, opened. */
export type OpenedHistory = Omit<EventOf<"history">, "entries"> & {
  readonly entries: readonly OpenedEntry[];
};

/** An event, opened. */
export type OpenedEvent =
  | Exclude<Event, EventOf<"history"> | EventOf<"message">>
  | OpenedHistory
  | OpenedMessage
  | MarkedEntry;
