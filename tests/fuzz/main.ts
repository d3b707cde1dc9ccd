/**
 * `deno task fuzz [--minutes N] [--seed S]`: all fuzzers in turn, for as long as one likes.
 *
 * Exit code 0 if every invariant held; 1 with the smallest input that was found, and with the seed
 * that finds it again; 2 for wrong arguments. What was found belongs into `corpus/`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { fuzz, TARGETS } from "./fuzz.ts";

const USAGE = "Usage: deno task fuzz [--minutes N] [--seed S], N above 0, S from 1 to 2147483647\n";

/** Inputs of one target before it is the turn of the next one. */
const RUNS = 500;

async function main(): Promise<number> {
  const options = readOptions(Deno.args);
  if (options === null) {
    await write(Deno.stderr, USAGE);
    return 2;
  }
  await write(Deno.stdout, `seed ${options.seed}, ${options.minutes} minutes\n`);
  const end = performance.now() + options.minutes * 60_000;
  let { seed } = options;
  let rounds = 0;
  do {
    for (const target of TARGETS) {
      try {
        await fuzz(target, { runs: RUNS, seed });
      } catch (error) {
        await write(Deno.stdout, `${target.name}, seed ${seed}: ${explain(error)}\n`);
        return 1;
      }
    }
    rounds++;
    seed = seed % 0x7fff_ffff + 1;
  } while (performance.now() < end);
  const inputs = (rounds * RUNS * TARGETS.length).toLocaleString("en");
  await write(Deno.stdout, `${rounds} rounds, ${inputs} inputs, all invariants held\n`);
  return 0;
}

function readOptions(args: string[]): { readonly minutes: number; readonly seed: number } | null {
  try {
    const { values } = parseArgs({
      args,
      options: { minutes: { type: "string" }, seed: { type: "string" } },
    });
    const minutes = Number(values.minutes ?? 10);
    const seed = Number(values.seed ?? 1 + Math.floor(Math.random() * 0x7fff_fffe));
    const fits = minutes > 0 && Number.isFinite(minutes) && Number.isInteger(seed) && seed >= 1 &&
      seed < 2 ** 31;
    return fits ? { minutes, seed } : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${explain(error.cause)}`;
}

async function write(stream: { write(octets: Uint8Array): Promise<number> }, text: string) {
  const octets = new TextEncoder().encode(text);
  for (let done = 0; done < octets.length;) done += await stream.write(octets.subarray(done));
}

if (import.meta.main) Deno.exit(await main());
