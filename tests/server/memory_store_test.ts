import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { MemoryStore } from "../../server/memory_store.ts";
import { testStoreContract } from "./store_contract.ts";

testStoreContract("memory store", () => {
  const store = new MemoryStore(() => 0);
  return Promise.resolve({ store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() });
});

Deno.test("an expired entry is gone from every way of reading, and may be created again", async () => {
  let now = 1_000;
  await using store = new MemoryStore(() => now);
  const mark = { key: ["sent", "bob", "cid"], value: new Uint8Array([1]), expireIn: 500 };
  const create = { checks: [{ key: mark.key, version: null }], sets: [mark] };
  strictEqual(await store.commit(create), true);
  now = 1_499;
  notStrictEqual(await store.get(mark.key), null);
  strictEqual(await store.commit(create), false);
  now = 1_500;
  strictEqual(await store.get(mark.key), null);
  deepStrictEqual(await store.list({ prefix: ["sent"], limit: 9 }), []);
  deepStrictEqual(await Array.fromAsync(store.scan(["sent"])), []);
  strictEqual(await store.commit(create), true);
});

Deno.test("an entry written again without expiry stays", async () => {
  let now = 0;
  await using store = new MemoryStore(() => now);
  const entry = { key: ["a"], value: new Uint8Array([1]) };
  await store.commit({ sets: [{ ...entry, expireIn: 10 }] });
  await store.commit({ sets: [entry] });
  now = 1_000_000;
  notStrictEqual(await store.get(["a"]), null);
});
