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
  const lines = hosts.map((host) =>
    `deno run -A mod.ts client ${host} ${port} --fingerprint ${fingerprint}${secret}`
  );
  return [
    `Fernchat ${version} listens on ${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    `Fingerprint: ${fingerprint}`,
    `Data folder: ${dataFolder}`,
    "Clients connect with:",
    ...lines.map((line) => `  ${line}`),
    "",
  ].join("\n");
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

function quoted(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
