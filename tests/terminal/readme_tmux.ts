import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";
import { PICTURE_SCENES, pictureOf, shellOf } from "./picture_scenes.ts";

/** What is to be read on a picture, with place and time made neutral. */
function wordsOf(svg: string): string[] {
  const words = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words = ""]) =>
    words.replaceAll(/\bport \d+/g, "port PORT")
      .replaceAll(/\b\d\d:\d\d\b/g, "TIME")
      .replaceAll(/\b\d+ s\b/g, "SECONDS")
  );
  // How often a connection is tried meanwhile depends on the machine.
  const lost = words.findIndex((text) => text.startsWith("Connection lost"));
  const waiting = words.findIndex((text) => text.startsWith("(waiting)"));
  return lost === -1 ? words : words.toSpliced(lost, waiting - lost);
}

Deno.test("the sessions look as the pictures in the README show them", async (t) => {
  await using scene = await Scene.open();
  await using terminal = await shellOf(scene);
  for (const one of PICTURE_SCENES) {
    await t.step(one.name, async () => {
      const shown = await Deno.readTextFile(join(ROOT, "docs", "pictures", `${one.name}.svg`));
      deepStrictEqual(wordsOf(await pictureOf(one, scene, terminal)), wordsOf(shown));
    });
  }
});

Deno.test("the README shows each picture, with words for those who cannot see it", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const shown = [...readme.matchAll(/!\[([^\]]+)\]\(docs\/pictures\/([\w-]+)\.svg\)/g)]
    .map(([, words, name]) => [name, words?.replaceAll(/\s+/g, " ")]);
  deepStrictEqual(shown, PICTURE_SCENES.map(({ name, title }) => [name, title]));
});
