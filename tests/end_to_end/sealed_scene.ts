/**
 * What the tests of end-to-end encryption with real processes have in common.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import type { Expected } from "../testing/lines.ts";
import { fernchat, type Program } from "../testing/processes.ts";
import type { ClientOptions, Scene } from "../testing/scene.ts";

/** Waits until all of them have seen these lines next. */
export async function all(
  programs: readonly Program[],
  ...lines: readonly Expected[]
): Promise<void> {
  for (const program of programs) await program.sees(...lines);
}

/** Runs a command of the operator on a data folder; gives its lines. */
export async function operates(args: readonly string[], folder: string): Promise<string[]> {
  await using program = fernchat([...args, "--data", folder]);
  await program.endsWith(0);
  return [...program.out.rest];
}

/** Makes an account that is not online. */
export async function registers(scene: Scene, user: string): Promise<void> {
  const client = await scene.loggedIn(user);
  await leaves(client);
}

/** Has a client leave. */
export async function leaves(client: Program): Promise<void> {
  await client.types("@quit");
  await client.out.until("Goodbye!");
  await client.endsWith(0);
}

/**
 * Logs in on a machine that has nothing but the password, and reads a whole conversation.
 *
 * @param scene The scene.
 * @param user Who.
 * @param of A name.
 * @param options Another server.
 * @returns Its lines without date and time; or the error.
 */
export async function readsElsewhere(
  scene: Scene,
  user: string,
  of: string,
  options: ClientOptions = {},
): Promise<string[]> {
  const home = await Deno.makeTempDir({ dir: scene.folder, prefix: "home-" });
  const client = await scene.loggedIn(user, { ...options, home });
  const lines = await reads(client, of);
  await leaves(client);
  strictEqual(client.err.text.includes("WARNING"), false, client.explain());
  return lines;
}

/** Has a client show a whole conversation; gives its lines without date and time, or the error. */
export async function reads(client: Program, of: string): Promise<string[]> {
  await client.types(`@history 1000 ${of}`);
  const heading = await client.out.until(/^(?:--- Last \d+ Messages ---|ERROR: .*)$/);
  if (heading.startsWith("ERROR")) return [heading];
  const lines: string[] = [];
  for (let left = Number(/\d+/.exec(heading)?.[0]); left > 0; left--) {
    const line = await client.out.until(/./);
    lines.push(line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d /, ""));
  }
  return lines;
}
