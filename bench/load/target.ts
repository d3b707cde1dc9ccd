/**
 * What the load generator knows of a server, whichever it is.
 *
 * @module
 */

import type { PinnedProcess } from "./pinned_process.ts";

/** One user on one connection. */
export interface Peer extends AsyncDisposable {
  /**
   * Sends a message; all that is sent in one turn of the event loop leaves in one write.
   *
   * @param to Where.
   * @param body Begins with a mark; 100 octets in the clear, or a token.
   */
  post(to: Destination, body: string): void;

  /** Keeps what comes and looks at it later, where looking costs much. */
  defer(): void;

  /** Looks at what was kept, and from now on at what comes. */
  settle(receiving: Receiving): Promise<void>;
}

/** The channel of all, one user, or a group with its keys. */
export type Destination =
  | { readonly kind: "channel" }
  | { readonly kind: "user"; readonly name: string; readonly sealed?: Sealed }
  | { readonly kind: "group"; readonly name: string; readonly sealed: Sealed };

/** What a token was sealed under. */
export interface Sealed {
  /** Id of the conversation, base64url. */
  readonly conversation: string;
  /** Number of the epoch. */
  readonly epoch: number;
}

/** Told of what a peer receives. */
export interface Receiving {
  /** Octets have come; what follows was in them. */
  readonly arrive: () => void;
  /** A body, by its mark. */
  readonly deliver: (code: number) => void;
  /** The connection has ended, or what came cannot be. */
  readonly failed: (error: unknown) => void;
}

/** A server under load. */
export interface Target extends AsyncDisposable {
  /** What it is called in results. */
  readonly name: string;
  /** Its process. */
  readonly process: PinnedProcess;
  /** Connects a user and, on IRC, joins the channel. */
  connect(name: string, receiving: Receiving): Promise<Peer>;
}
