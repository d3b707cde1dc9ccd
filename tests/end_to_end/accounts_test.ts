import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { past } from "../testing/lines.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

Deno.test("accounts are made, proved and refused", async (t) => {
  await using scene = await Scene.open();
  const pinned = ["--fingerprint", scene.server.fingerprint];

  await t.step("name and password come from the first lines of the input", async () => {
    await using bob = scene.stranger({ flags: pinned });
    await bob.types("Bob", passwordOf("bob"), "hi");
    await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!", "[bob]: hi");
    await bob.endsInput();
    await bob.endsWith(0);
    doesNotMatch(bob.explain(), /Krummhorn/);
  });

  await t.step(
    "an account that exists is not created again, in whatever case it is typed",
    async () => {
      await using bob = scene.stranger({ flags: [...pinned, "--user", "BOB"] });
      await bob.types(passwordOf("bob"), "again");
      await bob.sees("Welcome to the chatroom, bob!", "[bob]: again");
      await bob.endsInput();
      await bob.endsWith(0);
    },
  );

  await t.step("a line of input is not taken for what the flags have given", async () => {
    const bob = await scene.client("bob");
    await bob.types("bob", "@quit");
    await bob.sees("Welcome to the chatroom, bob!", "[bob]: bob", "Goodbye!");
    await bob.endsWith(0);
  });

  await t.step("a wrong password is refused, and nothing of the input is sent", async () => {
    await using mallory = scene.stranger({ flags: [...pinned, "--user", "bob"] });
    await mallory.types("Krummhorn-wrong", "a secret line");
    await mallory.sees("ERROR: Incorrect password.");
    await mallory.endsInput();
    await mallory.endsWith(1);
    strictEqual(mallory.out.text, "ERROR: Incorrect password.\n");
    const bob = await scene.client("bob");
    await bob.types("@history 1");
    await bob.sees(
      "Welcome to the chatroom, bob!",
      "--- Last 1 Messages ---",
      past("[bob]: bob"),
    );
  });

  await t.step("an input that ends before name and password is told what is missing", async () => {
    await using nobody = scene.stranger({ flags: pinned });
    await nobody.endsInput();
    await nobody.endsWith(1);
    match(nobody.explain(), /name/);
    await using nameOnly = scene.stranger({ flags: pinned });
    await nameOnly.types("bob");
    await nameOnly.endsInput();
    await nameOnly.endsWith(1);
    match(nameOnly.explain(), /password/);
  });

  await t.step("what cannot be a name is refused", async () => {
    for (const name of ["a b", "../etc", "lobby", "ADMIN", "x".repeat(33), "Ünal", "\u202Ebob"]) {
      await using client = scene.stranger({ flags: [...pinned, "--user", name] });
      await client.sees(/^ERROR: .* cannot be a name: /);
      await client.endsWith(1);
      doesNotMatch(client.out.text, /\u202e/);
    }
  });

  await t.step(
    "a new account gets no password that is too short, and a warning for a weak one",
    async () => {
      await using short = scene.stranger({ flags: [...pinned, "--user", "erin"] });
      await short.types("1234567");
      await short.sees(
        "ERROR: Password too short: at least 8 characters. It is the only key to your history.",
      );
      await short.endsWith(1);
      await using weak = scene.stranger({ flags: [...pinned, "--user", "erin"] });
      await weak.types("12345678", "@quit");
      await weak.sees('New account "erin" created.');
      await weak.out.until("Goodbye!");
      await weak.endsWith(0);
      match(weak.err.text, /^WARNING: .*password/m);
    },
  );

  await t.step("--no-register makes no account of an unknown name", async () => {
    await using frank = await scene.client("frank", { flags: ["--no-register"] });
    await frank.sees("ERROR: User frank does not exist.");
    await frank.endsWith(1);
    await using bob = await scene.client("bob", { flags: ["--no-register"] });
    await bob.types("@frank are you there?");
    await bob.sees("Welcome to the chatroom, bob!", "ERROR: User frank does not exist.");
  });
});

Deno.test("a server with closed registration admits those it has, and nobody else", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  await alice.types("@quit");
  await alice.endsWith(0);
  await scene.server.stop();
  await scene.restart({ flags: ["--no-keys", "--registration", "closed"] });
  const again = await scene.client("alice");
  await again.sees("Welcome to the chatroom, alice!");
  const bob = await scene.client("bob");
  await bob.sees(/^ERROR: .*\bbob\b/);
  await bob.endsWith(1);
  doesNotMatch(bob.out.text, /created|Welcome/);
});

Deno.test("several sessions of one account are one user", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const desk = await scene.loggedIn("bob");
  await alice.sees("* bob has joined the chat *");
  const phone = await scene.client("bob");
  await phone.sees("Welcome to the chatroom, bob!");

  await t.step("each gets everything, also what the others sent", async () => {
    await desk.types("from the desk", "@alice privately", "@bob a note");
    for (const session of [desk, phone]) {
      await session.sees("[bob]: from the desk", "[DM to alice]: privately", "[Note]: a note");
    }
    // Had the second session joined again, it would stand before this.
    await alice.sees("[bob]: from the desk", "[DM from bob]: privately");
    await alice.types("@bob to all of you");
    await alice.sees("[DM to bob]: to all of you");
    for (const session of [desk, phone]) await session.sees("[DM from alice]: to all of you");
    await phone.types("@group set team alice", "@team from the phone");
    for (const session of [alice, desk, phone]) {
      await session.sees(
        "Group team created with members: alice, bob",
        "[Group: team] bob: from the phone",
      );
    }
  });

  await t.step("the current conversation belongs to the session", async () => {
    await phone.types("@alice", "to alice");
    for (const session of [desk, phone]) await session.sees("[DM to alice]: to alice");
    await alice.sees("[DM from bob]: to alice");
    await desk.types("to the lobby");
    for (const session of [alice, desk, phone]) await session.sees("[bob]: to the lobby");
  });

  await t.step("the user has left when the last session has ended", async () => {
    await desk.types("@quit");
    await desk.sees("Goodbye!");
    await desk.endsWith(0);
    await alice.types("@names");
    await alice.sees("Online users: alice, bob");
    await phone.endsInput();
    await phone.endsWith(0);
    await alice.sees("* bob has left the chat *");
    await alice.types("@names");
    await alice.sees("Online users: alice");
  });
});

Deno.test("what was missed is shown at the next login, once and in order", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const first = await scene.loggedIn("bob");
  await alice.sees("* bob has joined the chat *");
  await first.types("I was here", "@quit");
  await first.sees("[bob]: I was here", "Goodbye!");
  await first.endsWith(0);
  await alice.sees("[bob]: I was here", "* bob has left the chat *");

  await t.step("lobby, direct and group messages, and changes of groups", async () => {
    await alice.types("@bob one", "two", "@group set team bob", "@team four");
    await alice.sees(
      "[DM to bob]: one (offline, will be delivered)",
      "[alice]: two",
      "Group team created with members: bob, alice",
      "[Group: team] alice: four",
    );
    const bob = await scene.client("bob");
    await bob.sees(
      "Welcome to the chatroom, bob!",
      "--- 4 messages while you were away ---",
      past("[DM from alice]: one"),
      past("[alice]: two"),
      past("Group team created with members: bob, alice"),
      past("[Group: team] alice: four"),
      "--- now ---",
    );
    await alice.sees("* bob has joined the chat *");
    await bob.types("@quit");
    await bob.sees("Goodbye!");
    await bob.endsWith(0);
    await alice.sees("* bob has left the chat *");
  });

  await t.step("what any session has shown is not missed", async () => {
    const bob = await scene.client("bob");
    await alice.sees("* bob has joined the chat *");
    await alice.types("@bob live");
    await bob.sees("Welcome to the chatroom, bob!", "[DM from alice]: live");
    await bob.types("@quit");
    await bob.sees("Goodbye!");
    await bob.endsWith(0);
    await alice.sees("[DM to bob]: live", "* bob has left the chat *");
    const again = await scene.client("bob");
    await again.types("@quit");
    await again.sees("Welcome to the chatroom, bob!", "Goodbye!");
    await again.endsWith(0);
    await alice.sees("* bob has joined the chat *", "* bob has left the chat *");
  });

  await t.step(
    "what reached a client that was killed before it could show it comes again",
    async () => {
      const bob = await scene.client("bob");
      await bob.sees("Welcome to the chatroom, bob!");
      await alice.sees("* bob has joined the chat *");
      bob.signal("SIGSTOP");
      await alice.types("@bob are you frozen?");
      await alice.sees("[DM to bob]: are you frozen?");
      bob.signal("SIGKILL");
      await bob.ended();
      const again = await scene.client("bob");
      await again.sees(
        "Welcome to the chatroom, bob!",
        "--- 1 message while you were away ---",
        past("[DM from alice]: are you frozen?"),
        "--- now ---",
      );
      await again.types("@quit");
      await again.sees("Goodbye!");
      await again.endsWith(0);
    },
  );

  await t.step("the plain face shows all of many pages", async () => {
    // Four pages of 48 KiB, and no more messages than may be sent without a pause.
    const texts = Array.from({ length: 50 }, (_, n) => textOf(n));
    await alice.types(...texts);
    await alice.out.until(`[alice]: ${texts.at(-1)}`);
    const bob = await scene.client("bob");
    await bob.sees(
      "Welcome to the chatroom, bob!",
      "--- 50 messages while you were away ---",
      ...texts.map((text) => past(`[alice]: ${text}`)),
      "--- now ---",
    );
    await bob.types("@history 1000 alice", "@history 45 lobby");
    await bob.sees("--- Last 3 Messages ---");
    await bob.out.until("--- Last 45 Messages ---");
    await bob.sees(...texts.slice(-45).map((text) => past(`[alice]: ${text}`)));
  });

  await t.step("a new account has missed nothing, and sees the last 20 of the lobby", async () => {
    await alice.types("@team not for carol");
    await alice.out.until("[Group: team] alice: not for carol");
    const carol = await scene.client("carol");
    await carol.sees(
      'New account "carol" created.',
      "Welcome to the chatroom, carol!",
      "--- Last 20 Messages ---",
    );
    for (let n = 30; n < 50; n++) await carol.sees(past(`[alice]: ${textOf(n)}`));
    await carol.types("hello");
    await carol.sees("[carol]: hello");
  });
});

Deno.test("the password may come from a file, and is only its first line", async () => {
  await using scene = await Scene.open();
  const file = join(scene.folder, "password");
  await Deno.writeTextFile(file, `${passwordOf("bob")}\r\nsecond line\n`);
  const flags = ["--user", "bob", "--password-file", file];
  await using made = scene.stranger({ flags });
  await made.sees('New account "bob" created.');
  await made.endsInput();
  await made.endsWith(0);
  // The same password, typed.
  await using typed = scene.stranger({ flags: ["--user", "bob"] });
  await typed.types(passwordOf("bob"));
  await typed.sees("Welcome to the chatroom, bob!");
  await using absent = scene.stranger({
    flags: ["--user", "bob", "--password-file", `${file}.no`],
  });
  await absent.endsWith(1);
  match(absent.err.text, /^Cannot read password file \S+: .*\n$/);
});

function textOf(n: number): string {
  return `number ${n} ${"x".repeat(3_900)}`;
}
