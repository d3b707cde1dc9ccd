// PRODUCT §5: `send NAME TEXT`, for scripts: no presence, no cursor, no missed messages, never registers.

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { past } from "../testing/lines.ts";
import { fernchat, type SpawnOptions } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";

/** How a `send` ended. */
interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `send` to its end, as bob unless told. */
async function send(
  scene: Scene,
  words: readonly string[],
  { user = "bob", flags = [], env = {}, at = ["127.0.0.1", String(scene.server.port)] }: {
    readonly user?: string;
    readonly flags?: readonly string[];
    readonly env?: SpawnOptions["env"];
    readonly at?: readonly string[];
  } = {},
): Promise<Outcome> {
  const named = ["--user", user, "--password-file", join(scene.folder, "bob.password")];
  const pinned = ["--fingerprint", scene.server.fingerprint];
  const place = { XDG_CONFIG_HOME: scene.config, XDG_DATA_HOME: scene.config };
  await using program = fernchat(["send", ...at, ...words, ...named, ...pinned, ...flags], {
    env: { ...place, ...env },
  });
  const code = await program.ended();
  return { code, out: program.out.text, err: program.err.text };
}

/** A server on which bob has an account, and alice, who is logged in, is told of all. */
async function sceneWithBob() {
  const scene = await Scene.open();
  const bob = await scene.loggedIn("bob");
  const alice = await scene.loggedIn("alice");
  await bob.types("@group set team alice");
  await bob.out.until("Group team created with members: alice, bob");
  await bob.types("@quit");
  await bob.endsWith(0);
  await alice.out.until("* bob has left the chat *");
  return { scene, alice, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

const SENT: Outcome = { code: 0, out: "", err: "" };

Deno.test("send: one message to a user, a group, the lobby; silent, unseen, exit 0", async () => {
  await using opened = await sceneWithBob();
  const { scene, alice } = opened;
  deepStrictEqual(await send(scene, ["alice", "the build is done"]), SENT);
  deepStrictEqual(await send(scene, ["Team", "@alice is a text,\nand so is this"]), SENT);
  deepStrictEqual(await send(scene, ["lobby", "@names"]), SENT);
  deepStrictEqual(await send(scene, ["bob", "a note"]), SENT);
  await alice.types("@names");
  await alice.sees(
    "[DM from bob]: the build is done",
    "[Group: team] bob: @alice is a text,",
    "| and so is this",
    "[bob]: @names",
    "Online users: alice",
  );
});

Deno.test("send takes the address as client does, or from --server and its twin", async () => {
  await using opened = await sceneWithBob();
  const { scene, alice } = opened;
  const { port, fingerprint } = scene.server;
  const address = `chat://127.0.0.1:${port}#${fingerprint}`;
  deepStrictEqual(await send(scene, ["alice", "one"], { at: [address] }), SENT);
  const flags = ["--server", address];
  deepStrictEqual(await send(scene, ["alice", "two"], { at: [], flags }), SENT);
  const env = { FERNCHAT_SERVER: address };
  deepStrictEqual(await send(scene, ["alice", "three"], { at: [], env }), SENT);
  await alice.sees("[DM from bob]: one", "[DM from bob]: two", "[DM from bob]: three");
});

Deno.test("send moves no cursor, and neither shows nor uses up what was missed", async () => {
  await using opened = await sceneWithBob();
  const { scene, alice } = opened;
  await alice.types("@bob for you");
  await alice.out.until("[DM to bob]: for you (offline, will be delivered)");
  deepStrictEqual(await send(scene, ["alice", "I only send"]), SENT);
  const bob = await scene.client("bob");
  await bob.sees(
    "Welcome to the chatroom, bob!",
    "--- 2 messages while you were away ---",
    past("[DM from alice]: for you"),
    past("[DM to alice]: I only send"),
    "--- now ---",
  );
});

Deno.test("send leaves alone what a client could not send", async () => {
  await using opened = await sceneWithBob();
  const { scene, alice } = opened;
  const bob = await scene.loggedIn("bob");
  await alice.out.until("* bob has joined the chat *");
  scene.server.signal("SIGSTOP");
  await bob.types("kept for later", "@quit");
  await bob.endsWith(3);
  scene.server.signal("SIGCONT");
  await scene.restart();
  await alice.err.until("Connected again.");
  deepStrictEqual(await send(scene, ["alice", "now"]), SENT);
  await alice.out.until("[DM from bob]: now");
  const again = await scene.client("bob");
  await again.err.until("Sending 1 message of an earlier run.");
  // The server may have stored it between going on and its end: then it comes as missed, and once.
  await again.out.until(/\[bob\]: kept for later$/);
});

Deno.test("send ends with 3 where the message is not stored, and says why", async () => {
  await using opened = await sceneWithBob();
  const { scene } = opened;
  deepStrictEqual(await send(scene, ["alcie", "hi"]), {
    code: 3,
    out: "",
    err: "ERROR: User alcie does not exist. Did you mean alice?\n",
  });
});

Deno.test("send never registers", async () => {
  await using opened = await sceneWithBob();
  const { scene, alice } = opened;
  deepStrictEqual(await send(scene, ["alice", "hi"], { user: "carol" }), {
    code: 1,
    out: "",
    err: "ERROR: User carol does not exist.\n",
  });
  await alice.types("@carol are you there?");
  await alice.sees("ERROR: User carol does not exist.");
});

Deno.test("send ends with 1 where it cannot log in or connect", async () => {
  await using opened = await sceneWithBob();
  const { scene } = opened;
  deepStrictEqual(await send(scene, ["alice", "hi"], { user: "alice" }), {
    code: 1,
    out: "",
    err: "ERROR: Incorrect password.\n",
  });
  await scene.server.stop();
  const outcome = await send(scene, ["alice", "hi"], { flags: ["--timeout", "1"] });
  strictEqual(outcome.code, 1);
  match(outcome.err, /^Cannot connect to 127\.0\.0\.1 port \d+: connection refused\. .*\n$/);
});

Deno.test("send refuses wrong arguments with 2 and an example, before it connects", async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /missing required argument/],
    [["alice"], /Say to whom/],
    [["alice", "hi"], /Say where the server is/],
    [["127.0.0.1", "9999", "a b", "hi"], /"a b" is no name/],
    [["127.0.0.1", "9999", "alice", " "], /blank/],
    [["127.0.0.1", "9999", "alice", "\u001b[2J"], /control/],
    [["127.0.0.1", "9999", "alice", "x".repeat(4_001)], /4,001 of 4,000/],
    [["127.0.0.1", "0", "alice", "hi"], /no port/],
    [["127.0.0.1", "9999", "alice", "two", "words"], /./],
  ];
  for (const [args, text] of wrong) {
    await using program = fernchat(["send", ...args]);
    await program.endsWith(2);
    strictEqual(program.out.text, "");
    match(program.err.text, text);
    match(program.err.text, /^Wrong arguments: [^\n]* Example: deno run -A mod\.ts send [^\n]*\n$/);
  }
});
