/**
 * How things stand, told to the face: the connection, what is pending, what is unread, which names are
 * known; and what the face reports back.
 *
 * @module
 */

import type { Face, FaceListener, FaceStatus } from "./face.ts";
import type { Output, Session } from "./session.ts";

/** Who tells whom. */
export interface StatusReportOptions {
  /** Who is told. */
  readonly face: Face;
  /** What there is to tell. */
  readonly session: Session;
  /** Does what the session wants done. */
  readonly apply: (outputs: readonly Output[]) => void;
}

/** Tells a face how things stand. */
export class StatusReport implements FaceListener {
  readonly #options: StatusReportOptions;
  #connection: FaceStatus["connection"] = { state: "on" };

  /**
   * Makes a report and listens to the face.
   *
   * @param options Who tells whom.
   */
  constructor(options: StatusReportOptions) {
    this.#options = options;
    options.face.listen?.(this);
  }

  /** There is a connection. */
  connected(): void {
    this.#connection = { state: "on" };
    this.tell();
  }

  /**
   * There is none.
   *
   * @param nextTryAt When the next is tried, in milliseconds since 1970; `null`: it is being tried.
   */
  waiting(nextTryAt: number | null): void {
    this.#connection = { state: "off", nextTryAt };
    this.tell();
  }

  /** Tells how things stand now. */
  tell(): void {
    const { face, session } = this.#options;
    face.complete?.(session.names);
    face.status?.({
      connection: this.#connection,
      pending: session.pendingMessages,
      unread: session.unread,
    });
  }

  /** Stops what takes long. */
  interrupted(): boolean {
    const { apply, session } = this.#options;
    const outputs = session.interrupt();
    apply(outputs);
    return outputs.length > 0;
  }

  /** Nobody looks. */
  away(): void {
    this.#options.session.away();
  }

  /** Somebody looks again. */
  returned(): void {
    this.#options.session.returned();
    this.tell();
  }
}
