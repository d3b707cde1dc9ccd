/**
 * The contract of the storage port as tests, for any adapter.
 *
 * @module
 */

import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Batch, type Key, type Store, STORE_LIMITS } from "../../server/store.ts";

/** An empty store of the adapter under test, with whatever it stands on. */
export interface StoreUnderTest extends AsyncDisposable {
  /** The store; disposed of with this. */
  readonly store: Store;
}

/**
 * Registers the contract suite.
 *
 * @param adapter Its name, at the beginning of every test name.
 * @param open Opens an empty store.
 */
export function testStoreContract(adapter: string, open: () => Promise<StoreUnderTest>): void {
  const test = (name: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`${adapter}: ${name}`, async () => {
      await using opened = await open();
      await body(opened.store);
    });

  test("what was committed is read back, octet for octet", async (store) => {
    const value = Uint8Array.from({ length: 256 }, (_, i) => i);
    await put(store, ["a", 1], value);
    const entry = await store.get(["a", 1]);
    deepStrictEqual([entry?.key, entry?.value], [["a", 1], value]);
  });

  test("an absent entry is null", async (store) => {
    strictEqual(await store.get(["a"]), null);
    deepStrictEqual(await store.getMany([["a"], ["b"]]), [null, null]);
    deepStrictEqual(await store.list({ prefix: ["a"], limit: 1 }), []);
  });

  test("a value of no octets is an entry", async (store) => {
    await put(store, ["a"], new Uint8Array());
    deepStrictEqual((await store.get(["a"]))?.value, new Uint8Array());
  });

  test("changing an array that was given or got changes nothing in the store", async (store) => {
    const given = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    await put(store, ["a"], given);
    given.fill(7);
    (await store.get(["a"]))?.value.fill(8);
    deepStrictEqual((await store.get(["a"]))?.value, new Uint8Array([1, 2]));
  });

  test("many keys are read in the order asked, absent and repeated ones included", async (store) => {
    const numbers = Array.from({ length: 25 }, (_, i) => i);
    const sets = numbers.map((n) => ({ key: ["n", n], value: new Uint8Array([n]) }));
    await store.commit({ sets });
    const asked = [...numbers.toReversed(), 99, 3];
    const entries = await store.getMany(asked.map((n) => ["n", n]));
    deepStrictEqual(entries.map((e) => e?.value[0]), [...numbers.toReversed(), undefined, 3]);
  });

  test("every commit gives a new version, also after a deletion", async (store) => {
    const versions = new Set<string | undefined>();
    for (let round = 0; round < 3; round += 1) {
      await put(store, ["a"], new Uint8Array([1]));
      versions.add((await store.get(["a"]))?.version);
      await store.commit({ deletes: [["a"]] });
      strictEqual(await store.get(["a"]), null);
    }
    strictEqual(versions.size, 3);
  });

  test("entries of one commit have one version, in every way of reading", async (store) => {
    await store.commit({ sets: [write(["a", 1]), write(["a", 2])] });
    const read = [
      await store.get(["a", 1]),
      ...await store.getMany([["a", 2]]),
      ...await store.list({ prefix: ["a"], limit: 9 }),
      ...await Array.fromAsync(store.scan(["a"])),
    ];
    strictEqual(read.length, 6);
    strictEqual(new Set(read.map((entry) => entry?.version)).size, 1);
  });

  test("a check for absence fails where something stands", async (store) => {
    const create = { checks: [{ key: ["a"], version: null }], sets: [write(["a"])] };
    strictEqual(await store.commit(create), true);
    strictEqual(await store.commit(create), false);
  });

  test("a check for a version fails after another write or a deletion", async (store) => {
    await put(store, ["a"], new Uint8Array([1]));
    const seen = await store.get(["a"]);
    const replace = {
      checks: [{ key: ["a"], version: seen?.version ?? null }],
      sets: [write(["a"])],
    };
    strictEqual(await store.commit(replace), true);
    strictEqual(await store.commit(replace), false);
    await store.commit({ deletes: [["a"]] });
    strictEqual(await store.commit(replace), false);
  });

  test("one failed check keeps the whole batch out", async (store) => {
    await store.commit({ sets: [write(["stays"]), write(["there"])] });
    const done = await store.commit({
      checks: [{ key: ["free"], version: null }, { key: ["there"], version: null }],
      sets: [write(["new"])],
      deletes: [["stays"]],
    });
    strictEqual(done, false);
    strictEqual(await store.get(["new"]), null);
    notStrictEqual(await store.get(["stays"]), null);
  });

  test("of commits racing to create one entry exactly one wins", async (store) => {
    const create = (n: number) =>
      store.commit({
        checks: [{ key: ["name"], version: null }],
        sets: [{ key: ["name"], value: new Uint8Array([n]) }],
      });
    const outcomes = await Promise.all([0, 1, 2, 3, 4, 5].map(create));
    strictEqual(outcomes.filter((won) => won).length, 1);
    deepStrictEqual((await store.get(["name"]))?.value, new Uint8Array([outcomes.indexOf(true)]));
  });

  test("a batch of nothing is done; one of checks only says whether they hold", async (store) => {
    strictEqual(await store.commit({}), true);
    strictEqual(await store.commit({ checks: [{ key: ["a"], version: null }] }), true);
    await put(store, ["a"], new Uint8Array());
    strictEqual(await store.commit({ checks: [{ key: ["a"], version: null }] }), false);
  });

  test("an entry stays at least until it may expire", async (store) => {
    await store.commit({ sets: [{ ...write(["a"]), expireIn: 3_600_000 }] });
    notStrictEqual(await store.get(["a"]), null);
  });

  test("any keys list in sorted order, each reading the same range", async (store) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(scenes, async ({ keys, from, to, limit }) => {
        run += 1;
        const prefix = ["run", run];
        await store.commit({ sets: keys.map((key) => write([...prefix, ...key])) });
        const sorted = keys.toSorted(compareKeys).map((key) => [...prefix, ...key]);
        const all = await Array.fromAsync(store.scan(prefix), (entry) => entry.key);
        deepStrictEqual(all, sorted);
        const inside = sorted.filter((key) =>
          (from === undefined || compareKeys([from], key.slice(2)) <= 0) &&
          (to === undefined || compareKeys(key.slice(2), [to]) < 0)
        );
        const range = {
          prefix,
          limit,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        };
        const up = await store.list(range);
        const down = await store.list({ ...range, reverse: true });
        deepStrictEqual(up.map((entry) => entry.key), inside.slice(0, limit));
        deepStrictEqual(down.map((entry) => entry.key), inside.toReversed().slice(0, limit));
      }),
      { numRuns: 60 },
    );
  });

  test("a prefix holds what is below it: not itself, not its neighbours", async (store) => {
    const keys = [["a"], ["a", 1], ["a", "b", "c"], ["a\0", 1], ["aa", 1], ["b", 1]];
    await store.commit({ sets: keys.map(write) });
    const below = await store.list({ prefix: ["a"], limit: 9 });
    deepStrictEqual(below.map((entry) => entry.key), [["a", "b", "c"], ["a", 1]]);
    strictEqual((await store.list({ prefix: [], limit: 9 })).length, keys.length);
    deepStrictEqual(await store.list({ prefix: ["a"], from: 5, to: 2, limit: 9 }), []);
  });

  test("a scan passes page borders and lives with deletions on its way", async (store) => {
    const numbers = Array.from({ length: 450 }, (_, i) => i);
    await store.commit({ sets: numbers.map((n) => write(["n", n])) });
    const seen: unknown[] = [];
    for await (const { key } of store.scan(["n"])) {
      seen.push(key[1]);
      await store.commit({ deletes: [key] });
    }
    deepStrictEqual(seen, numbers);
    deepStrictEqual(await store.list({ prefix: ["n"], limit: 1 }), []);
  });

  test("a scan may be left before its end", async (store) => {
    await store.commit({ sets: [write(["n", 1]), write(["n", 2])] });
    for await (const { key } of store.scan(["n"])) {
      deepStrictEqual(key, ["n", 1]);
      break;
    }
  });

  for (const [name, batch] of Object.entries(atTheLimit())) {
    test(`${name} is taken at the limit`, async (store) => {
      strictEqual(await store.commit(batch(0)), true);
    });
    test(`${name} beyond the limit is refused, and nothing changes`, async (store) => {
      const { checks = [], sets = [], deletes = [] } = batch(1);
      await rejects(
        store.commit({ checks, deletes, sets: [...sets, write(["witness"])] }),
        RangeError,
      );
      await rejects(store.commit(batch(1)), RangeError);
      deepStrictEqual(await store.list({ prefix: [], limit: 1 }), []);
    });
  }

  for (const [what, key] of badKeys) {
    test(`a key with ${what} is refused everywhere`, async (store) => {
      await rejects(store.get(key), RangeError);
      await rejects(store.getMany([["a"], key]), RangeError);
      await rejects(store.commit({ sets: [write(key)] }), RangeError);
      await rejects(store.commit({ deletes: [key] }), RangeError);
      await rejects(store.commit({ checks: [{ key, version: null }] }), RangeError);
      if (key.length === 0) return;
      await rejects(store.list({ prefix: key, limit: 1 }), RangeError);
      await rejects(Array.fromAsync(store.scan(key)), RangeError);
    });
  }

  test("a key changed twice in one batch is refused", async (store) => {
    await rejects(store.commit({ sets: [write(["a"]), write(["a"])] }), RangeError);
    await rejects(store.commit({ sets: [write(["a"])], deletes: [["a"]] }), RangeError);
  });

  test("a limit or an expiry that is no count is refused", async (store) => {
    for (const bad of [0, -1, 1.5, NaN, Infinity]) {
      await rejects(store.list({ prefix: [], limit: bad }), RangeError);
      await rejects(store.commit({ sets: [{ ...write(["a"]), expireIn: bad }] }), RangeError);
    }
    await rejects(store.list({ prefix: [], limit: STORE_LIMITS.listEntries + 1 }), RangeError);
    strictEqual(await store.get(["a"]), null);
  });

  test("after disposal every call rejects, and disposing again is harmless", async (store) => {
    await put(store, ["a"], new Uint8Array());
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    const closed = /closed/;
    await rejects(store.get(["a"]), closed);
    await rejects(store.getMany([]), closed);
    await rejects(store.list({ prefix: [], limit: 1 }), closed);
    await rejects(Array.fromAsync(store.scan([])), closed);
    await rejects(store.commit({}), closed);
  });
}

/** For each limit a batch that is `over` beyond it; only that limit is touched. */
function atTheLimit(): Record<string, (over: number) => Batch> {
  const { valueOctets, keyOctets, mutations, checks, batchOctets, batchKeyOctets, expireIn } =
    STORE_LIMITS;
  const many = <T>(count: number, make: (n: number) => T) =>
    Array.from({ length: count }, (_, n) => make(n));
  /** A key of so many octets. */
  const key = (octets: number, n: number): Key => ["k".repeat(octets - 11), n];
  return {
    "the size of a value": (over) => ({
      sets: [{ key: ["a"], value: new Uint8Array(valueOctets + over) }],
    }),
    "the size of a key": (over) => ({ sets: [write(key(keyOctets + over, 1))] }),
    "the size of a key outside ASCII": (over) => ({
      sets: [write(["é".repeat((keyOctets - 2) / 2) + "x".repeat(over)])],
    }),
    "the number of mutations": (over) => ({
      sets: many(mutations / 2 + over, (n) => write(["s", n])),
      deletes: many(mutations / 2, (n) => ["d", n]),
    }),
    "the number of checks": (over) => ({
      checks: many(checks + over, (n) => ({ key: ["c", n], version: null })),
      sets: [write(["a"])],
    }),
    "the size of a batch": (over) => ({
      checks: [{ key: key(1_000, 1), version: null }],
      deletes: [key(1_000, 2)],
      sets: many(16, (n) => ({
        key: key(25, n),
        value: new Uint8Array((batchOctets - 2_000) / 16 - 50 + (n === 0 ? over : 0)),
      })),
    }),
    "the size of the keys set": (over) => ({
      sets: many(80, (n) => write(key(batchKeyOctets / 80 + (n === 0 ? over : 0), n))),
    }),
    "the time to expiry": (over) => ({ sets: [{ ...write(["a"]), expireIn: expireIn + over }] }),
  };
}

const badKeys: readonly (readonly [string, Key])[] = [
  ["no part", []],
  ["a lone surrogate", ["a", "\ud800"]],
  ["a negative number", ["a", -1]],
  ["minus zero", ["a", -0]],
  ["a fraction", ["a", 0.5]],
  ["a number that is not safe", ["a", 2 ** 53]],
  ["NaN", ["a", NaN]],
  ["too many octets", ["a", "é".repeat(1_024)]],
];

const part = fc.oneof(
  fc.constantFrom("", "\0", "a", "a\0", "aa", "\uffff", "\u{1f33f}", 0, 1, 255, 256, 2 ** 53 - 1),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.maxSafeNat(),
);

const scenes = fc.record({
  keys: fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 3 }), {
    maxLength: 20,
    selector: (key) => JSON.stringify(key),
  }),
  from: fc.option(part, { nil: undefined }),
  to: fc.option(part, { nil: undefined }),
  limit: fc.integer({ min: 1, max: 12 }),
});

/** The order of `store.ts`, written again and slowly. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const order = compareParts(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareParts(a: string | number, b: string | number): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : 1;
  if (typeof b === "number") return -1;
  // Code points have the order of their UTF-8 octets.
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function write(key: Key): { readonly key: Key; readonly value: Uint8Array } {
  return { key, value: new Uint8Array([1]) };
}

async function put(store: Store, key: Key, value: Uint8Array): Promise<void> {
  ok(await store.commit({ sets: [{ key, value }] }));
}
