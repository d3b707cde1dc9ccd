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
 * Passes on at most one failure in a while: a lasting lack must not fill the log.
 *
 * @param milliseconds That lie between two that are passed on.
 * @param options To whom, with how many were left out before; milliseconds of a clock that never
 *   goes back.
 */
export function atMostEvery(
  milliseconds: number,
  options: {
    readonly tell: (error: unknown, leftOut: number) => void;
    readonly uptime: () => number;
  },
): (error: unknown) => void {
  let next = -Infinity;
  let leftOut = 0;
  return (error) => {
    const now = options.uptime();
    if (now < next) return void leftOut++;
    options.tell(error, leftOut);
    [next, leftOut] = [now + milliseconds, 0];
  };
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
