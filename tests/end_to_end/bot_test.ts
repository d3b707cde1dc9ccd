// examples/bot/ and the examples of the library's documentation, run as they stand.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROGRAM, Program, ROOT } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

/** The environment of a bot. */
function environment(scene: Scene): Record<string, string> {
  const { port, fingerprint } = scene.server;
  return {
    FERNCHAT_SERVER: `chat://127.0.0.1:${port}#${fingerprint}`,
    FERNCHAT_PASSWORD: passwordOf("robot"),
    XDG_CONFIG_HOME: scene.config,
    XDG_DATA_HOME: scene.config,
  };
}

function exampleBot(scene: Scene): Program {
  const path = join(ROOT, "examples", "bot", "bot.ts");
  return new Program([Deno.execPath(), "run", "-A", path], { env: environment(scene) });
}

Deno.test("the example bot answers in the lobby, in a group and directly", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  await using bot = exampleBot(scene);
  await alice.out.until("* robot has joined the chat *");
  await alice.types("!ping", "@robot !roll 1", "@group set team robot", "@team !time", "no bot");
  await alice.sees("[alice]: !ping");
  await alice.out.until("[robot]: pong");
  await alice.out.until("[DM from robot]: You rolled 1.");
  await alice.out.until(/^\[Group: team\] robot: \d{4}-\d\d-\d\dT/);
  strictEqual(bot.explain(), "standard output:\n\nstandard error:\n");
});

Deno.test("the example bot outlives its server, and answers once, also what it was asked meanwhile", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  await using first = exampleBot(scene);
  await alice.out.until("* robot has joined the chat *");
  await alice.types("@robot !ping");
  await alice.out.until("[DM from robot]: pong");
  await scene.server.kill();
  await scene.restart();
  await alice.err.until("Connected again.");
  await alice.types("@robot !ping");
  await alice.out.until("[DM from robot]: pong");
  first.signal("SIGKILL");
  await first.ended();
  await alice.types("@robot !ping");
  await alice.out.until(/^\[DM to robot\]: !ping/);
  await using second = exampleBot(scene);
  await alice.out.until("[DM from robot]: pong");
  await alice.types("@robot !roll 1");
  await alice.out.until("[DM from robot]: You rolled 1.");
  const answers = alice.out.text.split("\n").filter((line) => line === "[DM from robot]: pong");
  strictEqual(answers.length, 3);
  strictEqual(second.err.text, "");
});

/** The examples in the documentation of `mod.ts`. */
async function examples(): Promise<readonly string[]> {
  const source = await Deno.readTextFile(PROGRAM);
  const blocks = source.matchAll(/^ \* ```ts\n((?: \*.*\n)*?) \* ```$/gm);
  return [...blocks].map(([, block = ""]) => block.replaceAll(/^ \* ?/gm, ""));
}

/** Runs an example at the server of a scene; nothing else of it is changed. */
async function runExample(scene: Scene, example: string): Promise<Program> {
  const path = join(scene.folder, `example-${crypto.randomUUID()}.ts`);
  const source = example
    .replace('"./mod.ts"', JSON.stringify(pathToFileURL(PROGRAM).href))
    .replace('"127.0.0.1 9999"', JSON.stringify(`127.0.0.1 ${scene.server.port}`));
  await Deno.writeTextFile(path, source);
  return new Program([Deno.execPath(), "run", "-A", "--config", join(ROOT, "deno.json"), path], {
    env: environment(scene),
  });
}

Deno.test("the examples in the library's documentation run", async (t) => {
  const [parrot, oneMessage, ...more] = await examples();
  ok(parrot !== undefined && oneMessage !== undefined);
  deepStrictEqual(more, []);

  await t.step("they are what the types say", async () => {
    await using check = new Program([Deno.execPath(), "check", "--doc", PROGRAM]);
    await check.endsWith(0);
  });

  await t.step("a bot that answers whoever writes to it", async () => {
    await using scene = await Scene.open();
    const alice = await scene.loggedIn("alice");
    await using program = await runExample(scene, parrot);
    await alice.out.until("* parrot has joined the chat *");
    await alice.types("@parrot hello", "@parrot bye");
    await alice.out.until("[DM from parrot]: You said: hello");
    await alice.out.until("[DM from parrot]: You said: bye");
    await alice.out.until("* parrot has left the chat *");
    await program.endsWith(0);
  });

  await t.step("one message", async () => {
    await using scene = await Scene.open();
    await using program = await runExample(scene, oneMessage);
    await program.endsWith(0);
    strictEqual(program.out.text, "Good morning!\n");
  });
});
