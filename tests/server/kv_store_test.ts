import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { unknown } from "valibot";
import { openKvStore } from "../../server/kv_store.ts";
import { DamagedRecord, decodeRecord, encodeRecord } from "../../server/record.ts";
import { StartError } from "../../server/start_error.ts";
import { testStoreContract } from "./store_contract.ts";
import { tempFolder } from "./temp_folder.ts";

const onWindows = Deno.build.os === "windows";

testStoreContract("Deno KV", async () => {
  const folder = await tempFolder();
  const store = await openKvStore(join(folder.path, "chat.kv"));
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});

Deno.test("what was committed is there after closing and opening again", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  {
    await using store = await openKvStore(path);
    await store.commit({ sets: [{ key: ["a"], value: new Uint8Array([1]) }] });
  }
  for (let round = 0; round < 2; round += 1) {
    await using store = await openKvStore(path);
    deepStrictEqual((await store.get(["a"]))?.value, new Uint8Array([1]));
  }
});

Deno.test({
  name: "the files of the database are for their owner only",
  ignore: onWindows,
  fn: async () => {
    await using folder = await tempFolder();
    await using store = await openKvStore(join(folder.path, "chat.kv"));
    await store.commit({ sets: [{ key: ["a"], value: new Uint8Array([1]) }] });
    const modes = Array.from(Deno.readDirSync(folder.path), ({ name }) => {
      return [name, (Deno.statSync(join(folder.path, name)).mode ?? 0) & 0o777];
    });
    deepStrictEqual(modes.sort(), [
      ["chat.kv", 0o600],
      ["chat.kv-shm", 0o600],
      ["chat.kv-wal", 0o600],
    ]);
  },
});

Deno.test("a file that is no database, or cannot be one, is refused in one line", async () => {
  await using folder = await tempFolder();
  const text = join(folder.path, "text");
  await Deno.writeTextFile(text, "no database at all\n".repeat(500));
  for (const path of [text, folder.path, join(folder.path, "no", "chat.kv")]) {
    await rejects(
      openKvStore(path),
      (error) =>
        error instanceof StartError && /^Cannot open database .*backup\.$/.test(error.message),
    );
  }
});

Deno.test("the time to expiry reaches the engine", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  const before = Date.now();
  {
    await using store = await openKvStore(path);
    const value = new Uint8Array([1]);
    await store.commit({
      sets: [{ key: ["a"], value, expireIn: 604_800_000 }, { key: ["b"], value }],
    });
  }
  using database = new DatabaseSync(path);
  const rows = database.prepare("select expiration_ms as at from kv order by k").all();
  const [expiring, staying] = rows.map((row) => Number(row["at"]));
  ok(expiring !== undefined && expiring >= before + 604_800_000);
  ok(expiring <= Date.now() + 604_800_000);
  strictEqual(staying, -1);
});

Deno.test("a locked database rejects the commit, and serves again once it is free", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  await using store = await openKvStore(path);
  const sets = [{ key: ["a"], value: new Uint8Array([1]) }];
  // Behind what the engine writes of its own accord when it is opened: found locked, it tries for ever.
  await store.commit({ sets: [{ key: ["first"], value: new Uint8Array([1]) }] });
  {
    using other = new DatabaseSync(path);
    other.exec("pragma busy_timeout = 10000; begin immediate");
    await rejects(store.commit({ sets }), /locked/);
    strictEqual(await store.get(["a"]), null);
  }
  strictEqual(await store.commit({ sets }), true);
});

for (const file of ["chat.kv", "chat.kv-wal"]) {
  Deno.test({
    name: `nothing is acknowledged once ${file} was deleted under the store`,
    ignore: onWindows,
    fn: async () => {
      await using folder = await tempFolder();
      await using store = await openKvStore(join(folder.path, "chat.kv"));
      const sets = [{ key: ["a"], value: new Uint8Array([1]) }];
      await store.commit({ sets });
      await Deno.remove(join(folder.path, file));
      await rejects(store.commit({ sets }), /deleted or replaced/);
      await Deno.writeTextFile(join(folder.path, file), "");
      await rejects(store.commit({ sets }), /deleted or replaced/);
    },
  });
}

Deno.test("a bit flipped in the file damages that record, and the others can be read", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  const texts = ["first words", "second words", "third words"];
  {
    await using store = await openKvStore(path);
    await store.commit({
      sets: texts.map((text, n) => ({ key: ["m", n], value: encodeRecord(["m", n], text) })),
    });
  }
  const octets = await Deno.readFile(path);
  const at = new TextDecoder("latin1").decode(octets).indexOf("second");
  notStrictEqual(at, -1);
  octets[at] = (octets[at] ?? 0) ^ 1;
  await Deno.writeFile(path, octets);
  await using store = await openKvStore(path);
  const [first, second, third] = await store.getMany([["m", 0], ["m", 1], ["m", 2]]);
  ok(first && second && third);
  deepStrictEqual([first, third].map((entry) => decodeRecord(entry, unknown())), [
    texts[0],
    texts[2],
  ]);
  throws(() => decodeRecord(second, unknown()), DamagedRecord);
});

Deno.test("a value of another program is one damaged record, not an unreadable list", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  {
    using engine = await Deno.openKv(path);
    await engine.set(["m", 1], { not: "octets" });
  }
  await using store = await openKvStore(path);
  const [entry] = await store.list({ prefix: ["m"], limit: 9 });
  ok(entry);
  throws(() => decodeRecord(entry, unknown()), DamagedRecord);
});

Deno.test("killed in the middle of commits, everything acknowledged is there and no batch is half", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.kv");
  const acknowledged = await writeUntilKilled(path, 30);
  await using store = await openKvStore(path);
  const left = (await store.list({ prefix: ["left"], limit: 1_000 })).map((entry) => entry.key[1]);
  const right = (await store.list({ prefix: ["right"], limit: 1_000 })).map((entry) =>
    entry.key[1]
  );
  deepStrictEqual(left, right);
  deepStrictEqual(left, left.map((_, n) => n));
  ok(left.length >= acknowledged);
});

/** Another process commits pairs until `count` are acknowledged, and is killed; says how many were. */
async function writeUntilKilled(path: string, count: number): Promise<number> {
  const program = `
    import { openKvStore } from ${JSON.stringify(import.meta.resolve("../../server/kv_store.ts"))};
    const store = await openKvStore(${JSON.stringify(path)});
    for (let n = 0; n < 900; n += 1) {
      const value = new Uint8Array(20_000);
      await store.commit({ sets: [{ key: ["left", n], value }, { key: ["right", n], value }] });
      Deno.stdout.writeSync(new TextEncoder().encode("."));
    }
    await Deno.stdin.read(new Uint8Array(1));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--unstable-kv", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let acknowledged = 0;
  for await (const said of child.stdout) {
    acknowledged += said.length;
    if (acknowledged >= count) {
      child.kill("SIGKILL");
      break;
    }
  }
  await child.stdin.abort();
  await child.status;
  ok(acknowledged >= count);
  return acknowledged;
}
