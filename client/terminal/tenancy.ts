/**
 * Having the terminal: its modes and its title from the first question to the end, and giving it back
 * meanwhile at Ctrl-Z.
 *
 * @module
 */

import type { TerminalStreams } from "../streams.ts";
import type { Painter } from "./painter.ts";
import * as modes from "./terminal_modes.ts";

/** A terminal that is ours until it is closed. */
export class Tenancy {
  readonly #streams: TerminalStreams;
  readonly #painter: Painter;
  #watch: Disposable | null = null;
  #title: string | null = null;
  #isSuspended = false;
  #isClosed = false;

  /**
   * Does nothing yet.
   *
   * @param streams The terminal.
   * @param painter Who writes to it.
   */
  constructor(streams: TerminalStreams, painter: Painter) {
    this.#streams = streams;
    this.#painter = painter;
  }

  /** Whether it has been given back for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes it, and says whether it was not taken before. */
  begin(): boolean {
    if (this.#watch !== null || this.#isClosed) return false;
    this.#streams.setMode("keys");
    this.#watch = this.#streams.watch({
      resized: () => this.#painter.refresh(),
      continued: () => this.#continue(),
    });
    this.#painter.send(modes.BEGIN);
    return true;
  }

  /** Calls the window something. */
  entitle(title: string): void {
    if (title === this.#title) return;
    this.#painter.send(this.#title === null ? modes.pushTitle(title) : modes.setTitle(title));
    this.#title = title;
  }

  /** Stops the process and goes on where it is continued. */
  async suspend(): Promise<void> {
    this.#isSuspended = true;
    await this.#painter.suspend(this.#ending);
    this.#streams.setMode("lines");
    await this.#streams.suspend();
    this.#isSuspended = false;
    this.#continue();
  }

  /** Gives it back; twice does no harm. */
  async close(): Promise<void> {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    if (this.#watch === null || wasClosed) return await this.#painter.settled();
    this.#watch[Symbol.dispose]();
    await this.#painter.suspend(this.#ending);
    this.#streams.setMode("lines");
  }

  /** Whoever had the terminal meanwhile may have left it in any mode. */
  #continue(): void {
    if (this.#isSuspended || this.#isClosed) return;
    this.#streams.setMode("lines");
    this.#streams.setMode("keys");
    const title = this.#title === null ? "" : modes.pushTitle(this.#title);
    this.#painter.resume(modes.BEGIN + title);
  }

  get #ending(): string {
    return modes.END + (this.#title === null ? "" : modes.POP_TITLE);
  }
}
