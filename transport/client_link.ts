/**
 * The client's side of the handshake on a connection (FTC1 §3.4, §3.11 up to "check pin").
 *
 * Nothing is decided here about the identity of the server: the caller compares
 * `link.session.fingerprint` and calls `abort` when it is the wrong one.
 *
 * @module
 */

import { ClientHandshake, HandshakeError, type Session } from "../cipher/handshake.ts";
import { MAX_LINE_OCTETS } from "../protocol/limits.ts";
import { LineTooLong } from "../protocol/line.ts";
import { closeConn } from "./close_conn.ts";
import { Link } from "./link.ts";
import { LinkError } from "./link_error.ts";
import { LineReader } from "./line_reader.ts";
import { noDelay } from "./no_delay.ts";
import { writeAll } from "./write_all.ts";

/** Milliseconds for the server's two lines, from the client hello on (FTC1 §3.10). */
const ANSWER_MS = 10_000;

/** What may differ from the defaults. */
export interface ClientLinkOptions {
  /** The shared secret, 32 octets; without it the public hello key is used. */
  readonly secret?: Uint8Array;
  /** Milliseconds to wait for the server's answer; 10,000 unless told. */
  readonly timeoutMs?: number;
}

/**
 * Does the handshake. The connection is closed where it fails.
 *
 * @param conn A fresh connection.
 * @param options Secret and patience.
 * @returns The channel.
 * @throws {LinkError} With the codes of FTC1 §3.12.
 */
export async function openClientLink(
  conn: Deno.Conn,
  options: ClientLinkOptions = {},
): Promise<Link> {
  noDelay(conn);
  const reader = new LineReader(conn, MAX_LINE_OCTETS);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    closeConn(conn);
  }, options.timeoutMs ?? ANSWER_MS);
  try {
    const session = await shakeHands(conn, reader, options.secret);
    if (late) throw new LinkError("timeout");
    return new Link({ conn, reader, session, role: "client" });
  } catch (cause) {
    if (late) throw new LinkError("timeout", { cause });
    closeConn(conn);
    throw asLinkError(cause);
  } finally {
    clearTimeout(timer);
  }
}

async function shakeHands(
  conn: Deno.Conn,
  reader: LineReader,
  secret?: Uint8Array,
): Promise<Session> {
  const handshake = await ClientHandshake.start(secret === undefined ? {} : { psk: secret });
  await writeAll(conn, new TextEncoder().encode(`${handshake.helloLine}\n`));
  await handshake.readServerHello(await nextLine(reader, "closed_early"));
  return await handshake.readServerAuth(await nextLine(reader, "bad_auth"));
}

async function nextLine(reader: LineReader, atEnd: "closed_early" | "bad_auth"): Promise<string> {
  const line = await reader.next();
  if (line === null) throw new LinkError(atEnd);
  return line;
}

function asLinkError(cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  if (cause instanceof LineTooLong) return new LinkError("line_too_long", { cause });
  if (!(cause instanceof HandshakeError)) return new LinkError("closed_early", { cause });
  // What opens under no hello key was not sealed by a server of ours (FTC1 §3.12).
  const code = cause.code === "bad_token" ? "bad_hello" : cause.code;
  return new LinkError(code, cause.alert === undefined ? { cause } : { cause, alert: cause.alert });
}
