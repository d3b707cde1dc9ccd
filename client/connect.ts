/**
 * From an address to a link whose server is the right one.
 *
 * @module
 */

import { openClientLink } from "../transport/client_link.ts";
import { closeConn } from "../transport/close_conn.ts";
import type { Link } from "../transport/link.ts";
import { LinkError } from "../transport/link_error.ts";
import { ClientError } from "./client_error.ts";
import { connectOutlook, explainConnectError, explainLinkError, linkOutlook } from "./errors.ts";
import type { ServerName } from "./known_hosts.ts";
import { checkPin, type PinOptions } from "./pin.ts";
import { serverText } from "./server_text.ts";

/** What connecting needs. */
export interface ConnectOptions {
  /** Opens a connection to a server; gives up when the signal is aborted. */
  readonly dial: (server: ServerName, signal: AbortSignal) => Promise<Deno.Conn>;
  /** Seconds that it may take. */
  readonly timeout: number;
  /** The shared secret, 32 octets, if the server asks for one. */
  readonly secret: Uint8Array | null;
  /** Aborted when the user leaves. */
  readonly signal: AbortSignal;
  /** What is expected of the server. */
  readonly pin: PinOptions;
}

/**
 * Connects, does the handshake and checks the pin.
 *
 * @param server Where to.
 * @param options How.
 * @returns The link.
 * @throws {ClientError} If it does not come about: cause and remedy.
 */
export async function connect(server: ServerName, options: ConnectOptions): Promise<Link> {
  const conn = await dial(server, options);
  const leave = () => closeConn(conn);
  options.signal.addEventListener("abort", leave, { once: true });
  let link: Link;
  try {
    link = await openClientLink(conn, options.secret === null ? {} : { secret: options.secret });
  } catch (cause) {
    if (cause instanceof LinkError) {
      throw new ClientError(explainLinkError(cause), { cause, outlook: linkOutlook(cause) });
    }
    throw cause;
  } finally {
    options.signal.removeEventListener("abort", leave);
  }
  try {
    await checkPin(link.session, options.pin);
  } catch (error) {
    // Not even goodbye: the peer is not the server (FTC1 §3.11).
    link.abort();
    throw error;
  }
  return link;
}

async function dial(server: ServerName, options: ConnectOptions): Promise<Deno.Conn> {
  const late = AbortSignal.timeout(options.timeout * 1_000);
  try {
    return await options.dial(server, AbortSignal.any([late, options.signal]));
  } catch (cause) {
    const reason = late.aborted ? new Deno.errors.TimedOut() : cause;
    throw new ClientError(explainConnectError(reason, serverText(server)), {
      cause,
      outlook: connectOutlook(reason),
    });
  }
}
