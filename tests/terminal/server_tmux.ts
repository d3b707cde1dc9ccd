import { doesNotMatch, match } from "node:assert/strict";
import { join } from "node:path";
import { fernchat } from "../testing/processes.ts";
import { passwordOf } from "../testing/scene.ts";
import { type TempFolder, tempFolder } from "../server/temp_folder.ts";
import { Shell } from "./shell.ts";

// In the background it stands behind the prompt of the shell.
const LISTENS = /Fernchat \S+ listens on 127\.0\.0\.1:(\d+)$/m;

/** A shell in which `$SERVER` starts a server. */
async function shell(folder: TempFolder): Promise<Shell> {
  const server = `${Deno.execPath()} run -A mod.ts server 127.0.0.1 0 --data ${folder.path}`;
  return await Shell.start({ SERVER: server, NO_COLOR: "1" });
}

/** The port in what a server has printed. */
function portOf(screen: string): string {
  return LISTENS.exec(screen)?.[1] ?? "";
}

for (const key of ["q", "Q"]) {
  Deno.test(`the single key ${key} ends a server in its terminal, without Enter`, async () => {
    await using folder = await tempFolder();
    await using sh = await shell(folder);
    await sh.runs("$SERVER");
    await sh.terminal.waitFor(LISTENS);
    await sh.terminal.waitFor(/mod\.ts client/);
    await sh.terminal.sendKeys(key);
    await sh.endsWith(0);
  });
}

Deno.test("other keys do not end the server, and nothing that is typed is shown", async () => {
  await using folder = await tempFolder();
  await using sh = await shell(folder);
  await sh.runs("$SERVER 2> /dev/null");
  const screen = await sh.terminal.waitFor(/mod\.ts client .*$/m);
  await sh.terminal.type("wWxyz Enter\n");
  await sh.terminal.sendKeys("Up", "F5", "Escape");
  await using bob = fernchat(["client", "127.0.0.1", portOf(screen)], {
    env: { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path },
  });
  await bob.types("bob", passwordOf("bob"));
  await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await sh.terminal.sendKeys("q");
  await bob.sees("SERVER SHUTTING DOWN. Goodbye!");
  doesNotMatch(await sh.endsWith(0), /xyz/);
});

Deno.test("Ctrl-C ends a server in its terminal, and its exit code is 0", async () => {
  await using folder = await tempFolder();
  await using sh = await shell(folder);
  await sh.runs("$SERVER");
  await sh.terminal.waitFor(/mod\.ts client/);
  await sh.terminal.sendKeys("C-c");
  await sh.endsWith(0);
});

Deno.test("a server in the background runs on while one types, and hears q after fg", async () => {
  await using folder = await tempFolder();
  await using sh = await shell(folder);
  const { terminal } = sh;
  await terminal.type(`$SERVER 2> ${join(folder.path, "log")} &\n`);
  const screen = await terminal.waitFor(/mod\.ts client .*$/m);
  // The shell has the keyboard: its own words arrive, q included.
  await terminal.type("q\n");
  await terminal.waitFor(/q: command not found/);
  await terminal.type("jobs\n");
  await terminal.waitFor(/^\[1\]\+ {2}Running/m);
  // Running means more than not being stopped.
  await using bob = fernchat(["client", "127.0.0.1", portOf(screen)], {
    env: { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path },
  });
  await bob.types("bob", passwordOf("bob"), "are you there?");
  await bob.sees(
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    "[bob]: are you there?",
  );
  await terminal.type("echo again; jobs\n");
  await terminal.waitFor(/^again\n\[1\]\+ {2}Running/m);
  await terminal.type("fg\n");
  // The shell says what it has brought to the foreground.
  await terminal.waitFor(/^\$SERVER /m);
  await terminal.type("q");
  await bob.sees("SERVER SHUTTING DOWN. Goodbye!");
  // The terminal itself shows a key that comes before the server has taken the echo away.
  await terminal.waitFor(/\nq?\$$/);
  await terminal.type("echo code $?; jobs\n");
  const end = await terminal.waitFor(/^code 0$/m);
  match(end, /^code 0\n\$$/m);
});
