/**
 * A person at a real terminal: a shell in which the client of a scene's server runs.
 *
 * @module
 */

import { join } from "node:path";
import { passwordOf, type Scene } from "../testing/scene.ts";
import type { Tmux } from "../testing/tmux.ts";
import { Shell } from "./shell.ts";

/** What every client says once. */
export const ENCRYPTED =
  "Direct and group messages are encrypted end to end. The server can read the lobby.";

/**
 * Starts a shell in which `$CLIENT` starts a client of the scene's server, without colours and times, so
 * that a screen can be compared to the letter.
 *
 * @param scene The server.
 */
export async function shell(scene: Scene): Promise<Shell> {
  const { port, fingerprint } = scene.server;
  const address = `127.0.0.1 ${port} --fingerprint ${fingerprint}`;
  // Not those of the other clients of the scene.
  const config = join(scene.folder, "shell");
  const folder = join(config, "fernchat");
  await Deno.mkdir(folder, { recursive: true });
  const settings = { time: "off", joins: "off", bell: "off" };
  await Deno.writeTextFile(join(folder, "settings.json"), JSON.stringify(settings));
  return await Shell.start({
    CLIENT: `${Deno.execPath()} run -A mod.ts client ${address}`,
    XDG_CONFIG_HOME: config,
    XDG_DATA_HOME: scene.config,
    NO_COLOR: "1",
  });
}

/** Makes an account. */
export async function register(scene: Scene, user: string): Promise<void> {
  const client = await scene.loggedIn(user);
  await client.types("@quit");
  await client.endsWith(0);
}

/** Starts a client in the terminal of an account that exists, and waits for its prompt. */
export async function logIn(sh: Shell, user: string): Promise<void> {
  await sh.runs(`$CLIENT --user ${user}`);
  await sh.terminal.waitFor(new RegExp(`^Password for ${user}:`, "m"));
  await sh.terminal.type(`${passwordOf(user)}\n`);
  const welcome = `Welcome to the chatroom, ${user}!${ENCRYPTED}lobby>`;
  // A narrow terminal breaks the line.
  await sh.terminal.waitFor((screen) => screen.replaceAll("\n", "").endsWith(welcome));
}

/** Waits until the last line of the screen is this one. */
export async function lastLine(terminal: Tmux, line: string): Promise<string> {
  return await terminal.waitFor((screen) => screen.split("\n").at(-1) === line);
}

/** Bob at a terminal of this size, and alice who talks. */
export async function bobAndAlice(
  scene: Scene,
  size: { readonly columns: number; readonly rows: number } = { columns: 120, rows: 30 },
): Promise<{ readonly sh: Shell; readonly alice: Awaited<ReturnType<Scene["loggedIn"]>> }> {
  await register(scene, "bob");
  const alice = await scene.loggedIn("alice");
  const sh = await shell(scene);
  await sh.terminal.resize(size.columns, size.rows);
  await logIn(sh, "bob");
  return { sh, alice };
}
