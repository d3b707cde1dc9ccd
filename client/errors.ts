/**
 * The texts for connections that fail (FTC1 §3.12), each with what to do about it.
 *
 * @module
 */

import type { LinkError } from "../transport/link_error.ts";
import type { Outlook } from "./client_error.ts";

const OTHER_NETWORK = "Try it from another network.";

const TAMPERED =
  "The connection was tampered with or the server is faulty. Disconnected. If it goes " +
  "on, try it from another network, or tell the operator.";

const TEXTS: { readonly [C in Exclude<LinkError["code"], "alert">]: string } = {
  closed_early: "The server closed the connection before the handshake: wrong port, wrong or " +
    "missing secret, or too many connections from your address. Check the port and --secret-file.",
  bad_hello: "This is not a server of this program, or it uses another shared secret. Check the " +
    "port and --secret-file.",
  version: "No common protocol version; one side is too old. Update it.",
  downgrade: "Somebody between you and the server tampered with the version. Not connected. " +
    OTHER_NETWORK,
  bad_share: `The server's key exchange is not genuine. Not connected. ${OTHER_NETWORK}`,
  bad_auth: `The server's key exchange is not genuine. Not connected. ${OTHER_NETWORK}`,
  bad_token: TAMPERED,
  bad_frame: TAMPERED,
  truncated: "Connection lost (the server did not say goodbye).",
  timeout: "No answer in time. Check the address and the network.",
  line_too_long: "Answer too long. Check the port: another program may have answered.",
};

/**
 * Says why a connection failed. An alert is a hint and nothing else: nobody has signed it.
 *
 * @param error The error.
 * @returns Cause and remedy, in one line.
 */
export function explainLinkError(error: LinkError): string {
  if (error.code !== "alert") return TEXTS[error.code];
  if (error.alert === 1) return TEXTS.version;
  if (error.alert === 2) return "The server is busy. Try again in a minute.";
  return "The server refused the connection and did not say why. Is the client too old? Update it.";
}

/**
 * Says whether another handshake may end better.
 *
 * @param error How the last one ended.
 */
export function linkOutlook({ code, alert }: LinkError): Outlook {
  if (code === "alert" && alert === 2) return "busy";
  return code === "timeout" || code === "truncated" ? "passing" : "lasting";
}

/**
 * Says whether another try to connect may end better.
 *
 * @param error What `Deno.connect` threw.
 */
export function connectOutlook(error: unknown): Outlook {
  if (error instanceof Deno.errors.NotCapable) return "final";
  return isUnknownName(error) ? "lasting" : "passing";
}

/**
 * Says why no connection came about.
 *
 * @param error What `Deno.connect` threw.
 * @param server Host and port as the user knows them.
 * @returns Cause and remedy, in one line.
 */
export function explainConnectError(error: unknown, server: string): string {
  return `Cannot connect to ${server}: ${connectCause(error)}`;
}

function connectCause(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "connection refused. Is the server running there, on this port?";
  }
  if (error instanceof Deno.errors.TimedOut) {
    return "no answer in time. Check the address, and whether a firewall is in between.";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno does not allow it. Run with --allow-net.";
  }
  if (isUnknownName(error)) return "no machine of this name is known. Check the spelling.";
  const text = error instanceof Error ? error.message : String(error);
  return `${text}. Check the address and the network.`;
}

function isUnknownName(error: unknown): boolean {
  return error instanceof Error &&
    /lookup|resolve|name or service|nodename|no such host/i.test(error.message);
}

/**
 * Says that the server is not the one it was.
 *
 * @param pin Expected and seen fingerprint, and where the expected one is written.
 */
export function explainWrongPin(pin: {
  readonly expected: string;
  readonly seen: string;
  /** The line and the file, or `null` where `--fingerprint` says what is expected. */
  readonly at: { readonly line: number; readonly path: string } | null;
}): string {
  const remedy = pin.at === null
    ? "Use another --fingerprint only when you are sure."
    : `Remove the line ${pin.at.line} from ${pin.at.path} only when you are sure.`;
  return `THE SERVER'S IDENTITY HAS CHANGED. Expected ${pin.expected}, got ${pin.seen}. Either the ` +
    "operator changed the key (ask him by another way) or you are being intercepted. Not connected. " +
    remedy;
}
