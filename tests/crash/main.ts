/**
 * `deno task crash [--rounds N] [--seed S]`: kills and cuts for as long as one likes, and counts.
 *
 * Exit code 0 if nothing was lost, doubled, reordered or wrong; 1 if anything was, and then the folder
 * that is named holds the database, every process's output and the sentences; 2 for wrong arguments.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CrashReport, runCrash } from "./run.ts";

const USAGE = "Usage: deno task crash [--rounds N] [--seed S], both from 1 to 4294967295\n";

/** Sentences of each kind that are printed; the evidence has all. */
const MOST_SENTENCES = 5;

async function main(): Promise<number> {
  const options = readOptions(Deno.args);
  if (options === null) {
    await write(Deno.stderr, USAGE);
    return 2;
  }
  const folder = await Deno.makeTempDir({ prefix: "fernchat-crash-" });
  await write(Deno.stdout, `seed ${options.seed}, ${options.rounds} rounds, in ${folder}\n`);
  const begun = performance.now();
  const report = await runCrash({
    ...options,
    folder,
    progress: (line) => void write(Deno.stderr, `${line}\n`),
  });
  const seconds = Math.round((performance.now() - begun) / 1_000);
  await write(Deno.stdout, `${summary(report)}${line("seconds", seconds)}`);
  if (report.isClean) {
    await Deno.remove(folder, { recursive: true });
    return 0;
  }
  await write(Deno.stdout, `${sentences(report)}Evidence: ${join(folder, "evidence")}\n`);
  return 1;
}

function readOptions(args: string[]): { readonly rounds: number; readonly seed: number } | null {
  try {
    const { values } = parseArgs({
      args,
      options: { rounds: { type: "string" }, seed: { type: "string" } },
    });
    const rounds = Number(values.rounds ?? 20);
    const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 1);
    const fits = [rounds, seed].every((n) => Number.isInteger(n) && n >= 1 && n < 2 ** 32);
    return fits ? { rounds, seed } : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function summary(report: CrashReport): string {
  const { verdict } = report;
  return line("rounds", report.rounds) +
    line("kills of the server", report.serverKills) +
    line("kills of clients", report.clientKills) +
    line("connections broken", report.cuts) +
    line("connections slowed down", report.delays) +
    line("messages", verdict.messages) +
    line("lost", verdict.lost.length) +
    line("doubled", verdict.doubled.length) +
    line("reordered", verdict.reordered.length) +
    line("repeated after a kill", verdict.repeated) +
    line("wrong otherwise", verdict.wrong.length);
}

function sentences({ verdict: { lost, doubled, reordered, wrong } }: CrashReport): string {
  return Object.entries({ lost, doubled, reordered, wrong })
    .flatMap(([what, all]) => all.slice(0, MOST_SENTENCES).map((one) => `${what}: ${one}\n`))
    .join("");
}

function line(what: string, count: number): string {
  return `${what.padEnd(26)}${String(count).padStart(8)}\n`;
}

async function write(stream: { write(octets: Uint8Array): Promise<number> }, text: string) {
  const octets = new TextEncoder().encode(text);
  for (let done = 0; done < octets.length;) done += await stream.write(octets.subarray(done));
}

if (import.meta.main) Deno.exit(await main());
