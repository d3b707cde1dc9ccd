/**
 * Is this the server it should be? (FTC1 §3.11 "check pin", §3.13)
 *
 * `--fingerprint` wins over the file and does not write it. What is not known yet is pinned and
 * said; what is not clear is never trusted.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { ClientError } from "./client_error.ts";
import { explainWrongPin } from "./errors.ts";
import type { KnownHost, ServerName } from "./known_hosts.ts";
import type { KnownHostsFile } from "./known_hosts_file.ts";
import { serverText } from "./server_text.ts";

/** The server as the handshake showed it. */
export interface SeenServer {
  /** `ftc1:` and 43 characters. */
  readonly fingerprint: string;
  /** 16 octets. */
  readonly realm: Uint8Array;
}

/** What a check needs. */
export interface PinOptions extends ServerName {
  /** What the server must show, if the user said so. */
  readonly fingerprint?: string | undefined;
  /** The servers the user knows; `null` where there is no place for that file. */
  readonly file: KnownHostsFile | null;
  /** Whether to ask before pinning. */
  readonly unknown: "pin" | "ask";
  /** ISO date of today. */
  readonly today: string;
  /** Tells the user something. */
  readonly notice: (text: string) => Promise<void>;
  /** Asks the user, default no; always no where there is nobody to ask. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/**
 * Checks the identity of a server, and remembers it at first sight.
 *
 * @param seen The server as the handshake showed it.
 * @param options What is expected of whom.
 * @throws {ClientError} If the connection must end, without a word to the server.
 */
export async function checkPin(seen: SeenServer, options: PinOptions): Promise<void> {
  if (options.fingerprint !== undefined) {
    if (options.fingerprint === seen.fingerprint) return;
    throw new ClientError(
      explainWrongPin({ expected: options.fingerprint, seen: seen.fingerprint, at: null }),
    );
  }
  if (options.file === null) return await pinUnknown(seen, options);
  const found = await options.file.lookUp(options);
  if (found.type === "unknown") return await pinUnknown(seen, options);
  if (found.type !== "known") {
    const lines = `line${found.lines.length > 1 ? "s" : ""} ${found.lines.join(", ")}`;
    const state = found.type === "damaged" ? "cannot be read" : "speak of the same server";
    throw new ClientError(
      `Cannot tell whether ${serverText(options)} is the server you know: ${lines} of ` +
        `${options.file.path} ${state}. Repair or remove them, or give --fingerprint.`,
    );
  }
  const { host, line } = found;
  if (host.fingerprint !== seen.fingerprint) {
    throw new ClientError(explainWrongPin({
      expected: host.fingerprint,
      seen: seen.fingerprint,
      at: { line, path: options.file.path },
    }));
  }
  if (host.realm !== encodeBase64Url(seen.realm)) await checkRealm(seen, host, options);
}

async function pinUnknown(seen: SeenServer, options: PinOptions): Promise<void> {
  const server = serverText(options);
  if (options.unknown === "ask") {
    const agreed = await options.confirm(
      `${server} is not known yet. Its fingerprint is ${seen.fingerprint}. Trust it?`,
    );
    if (!agreed) {
      throw new ClientError(
        `Not connected: ${server} is not known yet, its fingerprint is ${seen.fingerprint}. ` +
          "If that is right, give it with --fingerprint, or leave out --strict.",
      );
    }
  }
  const host = known(seen, options, options.today);
  await remember(
    host,
    `${server} is not known yet. Its fingerprint is ${host.fingerprint}`,
    options,
  );
}

async function checkRealm(seen: SeenServer, host: KnownHost, options: PinOptions): Promise<void> {
  const server = serverText(options);
  await options.notice(
    `WARNING: ${server} has the key you know, but another database: accounts there are new, and ` +
      "so is whoever has the name of somebody you know.",
  );
  if (!await options.confirm("Go on with the new database?")) {
    throw new ClientError(
      `Not connected: ${server} has another database than before. Ask its operator; if that is ` +
        "right, start the client with --forget.",
    );
  }
  await remember(known(seen, options, host.since), `${server} has another database now`, options);
}

async function remember(host: KnownHost, seen: string, options: PinOptions): Promise<void> {
  if (options.file === null) {
    return await options.notice(
      `${seen}, which cannot be remembered: no folder for configuration is known.`,
    );
  }
  try {
    await options.file.remember(host);
    await options.notice(`${seen}, remembered in ${options.file.path}.`);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    await options.notice(`${seen}, which cannot be remembered. ${error.message}`);
  }
}

function known(seen: SeenServer, server: ServerName, since: string): KnownHost {
  const { host, port } = server;
  return { host, port, fingerprint: seen.fingerprint, realm: encodeBase64Url(seen.realm), since };
}
