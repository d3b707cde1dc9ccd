// FTC1 §9 rows 98, 100, 101: faults that only a whole process can have.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fernchat, PROGRAM, Program, startServer } from "../testing/processes.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { testAccount } from "../testing/test_account.ts";
import { tempFolder } from "../server/temp_folder.ts";

const send = (id: string) => ({ t: "send", id, to: "lobby", body: id.padEnd(3_000, ".") });

/** Messages that can be read, without the filling. */
async function bodies(peer: RawPeer): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0, more = true; more;) {
    const asked = { t: "history", id: `after ${after}`, limit: 1_000, from: "oldest", after };
    const page = await peer.request(asked);
    const entries = page["entries"] as Frame[];
    texts.push(...entries.map(({ body }) => String(body).replace(/\.+$/, "")));
    after = Number(entries.at(-1)?.["id"] ?? after);
    more = page["more"] === true;
  }
  return texts;
}

Deno.test({
  name:
    "row 98: a disk that is full in the middle of writing loses nothing, and has room again without a restart",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using folder = await tempFolder();
    // A bound on the size of files: writing beyond it fails in the kernel, as on a full disk.
    const run = `trap '' XFSZ; exec "$0" run -A "$1" server 127.0.0.1 0 --no-keys --data "$2"`;
    await using program = new Program(
      ["sh", "-c", run, Deno.execPath(), PROGRAM, join(folder.path, "data")],
    );
    const most = async (octets: string) => {
      const args = ["--pid", `${program.pid}`, `--fsize=${octets}:unlimited`];
      strictEqual((await new Deno.Command("prlimit", { args }).output()).code, 0);
    };
    const address = await program.out.until(/^Fernchat \S+ listens on 127\.0\.0\.1:\d+$/);
    const server = { port: Number(address.slice(address.lastIndexOf(":") + 1)) };
    const account = await testAccount("user");
    using user = await RawPeer.registered(server, account);
    strictEqual((await user.request(send("before"))).t, "ack");
    await most("20000");
    for (const id of ["lost", "lost too"]) {
      deepStrictEqual((await user.request(send(id)))["code"], "storage");
    }
    deepStrictEqual(await bodies(user), ["before"]);
    using again = await RawPeer.loggedIn(server, account);
    deepStrictEqual(await bodies(again), ["before"]);
    await most("unlimited");
    for (const id of ["lost", "after"]) strictEqual((await user.request(send(id))).t, "ack");
    deepStrictEqual(await bodies(again), ["before", "lost", "after"]);
    match(program.err.text, /storage failed/);
  },
});

const KEY_FILES: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
  [
    "missing",
    (path) => Deno.remove(path),
    /server\.key: it is missing, but the database has accounts/,
  ],
  ["readable by others", (path) => Deno.chmod(path, 0o644), /chmod 600/],
  ["truncated", async (path) => {
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).slice(0, 40));
  }, /server\.key: it is damaged/],
  ["of another realm", async (path) => {
    const text = (await Deno.readTextFile(path)).trimEnd();
    // 48 octets, the last 16 of them the realm: another last character but one is another realm.
    const other = text.at(-2) === "A" ? "B" : "A";
    await Deno.writeTextFile(path, `${text.slice(0, -2)}${other}${text.slice(-1)}\n`);
  }, /server\.key: it belongs to another database/],
];

Deno.test({
  name:
    "row 100: a server whose key file is missing, open to others, cut or another's refuses to start, in one line",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await tempFolder();
    const data = join(folder.path, "data");
    {
      await using server = await startServer({ folder: data });
      using _ = await RawPeer.named(server, "user");
      await server.stop();
    }
    const files = [...Deno.readDirSync(data)].map(({ name }) => name);
    const name = files.find((file) => file.includes("key")) ?? "";
    const path = join(data, name);
    const right = await Deno.readTextFile(path);
    await Promise.all(KEY_FILES.map(async ([what, spoil, remedy]) => {
      const copy = join(folder.path, what.replaceAll(" ", "-"));
      await Deno.mkdir(copy, { mode: 0o700 });
      for (const file of files) {
        const stat = await Deno.lstat(join(data, file));
        if (stat.isFile) await Deno.copyFile(join(data, file), join(copy, file));
      }
      await spoil(join(copy, name));
      await using server = fernchat(["server", "127.0.0.1", "0", "--no-keys", "--data", copy]);
      await server.endsWith(1);
      const lines = server.err.text.trimEnd().split("\n");
      deepStrictEqual([lines.length, server.out.text], [1, ""], server.explain());
      match(lines[0] ?? "", remedy);
    }));
    strictEqual(await Deno.readTextFile(path), right);
    await using server = await startServer({ folder: data });
    await server.stop();
  },
});

Deno.test("row 101: killed in the middle of writes, all that was acknowledged is there, once and in order", async () => {
  await using folder = await tempFolder();
  const data = join(folder.path, "data");
  const limits = join(data, "limits.json");
  // The only folder that the server may read.
  await Deno.mkdir(data, { mode: 0o700 });
  await Deno.writeTextFile(limits, JSON.stringify({ requestBurst: 10_000 }));
  const options = { folder: data, flags: ["--no-keys", "--limits", limits] };
  const accounts = await Promise.all(["alice", "bob"].map(testAccount));
  const ids = Array.from({ length: 600 }, (_, n) => `m${n}`);
  const acks = new Map<string, unknown>();
  {
    await using server = await startServer(options);
    const peers = await Promise.all(accounts.map((account) => RawPeer.registered(server, account)));
    for (const peer of peers) {
      // Written while the answers come: neither end may wait for the other.
      void peer.send(...ids.map(send)).catch(() => {});
    }
    await Promise.all(peers.map(async (peer, who) => {
      for (let frame = await peer.frame(); frame !== null; frame = await peer.frame()) {
        if (frame.t === "ack") acks.set(`${who} ${frame["re"]}`, frame["id"]);
        if (acks.size === 150) server.signal("SIGKILL");
      }
    }));
    for (const peer of peers) peer[Symbol.dispose]();
    ok(acks.size >= 150 && acks.size < 1_200, `${acks.size} were acknowledged`);
  }
  await using server = await startServer(options);
  for (const [who, account] of accounts.entries()) {
    using peer = await RawPeer.loggedIn(server, account);
    const stored = await storedIds(peer, account.user);
    for (const [key, id] of acks) {
      const [one, message = ""] = key.split(" ");
      if (Number(one) === who) strictEqual(stored.get(message), id);
    }
    // All is sent again, as a client does that does not know: what was stored keeps its id.
    void peer.send(...ids.map(send));
    for (const id of ids) {
      const ack = await peer.answerTo(id);
      strictEqual(ack.t, "ack");
      if (stored.has(id)) strictEqual(ack["id"], stored.get(id));
    }
    deepStrictEqual([...(await storedIds(peer, account.user)).keys()].toSorted(), ids.toSorted());
  }
});

/** The messages of a user by their text, which is their message id; each must be there once. */
async function storedIds(peer: RawPeer, user: string): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  let after = 0;
  for (let more = true; more;) {
    const asked = { t: "history", id: `after ${after}`, limit: 1_000, from: "oldest", after };
    const page = await peer.request(asked);
    for (const { id, from, body } of page["entries"] as Frame[]) {
      ok(Number(id) > after, "not in order");
      after = Number(id);
      const text = String(body).replace(/\.+$/, "");
      if (from === user) {
        ok(!stored.has(text), `${text} is there twice`);
        stored.set(text, after);
      }
    }
    more = page["more"] === true;
  }
  return stored;
}
