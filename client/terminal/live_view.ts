/**
 * What the live block shows at present: of what is typed, of the settings, of how things stand.
 *
 * @module
 */

import { displayLine } from "../display.ts";
import type { FaceStatus } from "../face.ts";
import { hintFor } from "../hints.ts";
import { DEFAULT_SETTINGS, type Settings } from "../settings.ts";
import type { Conversation } from "../shown.ts";
import type { Typed } from "./dialogue.ts";
import { type Block, layOut, type Size } from "./live_block.ts";
import { NO_STATUS, pendingText, statusText } from "./status_row.ts";

/** What is behind the live block. */
export class LiveView {
  /** Connection, pending and unread messages. */
  status: FaceStatus = NO_STATUS;
  /** The settings. */
  settings: Settings = DEFAULT_SETTINGS;
  /** Where a text goes. */
  conversation: Conversation = { kind: "lobby" };
  /** What is said in the place of a hint until the next key; fit to be shown. */
  note: string | null = null;

  /**
   * Lays out the block.
   *
   * @param typed What is typed; `null` before anybody has asked.
   * @param options Size of the terminal; `now` in milliseconds since 1970.
   * @returns The block, or `null` for none.
   */
  block(
    typed: Typed | null,
    { size, now }: { readonly size: Size; readonly now: number },
  ): Block | null {
    if (typed === null) return null;
    const { wanted: { kind, question }, text, cursor } = typed;
    if (kind !== "line") {
      const input = { prompt: question, isQuestion: true, text, cursor } as const;
      return layOut({ pending: [], hint: this.note, status: null, input }, size);
    }
    const { status, settings, note } = this;
    return layOut({
      pending: status.pending.map((message) => pendingText(message, status.connection.state)),
      hint: note ?? (settings.hints === "on" ? hintFor(text) : null),
      status: statusText(status, now),
      input: { prompt: `${this.#prompt}> `, text, cursor },
    }, size);
  }

  get #prompt(): string {
    return this.conversation.kind === "lobby" ? "lobby" : displayLine(this.conversation.name);
  }
}
