// CONTRIBUTING, "Layout": mod.ts loads the chosen side only, and only when it is chosen.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PROGRAM, ROOT } from "./testing/processes.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** The files of ours that are loaded with some others, as paths below the program. */
async function loadedWith(...files: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", PROGRAM],
    cwd: ROOT,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const named = new Map(modules.map((module) => [pathOf(module.specifier), module]));
  const loaded = new Set<string>(files);
  for (const path of loaded) {
    const module = named.get(path);
    ok(module !== undefined, `${path} is not part of the program`);
    for (const { isDynamic, code } of module.dependencies ?? []) {
      const next = code?.specifier;
      if (!isDynamic && next?.startsWith("file:")) loaded.add(pathOf(next));
    }
  }
  return [...loaded].sort();
}

function pathOf(specifier: string): string {
  return specifier.startsWith("file:") ? fileURLToPath(specifier).slice(ROOT.length) : specifier;
}

Deno.test("--help and the library's import load neither server nor client", async () => {
  deepStrictEqual(await loadedWith("mod.ts"), [
    "client/chat_error.ts",
    "deno.json",
    "mod.ts",
    "server/start_error.ts",
  ]);
});

Deno.test("the options of client and send are read without the client", async () => {
  const loaded = await loadedWith("client/options.ts", "client/send_command.ts");
  const rooms = loaded.filter((path) => /^(server|transport|client\/end_to_end)\//.test(path));
  deepStrictEqual(rooms, []);
  strictEqual(loaded.includes("client/run.ts"), false);
});

Deno.test("no client is loaded with the server, and no server with client or library", async () => {
  const server = await loadedWith("server/main.ts");
  deepStrictEqual(server.filter((path) => path.startsWith("client/")), []);
  const client = await loadedWith("client/main.ts", "client/library.ts");
  deepStrictEqual(client.filter((path) => path.startsWith("server/")), []);
});

Deno.test("the library loads no terminal", async () => {
  const loaded = await loadedWith("client/library.ts");
  strictEqual(loaded.includes("client/terminal/terminal_face.ts"), false);
});
