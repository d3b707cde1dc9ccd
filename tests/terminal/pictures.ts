/**
 * Makes the pictures of the README anew: `deno task pictures`. Needs tmux.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";
import { PICTURE_SCENES, pictureOf, shellOf } from "./picture_scenes.ts";

await using scene = await Scene.open();
await using terminal = await shellOf(scene);
for (const one of PICTURE_SCENES) {
  const file = join(ROOT, "docs", "pictures", `${one.name}.svg`);
  await Deno.writeTextFile(file, await pictureOf(one, scene, terminal));
}
