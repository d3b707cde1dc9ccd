/**
 * The admin socket: `admin.sock` in the data folder, for whoever may enter the folder.
 *
 * Its mode is 0600 and that of the folder 0700; the operating system knows no other guard, and no other
 * is needed. A socket file that a killed server has left is replaced: the lock of the folder, which the
 * caller holds, says that nobody listens there. Windows has none. A command line of least privilege
 * needs `--allow-net=unix:` and the absolute path.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Logger } from "./log.ts";

/** Connections at once; an operator needs one. */
const MOST_CONNECTIONS = 8;

/** Tells where the admin socket of a data folder is. */
export function adminSocketPath(folder: string): string {
  return resolve(folder, "admin.sock");
}

/**
 * Begins to listen.
 *
 * @param path Where, in a data folder that is locked.
 * @param options `os`: the operating system.
 * @returns The listener, or why there is none: one line for the operator.
 */
export async function listenAdmin(
  path: string,
  { os = Deno.build.os }: { readonly os?: typeof Deno.build.os } = {},
): Promise<Deno.UnixListener | { readonly notice: string }> {
  const without = "the subcommands account, status and stop cannot reach this server";
  if (os === "windows") {
    return { notice: `No admin socket on Windows: ${without}; account works while it is stopped.` };
  }
  // Asked first: on a terminal, listening without permission would stop and wait for an answer.
  const { state } = await Deno.permissions.query({ name: "net", host: `unix:${path}` });
  if (state !== "granted") {
    return { notice: `No admin socket without --allow-net=unix:${path}: ${without}.` };
  }
  try {
    await removeStale(path);
    const listener = Deno.listen({ transport: "unix", path });
    await Deno.chmod(path, 0o600);
    return listener;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { notice: `No admin socket at ${path} (${cause}): ${without}.` };
  }
}

/** Removes what a killed server has left; anything but a socket stays, and listening fails. */
async function removeStale(path: string): Promise<void> {
  try {
    if ((await Deno.lstat(path)).isSocket) await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A place for each connection, and their end. */
export class AdminConnections implements Disposable {
  readonly #conns = new Set<Deno.Conn>();
  readonly #log: Logger;

  /**
   * Makes an empty set.
   *
   * @param log Told of connections for which there is no place.
   */
  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Serves a connection, if there is a place for it, and closes it.
   *
   * @param conn Just accepted.
   * @param serve What to do with it; a rejection is the end of the connection, and is logged.
   */
  async take(conn: Deno.Conn, serve: (conn: Deno.Conn) => Promise<void>): Promise<void> {
    if (this.#conns.size >= MOST_CONNECTIONS) {
      this.#log.warn("admin connection refused: too many");
      return conn.close();
    }
    this.#conns.add(conn);
    try {
      await serve(conn);
    } catch (error) {
      // One that was closed from here has not failed.
      if (!this.#conns.has(conn)) return;
      this.#log.warn("admin connection failed: {error}", { error: String(error) });
    } finally {
      if (this.#conns.delete(conn)) conn.close();
    }
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    for (const conn of this.#conns) conn.close();
    this.#conns.clear();
  }
}
