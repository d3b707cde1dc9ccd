/**
 * End-to-end encryption for an account whose vault does not open: nothing can be sealed or opened, and
 * the lobby goes on (FTC1 §9 row 105).
 *
 * @module
 */

import type { Event, PastEntry } from "../../protocol/event.ts";
import { LOBBY } from "../../protocol/name.ts";
import { type Intent, INTENTS } from "../intent.ts";
import type { OpenedEntry, OpenedEvent } from "../opened.ts";
import type { Sealing } from "../sealing.ts";
import type { Wanted } from "../request_queue.ts";
import { Refused } from "./asker.ts";
import { markMessage } from "./opener.ts";
import type { TextMessage } from "./sender.ts";

const WHY = "the vault of this account cannot be opened";

/** Refuses, and marks. */
export class Locked implements Sealing {
  /** Never. */
  readonly asked = new Promise<void>(() => {});

  /** None. */
  readonly formerRoots = Promise.resolve([]);

  /** Needs none. */
  connected(): void {}

  /** Needs none. */
  disconnected(): void {}

  /** Always. */
  idle(): Promise<void> {
    return Promise.resolve();
  }

  /** All that would have to be sealed or signed. */
  handles(wanted: Wanted): wanted is TextMessage | Intent {
    if (wanted.t === "send") return wanted.to.toLowerCase() !== LOBBY || wanted.kind === "group";
    return INTENTS.has(wanted.t);
  }

  /** Refuses. */
  perform({ id: re }: TextMessage | Intent): Promise<Event> {
    return Promise.resolve({ t: "error", re, code: "locked", msg: `Not done: ${WHY}.` });
  }

  /** Refuses. */
  nextKeys(): Promise<never> {
    return Promise.reject(new Refused({ code: "locked", msg: `Not done: ${WHY}.` }));
  }

  /** None. */
  takes(): boolean {
    return false;
  }

  /** As it is. */
  shown(entry: OpenedEntry): OpenedEntry {
    return entry;
  }

  /** Marks what is sealed. */
  open(event: Event): Promise<OpenedEvent> {
    if (event.t === "message") return Promise.resolve(mark(event) as OpenedEvent);
    if (event.t !== "history") return Promise.resolve(event);
    return Promise.resolve({ ...event, entries: event.entries.map(mark) });
  }
}

function mark(entry: PastEntry): OpenedEntry {
  return entry.t === "message" && entry.kind !== "lobby" ? markMessage(entry, WHY) : entry;
}
