/**
 * `deno task soak [MINUTES]`: what the memory of a real server does under mixed abuse.
 *
 * Warms up for so many minutes, goes on for as many, and compares the resident memory at both ends
 * (median of the last minute). Traffic stays on 127.0.0.1. Linux only: it reads `/proc`.
 *
 * @module
 */

import { startServer } from "../testing/processes.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { testAccount } from "../testing/test_account.ts";
import { SCENES, type Stage } from "./abuse.ts";

/** Milliseconds between two looks at the memory. */
const LOOK_MS = 1_000;

/** KB that the memory may rise by from one end to the other. */
const ALLOWED_KB = 1_024;

const minutes = Number(Deno.args[0] ?? 10);
if (!(minutes > 0)) throw new RangeError("Cannot soak: give a number of minutes above 0");

const folder = await Deno.makeTempDir({ prefix: "fernchat-soak-" });
await using server = await startServer({ folder });
const stage: Stage = {
  port: server.port,
  accounts: [
    await testAccount("alice"),
    await testAccount("bob"),
    await testAccount("carol"),
    await testAccount("dave"),
    await testAccount("eve"),
  ],
};
for (const account of stage.accounts) {
  using peer = await RawPeer.registered(stage, account);
  await peer.leave();
}

const samples: number[] = [];
const played = new Map<string, number>();
const start = performance.now();
let nextLook = start;
let round = 0;
while (performance.now() - start < 2 * minutes * 60_000) {
  for (const [name, scene] of Object.entries(SCENES)) {
    await scene(stage, round);
    played.set(name, (played.get(name) ?? 0) + 1);
    if (performance.now() < nextLook) continue;
    samples.push(residentKb(server.pid));
    nextLook += LOOK_MS;
  }
  round++;
}
const half = samples.slice(0, samples.length / 2);
const perMinute = 60_000 / LOOK_MS;
const [before, after] = [half, samples].map((all) => median(all.slice(-perMinute)));
const rise = (after ?? 0) - (before ?? 0);
for (const [name, times] of played) print(`${String(times).padStart(6)} × ${name}`);
print(`resident memory after ${minutes} min: ${before} KB, after ${2 * minutes} min: ${after} KB`);
print(`rise: ${rise} KB (allowed: ${ALLOWED_KB} KB)`);
await server.stop();
await Deno.remove(folder, { recursive: true });
if (rise > ALLOWED_KB) Deno.exit(1);

function residentKb(pid: number): number {
  const kb = /^VmRSS:\s*(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  if (kb === undefined) throw new Error(`Cannot read memory of process ${pid}`);
  return Number(kb);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
