/**
 * The client: puts terminal, files, sockets and signals together.
 *
 * The only place that names the real ones.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { join } from "node:path";
import { parseSharedSecret } from "../cipher/shared_secret.ts";
import { ClientError } from "./client_error.ts";
import { Credentials } from "./credentials.ts";
import type { Face } from "./face.ts";
import { KnownHostsFile } from "./known_hosts_file.ts";
import { openLog } from "./log.ts";
import { type ClientOptions, defineClientCommand } from "./options.ts";
import { pause } from "./pause.ts";
import { PlainFace } from "./plain_face.ts";
import { run } from "./run.ts";
import { standardStreams } from "./streams.ts";
import { causeText } from "./system_error.ts";
import { TerminalFace } from "./terminal/terminal_face.ts";
import { configFolder, dataFolder } from "./user_folders.ts";

/**
 * Describes the subcommand `client`, which ends the process.
 *
 * @returns The command.
 */
export function clientCommand(): Command {
  return defineClientCommand(async (options) => {
    // A read of standard input that is still waiting would keep the process.
    Deno.exit(await runClient(options));
  });
}

/**
 * Runs the client on the terminal or pipe of this process.
 *
 * @param options What the user chose.
 * @returns The exit code (PRODUCT §1, §5).
 */
export async function runClient(options: ClientOptions): Promise<number> {
  const streams = standardStreams();
  const stop = new AbortController();
  using _signals = onSignals(() => stop.abort());
  const giveBack = () => streams.setMode("lines");
  globalThis.addEventListener("unload", giveBack);
  const isLive = !options.plain && streams.isTyped && Deno.stdout.isTerminal();
  const face = isLive
    ? new TerminalFace(streams, { interrupted: () => stop.abort() })
    : new PlainFace(streams);
  await using logging = await openLog(
    options.debug ? "debug" : "off",
    (line) => void face.notice(line),
  );
  try {
    return await start({ options, face, signal: stop.signal, log: logging.log });
  } catch (error) {
    // Nobody reads standard output any more: no reason to complain about it.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    throw error;
  } finally {
    await face.close();
    globalThis.removeEventListener("unload", giveBack);
  }
}

async function start(
  parts: {
    readonly options: ClientOptions;
    readonly face: Face;
    readonly signal: AbortSignal;
    readonly log: Parameters<typeof run>[0]["log"];
  },
): Promise<number> {
  const { options, face } = parts;
  try {
    const secret = await readSecret(options.secretFile);
    const password = await readPassword(options.passwordFile);
    const environment = (name: string) => Deno.env.get(name);
    const folder = configFolder(Deno.build.os, environment);
    return await run({
      ...parts,
      secret,
      credentials: new Credentials(face, { user: options.user, password }),
      file: folder === null ? null : new KnownHostsFile(join(folder, "known_hosts")),
      dial: ({ host, port }, signal) => Deno.connect({ hostname: host, port, signal }),
      data: dataFolder(Deno.build.os, environment),
      now: Date.now,
      uptime: () => performance.now(),
      random: Math.random,
      pause,
    });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    await face.notice(error.message);
    return 1;
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

async function readPassword(path: string | undefined): Promise<string | undefined> {
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

function onSignals(stop: () => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}
