import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { COMMANDS } from "../../client/commands.ts";
import { SETTING_NAMES, SETTINGS } from "../../client/settings.ts";
import { ROOT } from "../testing/processes.ts";

async function page(path: string): Promise<string> {
  return await Deno.readTextFile(join(ROOT, path));
}

Deno.test("the page on the terminal has every command, as its usage line has it", async () => {
  const text = await page("docs/TERMINAL.md");
  for (const { usage } of COMMANDS) ok(text.includes(`\`${usage}\``), usage);
});

Deno.test("the page on the terminal has every setting, with its values and the one at first", async () => {
  const text = await page("docs/TERMINAL.md");
  for (const name of SETTING_NAMES) {
    const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    const [, , values = "", initial = ""] = row.split("|").map((cell) => cell.trim());
    deepStrictEqual(values.match(/[^` ]+/g), [...SETTINGS[name].values], name);
    strictEqual(initial, `\`${SETTINGS[name].initial}\``);
  }
});

Deno.test("links between the pages lead somewhere", async () => {
  for (const path of ["README.md", "docs/TERMINAL.md", "docs/SCREEN_READER.md"]) {
    const links = [...(await page(path)).matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, link = ""]) => join(ROOT, dirname(path), link));
    ok(links.length > 0, path);
    for (const link of links) ok((await Deno.stat(link)) !== null, link);
  }
});
