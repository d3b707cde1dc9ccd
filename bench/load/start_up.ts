/**
 * How long it takes until a server takes its first login, and until a client shows its prompt.
 *
 * Beside an empty program in the same run: starting Deno is part of both.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TestAccount, testAccount } from "../../tests/testing/test_account.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { median, type Result, round } from "./result.ts";

const RUNS = 7;

const PROGRAM = fileURLToPath(new URL("../../mod.ts", import.meta.url));

/** Measures both, alternating with an empty program. */
export async function startUp(options: FernOptions): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    const empty = join(folder, "empty.ts");
    await Deno.writeTextFile(empty, "Deno.stdout.writeSync(new Uint8Array([46]));\n");
    const account = await testAccount("alice");
    // Once, so that everything is compiled and the account is there.
    await firstLogin({ ...options, folder }, account);
    const times: Record<"empty" | "fresh" | "server" | "client", number[]> = {
      empty: [],
      fresh: [],
      server: [],
      client: [],
    };
    for (let run = 0; run < RUNS; run++) {
      times.empty.push(await firstOutput(["run", "-A", empty], /\./));
      times.fresh.push(await firstLoginOfAll(options, account));
      times.server.push(await firstLogin({ ...options, folder }, account));
      times.client.push(await firstPrompt(options, folder));
    }
    return {
      runs: RUNS,
      emptyMs: round(median(times.empty)),
      freshServerToLoginMs: round(median(times.fresh)),
      serverToLoginMs: round(median(times.server)),
      clientToPromptMs: round(median(times.client)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function firstLogin(
  options: FernOptions,
  account: TestAccount,
): Promise<number> {
  const begun = performance.now();
  const target = await FernTarget.start(options);
  const peer = await target.enter(account);
  const ms = performance.now() - begun;
  await peer[Symbol.asyncDispose]();
  await target.stop();
  return ms;
}

/** The server makes its key and its database, and takes a registration. */
async function firstLoginOfAll(
  options: FernOptions,
  account: TestAccount,
): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    return await firstLogin({ ...options, folder }, account);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The client asks for a name: its first prompt, before anybody has typed anything. */
async function firstPrompt(options: FernOptions, folder: string): Promise<number> {
  await using target = await FernTarget.start({ ...options, folder });
  const home = await Deno.makeTempDir();
  try {
    const args = ["client", "127.0.0.1", String(target.port)];
    return await firstOutput(
      ["run", "-A", options.program ?? PROGRAM, ...args],
      /user ?name|name/i,
      {
        XDG_CONFIG_HOME: home,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
      },
    );
  } finally {
    await removeWhenLeft(home);
  }
}

/** The client whose terminal is gone still puts its things away. */
async function removeWhenLeft(folder: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Milliseconds from the start of a program in a terminal to an output of it. */
async function firstOutput(
  args: readonly string[],
  expected: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const begun = performance.now();
  const command = [Deno.execPath(), ...args].join(" ");
  const child = new Deno.Command("script", {
    args: ["-qefc", command, "/dev/null"],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  let ms = NaN;
  for await (const octets of child.stdout) {
    text += new TextDecoder().decode(octets);
    if (!expected.test(text)) continue;
    ms = performance.now() - begun;
    break;
  }
  child.kill("SIGKILL");
  await child.stdin.abort().catch(() => {});
  await child.status;
  if (Number.isNaN(ms)) throw new Error(`Cannot start: ended after printing ${text}`);
  return ms;
}
