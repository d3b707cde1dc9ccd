import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { past } from "../testing/lines.ts";
import type { Program } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";

const SHUTDOWN = "SERVER SHUTTING DOWN. Goodbye!";

for (const way of ["SIGTERM", "kill -9"] as const) {
  Deno.test(`accounts, groups, history and what is undelivered survive ${way}`, async () => {
    await using scene = await Scene.open();
    const alice = await scene.loggedIn("alice");
    const dave = await scene.loggedIn("dave");
    await dave.types("@quit");
    await dave.endsWith(0);
    const bob = await scene.loggedIn("bob");
    await bob.types(
      "@group set team alice,dave",
      "@team hello, team",
      "@alice hello, alice",
      "hello, all",
      "@dave for later",
    );
    await bob.out.until("[DM to dave]: for later (offline, will be delivered)");
    await alice.out.until("[bob]: hello, all");
    await alice.types("@group set gone bob", "@group delete gone");
    await alice.sees("Group gone created with members: bob, alice", "Group gone deleted by alice");
    const { fingerprint } = scene.server;

    if (way === "SIGTERM") {
      await scene.server.stop();
      await alice.sees(SHUTDOWN);
    } else {
      await scene.server.kill();
    }
    await scene.restart();

    strictEqual(scene.server.fingerprint, fingerprint);
    const again = await scene.client("alice");
    // With kill -9 up to the last second may be seen twice.
    await again.sees("Welcome to the chatroom, alice!");
    await again.types("after the restart");
    await again.out.until("[alice]: after the restart");
    await again.types("@history 1000", "@group list", "@group info team", "@group set gone bob");
    await again.sees(
      "--- Last 4 Messages ---",
      past("[Group: team] bob: hello, team"),
      past("[DM from bob]: hello, alice"),
      past("[bob]: hello, all"),
      past("[alice]: after the restart"),
      "Your groups: team",
      /^Group team: owner bob, since /,
      "Members of team: alice, bob, dave",
      "ERROR: The name gone is taken.",
    );
    const later = await scene.client("dave");
    await later.sees(
      "Welcome to the chatroom, dave!",
      "--- 5 messages while you were away ---",
      past("Group team created with members: alice, dave, bob"),
      past("[Group: team] bob: hello, team"),
      past("[bob]: hello, all"),
      past("[DM from bob]: for later"),
      past("[alice]: after the restart"),
      "--- now ---",
    );
    await again.sees("* dave has joined the chat *");
    await later.types("@team dave again");
    for (const member of [again, later]) await member.sees("[Group: team] dave: dave again");
  });
}

Deno.test("the ids of entries grow strictly over restarts", async () => {
  await using scene = await Scene.open();
  const ids: number[] = [];
  for (const way of ["SIGTERM", "kill -9", "the end"]) {
    const bob = await scene.client("bob", { flags: ["--debug"] });
    await bob.out.until("Welcome to the chatroom, bob!");
    await bob.types(`before ${way}`, `even nearer to ${way}`);
    await bob.out.until(`[bob]: even nearer to ${way}`);
    ids.push(...idsOfMessages(bob));
    if (way === "the end") break;
    if (way === "SIGTERM") await scene.server.stop();
    else await scene.server.kill();
    await scene.restart();
  }
  ok(ids.length >= 6, `expected an id for each message, got ${ids}`);
  deepStrictEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
});

Deno.test("what was shown as sent is stored, once and in order, when the server is killed", async () => {
  await using scene = await Scene.open();
  const bob = await scene.loggedIn("bob");
  // More than can be sent before the server is killed.
  const texts = Array.from({ length: 400 }, (_, n) => `number ${n}`);
  await bob.types(...texts);
  await bob.out.until("[bob]: number 49");
  await scene.server.kill();
  await bob[Symbol.asyncDispose]();
  const shown = bob.out.text.split("\n").filter((line) => line.startsWith("[bob]: ")).length;
  ok(shown >= 50 && shown < texts.length, `${shown} were shown`);

  await scene.restart();
  const again = await scene.client("bob");
  await again.sees("Welcome to the chatroom, bob!");
  await again.types("@history 1000 lobby", "@names");
  await again.out.until(/^--- Last \d+ Messages ---$/);
  await again.out.until("Online users: bob");
  const stored = again.out.text.split(/^--- Last \d+ Messages ---$/m)[1] ?? "";
  const bodies = [...stored.matchAll(/^\d{4}-\d\d-\d\d \d\d:\d\d \[bob\]: (.*)$/gm)]
    .map(([, body]) => body);
  ok(bodies.length >= shown, `${shown} were shown, ${bodies.length} are stored`);
  deepStrictEqual(bodies, texts.slice(0, bodies.length));
});

Deno.test("SIGTERM says goodbye to every client and ends the server with 0 within 5 s", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bob = await scene.loggedIn("bob");
  await alice.sees("* bob has joined the chat *");
  // A client that does not answer must not hold the server up.
  const frozen = await scene.loggedIn("carol");
  for (const other of [alice, bob]) await other.sees("* carol has joined the chat *");
  frozen.signal("SIGSTOP");
  const start = performance.now();
  scene.server.signal("SIGTERM");
  for (const client of [alice, bob]) await client.sees(SHUTDOWN);
  await scene.server.endsWith(0);
  const duration = performance.now() - start;
  ok(duration < 5_000, `it took ${duration} ms`);
  frozen.signal("SIGKILL");
});

Deno.test("SIGINT ends the server with 0", async () => {
  await using scene = await Scene.open();
  scene.server.signal("SIGINT");
  await scene.server.endsWith(0);
});

Deno.test("a piped line q ends the server, the end of input does not, and --no-keys reads nothing", async () => {
  await using scene = await Scene.open({ flags: [] });
  await scene.server.types("quit", "x");
  const bob = await scene.loggedIn("bob");
  await scene.server.types("Q");
  await scene.server.endsWith(0);
  await bob.sees(SHUTDOWN);

  await scene.restart({ flags: [] });
  await scene.server.endsInput();
  const again = await scene.client("bob");
  await again.sees("Welcome to the chatroom, bob!");
  await again.types("still there?");
  await again.sees("[bob]: still there?");

  await scene.restart({ flags: ["--no-keys"] });
  await scene.server.types("q", "Q");
  await scene.server.endsInput();
  const third = await scene.client("bob");
  await third.out.until("Welcome to the chatroom, bob!");
  await third.types("@names");
  await third.out.until("Online users: bob");
  await scene.server.stop();
});

/** The ids of the messages that a client with `--debug` has logged, in the order they came. */
function idsOfMessages(client: Program): number[] {
  match(client.err.text, /\bmessage\b/);
  return [...client.err.text.matchAll(/received.*\bt=message\b.*?\bid=(\d+)/g)]
    .map(([, id]) => Number(id));
}
