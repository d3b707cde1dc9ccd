/**
 * `deno task load SCENARIO`: a whole server in a process of its own under load; one line of JSON.
 *
 * The server has core 0 and the generator core 1 (`taskset`, so Linux).
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { SCENARIOS } from "./scenarios.ts";

/** The core of the server; the task pins the generator to the other one. */
const SERVER_CORE = 0;

const list = Object.entries(SCENARIOS).map(([name, { about }]) => `  ${name.padEnd(12)}${about}`);

await new Command("load")
  .description("Measures a server under load.")
  .argument("<scenario...>", "what to measure; see below")
  .option("--runs <number>", "how often", Number, 1)
  .option("--program <path>", "the mod.ts of another tree, to compare with")
  .option("--cpu-prof <folder>", "where the server leaves a profile of its processor time")
  .option("--keep <folder>", "where `history` and `catch-up` keep what they have stored")
  .addHelpText("after", `\nScenarios:\n${list.join("\n")}`)
  .action(async (names, { runs, program, cpuProf, keep }) => {
    const chosen = names.map((name) => {
      const scenario = SCENARIOS[name];
      if (scenario === undefined) throw new Error(`No scenario ${name}. See --help.`);
      return { name, scenario };
    });
    for (let run = 0; run < runs; run++) {
      for (const { name, scenario } of chosen) {
        const result = await scenario.run({
          core: SERVER_CORE,
          ...(program === undefined ? {} : { program }),
          ...(cpuProf === undefined ? {} : { profile: cpuProf }),
          ...(keep === undefined ? {} : { kept: keep }),
        });
        print({ scenario: name, ...result });
      }
    }
  })
  .parseAsync([Deno.execPath(), "load", ...Deno.args]);

function print(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}
