/**
 * All fuzzers, their corpus, and how one is run.
 *
 * The corpus is one file of octets for each input, in a folder for each target.
 *
 * @module
 */

import fc from "fast-check";
import { inputsFor, type Target } from "./target.ts";
import { chains } from "./targets/chains.ts";
import { commands, typed } from "./targets/commands.ts";
import { frames } from "./targets/frames.ts";
import { hellos } from "./targets/hellos.ts";
import { knownHosts } from "./targets/known_hosts.ts";
import { lines } from "./targets/lines.ts";
import { records } from "./targets/records.ts";
import { tokens } from "./targets/tokens.ts";

/** All of them. */
export const TARGETS: readonly Target[] = [
  lines,
  tokens,
  hellos,
  frames,
  typed,
  commands,
  knownHosts,
  records,
  chains,
];

/** How a target is run. */
export interface FuzzOptions {
  /** How many inputs. */
  readonly runs: number;
  /** Repeats the inputs. */
  readonly seed: number;
}

/**
 * Reads the corpus of a target.
 *
 * @throws {Deno.errors.NotFound} If it has none.
 */
export async function corpusOf(target: Target): Promise<Map<string, Uint8Array>> {
  const folder = new URL(`corpus/${target.name}/`, import.meta.url);
  const corpus = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(folder)) {
    corpus.set(name, await Deno.readFile(new URL(name, folder)));
  }
  return new Map([...corpus].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Tries the whole corpus, and then inputs that are made of it.
 *
 * @param target Which.
 * @param options How many inputs, and which.
 * @throws {Error} If the invariant does not hold: the smallest input found, seed and path to repeat it.
 */
export async function fuzz(target: Target, { runs, seed }: FuzzOptions): Promise<void> {
  const corpus = await corpusOf(target);
  await using trial = await target.start();
  for (const [name, octets] of corpus) {
    try {
      await trial.check(octets);
    } catch (cause) {
      throw new Error(`Cannot hold for ${target.name}/${name}: ${target.invariant}`, { cause });
    }
  }
  const inputs = inputsFor(target, [...corpus.values()]);
  const property = fc.asyncProperty(inputs, async (octets) => await trial.check(octets));
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: false });
}
