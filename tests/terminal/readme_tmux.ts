import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { Shell } from "./shell.ts";

/**
 * What a code block of the README shows behind its command line, with place and time made neutral.
 *
 * @param heading The line of text before the block.
 */
async function shownInReadme(heading: string): Promise<string[]> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, block = ""] = readme.split(heading)[1]?.split("```") ?? [];
  return neutral(block.trim()).split("\n").slice(1);
}

function neutral(text: string): string {
  return text.replaceAll(/ftc1:[\w-]{43}/g, "FINGERPRINT")
    .replaceAll(/port \d+/g, "port PORT")
    .replaceAll(/\/\S*known_hosts/g, "KNOWN_HOSTS")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "TIME");
}

Deno.test("the session of two users looks as the README shows it", async () => {
  await using scene = await Scene.open();
  const env = {
    CLIENT: `${Deno.execPath()} run -A mod.ts client 127.0.0.1 ${scene.server.port}`,
    XDG_CONFIG_HOME: scene.config,
    XDG_DATA_HOME: scene.config,
    NO_COLOR: "1",
  };
  await using alice = await Shell.start(env);
  const { terminal } = alice;
  await terminal.type("clear; $CLIENT\n");
  await terminal.waitFor(/^User name:/m);
  await terminal.type("alice\n");
  await terminal.waitFor("[y/N]");
  await terminal.type("y\n");
  await terminal.waitFor(/^New password/m);
  await terminal.type(`${passwordOf("alice")}\n`);
  await terminal.waitFor(/^The same password/m);
  await terminal.type(`${passwordOf("alice")}\n`);
  await terminal.waitFor(/^lobby>$/m);

  const bob = await scene.loggedIn("bob");
  await terminal.waitFor("* bob has joined the chat *");
  await terminal.type("hello, who is here?\n");
  await bob.sees("[alice]: hello, who is here?");
  await bob.types("me, and lunch is at noon");
  await terminal.waitFor("[bob]: me, and lunch is at noon");
  await terminal.type("@bob bring the plans\n");
  await bob.out.until("[DM from alice]: bring the plans");
  await bob.types("@group set team alice");
  await terminal.waitFor("Group team created");
  await terminal.type("@team good idea\n@names\n");
  await bob.out.until("[Group: team] alice: good idea");
  await terminal.waitFor("Online users:");
  await bob.types("@quit");
  await bob.endsWith(0);
  await terminal.waitFor("* bob has left the chat *");
  await terminal.type("@bob see you\n");
  const screen = await terminal.waitFor(/see you .*\nlobby>$/);
  deepStrictEqual(neutral(screen).split("\n"), await shownInReadme("Alice, who is new:"));

  await using again = await Shell.start(env);
  await again.terminal.type("clear; $CLIENT --user bob\n");
  await again.terminal.waitFor(/^Password for bob:/m);
  await again.terminal.type(`${passwordOf("bob")}\n`);
  const back = await again.terminal.waitFor(/^--- now ---\nlobby>$/m);
  deepStrictEqual(neutral(back).split("\n"), await shownInReadme("When he is back:"));
});
