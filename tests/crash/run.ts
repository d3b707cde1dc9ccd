/**
 * A crash run from its seed to its verdict.
 *
 * @module
 */

import { join } from "node:path";
import { Random } from "./random.ts";
import { planRound, playRound, type Toll } from "./round.ts";
import { Stage } from "./stage.ts";
import { identify, readHistory } from "./stored.ts";
import { judge, type RunRecord, type Stored, type Verdict } from "./verdict.ts";
import { lineFor, SENDERS } from "./words.ts";

/** What is to be run. */
export interface CrashOptions {
  /** Rounds, 1 or more. */
  readonly rounds: number;
  /** Any integer. */
  readonly seed: number;
  /** An empty folder for the database, and for the evidence if anything is wrong. */
  readonly folder: string;
  /** Told of what is done: one line. */
  readonly progress: (line: string) => void;
}

/** What came of it. */
export interface CrashReport extends Toll {
  /** Rounds that were played. */
  readonly rounds: number;
  /** Connections that the network broke. */
  readonly cuts: number;
  /** Connections that it slowed down. */
  readonly delays: number;
  /** The count. */
  readonly verdict: Verdict;
  /** Whether nothing was lost, doubled, reordered or wrong. */
  readonly isClean: boolean;
}

/**
 * Plays all rounds, lets everything settle, and judges.
 *
 * What went on in a run that is not clean stands in the folder `evidence` in the folder of the run.
 *
 * @param options Rounds, seed, folder.
 */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  await using stage = await Stage.open(options.folder);
  const toll: Toll = { serverKills: 0, clientKills: 0 };
  const broken: string[] = [];
  const rounds = await playAll(stage, { ...options, toll }).catch((error: unknown) => {
    broken.push(String(error));
    return options.rounds;
  });
  const verdict = await conclude(stage, broken);
  const { lost, doubled, reordered, wrong } = verdict;
  const found = { lost, doubled, reordered, wrong };
  const isClean = Object.values(found).every((sentences) => sentences.length === 0);
  if (!isClean) await writeEvidence(stage, { seed: options.seed, found });
  const sum = (count: "cuts" | "delays") =>
    stage.actors.reduce((total, { proxy }) => total + proxy[count], 0);
  return { ...toll, rounds, cuts: sum("cuts"), delays: sum("delays"), verdict, isClean };
}

async function playAll(
  stage: Stage,
  { rounds, seed, progress, toll }: CrashOptions & { readonly toll: Toll },
): Promise<number> {
  const random = new Random(seed);
  for (let n = 1; n <= rounds; n++) {
    const [plan, words] = [planRound(random.fork()), random.fork()];
    progress(
      `round ${n}: ${plan.killsServer ? "kill server, " : ""}kill ${plan.killed.length} clients, ` +
        `break the network of ${Object.keys(plan.faults).length}`,
    );
    await playRound(stage, plan, { random: words, toll });
  }
  return rounds;
}

/** The last words, which everybody sees behind everything else; then all is counted. */
async function conclude(stage: Stage, broken: string[]): Promise<Verdict> {
  const attempt = async (work: () => Promise<void>) => {
    await work().catch((error: unknown) => void broken.push(String(error)));
  };
  await attempt(async () => {
    for (const { proxy } of stage.actors) proxy.heal();
    const last = await Promise.all(SENDERS.map((user) => stage.actor(user).closes()));
    await Promise.all(stage.actors.map(async ({ user, run }) => {
      const lines = last.map((said) => lineFor(user, said));
      await run.until(() => lines.every((line) => run.hasShown(line)), "the last words");
    }));
    await Promise.all(stage.actors.map((actor) => actor.settled()));
  });
  await Promise.all(stage.actors.map(({ run }) => attempt(() => run.quit())));
  const histories = new Map<string, Stored[]>();
  for (const actor of stage.actors) {
    await attempt(async () => {
      await using reader = await actor.reader();
      const { entries, notices } = await reader.history();
      const { stored, wrong } = readHistory(entries);
      histories.set(actor.user, stored);
      const where = `in the history of ${actor.user}`;
      broken.push(...[...wrong, ...notices].map((sentence) => `${where}: ${sentence}`));
      const { cursor } = reader.welcome;
      const newest = entries.at(-1)?.id ?? 0;
      // Without confirmation everything would come again for ever.
      if (cursor < newest) broken.push(`${actor.user} has confirmed ${cursor} of ${newest}`);
    });
  }
  let stored: Stored[] = [];
  await attempt(async () => {
    const database = identify(await stage.readDatabase(), [...histories.values()].flat());
    stored = database.stored;
    broken.push(...database.wrong);
  });
  const runs = new Map(stage.actors.map((actor) => [
    actor.user,
    actor.runs.map((run): RunRecord => ({
      shown: run.shown,
      extraordinary: run.extraordinary,
      typed: run.typed,
      fate: run.fate === "killed" ? "killed" : "left",
      confirmed: run.confirmed,
    })),
  ]));
  const verdict = judge({ stored, histories, runs });
  return { ...verdict, wrong: [...verdict.wrong, ...broken] };
}

async function writeEvidence(
  stage: Stage,
  { seed, found }: { readonly seed: number; readonly found: Record<string, readonly string[]> },
): Promise<void> {
  const folder = join(stage.folder, "evidence");
  await Deno.mkdir(folder, { recursive: true });
  const text = Object.entries(found).flatMap(([what, sentences]) =>
    sentences.map((sentence) => `${what}: ${sentence}\n`)
  );
  await Deno.writeTextFile(join(folder, "verdict.txt"), `seed ${seed}\n${text.join("")}`);
  for (const { user, runs } of stage.actors) {
    for (const [n, run] of runs.entries()) {
      await Deno.writeTextFile(join(folder, `${user}-${n + 1}.out`), `${run.lines.join("\n")}\n`);
      await Deno.writeTextFile(join(folder, `${user}-${n + 1}.err`), run.errors);
    }
  }
}
