// What an operator does with a running server, through the real program (PRODUCT §1, FTC1 §4.7).

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../server/kv_store.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { openService } from "../../server/service.ts";
import { past } from "../testing/lines.ts";
import { fernchat, type Program, Server, startServer } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

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

/** The JSON client of a user: its acknowledgements have the ids of entries. */
async function idOf(scene: Scene, text: string): Promise<number> {
  await using client = await scene.client("bob", { flags: ["--json"] });
  await client.types(JSON.stringify({ t: "send", to: "lobby", body: text }));
  const ack = await client.out.until(/"t":"ack"/);
  await client.endsInput();
  await client.ended();
  return Number(JSON.parse(ack).id);
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
    match((await runs(["account", "list"], folder)).join("\n"), /^bob +\d{4}-\d\d-\d\d  online$/);

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
    await bob.sees("[DM to alice]: from the old bob", "Group team created with members: alice, bob");
    await alice.sees("[DM from bob]: from the old bob", "Group team created with members: alice, bob");

    await runs(["account", "reset", "bob"], folder);
    strictEqual(await bob.ended(), 1);
    await alice.sees(
      "Group team: bob left",
      "Group team: alice is the owner now",
      "* bob has left the chat *",
    );
    const fresh = await scene.client("bob");
    await fresh.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
    await fresh.types("@history 9", "@history 9 team");
    await fresh.sees("--- Last 0 Messages ---", "ERROR: User team does not exist.");
    await alice.sees("* bob has joined the chat *");
    await alice.types("@history 9 bob");
    await alice.sees("--- Last 1 Messages ---", past("[DM from bob]: from the old bob"));

    const [deleted] = await runs(["account", "delete", "bob"], folder);
    match(deleted ?? "", /^bob was deleted; the name is free on \d{4}-\d\d-\d\d\. Sessions ended: 1\.$/);
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
  name: "a backup taken under load restores to the same server, and misses nothing acknowledged before",
  ignore,
  fn: async () => {
    await using scene = await Scene.open();
    const { folder } = scene.server;
    const bob = await scene.loggedIn("bob");
    await bob.types("@group set team alice");
    await bob.sees(/^ERROR: Unknown users: alice/);
    const alice = await scene.loggedIn("alice");
    await bob.types("@group set team alice", "@alice between us");
    await bob.out.until("[DM to alice]: between us");
    // Acknowledged before the backup begins …
    for (let i = 0; i < 20; i++) await bob.types(`before ${i}`);
    await bob.out.until("[bob]: before 19");
    // … and more and more of them while it is made.
    const load = writing(alice);
    const file = join(scene.folder, "backup.tar");
    const [wrote] = await runs(["backup", file], folder);
    const meanwhile = await load.stop();
    match(wrote ?? "", /^Wrote .*backup\.tar: .*, accounts 2, messages \d+, ftc1:/);
    strictEqual(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    ok(meanwhile > 0, "nothing was written meanwhile");
    const last = await idOf(scene, "after the backup");
    match(await fails(["backup", file, "--data", folder], 1), /^Cannot write backup .*: it exists\./);
    const { port, fingerprint } = scene.server;
    await scene.server.kill();

    const restored = join(scene.folder, "restored");
    await runs(["restore", file], restored);
    match(await fails(["restore", file, "--data", restored], 1), /: it is not empty \(/);
    await using server = await startServer({ folder: restored, port });
    strictEqual(server.fingerprint, fingerprint);
    await using reader = await scene.client("bob", { port });
    await reader.out.until("Welcome to the chatroom, bob!");
    await reader.types("@history 1000", "@group list", "@group info team");
    await reader.out.until(/^--- Last \d+ Messages ---$/);
    await reader.sees(past("[DM to alice]: between us"));
    for (let i = 0; i < 20; i++) await reader.sees(past(`[bob]: before ${i}`));
    await reader.out.until(/team/);
    // A new id is greater than any that the backup knows, and by the clock than any after it.
    await reader.endsInput();
    await reader.ended();
    ok(await idOf(scene, "in the restored one") > last);
    // A backup of a folder that no server uses is the same command.
    await server.stop();
    match((await runs(["backup", join(scene.folder, "cold.tar")], restored))[0] ?? "", /accounts 2/);
  },
});

/** Has somebody write as fast as his messages are shown. */
function writing(client: Program): { stop(): Promise<number> } {
  let written = 0;
  let isOver = false;
  const loop = async () => {
    while (!isOver) {
      await client.types(`load ${written}`);
      await client.out.until(`[alice]: load ${written}`);
      written++;
    }
  };
  const running = loop();
  return {
    stop: async () => {
      isOver = true;
      await running;
      return written;
    },
  };
}

Deno.test({
  name: "after kill -9 the folder is backed up without a server, and a new one takes the socket over",
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
    const folder = await Deno.makeTempDir({ prefix: "fernchat-operating-" });
    try {
      const rights = ["--allow-net=127.0.0.1", `--allow-read=${folder}`, `--allow-write=${folder}`];
      await using server = new Server({ folder, rights });
      await server.err.until(/No admin socket without --allow-net=unix:\/.*admin\.sock: /);
      await server.out.until(/^ {2}deno run -A mod\.ts client /);
      match(
        await fails(["status", "--data", folder], 1),
        /^Cannot reach the server on .*: it runs without an admin socket\. Start it with --allow-net/,
      );
      await using backup = fernchat(["backup", `${folder}/../${crypto.randomUUID()}.tar`, "--data", folder]);
      await backup.endsWith(0);
      await server.stop();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("--keep deletes what is older at the start of the server, and nothing else", async () => {
  await using scene = await Scene.open();
  const { folder } = scene.server;
  const bob = await scene.loggedIn("bob");
  await bob.types("of today");
  await bob.sees("[bob]: of today");
  await scene.server.stop();
  await writeOld(folder, 40 * DAY_MS);
  await scene.restart({ flags: ["--no-keys", "--keep", "30"] });
  await scene.server.err.until(/deleted what was too old entries=3/);
  const reader = await scene.loggedIn("bob");
  await reader.types("@history 9");
  await reader.sees("--- Last 1 Messages ---", past("[bob]: of today"));
});

/** Stores direct messages as if they had been written some time ago. */
async function writeOld(folder: string, age: number): Promise<void> {
  await using store = await openKvStore(join(folder, "chat.kv"));
  const entries = ["old", "older", "oldest"].map((body, i) => {
    const at = Date.now() - age + i;
    const id = at * 1_024;
    const conversation = "old";
    return { t: "message", id, at, conversation, kind: "direct", from: "bob", to: "bob", body };
  });
  await writeRecords(store, entries);
}

Deno.test("wrong arguments and folders are one line with a remedy", async (t) => {
  const cases: readonly [string, readonly string[], number, RegExp][] = [
    ["no order", ["account"], 2, /^Say what to run: list, allow, block, unblock, reset, delete\. Example: /],
    ["an unknown order", ["account", "blok", "bob"], 2, /^Wrong arguments: unknown command 'blok'/],
    ["no name", ["account", "block"], 2, /^Wrong arguments: missing required argument 'name'/],
    ["no possible name", ["account", "block", "a b"], 2, /It cannot be the name of an account\. Example: /],
    ["no file", ["backup"], 2, /^Wrong arguments: missing required argument 'file'/],
    ["days", ["server", "127.0.0.1", "0", "--keep", "0"], 2, /Expected a number of days from 1 to 36500\./],
    ["no folder", ["status", "--data", "/nowhere/at/all"], 1, /^Cannot use data folder .*: there is no database in it\. /],
    ["no backup", ["restore", "/nowhere.tar", "--data", "/nowhere/x"], 1, /^Cannot read backup \/nowhere\.tar: /],
  ];
  for (const [name, args, code, expected] of cases) {
    await t.step(name, async () => match(await fails(args, code), expected));
  }
});
