/**
 * What a run of the client needs of the machine: sockets, clocks, folders, files.
 *
 * @module
 */

import { join } from "node:path";
import { parseSharedSecret } from "../cipher/shared_secret.ts";
import { ClientError } from "./client_error.ts";
import { KnownHostsFile } from "./known_hosts_file.ts";
import type { ClientOptions } from "./options.ts";
import { pause } from "./pause.ts";
import type { RunOptions } from "./run.ts";
import { SettingsFile } from "./settings_file.ts";
import { causeText } from "./system_error.ts";
import { configFolder, dataFolder } from "./user_folders.ts";

/** What a run needs of the machine. */
export type Machine = Pick<
  RunOptions,
  "data" | "dial" | "file" | "now" | "pause" | "random" | "secret" | "settings" | "uptime"
>;

/** Where a client keeps what it remembers; `null` where there is no such place. */
export interface Folders {
  /** For known servers and settings. */
  readonly config: string | null;
  /** For messages that wait. */
  readonly data: string | null;
}

/**
 * Gives the real ones.
 *
 * @param options What the user chose.
 * @param folders Where things are kept.
 * @throws {ClientError} If the shared secret cannot be read.
 */
export async function machine(
  options: Pick<ClientOptions, "secretFile">,
  folders: Folders = userFolders(),
): Promise<Machine> {
  const { config, data } = folders;
  return {
    secret: await readSecret(options.secretFile),
    file: config === null ? null : new KnownHostsFile(join(config, "known_hosts")),
    settings: config === null ? null : new SettingsFile(join(config, "settings.json")),
    data,
    dial: ({ host, port }, signal) => Deno.connect({ hostname: host, port, signal }),
    now: Date.now,
    uptime: () => performance.now(),
    random: Math.random,
    pause,
  };
}

/** The folders of the user, as the environment says. */
export function userFolders(): Folders {
  const environment = (name: string) => Deno.env.get(name);
  return {
    config: configFolder(Deno.build.os, environment),
    data: dataFolder(Deno.build.os, environment),
  };
}

/**
 * Reads the password from the file of `--password-file`.
 *
 * @param path Its path, if there is one.
 * @returns Its first line.
 * @throws {ClientError} If it cannot be read.
 */
export async function readPassword(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await Deno.readTextFile(path)).split(/\r?\n/, 1)[0];
  } catch (error) {
    throw new ClientError(
      `Cannot read password file ${path}: ${causeText(error)}. Make it readable, or leave out ` +
        "--password-file to be asked.",
    );
  }
}

async function readSecret(path: string | undefined): Promise<Uint8Array | null> {
  if (path === undefined) return null;
  try {
    return parseSharedSecret(await Deno.readTextFile(path));
  } catch (error) {
    throw new ClientError(
      `Cannot read shared secret ${path}: ${causeText(error)}. Get the file from the operator.`,
    );
  }
}
