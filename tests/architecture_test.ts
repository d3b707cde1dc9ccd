/**
 * The rooms of the house and who may import whom (docs/ARCHITECTURE.md).
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert/strict";
import { relative } from "node:path";

const root = new URL("../", import.meta.url).pathname;

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "cipher": ["cipher"],
  "protocol": ["protocol"],
  "transport": ["transport", "protocol", "cipher"],
  "server": ["server", "transport", "protocol", "cipher"],
  "client": ["client", "transport", "protocol", "cipher"],
};

/** Only the composition roots name the real clock, sockets and store. */
const ONLY_IN_MAIN = [
  {
    what: /\bopenKvStore\(/,
    where: ["server/main.ts", "server/operator_main.ts", "server/kv_store.ts"],
  },
  { what: /\bDeno\.listen\(/, where: ["server/startup.ts", "server/admin_socket.ts"] },
];

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)]
    .map(([, path]) => relative(root, new URL(path ?? "", `file://${root}${file}`).pathname));
}

Deno.test("every room imports only the rooms below it", async () => {
  const stray: string[] = [];
  let seen = 0;
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    for await (const file of sources(room)) {
      for (const imported of importsOf(file, await Deno.readTextFile(root + file))) {
        seen++;
        if (!allowed.includes(imported.split("/")[0] ?? "")) stray.push(`${file} -> ${imported}`);
      }
    }
  }
  ok(seen > 100, `only ${seen} imports were found`);
  deepStrictEqual(stray, []);
});

Deno.test("only the composition roots name the real store and sockets", async () => {
  const stray: string[] = [];
  for (const room of Object.keys(MAY_IMPORT)) {
    for await (const file of sources(room)) {
      const text = await Deno.readTextFile(root + file);
      for (const { what, where } of ONLY_IN_MAIN) {
        if (what.test(text) && !where.includes(file)) stray.push(`${file}: ${what.source}`);
      }
    }
  }
  deepStrictEqual(stray, []);
});

Deno.test("the protocol is pure: no Deno, no timers, no randomness", async () => {
  const stray: string[] = [];
  for await (const file of sources("protocol")) {
    const code = (await Deno.readTextFile(root + file)).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    if (/\bDeno\.|\bsetTimeout\b|\bDate\.now\b|\bMath\.random\b|\bcrypto\./.test(code)) {
      stray.push(file);
    }
  }
  deepStrictEqual(stray, []);
});
