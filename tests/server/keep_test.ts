// PRODUCT §1, `--keep DAYS`: what is older goes, everything else stays as it was.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { Keeper, keepOn, type KeepOptions, pauseFor } from "../../server/keep.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { encodeRecord } from "../../server/record.ts";
import { openService, type Service } from "../../server/service.ts";
import type { Store } from "../../server/store.ts";
import { keyOf } from "../../server/tables.ts";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { tempFolder } from "./temp_folder.ts";

const pure = { permissions: "none" } as const;
const DAY_MS = 86_400_000;
const users = ["alice", "bob", "carol"] as const;
const never = new AbortController().signal;

function keeperOf(chat: Chat, options: Partial<KeepOptions> = {}): Promise<Keeper> {
  return Keeper.open(chat.store, {
    days: 30,
    tails: chat.service.tails,
    now: () => chat.now,
    uptime: () => chat.uptime,
    pause: () => Promise.resolve(),
    ...options,
  });
}

/** Time passes, for all clocks. */
function pass(chat: Chat, days: number): void {
  chat.now += days * DAY_MS;
  chat.uptime += days * DAY_MS;
}

Deno.test(
  "what is older than the days goes from every conversation, and nothing else",
  pure,
  async () => {
    await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
    const [alice, bob] = [chat.login("alice"), chat.login("bob")];
    for (const to of ["lobby", "team", "alice"]) await bob.says(to, `old to ${to}`);
    const keeper = await keeperOf(chat);
    pass(chat, 29);
    strictEqual(await keeper.sweep(never), 0);
    for (const to of ["lobby", "team", "alice"]) await bob.says(to, `young to ${to}`);
    pass(chat, 1.5);
    strictEqual(await keeper.sweep(never), 4);
    strictEqual(keeper.removed, 4);
    const young = [
      "[bob]: young to lobby",
      "[Group: team] bob: young to team",
      "[DM from bob]: young to alice",
    ];
    deepStrictEqual(await alice.rereads(), young);
    strictEqual((await alice.reads({ kinds: "all" })).total, 3);
    strictEqual(await keeper.sweep(never), 0);
    await chat.restart();
    const again = chat.login("alice");
    deepStrictEqual(await again.rereads(), young);
    // The group is what it was: its creation is gone from the history only.
    strictEqual(await chat.login("bob").groups("add", "team", ["carol"]), "ok");
    strictEqual((await again.reads({ kinds: "all", of: "team" })).total, 2);
    strictEqual((await keeperOf(chat)).removed, 4);
  },
);

Deno.test("numbers and ids count on where everything has gone", pure, async () => {
  await using chat = await chatWith({ users });
  for (let i = 0; i < 250; i++) await chat.login("bob").says("lobby", `${i}`);
  const last = chat.service.journal.delivered;
  pass(chat, 0);
  const keeper = await keeperOf(chat);
  pass(chat, 40);
  strictEqual(await keeper.sweep(never), 250);
  chat.now -= 40 * DAY_MS;
  await chat.restart();
  const bob = chat.login("bob");
  deepStrictEqual(await bob.rereads(), []);
  const ack = await bob.says("lobby", "again");
  ok(ack.t === "ack" && ack.id > last);
  strictEqual((await bob.reads({ kinds: "all" })).total, 1);
  strictEqual(chat.service.tails.get("lobby")?.seq, 251);
});

Deno.test("a message id is still recognised when its entry has gone", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const first = await bob.says("lobby", "once", { id: "m1" });
  const keeper = await keeperOf(chat, { days: 1 });
  pass(chat, 2);
  strictEqual(await keeper.sweep(never), 1);
  const second = await bob.says("lobby", "once", { id: "m1" });
  deepStrictEqual({ ...second, re: 0 }, { ...first, re: 0 });
  deepStrictEqual(await bob.rereads(), []);
});

Deno.test("a clock that is set forward makes nothing older", pure, async () => {
  await using chat = await chatWith({ users });
  await chat.login("bob").says("lobby", "young");
  const keeper = await keeperOf(chat);
  chat.now += 365 * DAY_MS;
  strictEqual(await keeper.sweep(never), 0);
  chat.now = 0;
  strictEqual(await keeper.sweep(never), 0);
  chat.now = START;
  pass(chat, 31);
  strictEqual(await keeper.sweep(never), 1);
});

Deno.test("without a number of days nothing is ever looked at", pure, async () => {
  await using chat = await chatWith({ users });
  await chat.login("bob").says("lobby", "kept");
  const commits = chat.store.commits.length;
  const keeper = await keeperOf(chat, { days: Infinity });
  pass(chat, 36_500);
  strictEqual(await keeper.sweep(never), 0);
  strictEqual(chat.store.commits.length, commits);
});

Deno.test("a sweep that fails goes on the next time, and counts right", pure, async () => {
  await using chat = await chatWith({ users });
  for (let i = 0; i < 150; i++) await chat.login("bob").says("lobby", `${i}`);
  const keeper = await keeperOf(chat, {
    pause: () => Promise.resolve(chat.store.fail(new Error("full"))),
  });
  pass(chat, 31);
  await rejects(keeper.sweep(never), /full/);
  strictEqual(keeper.removed, 100);
  chat.store.heal();
  strictEqual(await keeper.sweep(never), 50);
  strictEqual((await keeperOf(chat)).removed, 150);
});

Deno.test("a sweep that is told to end does so after the commit under way", pure, async () => {
  await using chat = await chatWith({ users });
  for (let i = 0; i < 250; i++) await chat.login("bob").says("lobby", `${i}`);
  const ending = new AbortController();
  const keeper = await keeperOf(chat, { pause: () => Promise.resolve(ending.abort()) });
  pass(chat, 31);
  strictEqual(await keeper.sweep(ending.signal), 100);
});

Deno.test("it sweeps at once, and ends when it is disposed of", async () => {
  await using chat = await chatWith({ users });
  await chat.login("bob").says("lobby", "old");
  const keeper = await keeperOf(chat);
  pass(chat, 31);
  const swept = Promise.withResolvers<number>();
  await using _keep = keepOn(keeper, {
    everyMs: 3_600_000,
    swept: swept.resolve,
    failed: swept.reject,
  });
  strictEqual(await swept.promise, 1);
});

Deno.test("on a real database, messages do not wait for the deletion of 20,000", async () => {
  await using folder = await tempFolder();
  await using store = await openKvStore(join(folder.path, "chat.kv"));
  const now = { value: START };
  const old = await filled(store, { entries: 20_000, now });
  await old[Symbol.asyncDispose]();
  now.value += 31 * DAY_MS;
  await using service = await serviceOn(store, now);
  const keeper = await Keeper.open(store, {
    days: 30,
    tails: service.tails,
    now: () => now.value,
    uptime: () => 0,
    pause: (signal) => pauseFor(1, signal),
  });
  const sweep = keeper.sweep(never);
  let isOver = false;
  void sweep.finally(() => isOver = true);
  const waits: number[] = [];
  for (let i = 0; !isOver; i++) waits.push(await says(service, `m${i}`));
  strictEqual(await sweep, 20_000);
  waits.sort((a, b) => a - b);
  ok(waits.length > 20, `only ${waits.length} messages meanwhile`);
  // Typically 2 ms and at most 20; the machine may be busy with something else.
  ok((waits.at(-1) ?? 0) < 1_000, `a message took ${waits.at(-1)} ms`);
  strictEqual(
    await service.history.count(service.conversations.allReadable("bob"), {
      after: 0,
      upto: Infinity,
    }),
    waits.length,
  );
});

async function serviceOn(store: Store, now: { readonly value: number }): Promise<Service> {
  return await openService({
    store,
    policy: DEFAULT_POLICY,
    realm: TEST_REALM,
    now: () => now.value,
    uptime: () => 0,
    isDiskFull: () => false,
    failed: (error) => {
      throw error;
    },
  });
}

/** A service whose lobby has so many entries. */
async function filled(
  store: Store,
  { entries, now }: { readonly entries: number; readonly now: { readonly value: number } },
): Promise<Service> {
  const key = keyOf.account("bob");
  const account = {
    user: "bob",
    kdf: 1,
    salt: "",
    pk: "",
    keys: "",
    vault: "",
    created: 0,
    line: ["fp"],
  };
  await store.commit({ sets: [{ key, value: encodeRecord(key, account) }] });
  const service = await serviceOn(store, now);
  await Promise.all(Array.from({ length: entries }, (_, i) => says(service, `old${i}`)));
  return service;
}

/** Stores a message in the lobby; gives the milliseconds until it was stored. */
async function says(service: Service, id: string): Promise<number> {
  const start = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  service.journal.submit({
    request: { user: "bob", order: { t: "send", id, to: "lobby", body: id } },
    done: (outcome) => "stored" in outcome ? resolve() : reject(new Error(JSON.stringify(outcome))),
  });
  await promise;
  return performance.now() - start;
}
