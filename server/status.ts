/**
 * What `status` says about a running server, for people.
 *
 * @module
 */

/** What there is to say. */
export interface Status {
  /** Version of the program. */
  readonly version: string;
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** FTC1 §3.2. */
  readonly fingerprint: string;
  /** Milliseconds since it started. */
  readonly uptimeMs: number;
  /** Connections that are logged in. */
  readonly sessions: number;
  /** Users who are present. */
  readonly online: number;
  /** Accounts. */
  readonly accounts: number;
  /** Messages and changes of groups that are stored. */
  readonly entries: number;
  /** Octets of the database. */
  readonly databaseOctets: number;
  /** Octets free on its disk; `null`: not known. */
  readonly freeOctets: number | null;
  /** Octets of resident memory. */
  readonly residentOctets: number;
}

/** Writes it, one fact to a line. */
export function statusLines(status: Status): string[] {
  const { hostname, port } = status.address;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const count = (n: number) => n.toLocaleString("en");
  return [
    `Fernchat ${status.version} listens on ${host}:${port}`,
    `Fingerprint: ${status.fingerprint}`,
    `Up: ${duration(status.uptimeMs)}`,
    `Sessions: ${count(status.sessions)} (${count(status.online)} users present)`,
    `Accounts: ${count(status.accounts)}`,
    `Messages: ${count(status.entries)} (with changes of groups)`,
    `Database: ${megabytes(status.databaseOctets)}`,
    `Free on its disk: ${
      status.freeOctets === null
        ? "not known without --allow-sys=statfs"
        : megabytes(status.freeOctets)
    }`,
    `Memory: ${megabytes(status.residentOctets)}`,
  ];
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24];
  if (minutes === 0) return `${Math.floor(ms / 1_000)} s`;
  return [[days, "d"], [hours, "h"], [minutes % 60, "min"]]
    .filter(([n]) => n !== 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

function megabytes(octets: number): string {
  return `${
    (octets / 1e6).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  } MB`;
}
