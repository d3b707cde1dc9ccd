import { match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fernchat, type Program } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { tempFolder } from "../server/temp_folder.ts";

/** A client that gets the address in one word. */
async function clientAt(
  scene: Scene,
  address: string,
  flags: readonly string[] = [],
): Promise<Program> {
  const file = join(scene.folder, "bob.password");
  await Deno.writeTextFile(file, `${passwordOf("bob")}\n`);
  const args = ["client", address, "--user", "bob", "--password-file", file, ...flags];
  return fernchat(args, { env: { XDG_CONFIG_HOME: scene.config, XDG_DATA_HOME: scene.config } });
}

Deno.test("the address that the server prints, in place of host and port, pins its fingerprint", async () => {
  await using scene = await Scene.open();
  const line = await scene.server.out.until(/^ {2}deno run -A mod\.ts client "chat:/);
  const [, address = ""] = /"(.*)"$/.exec(line) ?? [];
  strictEqual(address, `chat://127.0.0.1:${scene.server.port}#${scene.server.fingerprint}`);
  // Nothing would be asked under --strict of a server that is given with its fingerprint.
  await using bob = await clientAt(scene, address, ["--strict"]);
  await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await bob.types("hello", "@quit");
  await bob.sees("[bob]: hello", "Goodbye!");
  await bob.endsWith(0);
  strictEqual(await exists(join(scene.config, "fernchat", "known_hosts")), false);
});

Deno.test("an address with the fingerprint of another server is not talked to", async () => {
  await using scene = await Scene.open();
  const address = `chat://127.0.0.1:${scene.server.port}#ftc1:${"A".repeat(43)}`;
  await using bob = await clientAt(scene, address);
  await bob.types("a secret line");
  await bob.endsWith(1);
  match(bob.err.text, /^THE SERVER'S IDENTITY HAS CHANGED\./);
  strictEqual(bob.out.text, "");
});

Deno.test("a wrong address ends the client with 2, one line, and what to type instead", async () => {
  await using folder = await tempFolder();
  const env = { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path };
  const whole = `ftc1:${"A".repeat(43)}`;
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["chat://127.0.0.1:9999"], /has no fingerprint\. Copy it whole: /],
    [["chat://127.0.0.1:9999#ftc1:AAA"], /fingerprint behind # is not whole/],
    [[`chat://::1:9999#${whole}`], /IPv6 address stands in brackets: chat:\/\/\[::1\]/],
    [[`chat://127.0.0.1#${whole}`], /port is missing/],
    [["127.0.0.1:9999"], /Host and port are two words: 127\.0\.0\.1 9999\./],
    [["127.0.0.1"], /port is missing behind "127\.0\.0\.1"/],
  ];
  await Promise.all(cases.map(async ([args, expected]) => {
    await using client = fernchat(["client", ...args], { env });
    await client.endsWith(2);
    match(client.err.text, /^[^\n]+ Example: deno run -A mod\.ts client [^\n]+\n$/);
    match(client.err.text, expected);
    ok(client.out.text === "");
  }));
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}
