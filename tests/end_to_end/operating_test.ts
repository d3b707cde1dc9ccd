// What an operator does with a running server, through the real program (PRODUCT §1, FTC1 §4.7).

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Outcome } from "../../server/journal.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { openService } from "../../server/service.ts";
import { tempFolder } from "../server/temp_folder.ts";
import { past } from "../testing/lines.ts";
import { fernchat, PROGRAM, Program, startServer } from "../testing/processes.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { Scene } from "../testing/scene.ts";
import { testAccount } from "../testing/test_account.ts";

const DAY_MS = 86_400_000;

/** On Windows there is no admin socket, and the server says so. */
const ignore = Deno.build.os === "windows";

/** Runs a subcommand on a data folder; gives its lines. */
async function runs(args: readonly string[], folder: string): Promise<string[]> {
  await using program = fernchat([...args, "--data", folder]);
  await program.endsWith(0);
  strictEqual(program.err.text, "");
  return [...program.out.rest];
}

/** Runs a subcommand that must fail with one line; gives the line. */
async function fails(args: readonly string[], code: number): Promise<string> {
  await using program = fernchat(args);
  await program.endsWith(code);
  strictEqual(program.out.text, "");
  match(program.err.text, /^[^\n]+\n$/);
  return program.err.text.trim();
}

/** Sends a message to the lobby; gives the id of its entry. */
async function idOf(peer: RawPeer, body: string): Promise<number> {
  const ack = await peer.request({ t: "send", id: crypto.randomUUID(), to: "lobby", body });
  strictEqual(ack.t, "ack", JSON.stringify(ack));
  return Number(ack["id"]);
}

Deno.test({
  name: "status, accounts and stop reach a server of least privilege through its socket",
  ignore,
  fn: async () => {
    await using scene = await Scene.open();
    const { folder } = scene.server;
    const bob = await scene.loggedIn("bob");
    await bob.types("hello");
    await bob.sees("[bob]: hello");
    const status = await runs(["status"], folder);
    const expected = [
      /^Fernchat \d+\.\d+\.\d+ listens on 127\.0\.0\.1:\d+$/,
      new RegExp(`^Fingerprint: ${RegExp.escape(scene.server.fingerprint)}$`),
      /^Up: \d+ s$/,
      /^Sessions: 1 \(1 users present\)$/,
      /^Accounts: 1$/,
      /^Messages: 1 \(with changes of groups\)$/,
      /^Database: \d+\.\d MB$/,
      /^Free on its disk: not known without --allow-sys=statfs$/,
      /^Memory: [\d,]+\.\d MB$/,
    ];
    strictEqual(status.length, expected.length);
    expected.forEach((line, i) => match(status[i] ?? "", line));
    match((await runs(["account", "list"], folder)).join("\n"), /^bob +\d{4}-\d\d-\d\d +online$/);

    deepStrictEqual(await runs(["account", "block", "BOB"], folder), [
      "bob is blocked. Sessions ended: 1.",
    ]);
    strictEqual(await bob.ended(), 1);
    const refused = await scene.client("bob");
    strictEqual(await refused.ended(), 1);
    match(refused.explain(), /ERROR: The operator of this server has blocked your account\./);
    await runs(["account", "unblock", "bob"], folder);
    const again = await scene.loggedIn("bob");

    deepStrictEqual(await runs(["stop"], folder), ["Stopping."]);
    await scene.server.endsWith(0);
    await again.out.until("SERVER SHUTTING DOWN. Goodbye!");
    // Stop has waited for the end: the folder is free at once.
    await scene.restart();
  },
});

Deno.test({
  name: "closed registration, allow, reset and delete as users see them",
  ignore,
  fn: async () => {
    await using scene = await Scene.open({ flags: ["--no-keys", "--registration", "closed"] });
    const { folder } = scene.server;
    const stranger = await scene.client("bob");
    strictEqual(await stranger.ended(), 1);
    for (const name of ["alice", "bob"]) await runs(["account", "allow", name], folder);
    const [alice, bob] = [await scene.loggedIn("alice"), await scene.loggedIn("bob")];
    await alice.out.until("* bob has joined the chat *");
    await bob.types("@alice from the old bob", "@group set team alice");
    await bob.sees(
      "[DM to alice]: from the old bob",
      "Group team created with members: alice, bob",
    );
    await alice.sees(
      "[DM from bob]: from the old bob",
      "Group team created with members: alice, bob",
    );

    await runs(["account", "reset", "bob"], folder);
    strictEqual(await bob.ended(), 1);
    // He stays listed, and nobody else becomes the owner: that takes his signature (FTC1 §7.4).
    await alice.sees("* bob has left the chat *");
    const fresh = await scene.client("bob");
    await fresh.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
    await fresh.types("@history 9", "@history 9 team");
    await fresh.sees("--- Last 0 Messages ---", "ERROR: User team does not exist.");
    await alice.sees("* bob has joined the chat *");
    await alice.types("@history 9 bob");
    await alice.sees("--- Last 1 Messages ---", past("[DM from bob]: from the old bob"));

    const [deleted] = await runs(["account", "delete", "bob"], folder);
    match(
      deleted ?? "",
      /^bob was deleted; the name is free on \d{4}-\d\d-\d\d\. Sessions ended: 1\.$/,
    );
    strictEqual(await fresh.ended(), 1);
    await alice.sees("* bob has left the chat *");
    await alice.types("@bob are you there?", "@history 9 bob");
    await alice.sees(
      "ERROR: User bob does not exist.",
      "--- Last 1 Messages ---",
      past("[DM from bob]: from the old bob"),
    );
    const gone = await scene.client("bob");
    strictEqual(await gone.ended(), 1);
  },
});

Deno.test({
  name:
    "a backup under load misses nothing acknowledged before it, and restores to the same server",
  ignore,
  fn: async () => {
    await using scene = await Scene.open();
    const { folder, port, fingerprint } = scene.server;
    const [alice, robot] = [await scene.loggedIn("alice"), await testAccount("robot")];
    using peer = await RawPeer.registered({ port }, robot);
    await alice.types("@group set team robot", "@robot between us");
    await alice.out.until(/^\[DM to robot\]: between us/);
    const before: number[] = [];
    for (let i = 0; i < 20; i++) before.push(await idOf(peer, `before ${i}`));
    // More and more of them while it is made.
    const load = writing(peer);
    const file = join(scene.folder, "backup.tar");
    const [wrote] = await runs(["backup", file], folder);
    const during = await load.stop();
    match(wrote ?? "", /^Wrote .*backup\.tar: .*, accounts 2, messages \d+, ftc1:/);
    strictEqual(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    ok(during.length > 0, "nothing was written meanwhile");
    const last = await idOf(peer, "after the backup");
    match(
      await fails(["backup", file, "--data", folder], 1),
      /^Cannot write backup .*: it exists\./,
    );
    await scene.server.kill();

    const restored = join(scene.folder, "restored");
    await runs(["restore", file], restored);
    match(await fails(["restore", file, "--data", restored], 1), /: it is not empty \(/);
    await using server = await startServer({ folder: restored, port });
    strictEqual(server.fingerprint, fingerprint);
    using again = await RawPeer.loggedIn({ port }, robot);
    const page = await again.request({
      t: "history",
      id: "h",
      of: "lobby",
      limit: 1_000,
      from: "oldest",
    });
    const ids = (page["entries"] as { id: number }[]).map(({ id }) => id);
    // A run without gaps from the first: all before, and of those during as far as the moment reached.
    deepStrictEqual(ids, [...before, ...during].slice(0, ids.length));
    ok(ids.length >= before.length, `only ${ids.length} of ${before.length} are there`);
    const next = await idOf(again, "in the restored one");
    ok(next > last, `${next} is not after ${last}`);
    const reader = await scene.loggedIn("alice");
    await reader.types("@group list", "@history 9 robot");
    await reader.out.until(/team/);
    await reader.out.until(past("[DM to robot]: between us"));
    // A backup of a folder that no server uses is the same command.
    await server.stop();
    match(
      (await runs(["backup", join(scene.folder, "cold.tar")], restored))[0] ?? "",
      /accounts 2/,
    );
  },
});

/** Has somebody write as fast as it is acknowledged, within what a user may; gives the ids. */
function writing(peer: RawPeer): { stop(): Promise<number[]> } {
  const ids: number[] = [];
  let isOver = false;
  const loop = async () => {
    while (!isOver && ids.length < 35) ids.push(await idOf(peer, `during ${ids.length}`));
  };
  const running = loop();
  return {
    stop: async () => {
      isOver = true;
      await running;
      return ids;
    },
  };
}

Deno.test({
  name:
    "after kill -9 the folder is backed up without a server, and a new one takes the socket over",
  ignore,
  fn: async () => {
    await using scene = await Scene.open();
    const { folder } = scene.server;
    const bob = await scene.loggedIn("bob");
    await bob.types("survives");
    await bob.sees("[bob]: survives");
    await scene.server.kill();
    strictEqual((await Deno.lstat(join(folder, "admin.sock"))).isSocket, true);
    match(await fails(["status", "--data", folder], 1), /: none is running\. Start it first\.$/);
    const [wrote] = await runs(["backup", join(scene.folder, "b.tar")], folder);
    match(wrote ?? "", /accounts 1, messages 1,/);
    // Accounts can be seen to while nothing runs.
    deepStrictEqual(await runs(["account", "allow", "carol"], folder), ["carol may register."]);
    await scene.restart();
    match((await runs(["account", "list"], folder)).join("\n"), /carol +- +allowed to register$/);
  },
});

Deno.test({
  name: "a server without permission for the socket says so once, and goes on",
  ignore,
  fn: async () => {
    await using base = await tempFolder();
    const folder = join(base.path, "data");
    const rights = ["--allow-net=127.0.0.1", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const args = ["server", "127.0.0.1", "0", "--data", folder, "--no-keys"];
    await using server = new Program([
      Deno.execPath(),
      "run",
      "--no-prompt",
      ...rights,
      PROGRAM,
      ...args,
    ]);
    await server.err.until(/No admin socket without --allow-net=unix:\/.*admin\.sock: /);
    await server.out.until(/^ {2}deno run -A mod\.ts client /);
    match(
      await fails(["status", "--data", folder], 1),
      /^Cannot reach the server on .*: it runs without an admin socket\. Start it with --allow-net/,
    );
    // A backup needs no socket.
    match((await runs(["backup", join(base.path, "b.tar")], folder))[0] ?? "", /accounts 0/);
    server.signal("SIGTERM");
    await server.endsWith(0);
  },
});

Deno.test("--keep deletes what is older, and nothing else", async () => {
  await using scene = await Scene.open();
  const { folder, port } = scene.server;
  const robot = await testAccount("robot");
  {
    using peer = await RawPeer.registered({ port }, robot);
    await peer.leave();
  }
  await scene.server.stop();
  await writeOld(folder, { user: "robot", days: 40 });
  await scene.restart({ flags: ["--no-keys", "--keep", "30"] });
  await scene.server.err.until(/deleted what was too old entries=3/);
  using peer = await RawPeer.loggedIn({ port }, robot);
  await idOf(peer, "of today");
  const page = await peer.request({ t: "history", id: "h", limit: 9, kinds: "all" });
  deepStrictEqual((page["entries"] as { body: string }[]).map(({ body }) => body), ["of today"]);
  strictEqual(page["total"], 1);
});

/** Stores three messages to the lobby as if they had been written some days ago. */
async function writeOld(
  folder: string,
  { user, days }: { readonly user: string; readonly days: number },
): Promise<void> {
  await using store = await openKvStore(join(folder, "chat.kv"));
  await using service = await openService({
    store,
    policy: DEFAULT_POLICY,
    realm: new Uint8Array(16),
    now: () => Date.now() - days * DAY_MS,
    uptime: () => 0,
    isDiskFull: () => false,
    failed: (error) => {
      throw error;
    },
  });
  for (const body of ["one", "two", "three"]) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const order = { t: "send", id: body, to: "lobby", body } as const;
    service.journal.submit({ request: { user, order }, done: resolve });
    ok("stored" in await promise);
  }
}

Deno.test("wrong arguments and folders are one line with a remedy", async (t) => {
  const cases: readonly [string, readonly string[], number, RegExp][] = [
    [
      "no order",
      ["account"],
      2,
      /^Say what to run: list, allow, block, unblock, reset, delete\. Example: /,
    ],
    ["an unknown order", ["account", "blok", "bob"], 2, /^Wrong arguments: unknown command 'blok'/],
    ["no name", ["account", "block"], 2, /^Wrong arguments: missing required argument 'name'/],
    [
      "no possible name",
      ["account", "block", "a b"],
      2,
      /It cannot be the name of an account\. Example: /,
    ],
    ["no file", ["backup"], 2, /^Wrong arguments: missing required argument 'file'/],
    [
      "days",
      ["server", "127.0.0.1", "0", "--keep", "0"],
      2,
      /Expected a number of days from 1 to 36500\./,
    ],
    [
      "no folder",
      ["status", "--data", "/nowhere/at/all"],
      1,
      /^Cannot use data folder .*: there is no database in it\. /,
    ],
    [
      "no backup",
      ["restore", "/nowhere.tar", "--data", "/nowhere/x"],
      1,
      /^Cannot read backup \/nowhere\.tar: /,
    ],
  ];
  for (const [name, args, code, expected] of cases) {
    await t.step(name, async () => match(await fails(args, code), expected));
  }
});
