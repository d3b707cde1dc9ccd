/**
 * Where a server is, as its user gives it: host and port, or in one word
 * `chat://host:port#fingerprint`, as the server prints it (PRODUCT §1).
 *
 * Nothing is looked up here. A `chat://` address without its fingerprint is refused: it was cut, and
 * would quietly trust whoever answers first.
 *
 * @module
 */

import { decodeBase64Url, InvalidBase64Url } from "../cipher/base64url.ts";
import { displayLine } from "./display.ts";

/** A server to connect to. */
export interface Address {
  /** IPv4 or IPv6 literal, or a name; lower case, IPv6 without brackets. */
  readonly host: string;
  /** 1–65,535. */
  readonly port: number;
  /** What the server must show: `ftc1:` and 43 characters (FTC1 §3.2). */
  readonly fingerprint?: string;
}

/** What was wrong with what was given, and what to give instead. */
export interface NoAddress {
  /** One line. */
  readonly wrong: string;
}

/**
 * Reads the arguments of `client` that say where the server is.
 *
 * @param args Host and port, or a `chat://` address alone; absent ones may be `undefined`.
 * @param options `fingerprint`: what is demanded beside them, which must not be another one.
 */
export function parseAddress(
  args: readonly (string | undefined)[],
  options: { readonly fingerprint?: string | undefined } = {},
): Address | NoAddress {
  const [first = "", second, ...more] = args.filter((arg) => arg !== undefined);
  if (more.length > 0) return wrong(`Leave out ${shown(more.join(" "))}.`);
  if (first === "") return wrong(`Say where the server is: ${BOTH}.`);
  const address = /^chat:/i.test(first)
    ? readChatAddress(first, second)
    : readHostAndPort(first, second);
  const { fingerprint = "wrong" in address ? undefined : address.fingerprint } = options;
  if ("wrong" in address || fingerprint === undefined) return address;
  return (address.fingerprint ?? fingerprint) === fingerprint ? { ...address, fingerprint } : wrong(
    "The address and --fingerprint (or FERNCHAT_FINGERPRINT) differ. Leave out --fingerprint.",
  );
}

/**
 * Reads a host.
 *
 * @param text As it was typed.
 * @returns It in lower case, IPv6 without brackets, or `null`.
 */
export function parseHost(text: string): string | null {
  const host = text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  // It becomes a field of known_hosts, where blanks part the fields.
  return /^[\w.:%-]{1,253}$/.test(host) ? host : null;
}

/**
 * Reads a port.
 *
 * @param text As it was typed.
 * @returns 1–65,535, or `null`.
 */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/**
 * Reads a fingerprint.
 *
 * @param text As it was typed.
 * @returns It, or `null` where it is not whole.
 */
export function parseFingerprint(text: string): string | null {
  try {
    if (!text.startsWith(MARK)) return null;
    decodeBase64Url(text.slice(MARK.length), { length: 32 });
    return text;
  } catch (error) {
    if (error instanceof InvalidBase64Url) return null;
    throw error;
  }
}

const MARK = "ftc1:";

const BOTH = "host and port, such as 127.0.0.1 9999, or a chat:// address";

const SHAPE = "chat://host:port#fingerprint";

/** Characters of what was typed that are said again. */
const MOST_SHOWN = 64;

function readHostAndPort(first: string, second: string | undefined): Address | NoAddress {
  if (second === undefined) return wrong(onlyHost(first));
  if (second.startsWith("chat:")) return wrong("Leave out what stands before the chat:// address.");
  const host = parseHost(first);
  if (host === null) {
    return wrong(`${shown(first)} is no host. Give an address or a name, such as 127.0.0.1.`);
  }
  const port = parsePort(second);
  return port === null ? wrong(noPort(second)) : { host, port };
}

/** Host and port in one word are the commonest slip. */
function onlyHost(text: string): string {
  const [, host = "", port = ""] = /^(\[.*\]|[^:]*):(\d+)$/.exec(text) ?? [];
  return parseHost(host) !== null && parsePort(port) !== null
    ? `Host and port are two words: ${parseHost(host)} ${port}.`
    : `The port is missing behind ${shown(text)}. Give ${BOTH}.`;
}

function readChatAddress(text: string, second: string | undefined): Address | NoAddress {
  if (second !== undefined) {
    return wrong(`Leave out ${shown(second)}: a chat:// address says everything.`);
  }
  const [, place, mark, end = ""] = /^chat:\/\/([^#/]*)\/?(#?)([^]*)$/i.exec(text) ?? [];
  if (place === undefined) return wrong(`${shown(text)} is no address. It looks like ${SHAPE}.`);
  const at = readPlace(place);
  if ("wrong" in at) return at;
  if (mark === "") {
    return wrong(
      end === ""
        ? `The address has no fingerprint. Copy it whole: ${SHAPE}; or without one: ` +
          `${at.host} ${at.port}.`
        : `${shown(text)} is no address. It looks like ${SHAPE}.`,
    );
  }
  const fingerprint = parseFingerprint(end);
  return fingerprint === null
    ? wrong(
      "The fingerprint behind # is not whole: ftc1: and 43 characters. Copy the address again, " +
        "as the server prints it.",
    )
    : { ...at, fingerprint };
}

function readPlace(place: string): Address | NoAddress {
  if (/^[^[\]]*:[^[\]]*:/.test(place)) {
    return wrong("An IPv6 address stands in brackets: chat://[::1]:9999#fingerprint.");
  }
  const [, name = place, port] = /^([^]*?):([^:\]]*)$/.exec(place) ?? [];
  const host = parseHost(name);
  const isIpv6 = name.startsWith("[") && name.endsWith("]");
  if (host === null || isIpv6 !== host.includes(":")) {
    return wrong(`${name === "" ? "Nothing" : shown(name)} is no host. The address is ${SHAPE}.`);
  }
  if (port === undefined || port === "") {
    return wrong(`The port is missing behind ${shown(name)}. The address is ${SHAPE}.`);
  }
  const number = parsePort(port);
  return number === null ? wrong(noPort(port)) : { host, port: number };
}

function noPort(text: string): string {
  return `${shown(text)} is no port. Give a number from 1 to 65535.`;
}

function shown(text: string): string {
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN).toWellFormed()}…` : text;
  // It may have been pasted from anywhere.
  return `"${displayLine(cut)}"`;
}

function wrong(text: string): NoAddress {
  return { wrong: text };
}
