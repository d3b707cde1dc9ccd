import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { past } from "../testing/lines.ts";
import { Scene } from "../testing/scene.ts";

Deno.test("a pipe sends its lines, waits until all are stored, and leaves with 0", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const texts = Array.from({ length: 40 }, (_, n) => `line ${n}`);
  const bob = await scene.client("bob");
  // Everything at once, the end of the input included, before anybody is logged in.
  await bob.types(...texts, "@alice and one for you");
  await bob.endsInput();
  await bob.endsWith(0);
  await bob.sees(
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    ...texts.map((text) => `[bob]: ${text}`),
    "[DM to alice]: and one for you",
  );
  deepStrictEqual(bob.out.rest, []);
  await alice.sees(
    "* bob has joined the chat *",
    ...texts.map((text) => `[bob]: ${text}`),
    "[DM from bob]: and one for you",
    "* bob has left the chat *",
  );
});

Deno.test("a last line without a line feed is sent as well, a carriage return is not", async () => {
  await using scene = await Scene.open();
  const bob = await scene.client("bob");
  await bob.writes("from Windows\r\nthe last line");
  await bob.endsInput();
  await bob.endsWith(0);
  strictEqual(
    bob.out.text,
    'New account "bob" created.\nWelcome to the chatroom, bob!\n' +
      "[bob]: from Windows\n[bob]: the last line\n",
  );
});

Deno.test("when not every message was stored, a pipe ends with 3", async (t) => {
  await using scene = await Scene.open();
  const first = await scene.loggedIn("bob");
  await first.types("@quit");
  await first.endsWith(0);
  const lines = [
    ["a receiver that does not exist", "@nobody9 hello", "ERROR: User nobody9 does not exist."],
    ["a group that one is not in", "@group send team hi", "ERROR: No group team that you are in."],
    [
      "a text that is too long",
      "x".repeat(4_001),
      "ERROR: Message too long (4,001 of 4,000 characters).",
    ],
  ] as const;
  for (const [name, line, error] of lines) {
    await t.step(name, async () => {
      const bob = await scene.client("bob");
      await bob.types("before", line, "behind");
      await bob.endsInput();
      await bob.endsWith(3);
      await bob.out.until("[bob]: before");
      await bob.sees(error, "[bob]: behind");
    });
  }

  await t.step("a command that was refused is no message that was lost", async () => {
    const bob = await scene.client("bob");
    await bob.types("@group info team", "@history 0", "@nmaes");
    await bob.endsInput();
    await bob.endsWith(0);
  });

  await t.step("the server is killed before it has answered", async () => {
    const bob = await scene.client("bob", { flags: ["--timeout", "1"] });
    await bob.out.until("Welcome to the chatroom, bob!");
    scene.server.signal("SIGSTOP");
    await bob.types("never stored");
    await bob.endsInput();
    await scene.server.kill();
    await bob.endsWith(3);
    doesNotMatch(bob.out.text, /never stored/);
    match(bob.err.text, /^1 message /m);
  });
});

Deno.test("the plain face is whole lines, without a control character, whatever others send", async () => {
  await using scene = await Scene.open();
  const alice = await scene.client("alice", { flags: ["--plain"] });
  await alice.out.until("Welcome to the chatroom, alice!");
  const bob = await scene.loggedIn("bob");
  await bob.types(
    "tab\there",
    "right \u202eto left",
    "zero\u200bwidth",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "שלום",
    "@alice \u2066isolated",
    "@group set team alice",
    "@history 10",
    "@help",
    "the end",
  );
  await alice.out.until("[bob]: the end");
  await bob.out.until("[bob]: the end");
  for (const client of [alice, bob]) {
    await client.types("@quit");
    await client.endsWith(0);
    for (const text of [client.out.text, client.err.text]) {
      ok(text === "" || text.endsWith("\n"), JSON.stringify(text.slice(-80)));
      // deno-lint-ignore no-control-regex -- control characters are what is looked for
      doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  }
});

Deno.test("notices about the connection go to standard error, the conversation to standard output", async () => {
  await using scene = await Scene.open();
  const bob = await scene.client("bob");
  await bob.types("hi", "@bob", "a note", "@history 1 bob");
  await bob.endsInput();
  await bob.endsWith(0);
  await bob.sees(
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    "[bob]: hi",
    "[Note]: a note",
    "--- Last 1 Messages ---",
    past("[Note]: a note"),
  );
  deepStrictEqual(bob.out.rest, []);
  await bob.err.sees(
    `Connected to 127.0.0.1 port ${scene.server.port}.`,
    "Direct and group messages are encrypted end to end. The server can read the lobby.",
    "Now talking to bob.",
  );
  deepStrictEqual(bob.err.rest, []);
});

Deno.test("@quit in a pipe leaves at once, and what stands behind it is not sent", async () => {
  await using scene = await Scene.open();
  const bob = await scene.client("bob");
  await bob.types("before", "@quit", "behind");
  await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await bob.sees("[bob]: before", "Goodbye!");
  await bob.endsWith(0);
  const again = await scene.client("bob");
  await again.types("@history 5");
  await again.sees(
    "Welcome to the chatroom, bob!",
    "--- Last 1 Messages ---",
    past("[bob]: before"),
  );
});
