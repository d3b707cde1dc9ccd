/**
 * A desk for requests without a session.
 *
 * @module
 */

import type { OpenedEntry } from "../../client/opened.ts";
import type { Desk, Listing } from "../../client/requests.ts";
import { type SessionSettings, settingsInMemory } from "../../client/settings.ts";
import type { Conversation } from "../../client/shown.ts";

/** What requests look at and change. */
export class FakeDesk implements Desk {
  listing: Listing | null = null;
  readonly user = "bob";
  readonly settings: SessionSettings = settingsInMemory();
  readonly chosen: Conversation[] = [];

  choose(conversation: Conversation): void {
    this.chosen.push(conversation);
  }

  readonly read = () => {};

  notChosen(): void {}

  oldest(): number {
    return Infinity;
  }

  hides(): ((entry: OpenedEntry) => boolean) | undefined {
    return undefined;
  }
}
