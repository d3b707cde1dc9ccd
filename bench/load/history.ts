/**
 * Reading what has been written: the last page of a long conversation, and all that one has missed.
 *
 * @module
 */

import { join } from "node:path";
import { openKvStore } from "../../server/kv_store.ts";
import { encodeRecord } from "../../server/record.ts";
import type { Key, Store, Write } from "../../server/store.ts";
import { keyOf } from "../../server/tables.ts";
import { testAccount } from "../../tests/testing/test_account.ts";
import type { FernPeer } from "./fern_peer.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { Histogram } from "./histogram.ts";
import { median, type Result, round } from "./result.ts";

const STORED = 1_000_000;
const LAST = 50;
const ASKED = 300;
const MISSED = 10_000;
const PAGE = 1_000;

/** Times that all is read before it counts. */
const WARM_UP = 5;

/** Times that it counts: the clock of the processor time has steps of 10 ms. */
const PASSES = 11;

/** Entries that one commit of the engine takes easily. */
const PER_COMMIT = 800;

/** Times of the messages, milliseconds since 1970: one a second from here on. */
const SINCE = 1_700_000_000_000;

/** What a run on stored messages can be told. */
export interface HistoryOptions extends FernOptions {
  /** Where what was written is kept for the next run; else it is deleted. */
  readonly kept?: string;
}

/** Asks for the last 50 messages of a million again and again. */
export async function lastPage(options: HistoryOptions): Promise<Result> {
  return await withHistory(options, STORED, async ({ peer }) => {
    const times = new Histogram();
    for (let n = 0; n < ASKED; n++) {
      const begun = performance.now();
      const { entries } = await peer.ask({ t: "history", id: n, of: "lobby", limit: LAST });
      times.add(performance.now() - begun);
      if (!Array.isArray(entries) || entries.length !== LAST) {
        throw new Error("entries are missing");
      }
    }
    return {
      stored: STORED,
      p50Ms: round(times.percentile(0.5)),
      p99Ms: round(times.percentile(0.99)),
    };
  });
}

/** Reads 10,000 messages page by page, as a client does that has been away. */
export async function catchUp(options: HistoryOptions): Promise<Result> {
  return await withHistory(options, MISSED, async ({ peer, target }) => {
    for (let n = 0; n < WARM_UP; n++) await readAll(peer);
    const before = await target.process.usage();
    const times: number[] = [];
    for (let n = 0; n < PASSES; n++) {
      const begun = performance.now();
      await readAll(peer);
      times.push((performance.now() - begun) / 1_000);
    }
    const cpuS = (await target.process.usage()).cpuSeconds - before.cpuSeconds;
    return {
      missed: MISSED,
      passes: PASSES,
      messagesPerSecond: Math.round(MISSED / median(times)),
      serverCpuShare: round(cpuS / times.reduce((sum, time) => sum + time)),
      serverCpuUsPerMessage: round(cpuS / PASSES / MISSED * 1_000_000),
    };
  });
}

async function readAll(peer: FernPeer): Promise<void> {
  let after = 0;
  let read = 0;
  for (let more = true, id = 0; more; id++) {
    const range = { of: "lobby", after, limit: PAGE, from: "oldest" };
    const page = await peer.ask({ t: "history", id: `page ${id}`, ...range });
    const entries = page["entries"] as readonly { readonly id: number }[];
    read += entries.length;
    after = entries.at(-1)?.id ?? after;
    more = page["more"] === true;
  }
  if (read !== MISSED) throw new Error(`${read} of ${MISSED} messages were read`);
}

async function withHistory(
  options: HistoryOptions,
  count: number,
  measure: (place: { readonly peer: FernPeer; readonly target: FernTarget }) => Promise<Result>,
): Promise<Result> {
  const root = options.kept ?? await Deno.makeTempDir();
  const folder = join(root, String(count));
  const written = join(folder, "written");
  try {
    if (await Deno.stat(written).catch(() => null) === null) {
      await Deno.mkdir(folder, { recursive: true });
      // The server makes its key and its database; then the messages are written into it.
      await (await FernTarget.start({ ...options, folder })).stop();
      await fill(join(folder, "data", "chat.kv"), count);
      await Deno.writeTextFile(written, "");
    }
    await using target = await FernTarget.start({ ...options, folder });
    // A new name: the keys of an earlier run are gone.
    const name = `reader-${crypto.randomUUID().slice(0, 8)}`;
    await using peer = await target.enter(await testAccount(name));
    return await measure({ peer, target });
  } finally {
    if (options.kept === undefined) await Deno.remove(root, { recursive: true });
  }
}

async function fill(path: string, count: number): Promise<void> {
  await using store = await openKvStore(path);
  for (let seq = 1; seq <= count; seq += PER_COMMIT) {
    await store.commit({
      sets: Array.from(
        { length: Math.min(PER_COMMIT, count - seq + 1) },
        (_, n) => message(seq + n),
      ),
    });
  }
  const key = keyOf.tail("lobby");
  await put(store, key, { id: idOf(count), seq: count });
}

function message(seq: number): Write {
  const id = idOf(seq);
  const key = keyOf.entry("lobby", id);
  const fields = { kind: "lobby", conversation: "lobby", from: "bob", to: "lobby" };
  const entry = { t: "message", id, at: SINCE + seq * 1_000, ...fields, body: "x".repeat(100) };
  return { key, value: encodeRecord(key, { seq, entry }) };
}

async function put(store: Store, key: Key, value: unknown): Promise<void> {
  await store.commit({ sets: [{ key, value: encodeRecord(key, value) }] });
}

/** As the server numbers entries: by time. */
function idOf(seq: number): number {
  return (SINCE + seq * 1_000) * 1_024;
}
