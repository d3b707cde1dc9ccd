import { doesNotMatch, match, ok } from "node:assert/strict";
import { passwordOf, Scene } from "../testing/scene.ts";
import { lastLine, logIn, register, shell } from "./chat_shell.ts";

/** Nothing of any password is ever to be seen. */
const PASSWORD = /Krummhorn/;

Deno.test("a new account is confirmed, its password typed twice, and never seen", async () => {
  await using scene = await Scene.open();
  await register(scene, "alice");
  await using sh = await shell(scene);
  const { terminal } = sh;
  await sh.runs("$CLIENT");
  await terminal.waitFor(/^User name:/m);
  await terminal.type("Alcie\n");
  await terminal.waitFor(/"alcie".*typing error.*\[y\/N\]/);
  // Declining, which is the default, asks for the name again.
  await terminal.type("\n");
  await terminal.waitFor(/User name:[^]*User name:/);
  await terminal.type("bob\n");
  await terminal.waitFor(/"bob".*typing error.*\[y\/N\]/);
  await terminal.type("y\n");
  await terminal.waitFor(/^New password for bob:/m);
  await terminal.type(`${passwordOf("bob")}\n`);
  await terminal.waitFor(/^The same password again:/m);
  await terminal.type("Krummhorn-differs\n");
  await terminal.waitFor("The passwords differ.");
  await terminal.waitFor(/New password for bob:[^]*New password for bob:/);
  await terminal.type(`${passwordOf("bob")}\n`);
  await terminal.waitFor(/The same password again:[^]*The same password again:/);
  await terminal.type(passwordOf("bob"));
  doesNotMatch(await terminal.capture({ part: "all" }), PASSWORD);
  await terminal.type("\n");
  await terminal.waitFor(/^New account "bob" created\.\nWelcome to the chatroom, bob!$/m);
  await lastLine(terminal, "lobby>");
  await terminal.type("@quit\n");
  doesNotMatch(await sh.endsWith(0), PASSWORD);
  // The name with the typing error has become no account.
  const alice = await scene.client("alice");
  await alice.out.until("Welcome to the chatroom, alice!");
  await alice.types("@alcie hello");
  await alice.out.until("ERROR: User alcie does not exist. Did you mean alice?");
});

Deno.test("a wrong password may be tried again, the third one ends the client with 1", async () => {
  await using scene = await Scene.open();
  await register(scene, "bob");
  await using sh = await shell(scene);
  const { terminal } = sh;
  for (const rights of [true, false]) {
    await terminal.type("clear\n");
    await terminal.waitFor((screen) => screen.trim() === "$");
    await sh.runs("$CLIENT --user bob");
    for (let tries = 1; tries <= 3; tries++) {
      await terminal.waitFor((screen) => count(screen, /^Password for bob:/gm) === tries);
      const isRight = rights && tries === 3;
      await terminal.type(`${isRight ? passwordOf("bob") : `Krummhorn ${tries}`}\n`);
      if (!isRight) {
        await terminal.waitFor((screen) =>
          count(screen, /^ERROR: Incorrect password\.$/gm) === tries
        );
      }
    }
    if (rights) {
      await lastLine(terminal, "lobby>");
      await terminal.type("@quit\n");
    }
    doesNotMatch(await sh.endsWith(rights ? 0 : 1), PASSWORD);
  }
});

Deno.test("the prompt names the conversation that a text goes to", async () => {
  await using scene = await Scene.open();
  await register(scene, "bob");
  const alice = await scene.loggedIn("alice");
  await using sh = await shell(scene);
  const { terminal } = sh;
  await logIn(sh, "bob");
  await terminal.type("@alice\n");
  await lastLine(terminal, "alice>");
  await terminal.type("psst\n");
  await terminal.waitFor(/^\[DM to alice\]: psst\nalice>$/m);
  await terminal.type("@group set team alice\n");
  await terminal.waitFor(/^Group team created with members: alice, bob$/m);
  await terminal.type("@team\n");
  await lastLine(terminal, "team>");
  await terminal.type("hello, team\n");
  await terminal.waitFor(/^\[Group: team\] bob: hello, team\nteam>$/m);
  await terminal.type("@lobby\n");
  await lastLine(terminal, "lobby>");
  await terminal.type("hello, all\n");
  await terminal.waitFor(/^\[bob\]: hello, all\nlobby>$/m);
  await alice.out.until("[DM from bob]: psst");
  await alice.out.until("[Group: team] bob: hello, team");
  await alice.sees("[bob]: hello, all");
  await terminal.type("@quit\n");
  match(await sh.endsWith(0), /^Goodbye!$/m);
});

Deno.test("what comes in does not break what is being typed", async () => {
  await using scene = await Scene.open();
  await register(scene, "bob");
  const alice = await scene.loggedIn("alice");
  await using sh = await shell(scene);
  const { terminal } = sh;
  await logIn(sh, "bob");
  await alice.sees("* bob has joined the chat *");
  await terminal.type("half of a li");
  await lastLine(terminal, "lobby> half of a li");
  await alice.types("first", "@bob second", "third");
  await terminal.waitFor(
    /^\[alice\]: first\n\[DM from alice\]: second\n\[alice\]: third\nUnread: 1:alice 1\nlobby> half of a li$/m,
  );
  await terminal.sendKeys("BSpace");
  await terminal.type("ine\n");
  await terminal.waitFor(/^\[alice\]: third\n\[bob\]: half of a line\nUnread: 1:alice 1\nlobby>$/m);
  await alice.out.until("[bob]: half of a line");
  // A line that is longer than the terminal is sent whole.
  const long = Array.from({ length: 60 }, (_, n) => `word${n}`).join(" ");
  await terminal.type(long);
  await alice.types("in between");
  await terminal.waitFor(/^\[alice\]: in between\nUnread: 1:alice 1\nlobby> [^]*word59$/m);
  await terminal.type("\n");
  await alice.out.until(`[bob]: ${long}`);
  await terminal.type("@quit\n");
  await sh.endsWith(0);
});

Deno.test("however a client ends, its terminal is as before", async (t) => {
  await using scene = await Scene.open();
  await register(scene, "bob");

  await t.step("Ctrl-C clears what is typed, and on an empty line leaves", async () => {
    await using sh = await shell(scene);
    await logIn(sh, "bob");
    await sh.terminal.type("not to be sent");
    await lastLine(sh.terminal, "lobby> not to be sent");
    await sh.terminal.sendKeys("C-c");
    await lastLine(sh.terminal, "lobby>");
    await sh.terminal.sendKeys("C-c");
    await sh.endsWith(0);
    const bob = await scene.client("bob");
    await bob.out.until("Welcome to the chatroom, bob!");
    await bob.types("@history 5", "@quit");
    await bob.sees("--- Last 0 Messages ---", "Goodbye!");
    await bob.endsWith(0);
  });

  await t.step("Ctrl-D on an empty line leaves", async () => {
    await using sh = await shell(scene);
    await logIn(sh, "bob");
    await sh.terminal.sendKeys("C-d");
    await sh.endsWith(0);
  });

  await t.step("Ctrl-C while the name, and while the password is asked", async () => {
    await using sh = await shell(scene);
    await sh.runs("$CLIENT");
    await sh.terminal.waitFor(/^User name:/m);
    await sh.terminal.sendKeys("C-c");
    await sh.endsWith(0);
    await sh.terminal.type("clear\n");
    await sh.terminal.waitFor((screen) => screen.trim() === "$");
    await sh.runs("$CLIENT --user bob");
    await sh.terminal.waitFor(/^Password for bob:/m);
    await sh.terminal.type("Krummhorn");
    // The first one clears what has been typed.
    await sh.terminal.sendKeys("C-c", "C-c");
    doesNotMatch(await sh.endsWith(0), PASSWORD);
  });

  await t.step("SIGTERM", async () => {
    await using sh = await shell(scene);
    await sh.runs("$CLIENT --user bob & echo $! > $SHELL_DATA/pid; fg");
    await sh.terminal.waitFor(/^Password for bob:/m);
    await sh.terminal.type(`${passwordOf("bob")}\n`);
    await lastLine(sh.terminal, "lobby>");
    await sh.signal("SIGTERM");
    await sh.endsWith(0);
  });

  await t.step("@quit, with --plain", async () => {
    await using sh = await shell(scene);
    await sh.runs("$CLIENT --user bob --plain");
    await sh.terminal.waitFor(/^Password for bob:/m);
    await sh.terminal.type(`${passwordOf("bob")}\n`);
    await sh.terminal.waitFor(/^Welcome to the chatroom, bob!$/m);
    await sh.terminal.type("hi\n@quit\n");
    const screen = await sh.endsWith(0);
    doesNotMatch(screen, PASSWORD);
    match(screen, /^\[bob\]: hi$/m);
    ok(!screen.includes("lobby>"), screen);
  });

  await t.step("an identity that has changed", async () => {
    await using sh = await shell(scene);
    await sh.runs(`$CLIENT --user bob --fingerprint ftc1:${"A".repeat(43)}`);
    match(await sh.endsWith(1), /^THE SERVER'S IDENTITY HAS CHANGED\./m);
  });
});

function count(text: string, pattern: RegExp): number {
  return (text.match(pattern) ?? []).length;
}
