/**
 * How a session begins.
 *
 * @module
 */

import type { EventOf } from "../protocol/event.ts";
import type { OpenedEntry } from "./opened.ts";
import type { SessionSettings } from "./settings.ts";

/** How a session begins. */
export interface SessionOptions {
  /** The server's first welcome. */
  readonly welcome: Pick<EventOf<"welcome">, "cursor" | "last">;
  /** Whether the account was made by this login. */
  readonly isNew: boolean;
  /**
   * The user's name where a person types: he is back in the lobby when the current conversation is gone.
   * The lines of a pipe are refused then; in the lobby everybody would read them.
   */
  readonly person?: string | undefined;
  /** The user's name, whoever types: his own messages are never unread. `person` unless told. */
  readonly user?: string | undefined;
  /** What the user has set; unless told, the defaults, which nobody remembers. */
  readonly settings?: SessionSettings | undefined;
  /** How many entries are shown that were missed before. */
  readonly missed: "all" | number;
  /** Makes ids that are unique in the account, 1–64 characters. */
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Looks at a live entry once more when it is shown. */
  readonly shown?: (entry: OpenedEntry) => OpenedEntry;
  /** Whether the login was a quiet one: nothing is caught up with, and no entry comes. */
  readonly quiet?: boolean | undefined;
}
