/**
 * What the server prints when it is ready.
 *
 * @module
 */

/** What there is to say. */
export interface BannerOptions {
  /** Version of the program. */
  readonly version: string;
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** FTC1 §3.2, whole. */
  readonly fingerprint: string;
  /** Absolute path. */
  readonly dataFolder: string;
  /** Path of the shared secret, where there is one. */
  readonly secretFile?: string;
  /** Addresses of this machine, for a server that listens on all of them. */
  readonly machineAddresses: readonly string[];
}

/**
 * Writes the banner: where the server is, who it is, and the line that a client needs.
 *
 * @param options What there is to say.
 * @returns Lines, each with its line feed.
 */
export function banner(options: BannerOptions): string {
  const { version, address, fingerprint, dataFolder, secretFile } = options;
  const { hostname, port } = address;
  const all = options.machineAddresses;
  const hosts = hostname === "::"
    ? all
    : hostname === "0.0.0.0"
    ? all.filter((address) => !address.includes(":"))
    : [hostname];
  const secret = secretFile === undefined ? "" : ` --secret-file ${quoted(secretFile)}`;
  const clientLine = (where: string) => `  deno run -A mod.ts client ${where}${secret}`;
  return [
    `Fernchat ${version} listens on ${bracketed(hostname)}:${port}`,
    `Fingerprint: ${fingerprint}`,
    `Data folder: ${dataFolder}`,
    "Clients connect with:",
    ...hosts.map((host) => clientLine(`${host} ${port} --fingerprint ${fingerprint}`)),
    "or with one word that can be passed on:",
    // Brackets and # mean something to some shells.
    ...hosts.map((host) => clientLine(`"${chatAddress({ host, port, fingerprint })}"`)),
    "",
  ].join("\n");
}

/**
 * Writes the address of a server in one word, which a client takes in place of host and port.
 *
 * @param server `host`: IPv4 or IPv6 literal, or a name, without brackets; `fingerprint`: FTC1 §3.2,
 *   whole.
 * @returns `chat://host:port#fingerprint`.
 */
export function chatAddress(server: {
  readonly host: string;
  readonly port: number;
  readonly fingerprint: string;
}): string {
  const { host, port, fingerprint } = server;
  return `chat://${bracketed(host)}:${port}#${fingerprint}`;
}

/**
 * Lists the addresses of this machine that others can reach.
 *
 * @returns Addresses, IPv4 first; a placeholder where they may not be known (no `--allow-sys`).
 */
export function machineAddresses(): string[] {
  try {
    return Deno.networkInterfaces()
      .filter(({ address }) => !address.startsWith("fe80:") && address !== "::1")
      .sort((a, b) => a.family.localeCompare(b.family))
      .map(({ address }) => address);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return ["<address-of-this-machine>"];
    throw error;
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function quoted(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
