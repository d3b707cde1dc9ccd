import { ok } from "node:assert/strict";
import { corpusOf, fuzz, TARGETS } from "./fuzz.ts";

/** Inputs of each target in the normal tests; `deno task fuzz` has more. */
const RUNS = 150;

for (const target of TARGETS) {
  Deno.test(`fuzzing ${target.name}: ${target.invariant}`, async () => {
    ok((await corpusOf(target)).size > 0, "no corpus");
    const [seed = 0] = crypto.getRandomValues(new Int32Array(1));
    await fuzz(target, { runs: RUNS, seed });
  });
}
