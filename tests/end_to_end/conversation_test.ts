import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { past } from "../testing/lines.ts";
import { Scene } from "../testing/scene.ts";

Deno.test("everything a user may type does what the tables of PRODUCT §3 say", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bob = await scene.loggedIn("bob");
  await alice.sees("* bob has joined the chat *");
  const carol = await scene.loggedIn("carol");
  await alice.sees("* carol has joined the chat *");
  await bob.sees("* carol has joined the chat *");
  // An account that is not online.
  const dave = await scene.loggedIn("dave");
  for (const other of [alice, bob, carol]) await other.sees("* dave has joined the chat *");
  await dave.types("@quit");
  await dave.sees("Goodbye!");
  for (const other of [alice, bob, carol]) await other.sees("* dave has left the chat *");

  await t.step("text goes to the lobby, and everybody sees it, the writer too", async () => {
    await alice.types("hello, all");
    for (const other of [alice, bob, carol]) await other.sees("[alice]: hello, all");
  });

  await t.step("a direct message goes to its receiver and back to the writer alone", async () => {
    await bob.types("@alice to you alone");
    await bob.sees("[DM to alice]: to you alone");
    await alice.sees("[DM from bob]: to you alone");
    // Had carol got it, it would stand before this.
    await bob.types("to all");
    for (const other of [alice, bob, carol]) await other.sees("[bob]: to all");
  });

  await t.step("a direct message to somebody offline says that it will be delivered", async () => {
    await bob.types("@dave see you tomorrow");
    await bob.sees("[DM to dave]: see you tomorrow (offline, will be delivered)");
  });

  await t.step("a name may be typed in any case", async () => {
    await bob.types("@ALICE in capitals");
    await bob.sees("[DM to alice]: in capitals");
    await alice.sees("[DM from bob]: in capitals");
  });

  await t.step("a direct message to oneself is a note", async () => {
    await bob.types("@bob buy milk");
    await bob.sees("[Note]: buy milk");
  });

  await t.step("@names lists who is online, sorted, each once", async () => {
    const second = await scene.client("carol");
    await second.out.until("Welcome to the chatroom, carol!");
    await bob.types("@names");
    await bob.sees("Online users: alice, bob, carol");
    await second.types("@quit");
    await second.out.until("Goodbye!");
    await second.endsWith(0);
    await bob.types("@names");
    await bob.sees("Online users: alice, bob, carol");
  });

  await t.step("@@ begins a text with @", async () => {
    await alice.types("@@bob is not who I mean", "@@@ home");
    for (const other of [alice, bob, carol]) {
      await other.sees("[alice]: @bob is not who I mean", "[alice]: @@ home");
    }
  });

  await t.step("blank lines are not sent", async () => {
    await alice.types("", "   ", "\t", "@bob", "@bob    ", "@lobby", "not blank");
    for (const other of [alice, bob, carol]) await other.sees("[alice]: not blank");
  });

  await t.step("a text is kept to the letter after the first blank", async () => {
    await alice.types("  two  blanks ,\ttab , end  ", "@bob   three more", "@@  x", "@group");
    for (const other of [alice, bob, carol]) {
      await other.sees("[alice]:   two  blanks ,\ttab , end  ");
      if (other === alice) await other.sees("[DM to bob]:   three more");
      if (other === bob) await other.sees("[DM from alice]:   three more");
      await other.sees("[alice]: @  x");
    }
    await alice.sees(/^Usage: @group /);
  });

  await t.step("text of any script and 4,000 code points arrive whole", async () => {
    const long = "😀é漢".repeat(1_333) + "!";
    strictEqual([...long].length, 4_000);
    await alice.types("Grüße 日本語 👩‍👩‍👧", long);
    for (const other of [alice, bob, carol]) {
      await other.sees("[alice]: Grüße 日本語 👩‍👩‍👧", `[alice]: ${long}`);
    }
  });

  await t.step("longer text is refused with its size, and not sent", async () => {
    await alice.types("x".repeat(4_321), `@bob ${"😀".repeat(4_001)}`, "short again");
    await alice.sees(
      "ERROR: Message too long (4,321 of 4,000 characters).",
      "ERROR: Message too long (4,001 of 4,000 characters).",
    );
    for (const other of [alice, bob, carol]) await other.sees("[alice]: short again");
  });

  await t.step("@alice alone makes her the current conversation, @lobby leads back", async () => {
    await bob.types("@alice", "first", "@@second", "@carol aside", "third", "@lobby", "to all");
    await bob.sees(
      "[DM to alice]: first",
      "[DM to alice]: @second",
      "[DM to carol]: aside",
      "[DM to alice]: third",
      "[bob]: to all",
    );
    await alice.sees(
      "[DM from bob]: first",
      "[DM from bob]: @second",
      "[DM from bob]: third",
      "[bob]: to all",
    );
    await carol.sees("[DM from bob]: aside", "[bob]: to all");
  });

  await t.step(
    "an unknown receiver is an error with the closest name, and nothing is stored",
    async () => {
      await bob.types("@alcie hello", "@zzzzzzzz hello", "@alcie", "still to the lobby?");
      await bob.sees(
        "ERROR: User alcie does not exist. Did you mean alice?",
        "ERROR: User zzzzzzzz does not exist.",
        "ERROR: User alcie does not exist. Did you mean alice?",
      );
      // What was typed for a conversation that could not be chosen must not go to everybody.
      await bob.sees(/^ERROR: Not sent: /);
      await bob.types("@lobby", "now to the lobby");
      for (const other of [alice, bob, carol]) await other.sees("[bob]: now to the lobby");
    },
  );

  await t.step("an unknown command names the closest one", async () => {
    await bob.types("@nmaes", "@hisotry 5", "@group snd team x", "@!");
    await bob.sees(
      "ERROR: Unknown command @nmaes. Did you mean @names?",
      "ERROR: Unknown command @hisotry. Did you mean @history?",
      "ERROR: Unknown command @group snd. Did you mean @group send?",
      "ERROR: Unknown command @!.",
    );
  });

  await t.step("the n of @history is 1 to 1,000, anything else gets the usage line", async () => {
    const wrong = ["", " 0", " -1", " 1.5", " 1001", " 1e9", " 5x", " 99999999999", " 5 a b", " x"];
    for (const n of wrong) {
      await bob.types(`@history${n}`);
      await bob.sees("Usage: @history n [name]");
    }
  });

  await t.step("commands with too little or too much get their usage line", async () => {
    const usages = [
      ["@group set", "Usage: @group set G a,b,c"],
      ["@group set team", "Usage: @group set G a,b,c"],
      ["@group send", "Usage: @group send G text"],
      ["@group send team", "Usage: @group send G text"],
      ["@group add team", "Usage: @group add G a,b"],
      ["@group remove team", "Usage: @group remove G a,b"],
      ["@group leave", "Usage: @group leave G"],
      ["@group delete", "Usage: @group delete G"],
      ["@group info", "Usage: @group info G"],
      ["@group list all", "Usage: @group list"],
      ["@names all", "Usage: @names"],
      ["@quit now", "Usage: @quit"],
    ] as const;
    for (const [line, usage] of usages) {
      await bob.types(line);
      await bob.sees(usage);
    }
  });

  await t.step(
    "@help lists every command, @help with one explains it with an example",
    async () => {
      await bob.types("@help", "@help history", "@help group set", "@help nmaes");
      const screen = [await bob.out.until(/^text /)];
      while (!/^@help\b/.test(screen.at(-1) ?? "")) screen.push(await bob.out.until(/./));
      const words = ["set", "send", "add", "remove", "leave", "delete", "list", "info"];
      for (const word of ["names", "history", "help", "lobby", "quit"]) {
        ok(screen.some((line) => line.includes(`@${word}`)), `@${word} is not on the screen`);
      }
      for (const word of words) ok(screen.some((line) => line.includes(`@group ${word}`)), word);
      await bob.sees(
        /^@history n \[name\]: /,
        /^ {2}Example: @history 20 alice$/,
        /^@history more: /,
        /^ {2}Example: @history more$/,
        /^@group set G a,b,c: /,
        /^ {2}Example: @group set /,
        "ERROR: Unknown command @nmaes. Did you mean @names?",
      );
    },
  );

  await t.step("@history shows the last n of everything one may read, one's own too", async () => {
    await carol.types("@history 4");
    await carol.sees(
      "--- Last 4 Messages ---",
      past("[alice]: short again"),
      past("[DM from bob]: aside"),
      past("[bob]: to all"),
      past("[bob]: now to the lobby"),
    );
    await bob.types("@history 3");
    await bob.sees(
      "--- Last 3 Messages ---",
      past("[DM to alice]: third"),
      past("[bob]: to all"),
      past("[bob]: now to the lobby"),
    );
  });

  await t.step("@history with a name shows one conversation, from both sides", async () => {
    await alice.types("@bob and from me");
    await alice.sees("[DM to bob]: and from me");
    await bob.sees("[DM from alice]: and from me");
    await bob.types("@history 3 ALICE");
    await bob.sees(
      "--- Last 3 Messages ---",
      past("[DM to alice]: @second"),
      past("[DM to alice]: third"),
      past("[DM from alice]: and from me"),
    );
    await bob.types("@history 2 lobby", "@history 1000 dave", "@history 9 bob");
    await bob.sees(
      "--- Last 2 Messages ---",
      past("[bob]: to all"),
      past("[bob]: now to the lobby"),
      "--- Last 1 Messages ---",
      past("[DM to dave]: see you tomorrow"),
      "--- Last 1 Messages ---",
      past("[Note]: buy milk"),
    );
    await bob.types("@history 9 alcie");
    await bob.sees("ERROR: User alcie does not exist. Did you mean alice?");
  });

  await t.step("asked for more than there is, @history shows all with the true count", async () => {
    await carol.types("@history 1000 lobby");
    const heading = await carol.out.until(/^--- Last \d+ Messages ---$/);
    const count = Number(/\d+/.exec(heading)?.[0]);
    const shown: string[] = [];
    for (let i = 0; i < count; i++) shown.push(await carol.out.until(/./));
    await carol.types("@names");
    await carol.sees("Online users: alice, bob, carol");
    const texts = shown.map((line) => line.slice("2026-11-22 18:03 ".length));
    strictEqual(texts[0], "[alice]: hello, all");
    strictEqual(texts.at(-1), "[bob]: now to the lobby");
    // Help texts, usage lines, errors, presence and other people's conversations are no messages.
    deepStrictEqual(texts.filter((text) => !/^\[(alice|bob)\]: /.test(text)), []);
    strictEqual(count, 12);
  });

  await t.step("history carries the local date and time", async () => {
    await carol.types("@history 1");
    await carol.sees("--- Last 1 Messages ---");
    const line = await carol.out.until(/./);
    const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d) \[/.exec(line) ?? [];
    const age = Date.now() - new Date(`${date}T${time}:00`).getTime();
    ok(age >= 0 && age < 180_000, `${line} is ${age} ms old`);
  });
});

Deno.test("a client without messages sees an empty history", async () => {
  await using scene = await Scene.open();
  const alice = await scene.client("alice");
  await alice.sees('New account "alice" created.', "Welcome to the chatroom, alice!");
  await alice.types("@history 5", "@history 5 alice", "@group list", "@names");
  await alice.sees(
    "--- Last 0 Messages ---",
    "--- Last 0 Messages ---",
    "You are in no group.",
    "Online users: alice",
  );
});

Deno.test("a text with terminal control is refused by the writer's client", async () => {
  await using scene = await Scene.open();
  const alice = await scene.client("alice");
  await alice.sees('New account "alice" created.', "Welcome to the chatroom, alice!");
  await alice.types("red \x1b[31m", "right \u202eto left");
  await alice.sees("ERROR: Message contains control characters.");
  // A direction override changes what others read: it does not reach the terminal.
  ok(!(await alice.out.until(/^\[alice\]: right /)).includes("\u202e"));
});
