import { strictEqual } from "node:assert/strict";
import { runCrash } from "./run.ts";

// The long run is `deno task crash --rounds 200`; this one is there so that nobody has to remember it.
Deno.test("processes are killed and connections cut, and every message arrives once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "fernchat-crash-" });
  const report = await runCrash({ rounds: 4, seed: 980, folder, progress: () => {} });
  const { lost, doubled, reordered, wrong } = report.verdict;
  const found = [...lost, ...doubled, ...reordered, ...wrong];
  strictEqual(found.length, 0, `seed 980, evidence in ${folder}:\n${found.slice(0, 5).join("\n")}`);
  strictEqual(report.isClean, true);
  for (const done of [report.serverKills, report.clientKills, report.cuts]) {
    strictEqual(done > 0, true, JSON.stringify(report));
  }
  await Deno.remove(folder, { recursive: true });
});
