/**
 * The accept loop. One packet must not stop a server (FTC1 §10.1): a client that resets before it
 * is accepted makes `accept` throw, and so does a lack of descriptors, again and again.
 *
 * @module
 */

/** Milliseconds to wait after `accept` has failed, so that a lasting lack does not spin. */
const PAUSE_MS = 20;

/** What is listened on: `Deno.Listener` and its like. */
export interface Acceptor {
  /** Waits for the next connection. */
  accept(): Promise<Deno.Conn>;
}

/**
 * Accepts until the listener is closed.
 *
 * @param listener Open.
 * @param options Takes each connection and must not throw; is told of each failure.
 */
export async function acceptLoop(
  listener: Acceptor,
  options: {
    readonly accepted: (conn: Deno.Conn) => void;
    readonly failed: (error: unknown) => void;
  },
): Promise<void> {
  while (true) {
    try {
      options.accepted(await listener.accept());
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      options.failed(error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
