import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { past } from "../testing/lines.ts";
import { fernchat, type Program } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

const LOST = /^Connection lost \(the server did not say goodbye\)\. Trying again/;

/** Starts a client that keeps its messages in the folder of the scene. */
async function start(scene: Scene, user: string, flags: readonly string[] = []): Promise<Program> {
  const file = join(scene.folder, `${user}.password`);
  await Deno.writeTextFile(file, `${passwordOf(user)}\n`);
  const { port, fingerprint } = scene.server;
  const named = ["--user", user, "--password-file", file, "--fingerprint", fingerprint];
  const env = { XDG_CONFIG_HOME: scene.config, XDG_DATA_HOME: join(scene.folder, "home") };
  return fernchat(["client", "127.0.0.1", String(port), ...named, ...flags], { env });
}

Deno.test("when the server is killed, clients come back, and every message is there once", async () => {
  await using scene = await Scene.open();
  await using alice = await start(scene, "alice", ["--plain"]);
  await alice.out.until("Welcome to the chatroom, alice!");
  await using bob = await start(scene, "bob");
  await bob.out.until("Welcome to the chatroom, bob!");
  await alice.sees("* bob has joined the chat *");
  // More than the server can take before it is killed.
  const texts = Array.from({ length: 120 }, (_, n) => `number ${n}`);
  await bob.types(...texts);
  await bob.out.until("[bob]: number 20");
  await scene.server.kill();
  await alice.err.until(LOST);
  await bob.types("typed while there was no server");
  await bob.endsInput();
  await scene.restart();
  await bob.endsWith(0);
  await alice.out.until(/\[bob\]: typed while there was no server$/);
  const expected = [...texts, "typed while there was no server"];
  for (const client of [alice, bob]) deepStrictEqual(bodiesIn(client), expected);
  await alice.types("@history 1000 lobby", "@quit");
  await alice.endsWith(0);
  const [, history = ""] = alice.out.text.split(/^--- Last \d+ Messages ---$/m);
  deepStrictEqual([...history.matchAll(/\[bob\]: (.*)$/gm)].map(([, body]) => body), expected);
  match(alice.err.text, /^Connected again\.$/m);
  deepStrictEqual(await filesBelow(join(scene.folder, "home")), []);
});

Deno.test("a server that shuts down and comes back is taken up silently", async () => {
  await using scene = await Scene.open();
  await using alice = await start(scene, "alice");
  await alice.out.until("Welcome to the chatroom, alice!");
  await using bob = await start(scene, "bob");
  await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await alice.sees("* bob has joined the chat *");
  await scene.server.stop();
  for (const client of [alice, bob]) await client.sees("SERVER SHUTTING DOWN. Goodbye!");
  await scene.restart();
  for (const client of [alice, bob]) await client.err.until("Connected again.");
  await bob.types("still here");
  for (const client of [alice, bob]) await client.sees("[bob]: still here");
});

Deno.test("what a killed client could not send is sent by its next run, once", async () => {
  await using scene = await Scene.open();
  const first = await start(scene, "bob");
  await first.out.until("Welcome to the chatroom, bob!");
  scene.server.signal("SIGSTOP");
  await first.types("one", "@bob two", "three");
  const kept = join(scene.folder, "home", "fernchat", "pending");
  // Three lines of the file: all are kept before the first is answered.
  while (await linesBelow(kept) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  first.signal("SIGKILL");
  await first.ended();
  await first[Symbol.asyncDispose]();
  await scene.server.kill();
  await scene.restart();
  await using again = await start(scene, "bob");
  await again.sees("Welcome to the chatroom, bob!", "[bob]: one", "[Note]: two", "[bob]: three");
  await again.err.until("Sending 3 messages of an earlier run.");
  await again.types("@history 10");
  await again.sees(
    "--- Last 3 Messages ---",
    past("[bob]: one"),
    past("[Note]: two"),
    past("[bob]: three"),
  );
  await again.endsInput();
  await again.endsWith(0);
  deepStrictEqual(await filesBelow(kept), []);
});

Deno.test("a pipe whose server does not come back ends with 3 and keeps what is not stored", async () => {
  await using scene = await Scene.open();
  await using bob = await start(scene, "bob", ["--timeout", "1"]);
  await bob.out.until("Welcome to the chatroom, bob!");
  await scene.server.kill();
  await bob.err.until(LOST);
  await bob.types("not stored");
  await bob.endsInput();
  await bob.endsWith(3);
  match(bob.err.text, /^1 message is kept for the next time\.$/m);
  const kept = join(scene.folder, "home", "fernchat", "pending");
  strictEqual((await filesBelow(kept)).length, 1);
});

/** What was shown of bob's messages, live and missed. */
function bodiesIn(client: Program): string[] {
  const [shown = ""] = client.out.text.split(/^--- Last/m);
  ok(shown.includes("[bob]: "), client.explain());
  return [...shown.matchAll(/^(?:\d{4}-\d\d-\d\d \d\d:\d\d )?\[bob\]: (.*)$/gm)]
    .map(([, body = ""]) => body);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isFile) files.push(path);
      else files.push(...await filesBelow(path));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}

async function linesBelow(folder: string): Promise<number> {
  const [file] = await filesBelow(folder);
  return file === undefined ? 0 : (await Deno.readTextFile(file)).split("\n").length - 1;
}
