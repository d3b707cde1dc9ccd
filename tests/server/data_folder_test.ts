import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { defaultDataFolder, openDataFolder } from "../../server/data_folder.ts";
import { StartError } from "../../server/start_error.ts";
import { tempFolder } from "./temp_folder.ts";

const onWindows = Deno.build.os === "windows";

const defaults = [
  ["linux", { HOME: "/home/ann" }, "/home/ann/.local/share/fernchat/server"],
  ["linux", { HOME: "/home/ann", XDG_DATA_HOME: "/data" }, "/data/fernchat/server"],
  ["linux", { HOME: "/home/ann", XDG_DATA_HOME: "data" }, "/home/ann/.local/share/fernchat/server"],
  ["linux", { HOME: "/home/ann", XDG_DATA_HOME: "" }, "/home/ann/.local/share/fernchat/server"],
  ["linux", { XDG_DATA_HOME: "/data" }, "/data/fernchat/server"],
  ["freebsd", { HOME: "/home/ann" }, "/home/ann/.local/share/fernchat/server"],
  ["darwin", { HOME: "/Users/ann" }, "/Users/ann/Library/Application Support/fernchat/server"],
  ["windows", { LOCALAPPDATA: "C:\\Users\\ann\\Local" }, "C:\\Users\\ann\\Local\\fernchat\\server"],
] as const;

for (const [os, environment, expected] of defaults) {
  Deno.test(`on ${os} with ${JSON.stringify(environment)} data are in ${expected}`, () => {
    const variables = new Map<string, string>(Object.entries(environment));
    strictEqual(defaultDataFolder(os, (name) => variables.get(name)), expected);
  });
}

Deno.test("an environment without the user's folders is refused, with the remedy", () => {
  for (const os of ["linux", "darwin", "windows"] as const) {
    throws(() => defaultDataFolder(os, () => undefined), says(/is not set.*--data DIR/));
  }
});

Deno.test("a folder that is absent is made, with those above it, for its owner only", async () => {
  await using temp = await tempFolder();
  const path = join(temp.path, "a", "b");
  using folder = await openDataFolder(path);
  strictEqual(folder.path, path);
  strictEqual(folder.keyFile, join(path, "server.key"));
  strictEqual(folder.storeFile, join(path, "chat.kv"));
  if (!onWindows) {
    strictEqual(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o700);
    strictEqual(((await Deno.stat(join(path, "lock"))).mode ?? 0) & 0o777, 0o600);
    deepStrictEqual(folder.notices, []);
  }
});

Deno.test({
  name: "a folder that group or others can reach is refused, left as it is, with the remedy",
  ignore: onWindows,
  fn: async () => {
    await using temp = await tempFolder();
    for (const mode of [0o750, 0o705, 0o710, 0o755, 0o777]) {
      await Deno.chmod(temp.path, mode);
      await rejects(openDataFolder(temp.path), says(/group or others.*chmod 700 /));
      strictEqual(((await Deno.stat(temp.path)).mode ?? 0) & 0o777, mode);
    }
    await Deno.chmod(temp.path, 0o700);
    using folder = await openDataFolder(temp.path);
    strictEqual(folder.path, temp.path);
  },
});

Deno.test("on Windows the mode is not looked at, and a notice says so", async () => {
  await using temp = await tempFolder();
  await Deno.chmod(temp.path, 0o755);
  using folder = await openDataFolder(temp.path, { os: "windows" });
  match(folder.notices.join("\n"), /not checked on Windows/);
});

Deno.test("a file where the folder should be is refused in one line", async () => {
  await using temp = await tempFolder();
  const path = join(temp.path, "file");
  await Deno.writeTextFile(path, "");
  await rejects(openDataFolder(path), says(/Cannot use data folder/));
  await rejects(openDataFolder(join(path, "below")), says(/Cannot use data folder/));
});

Deno.test("a second owner in the same process is refused until the first is done", async () => {
  await using temp = await tempFolder();
  {
    using _ = await openDataFolder(temp.path);
    await rejects(openDataFolder(temp.path), says(/another server is using it.*--data DIR/));
    await rejects(openDataFolder(temp.path), says(/another server is using it.*--data DIR/));
  }
  using again = await openDataFolder(temp.path);
  strictEqual(again.path, temp.path);
});

Deno.test("a folder held by another process is refused, and free once that is killed", async () => {
  await using temp = await tempFolder();
  await using holder = await hold(temp.path);
  await rejects(openDataFolder(temp.path), says(/another server is using it/));
  await holder.kill();
  using folder = await openDataFolder(temp.path);
  strictEqual(folder.path, temp.path);
});

/** Another process that has the folder. */
async function hold(path: string): Promise<AsyncDisposable & { kill(): Promise<void> }> {
  const program = `
    import { openDataFolder } from ${
    JSON.stringify(import.meta.resolve("../../server/data_folder.ts"))
  };
    using folder = await openDataFolder(${JSON.stringify(path)});
    await Deno.stdout.write(new TextEncoder().encode("held"));
    await Deno.stdin.read(new Uint8Array(1));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const stop = async () => {
    if (!child.stdin.locked) await child.stdin.abort().catch(() => {});
    await child.stdout.cancel();
    await child.status;
  };
  for await (const said of child.stdout.values({ preventCancel: true })) {
    strictEqual(new TextDecoder().decode(said), "held");
    break;
  }
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.status;
    },
    [Symbol.asyncDispose]: stop,
  };
}

function says(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof StartError)) return false;
    match(error.message, pattern);
    match(error.message, /^Cannot .*$/);
    return true;
  };
}
