/**
 * What a chat needs of end-to-end encryption (`end_to_end/`).
 *
 * @module
 */

import type { CommandInput } from "../protocol/command.ts";
import type { Event } from "../protocol/event.ts";
import type { TextMessage } from "./end_to_end/sender.ts";
import type { Intent } from "./intent.ts";
import type { OpenedEntry, OpenedEvent } from "./opened.ts";
import type { Wanted } from "./request_queue.ts";

/** Seals and opens. */
export interface Sealing {
  /** Resolves while the server is asked something: whoever reads must go on reading then. */
  readonly asked: Promise<void>;
  /** There is a connection; `last` is the newest entry at the login. */
  connected(send: (command: CommandInput) => void, last: number): void;
  /** The connection is gone; whatever is under way ends with `CutOff`. */
  disconnected(): void;
  /** Resolves, without a connection, when nothing is under way any more. */
  idle(): Promise<void>;
  /** Whether something has to be done here, and is not sent as it is. */
  handles(wanted: Wanted): wanted is TextMessage | Intent;
  /** Does it; rejects with `CutOff` if the connection is lost before. */
  perform(wanted: TextMessage | Intent): Promise<Event>;
  /** Prepares another identity with this root (32 octets): its key record, signed by the present one. */
  nextKeys(root: Uint8Array): Promise<Uint8Array>;
  /** Resolves with the roots before the present one, newest first, when they are known. */
  readonly formerRoots: Promise<readonly Uint8Array[]>;
  /** Takes an event that is no business of the session. */
  takes(event: Event): boolean;
  /** Looks at a live entry once more when it is shown: what was missed has been read by then. */
  shown(entry: OpenedEntry): OpenedEntry;
  /** Opens an event; rejects with `CutOff` if the connection is lost meanwhile. */
  open(event: Event): Promise<OpenedEvent>;
}
