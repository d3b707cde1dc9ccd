/**
 * The events of one connection on their way to the session: opened one after the other, in order.
 *
 * Opening may need to ask the server. Then reading goes on, so that the answer can come; else whoever
 * handles an event slowly slows the reading down, and so the server.
 *
 * @module
 */

import type { Event } from "../protocol/event.ts";
import { CutOff } from "./end_to_end/asker.ts";
import type { OpenedEvent } from "./opened.ts";
import type { Sealing } from "./sealing.ts";

/** Events that may wait while the server is asked for keys; beyond, they are asked for again later. */
const MAX_UNOPENED = 4_096;

/** What incoming events need. */
export interface IncomingOptions {
  /** Opens them; another one after a change of keys. */
  readonly sealing: () => Sealing;
  /** Handles an opened one. */
  readonly handle: (event: OpenedEvent) => Promise<void>;
  /** Called where more wait than may. */
  readonly overrun: () => void;
  /** Told of a bug. */
  readonly failed: (error: unknown) => void;
}

/** The events of one connection. */
export class Incoming {
  readonly #options: IncomingOptions;
  /** False once an event was lost with the connection: what is behind it must not be shown before it. */
  #whole: Promise<boolean> = Promise.resolve(true);
  #unopened = 0;

  /**
   * Makes it for a new connection.
   *
   * @param options Who opens and handles them.
   */
  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** Takes an event; resolves when the next one may be read. */
  async receive(event: Event): Promise<void> {
    const { overrun } = this.#options;
    const sealing = this.#options.sealing();
    if (sealing.takes(event)) return;
    if (++this.#unopened > MAX_UNOPENED) overrun();
    this.#whole = this.#whole.then(async (isWhole) => {
      this.#unopened--;
      return isWhole && await this.#open(event);
    });
    await Promise.race([this.#whole, sealing.asked]);
  }

  /** Does something between two events. */
  between(action: () => void): void {
    this.#whole = this.#whole.then((isWhole) => {
      action();
      return isWhole;
    });
  }

  /** Resolves when all that was taken is handled or dropped. */
  async drained(): Promise<void> {
    await this.#whole;
  }

  async #open(event: Event): Promise<boolean> {
    try {
      await this.#options.handle(await this.#options.sealing().open(event));
      return true;
    } catch (error) {
      if (!(error instanceof CutOff)) this.#options.failed(error);
      return false;
    }
  }
}
