/**
 * What a message costs between its decision and its acknowledgement, on a real database file.
 *
 * `deno bench -A bench/journal_bench.ts`. The names say how many messages an iteration stores.
 *
 * @module
 */

import { join } from "node:path";
import { Hub } from "../server/hub.ts";
import { openKvStore } from "../server/kv_store.ts";
import { DEFAULT_POLICY } from "../server/policy.ts";
import { openService } from "../server/service.ts";
import type { Order } from "../server/decision.ts";

/** Messages at once: alone, as in a lively group, and as many as one commit takes. */
const COUNTS = [1, 8, 32, 100] as const;

const folder = await Deno.makeTempDir();
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

const rules = new Hub({ ...service, policy: DEFAULT_POLICY });

let ids = 0;

function order(): Order {
  return { t: "send", id: `m${ids++}`, to: "lobby", body: "x".repeat(100) };
}

function store(): Promise<void> {
  return new Promise((resolve, reject) => {
    service.journal.submit({
      request: { user: "bob", order: order() },
      done: (outcome) => "stored" in outcome ? resolve() : reject(new Error("refused")),
    });
  });
}

const hub = { group: "decide" };
const names = new Map([["bob", 1]]);
Deno.bench("a look-up in a map", { ...hub, baseline: true }, () => void names.get("bob"));
Deno.bench("decide about a message to the lobby", hub, () => {
  const decision = decide();
  if ("refused" in decision) throw new Error("refused");
});

for (const count of COUNTS) {
  const group = `store ${count}`;
  Deno.bench("one commit of as many small values", { group, baseline: true }, async () => {
    const atomic = bare.atomic();
    for (let n = 0; n < count; n++) atomic.set(["bare", n], new Uint8Array(250));
    await atomic.commit();
  });
  Deno.bench(`${count} messages, until the last is acknowledged`, { group }, async () => {
    await Promise.all(Array.from({ length: count }, store));
  });
}

function decide() {
  return rules.decide({ user: "bob", order: order() }, { now: 0, nextId: () => 1 });
}
