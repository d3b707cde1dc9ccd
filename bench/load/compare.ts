/**
 * `deno task compare`: the same loads on Fernchat and on ngIRCd over TLS, one after the other in one run.
 *
 * Absolute figures do not hold from run to run, so what counts are the medians of the ratios. Both
 * servers get one core and the generator the other; `generatorCpuShare` of each line shows whether the
 * generator had time to spare. Where ngIRCd was not the bottleneck, its `serverCpuSPerMillion` tells what
 * it could do.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { DURATION } from "./fan_out.ts";
import { FernTarget } from "./fern_target.ts";
import { NgircdTarget } from "./irc_target.ts";
import { median, type Result, resultOf, round } from "./result.ts";
import { COMPARABLE, type Comparable } from "./scenarios.ts";
import type { Target } from "./target.ts";

const SERVER_CORE = 0;

/** Alternating runs unless told. */
const RUNS = 5;

/** Commits of the storage that one message waits for, and their price here: one write and `fdatasync`. */
const SYNCS = 200;

const SERVERS: Readonly<Record<"fernchat" | "ngircd", () => Promise<Target>>> = {
  fernchat: () => FernTarget.start({ core: SERVER_CORE }),
  ngircd: () => NgircdTarget.start(SERVER_CORE),
};

await new Command("compare")
  .description("Compares with ngIRCd over TLS.")
  .argument("[load...]", `some of ${Object.keys(COMPARABLE).join(", ")}; all unless told`)
  .option("--runs <number>", "alternating runs", Number, RUNS)
  .action(async (names, { runs }) => {
    const chosen = names.length === 0 ? Object.keys(COMPARABLE) : names;
    for (const load of chosen) {
      if (!isComparable(load)) throw new Error(`No load ${load}. See --help.`);
      await compare(load, runs);
    }
  })
  .parseAsync([Deno.execPath(), "compare", ...Deno.args]);

async function compare(load: Comparable, runs: number): Promise<void> {
  const results: { readonly fernchat: Result; readonly ngircd: Result }[] = [];
  const syncs: number[] = [];
  for (let run = 0; run < runs; run++) {
    syncs.push(await fdatasyncMs());
    const pair = {
      fernchat: await measure(load, "fernchat"),
      ngircd: await measure(load, "ngircd"),
    };
    results.push(pair);
  }
  const ratio = (field: string) =>
    round(median(results.map(({ fernchat, ngircd }) => num(fernchat, field) / num(ngircd, field))));
  print({
    load,
    runs,
    medianRatios: "fernchat / ngircd",
    messagesPerSecond: ratio("messagesPerSecond"),
    p50Ms: ratio("p50Ms"),
    p99Ms: ratio("p99Ms"),
    serverCpuSPerMillion: ratio("serverCpuSPerMillion"),
    fdatasyncMs: round(median(syncs)),
  });
}

async function measure(load: Comparable, server: keyof typeof SERVERS): Promise<Result> {
  await using target = await SERVERS[server]();
  const result = resultOf(await COMPARABLE[load](target, DURATION));
  print({ load, server, ...result });
  return result;
}

/** What a durable write of one message costs on this disk, at the median. */
async function fdatasyncMs(): Promise<number> {
  const path = await Deno.makeTempFile();
  try {
    using file = await Deno.open(path, { write: true });
    const times: number[] = [];
    const octets = new Uint8Array(512);
    for (let n = 0; n < SYNCS; n++) {
      const begun = performance.now();
      file.writeSync(octets);
      file.syncDataSync();
      times.push(performance.now() - begun);
    }
    return median(times);
  } finally {
    await Deno.remove(path);
  }
}

function num(result: Result, field: string): number {
  return Number(result[field]);
}

function isComparable(name: string): name is Comparable {
  return Object.hasOwn(COMPARABLE, name);
}

function print(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}
