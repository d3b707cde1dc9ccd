/**
 * The operator's end of the admin socket.
 *
 * @module
 */

import { LineReader } from "../transport/line_reader.ts";
import { writeAll } from "../transport/write_all.ts";
import {
  type AdminAnswer,
  adminAnswer,
  type AdminRequest,
  decodeAdminLine,
  encodeAdminLine,
  MAX_ANSWER_OCTETS,
} from "./admin_protocol.ts";
import { StartError } from "./start_error.ts";

/** Whatever answers the requests of an operator. */
export interface AdminLink extends AsyncDisposable {
  /**
   * Asks.
   *
   * @throws {StartError} If there is no answer.
   */
  ask(request: AdminRequest): Promise<AdminAnswer>;
  /** Resolves when the other end is gone. */
  gone(): Promise<void>;
}

/**
 * Connects to a running server.
 *
 * @param path Its admin socket.
 * @returns `null` where nobody listens.
 * @throws {StartError} If the system refuses.
 */
export async function connectAdmin(path: string): Promise<AdminLink | null> {
  try {
    return new AdminClient(await Deno.connect({ transport: "unix", path }));
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused
    ) return null;
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot reach the server at ${path}: ${cause}. Run this as the user who runs the server.`,
      { cause: error },
    );
  }
}

class AdminClient implements AdminLink {
  readonly #conn: Deno.Conn;
  readonly #reader: LineReader;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#reader = new LineReader(conn, MAX_ANSWER_OCTETS);
  }

  async ask(request: AdminRequest): Promise<AdminAnswer> {
    const line = await this.#exchange(encodeAdminLine(request));
    const answer = line === null ? null : decodeAdminLine(line, adminAnswer);
    if (answer === null) {
      throw new StartError("Cannot read an answer of the server: it ended. See its log.");
    }
    return answer;
  }

  async gone(): Promise<void> {
    // Nothing comes unasked: only the end can.
    await this.#reader.next().catch(() => null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#conn.close();
    return Promise.resolve();
  }

  async #exchange(line: Uint8Array): Promise<string | null> {
    try {
      await writeAll(this.#conn, line);
      return await this.#reader.next();
    } catch {
      return null;
    }
  }
}
