import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Refused } from "../../../client/end_to_end/asker.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import { FakeKeys, keyholder, keyLine, REALM } from "../../testing/fake_keys.ts";

function directory(): { server: FakeKeys; keys: KeyDirectory } {
  const server = new FakeKeys();
  return { server, keys: new KeyDirectory({ asker: server, realm: REALM }) };
}

const SENSELESS = { name: "Refused", message: "The server's answer makes no sense." };

Deno.test("present keys are asked for until short answers have brought all", async () => {
  const { server, keys } = directory();
  const holders = await Promise.all(["ann", "bob", "cid", "dan", "eve"].map((u) => keyholder(u)));
  server.show(...holders);
  server.page = 2;
  const found = await keys.present(["ann", "bob", "nobody", "cid", "dan", "eve", "ann"]);
  deepStrictEqual([...found.keys()], ["ann", "bob", "cid", "dan", "eve"]);
  strictEqual(server.asked.length, 3);
});

Deno.test("nobody is asked about nobody", async () => {
  const { server, keys } = directory();
  deepStrictEqual(await keys.present([]), new Map());
  deepStrictEqual(await keys.byFingerprint([]), new Map());
  strictEqual(server.asked.length, 0);
});

Deno.test("more than a frame holds is asked for in parts", async () => {
  const { server, keys } = directory();
  server.page = 1_000;
  await keys.present(Array.from({ length: 1_001 }, (_, n) => `user${n}`));
  const sizes = server.asked.map((question) => question.t === "keys" ? question.of.length : 0);
  deepStrictEqual(sizes, [400, 400, 201]);
});

Deno.test("an answer with nothing, with too much or of another kind is refused", async () => {
  const { server, keys } = directory();
  const bob = { user: "bob" };
  for (const m of [[], [bob, bob]]) {
    server.lie = () => ({ t: "keys", re: 1, m });
    await rejects(keys.present(["bob"]), SENSELESS);
  }
  server.lie = () => ({ t: "ok", re: 1 });
  await rejects(keys.present(["bob"]), SENSELESS);
  server.lie = () => ({ t: "error", re: 1, code: "rate", msg: "Too fast." });
  await rejects(
    keys.present(["bob"]),
    (error) => error instanceof Refused && error.code === "rate",
  );
});

Deno.test("row 104: a key record of another user or realm, or changed anywhere, is invalid", async () => {
  const { record } = await keyholder("bob");
  const eve = await keyholder("eve");
  const elsewhere = await keyholder("bob", { realm: new Uint8Array(16).fill(8) });
  const ED = 34 + "bob".length;
  const bad: Readonly<Record<string, Uint8Array>> = {
    "other user": eve.record.bytes,
    "other realm": elsewhere.record.bytes,
    "wrong signature": changed(record.bytes, { at: record.bytes.length - 100, to: [1] }),
    "small order": changed(record.bytes, { at: ED, to: new Uint8Array(32) }),
    "low-order X25519": changed(record.bytes, { at: ED + 32, to: new Uint8Array(32) }),
    "ML-KEM range": changed(record.bytes, { at: ED + 64, to: [0xff, 0xff, 0xff] }),
    "generation 0": changed(record.bytes, { at: ED - 12, to: new Uint8Array(4) }),
    "cut": record.bytes.slice(0, -1),
    "nothing": new Uint8Array(0),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const { server, keys } = directory();
    server.showOctets("bob", bytes, record.fingerprint);
    strictEqual((await keys.present(["bob"])).get("bob"), "invalid", what);
    const { fingerprint } = record;
    strictEqual((await keys.byFingerprint([{ user: "bob", fingerprint }])).size, 0, what);
  }
});

Deno.test("text that is not base64url is an invalid record", async () => {
  const { server, keys } = directory();
  server.lie = () => ({ t: "keys", re: 1, m: [{ user: "bob", keys: "?" }] });
  strictEqual((await keys.present(["bob"])).get("bob"), "invalid");
});

Deno.test("a fingerprint finds the keys that it commits to, also former ones, and once only", async () => {
  const { server, keys } = directory();
  const [old, now] = await keyLine("bob", 2);
  server.show(...(await keyLine("ann", 1)), ...[old, now].filter((one) => one !== undefined));
  const fingerprint = old?.record.fingerprint ?? new Uint8Array();
  const of = [{ user: "bob", fingerprint }];
  deepStrictEqual((await keys.byFingerprint(of)).get(fingerprint.toHex()), old?.record);
  deepStrictEqual((await keys.byFingerprint(of)).get(fingerprint.toHex()), old?.record);
  strictEqual(server.asked.length, 1);
});

Deno.test("a fingerprint is not answered with other keys, nor for somebody else", async () => {
  const { server, keys } = directory();
  const [old, now] = await keyLine("bob", 2);
  if (old === undefined || now === undefined) throw new Error("no keys");
  server.showOctets("bob", now.record.bytes, old.record.fingerprint);
  const { fingerprint } = old.record;
  strictEqual((await keys.byFingerprint([{ user: "bob", fingerprint }])).size, 0);
  const { fingerprint: known } = now.record;
  await keys.present(["bob"]);
  strictEqual((await keys.byFingerprint([{ user: "eve", fingerprint: known }])).size, 0);
});

Deno.test("the lineage of keys is followed over pages, as far as each signs the next", async () => {
  const { server, keys } = directory();
  const line = await keyLine("bob", 5);
  const [first, second, third, fourth, last] = line;
  if (!first || !second || !third || !fourth || !last) throw new Error("no keys");
  server.show(...line);
  server.page = 2;
  const found = await keys.lineage("bob", first.record);
  deepStrictEqual(found, [second, third, fourth, last].map(({ record }) => record));
  deepStrictEqual(await keys.lineage("bob", last.record), []);

  const stranger = await keyholder("bob");
  server.records.splice(2, 0, {
    user: "bob",
    bytes: stranger.record.bytes,
    fp: "",
  });
  deepStrictEqual(await keys.lineage("bob", first.record), [second.record]);
  server.records.splice(2, 1, { user: "bob", bytes: new Uint8Array(9), fp: "" });
  deepStrictEqual(await keys.lineage("bob", first.record), [second.record]);
});

Deno.test("a lineage without an end is followed only so far", async () => {
  const { server, keys } = directory();
  const [first] = await keyLine("bob", 1);
  if (first === undefined) throw new Error("no keys");
  server.lie = () => ({ t: "lineage", re: 1, keys: [], more: true });
  deepStrictEqual(await keys.lineage("bob", first.record), []);
  strictEqual(server.asked.length, 1);
});

function changed(
  bytes: Uint8Array,
  { at, to }: { readonly at: number; readonly to: ArrayLike<number> },
): Uint8Array {
  const copy = bytes.slice();
  copy.set(to, at);
  // Whatever is written must differ from what was there.
  if (to.length === 1) copy[at] = (bytes[at] ?? 0) ^ 1;
  return copy;
}
