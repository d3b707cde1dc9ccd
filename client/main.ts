/**
 * The client on the terminal or pipe of this process: chooses the face, listens to signals.
 *
 * @module
 */

import { ClientError } from "./client_error.ts";
import { Credentials } from "./credentials.ts";
import type { Face } from "./face.ts";
import { JsonFace, type JsonPort, streamPort } from "./json_face.ts";
import { openLog } from "./log.ts";
import { machine, readPassword } from "./machine.ts";
import type { ClientOptions } from "./options.ts";
import { PlainFace } from "./plain_face.ts";
import { run, type RunOptions } from "./run.ts";
import { standardStreams, type TerminalStreams } from "./streams.ts";
import { TerminalFace } from "./terminal/terminal_face.ts";
import { rewrappingOf } from "./terminal/terminal_modes.ts";
import { wantsColours } from "./transcript/ansi.ts";

/**
 * Runs the client.
 *
 * @param options What the user chose.
 * @returns The exit code (PRODUCT §1, §5).
 */
export async function runClient(options: ClientOptions): Promise<number> {
  return await onStreams(options, (streams, stop) => {
    // A dumb terminal cannot move its cursor.
    const isLive = !options.plain && streams.isTyped && Deno.stdout.isTerminal() &&
      environment("TERM") !== "dumb";
    if (options.json) return { face: new JsonFace(streamPort(streams)) };
    if (!isLive) {
      const face = new PlainFace(streams);
      return { face, interrupted: () => face.interrupted() };
    }
    const hasLooks = wantsColours({ environment, setting: "on" });
    const interrupted = () => stop.abort();
    const rewrapping = rewrappingOf(environment);
    const terminal = { interrupted, now: Date.now, hasLooks, rewrapping };
    return { face: new TerminalFace(streams, terminal) };
  });
}

/** One message (PRODUCT §5, `send`). */
export interface OneMessage {
  /** A user, a group, or the lobby: canonical. */
  readonly to: string;
  /** The text. */
  readonly body: string;
}

/**
 * Sends one message: nobody sees the sender come or go, nothing is caught up with, nothing is kept.
 *
 * @param options What the user chose.
 * @param message The message.
 * @returns The exit code: 0 stored, 1 not connected or not logged in, 3 not stored.
 */
export async function runSend(options: ClientOptions, message: OneMessage): Promise<number> {
  const quiet = { ...options, json: true, register: false };
  return await onStreams(quiet, (streams) => {
    const asking = new PlainFace(streams);
    return { face: new JsonFace(sendPort(message, asking)), asking, presence: "quiet" };
  });
}

/** Gives one command, and says in words what goes wrong. */
function sendPort(message: OneMessage, face: PlainFace): JsonPort {
  const lines = [JSON.stringify({ t: "send", ...message })];
  return {
    emit: async (event) => {
      if (event.t === "error") await face.notice(`ERROR: ${event.text}`);
      if (event.t === "keys") await face.notice(event.text);
    },
    notice: (text) => face.notice(text),
    line: () => Promise.resolve(lines.shift() ?? null),
    hidden: (question) => face.askHidden(question),
    close: () => face.close(),
  };
}

/** A face, and what goes with it. */
interface Manner {
  readonly face: Face;
  /** Who is asked for name and password; the face unless told. */
  readonly asking?: Face;
  readonly presence?: RunOptions["presence"];
  /** Stops what takes long, at SIGINT; returns whether there was something to stop. */
  readonly interrupted?: () => boolean;
}

async function onStreams(
  options: ClientOptions,
  choose: (streams: TerminalStreams, stop: AbortController) => Manner,
): Promise<number> {
  const streams = standardStreams();
  const stop = new AbortController();
  const giveBack = () => streams.setMode("lines");
  globalThis.addEventListener("unload", giveBack);
  const manner = choose(streams, stop);
  const { face } = manner;
  using _signals = onSignals((signal) => {
    if (signal !== "SIGINT" || manner.interrupted?.() !== true) stop.abort();
  });
  await using logging = await openLog(
    options.debug ? "debug" : "off",
    (line) => void face.notice(line),
  );
  try {
    return await start({ ...manner, options, signal: stop.signal, log: logging.log });
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
  parts: Manner & Pick<RunOptions, "options" | "signal" | "log">,
): Promise<number> {
  const { options, face, asking = face } = parts;
  try {
    const password = await readPassword(options.passwordFile);
    const credentials = new Credentials(asking, { user: options.user, password });
    return await run({ ...await machine(options), ...parts, credentials });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    await face.notice(error.message);
    return 1;
  }
}

function environment(name: string): string | undefined {
  return Deno.env.get(name);
}

function onSignals(received: (signal: Deno.Signal) => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => ({ signal, listener: () => received(signal) }));
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
