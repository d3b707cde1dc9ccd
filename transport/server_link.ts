/**
 * The server's side of the handshake on a connection (FTC1 §3.11, "wait CH" and "compute").
 *
 * A peer that does not send one valid hello line in time gets not a single octet.
 *
 * @module
 */

import {
  ALERT,
  alertLine,
  answerHello,
  HandshakeError,
  type Session,
} from "../cipher/handshake.ts";
import type { ServerIdentity } from "../cipher/server_identity.ts";
import { MAX_EARLY_LINE_OCTETS } from "../protocol/limits.ts";
import { closeConn } from "./close_conn.ts";
import type { Gate } from "./gate.ts";
import { Link } from "./link.ts";
import { LineReader } from "./line_reader.ts";
import { noDelay } from "./no_delay.ts";
import { writeAll } from "./write_all.ts";

/** What the server needs for the handshake. */
export interface ServerLinkOptions {
  /** Who the server is. */
  readonly identity: ServerIdentity;
  /** The shared secret, 32 octets, where there is one. */
  readonly secret?: Uint8Array;
  /** Milliseconds for the whole hello, from `accept` on. */
  readonly helloMs: number;
  /** Bounds the handshakes that are computed at once. */
  readonly gate: Gate;
  /** Octets that may wait for this peer. */
  readonly outboxOctets: number;
}

/**
 * Does the handshake. The connection is closed where it fails.
 *
 * @param conn A fresh connection.
 * @param options Identity, secret, bounds.
 * @returns The channel, or the reason why there is none, for the log.
 */
export async function openServerLink(
  conn: Deno.Conn,
  options: ServerLinkOptions,
): Promise<Link | { readonly refused: string }> {
  noDelay(conn);
  const reader = new LineReader(conn, MAX_EARLY_LINE_OCTETS);
  const timer = setTimeout(() => closeConn(conn), options.helloMs);
  try {
    const hello = await reader.next();
    clearTimeout(timer);
    if (hello === null) throw new HandshakeError("bad_hello");
    const session = await answer(conn, hello, options);
    return new Link({ conn, reader, session, role: "server", outboxOctets: options.outboxOctets });
  } catch (error) {
    closeConn(conn);
    return { refused: error instanceof HandshakeError ? error.code : "closed" };
  } finally {
    clearTimeout(timer);
  }
}

async function answer(
  conn: Deno.Conn,
  hello: string,
  options: ServerLinkOptions,
): Promise<Session> {
  const { identity, secret, gate } = options;
  try {
    const { lines, session } = await answerHello(hello, {
      identity,
      ...(secret === undefined ? {} : { psk: secret }),
      // Behind the check of the MAC: who has not the secret gets no alert either.
      turn: (work) => gate.run(work),
    });
    await writeAll(conn, line(lines.join("\n")));
    return session;
  } catch (error) {
    const alert = alertFor(error);
    if (alert !== undefined) await writeAll(conn, line(await alertLine(alert, secret)));
    throw error;
  }
}

function alertFor(error: unknown): number | undefined {
  if (!(error instanceof HandshakeError)) return undefined;
  return error.code === "version" ? ALERT.noCommonVersion : error.alert;
}

function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\n`);
}
