/**
 * The servers a user knows: which identity and realm each had at first sight.
 *
 * One line per server, `host port fingerprint realm first-seen-ISO-date`; the host as on the command
 * line, in lower case, IPv6 without brackets; the realm in base64url. Blank lines are kept.
 * This is the format alone; `known_hosts_file.ts` reads and writes it.
 * Source: FTC1 §3.13.
 *
 * @module
 */

/** What names a server on the command line. */
export interface ServerName {
  /** The literal, lower case, IPv6 without brackets. */
  readonly host: string;
  /** 1–65,535. */
  readonly port: number;
}

/** A server at first sight. */
export interface KnownHost extends ServerName {
  /** `ftc1:` and 43 characters. */
  readonly fingerprint: string;
  /** 16 octets in base64url, 22 characters. */
  readonly realm: string;
  /** ISO date, `2026-11-22`. */
  readonly since: string;
}

/** What the file says about a server. */
export type Lookup =
  | { readonly type: "known"; readonly host: KnownHost; readonly line: number }
  | { readonly type: "unknown" }
  /** The file does not say it clearly: `lines` are damaged, or speak of the same server twice. */
  | { readonly type: "damaged" | "ambiguous"; readonly lines: readonly number[] };

/**
 * Looks a server up.
 *
 * @param text The content of the file.
 * @param server Which.
 * @returns What is known; where a damaged line could hide that it is known, that is said instead.
 */
export function lookUp(text: string, server: ServerName): Lookup {
  const found: { host: KnownHost; line: number }[] = [];
  const damaged: number[] = [];
  text.split("\n").forEach((content, at) => {
    if (content.trim() === "") return;
    const host = parseKnownHost(content);
    if (host === null) damaged.push(at + 1);
    else if (isFor(content, server)) found.push({ host, line: at + 1 });
  });
  const [only, ...more] = found;
  if (more.length > 0) return { type: "ambiguous", lines: found.map(({ line }) => line) };
  if (
    only !== undefined && !damaged.some((line) => isFor(text.split("\n")[line - 1] ?? "", server))
  ) {
    return { type: "known", ...only };
  }
  return damaged.length > 0 ? { type: "damaged", lines: damaged } : { type: "unknown" };
}

/**
 * Reads one line.
 *
 * @param line Without its line feed.
 * @returns The server, or `null` where the line is damaged.
 */
export function parseKnownHost(line: string): KnownHost | null {
  const fields = /^(\S+) ([1-9]\d{0,4}) (ftc1:[\w-]{43}) ([\w-]{22}) (\d{4}-\d\d-\d\d)$/.exec(line);
  if (fields === null) return null;
  const [, host = "", port = "", fingerprint = "", realm = "", since = ""] = fields;
  return Number(port) > 65_535 ? null : { host, port: Number(port), fingerprint, realm, since };
}

/**
 * Writes one line.
 *
 * @param known The server.
 * @returns The line, with its line feed.
 */
export function formatKnownHost(known: KnownHost): string {
  return `${known.host} ${known.port} ${known.fingerprint} ${known.realm} ${known.since}\n`;
}

/**
 * Adds a server.
 *
 * @param text The content of the file.
 * @param known The server.
 * @returns The new content.
 */
export function withKnownHost(text: string, known: KnownHost): string {
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return before + formatKnownHost(known);
}

/**
 * Removes a server, damaged lines that begin like its own included.
 *
 * @param text The content of the file.
 * @param server Which.
 * @returns The new content.
 */
export function withoutKnownHost(text: string, server: ServerName): string {
  return text.split("\n").filter((line) => !isFor(line, server)).join("\n");
}

function isFor(line: string, { host, port }: ServerName): boolean {
  return line.startsWith(`${host} ${port} `) || line === `${host} ${port}`;
}
