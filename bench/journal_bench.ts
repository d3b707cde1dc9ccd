/**
 * What a message costs between being submitted and being acknowledged, on a real database file.
 *
 * `deno bench -A bench/journal_bench.ts`. The names say how many messages an iteration stores:
 * divide by that for the cost of one.
 *
 * @module
 */

import { join } from "node:path";
import type { Order } from "../server/decision.ts";
import { openKvStore } from "../server/kv_store.ts";
import { DEFAULT_POLICY } from "../server/policy.ts";
import { openService } from "../server/service.ts";
import { BODY_OCTETS } from "./lobby_messages.ts";

/** Messages at once: alone, as in a lively group, and as many as one commit takes. */
const COUNTS = [1, 8, 32, 100] as const;

/** Octets of a value in the baselines: about what the record of a message has. */
const VALUE_OCTETS = 250;

const folder = await Deno.makeTempDir({ prefix: "fernchat-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const bare = await Deno.openKv(join(folder, "bare.kv"));
const service = await openService({
  store: await openKvStore(join(folder, "chat.kv")),
  policy: DEFAULT_POLICY,
  realm: new Uint8Array(16),
  now: Date.now,
  uptime: () => performance.now(),
  isDiskFull: () => false,
  failed: (error) => {
    throw error;
  },
});
service.directory.addUser("bob", ["fingerprint"]);

let ids = 0;

function store(): Promise<void> {
  const order: Order = {
    t: "send",
    id: `m${ids++}`,
    to: "lobby",
    body: "x".repeat(BODY_OCTETS),
  };
  return new Promise((resolve, reject) => {
    service.journal.submit({
      request: { user: "bob", order },
      done: (outcome) => "stored" in outcome ? resolve() : reject(new Error("refused")),
    });
  });
}

async function commit(count: number): Promise<void> {
  const atomic = bare.atomic();
  for (let n = 0; n < count; n++) atomic.set(["bare", n], new Uint8Array(VALUE_OCTETS));
  await atomic.commit();
}

for (const count of COUNTS) {
  const group = `store ${count}`;
  // Only what is declared `async` is waited for.
  Deno.bench("one commit of one small value", { group, baseline: true }, async () => {
    await commit(1);
  });
  if (count > 1) {
    Deno.bench(`one commit of ${count} small values`, { group }, async () => {
      await commit(count);
    });
  }
  Deno.bench(`${count} messages, until the last is acknowledged`, { group }, async () => {
    await Promise.all(Array.from({ length: count }, store));
  });
}
