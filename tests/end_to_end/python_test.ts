import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { past } from "../testing/lines.ts";
import { Program, ROOT } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";

const FOLDER = join(ROOT, "examples", "python");

/** Nothing is left behind in the folder of the example. */
const env = { PYTHONDONTWRITEBYTECODE: "1" };

/** Starts the example client. */
async function python(
  scene: Scene,
  user: string,
  { password = passwordOf(user), fingerprint = scene.server.fingerprint } = {},
): Promise<Program> {
  const file = join(scene.folder, `${user}.python-password`);
  await Deno.writeTextFile(file, `${password}\n`);
  const flags = ["--user", user, "--password-file", file, "--fingerprint", fingerprint];
  const address = ["127.0.0.1", String(scene.server.port)];
  return new Program(["python3", join(FOLDER, "client.py"), ...address, ...flags], { env });
}

Deno.test("the client in Python, written from the papers alone, talks with the one in TypeScript", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");

  await t.step("it registers, talks and leaves", async () => {
    await using monty = await python(scene, "monty");
    await monty.sees('New account "monty" created.', "Welcome to the chatroom, monty!");
    await alice.sees("* monty has joined the chat *");
    await monty.types("spam", "@alice eggs", "@@ham", "@monty a note");
    await monty.sees("[monty]: spam", "[DM to alice]: eggs", "[monty]: @ham", "[Note]: a note");
    await alice.sees("[monty]: spam", "[DM from monty]: eggs", "[monty]: @ham");
    await alice.types(
      "@monty Grüße 日本語",
      "@group set circus monty",
      `@circus ${"x".repeat(4_000)}`,
    );
    await monty.sees(
      "[DM from alice]: Grüße 日本語",
      "Group circus created with members: monty, alice",
      `[Group: circus] alice: ${"x".repeat(4_000)}`,
    );
    await monty.types("@circus bring out your dead", "@nobody9 hello");
    await alice.out.until("[Group: circus] monty: bring out your dead");
    await monty.sees(
      "[Group: circus] monty: bring out your dead",
      "ERROR: User nobody9 does not exist.",
    );
    await monty.endsInput();
    // Not everything was stored.
    await monty.endsWith(3);
    await alice.sees("* monty has left the chat *");
  });

  await t.step("each opens what the other has sealed, in groups that either has made", async () => {
    await using monty = await python(scene, "monty");
    await using arthur = await python(scene, "arthur");
    await monty.sees("Welcome to the chatroom, monty!");
    await arthur.sees('New account "arthur" created.', "Welcome to the chatroom, arthur!");
    await alice.types("@group add circus arthur");
    await monty.sees("Group circus: alice added arthur");
    await arthur.sees("Group circus: alice added arthur");
    await arthur.types("@circus I am your king");
    await alice.out.until("[Group: circus] arthur: I am your king");
    await monty.sees("[Group: circus] arthur: I am your king");
    await arthur.sees("[Group: circus] arthur: I am your king");
    await alice.types("@group leave circus");
    const left = [
      "Group circus: alice left",
      // The one who writes next makes the epoch without her.
      "Group circus: monty is the owner now",
      "[Group: circus] arthur: who has left?",
    ];
    await alice.sees("Group circus: alice left");
    await arthur.out.until("Group circus: alice left");
    await arthur.types("@circus who has left?");
    await arthur.sees(...left.slice(1));
    await monty.sees(...left);
    await monty.types("@group set camelot alice,arthur");
    const created = "Group camelot created with members: alice, arthur, monty";
    await alice.sees(created);
    await alice.types("@camelot from TypeScript");
    await monty.sees(created, "[Group: camelot] alice: from TypeScript");
    await arthur.sees(created, "[Group: camelot] alice: from TypeScript");
    await alice.sees("[Group: camelot] alice: from TypeScript");
    await monty.types("@group leave camelot");
    await alice.sees("Group camelot: monty left");
    await alice.types("@camelot without Monty");
    const without = [
      "Group camelot: alice is the owner now",
      "[Group: camelot] alice: without Monty",
    ];
    await alice.sees(...without);
    await arthur.sees("Group camelot: monty left", ...without);
    await monty.sees("Group camelot: monty left");
    for (const [name, one] of [["monty", monty], ["arthur", arthur]] as const) {
      await one.endsInput();
      await one.endsWith(0);
      await alice.sees(`* ${name} has left the chat *`);
    }
  });

  await t.step("both compute the same safety number", async () => {
    await using monty = await python(scene, "monty");
    await monty.types("@verify alice");
    const line = await monty.out.until(/^Safety number with alice/);
    await alice.types("@verify monty");
    const lines = [];
    while (lines.length < 3) lines.push(await alice.out.until(/^ {2}(\d{5} ?){4}$/));
    strictEqual(line.split(": ")[1], lines.map((line) => line.trim()).join(" "));
    await alice.out.until(/^If it is the same/);
    await monty.endsInput();
    await monty.endsWith(0);
    await alice.out.until("* monty has left the chat *");
  });

  await t.step("it logs in again and is shown what it has missed", async () => {
    await alice.types("@monty while you were away");
    await alice.sees("[DM to monty]: while you were away (offline, will be delivered)");
    await using monty = await python(scene, "monty");
    await monty.sees(
      "Welcome to the chatroom, monty!",
      "--- 1 messages while you were away ---",
      past("[DM from alice]: while you were away"),
      "--- now ---",
    );
    await monty.types("all stored");
    await monty.sees("[monty]: all stored");
    await monty.endsInput();
    await monty.endsWith(0);
  });

  await t.step("an account of the one is an account for the other", async () => {
    const monty = await scene.client("monty");
    await monty.sees("Welcome to the chatroom, monty!");
    await monty.types("@history 3 alice", "@quit");
    await monty.sees(
      "--- Last 3 Messages ---",
      past("[DM to alice]: eggs"),
      past("[DM from alice]: Grüße 日本語"),
      past("[DM from alice]: while you were away"),
      "Goodbye!",
    );
    await monty.endsWith(0);
    await using second = await python(scene, "alice");
    await second.sees("Welcome to the chatroom, alice!");
    await second.types("from Python", "@history 2 camelot");
    await second.sees(
      "[alice]: from Python",
      "--- Last 2 Messages ---",
      past("[Group: camelot] alice: from TypeScript"),
      past("[Group: camelot] alice: without Monty"),
    );
    await alice.out.until("[alice]: from Python");
  });

  await t.step("a wrong password and a wrong fingerprint end it with 1", async () => {
    await using thief = await python(scene, "monty", { password: "Krummhorn-wrong" });
    await thief.endsWith(1);
    match(thief.explain(), /Incorrect password\./);
    await using careful = await python(scene, "monty", { fingerprint: `ftc1:${"A".repeat(43)}` });
    await careful.endsWith(1);
    match(careful.err.text, /^THE SERVER'S IDENTITY HAS CHANGED\./);
  });

  await t.step("it says goodbye when the server stops", async () => {
    await using monty = await python(scene, "monty");
    await monty.sees("Welcome to the chatroom, monty!");
    await scene.server.stop();
    await monty.endsWith(1);
    ok(monty.explain().includes("SERVER SHUTTING DOWN. Goodbye!"), monty.explain());
  });
});

Deno.test("two clients in Python talk end to end", async (t) => {
  await using scene = await Scene.open();
  await using eric = await python(scene, "eric");
  await using terry = await python(scene, "terry");
  await using graham = await python(scene, "graham");
  for (const one of [eric, terry, graham]) await one.out.until(/^Welcome to the chatroom/);

  await t.step("directly, both beginning at once, and with themselves", async () => {
    await Promise.all([eric.types("@terry parrot-1"), terry.types("@eric parrot-2")]);
    await eric.out.until("[DM from terry]: parrot-2");
    await terry.out.until("[DM from eric]: parrot-1");
    await eric.types("@eric parrot-3");
    await eric.out.until("[Note]: parrot-3");
  });

  await t.step("in a group, to which members are added and which one of them leaves", async () => {
    await eric.types("@group set ministry terry", "@ministry parrot-4");
    await terry.out.until("Group ministry created with members: terry, eric");
    await terry.sees("[Group: ministry] eric: parrot-4");
    await eric.types("@group add ministry graham");
    await graham.sees("Group ministry: eric added graham");
    await graham.types("@ministry parrot-5");
    await eric.out.until("[Group: ministry] graham: parrot-5");
    await terry.out.until("[Group: ministry] graham: parrot-5");
    await eric.types("@group leave ministry");
    await terry.sees("Group ministry: eric left");
    await terry.types("@ministry parrot-6");
    await graham.out.until("[Group: ministry] terry: parrot-6");
    await terry.out.until("[Group: ministry] terry: parrot-6");
    await eric.types("@ministry parrot-7", "@group add ministry terry");
    const refused = "ERROR: No group ministry that you are in.";
    await eric.out.until(refused);
    await eric.sees(refused);
  });

  await t.step("the whole history opens with nothing but the password", async () => {
    await using later = await python(scene, "graham");
    await later.types("@history 100 ministry");
    await later.out.until("--- Last 2 Messages ---");
    // What was said before he was added is not for him.
    await later.sees(
      past("[Group: ministry] graham: parrot-5"),
      past("[Group: ministry] terry: parrot-6"),
    );
    await using first = await python(scene, "eric");
    await first.types("@history 100");
    await first.out.until("--- Last 5 Messages ---");
    await first.out.until(past("[Note]: parrot-3"));
    await first.sees(
      past("[Group: ministry] eric: parrot-4"),
      past("[Group: ministry] graham: parrot-5"),
    );
  });

  await t.step(
    "the disk of the server has the text of the lobby, and of nothing else",
    async () => {
      await terry.types("cockatoo");
      await terry.out.until("[terry]: cockatoo");
      await scene.server.stop();
      const disk = await read(scene.server.folder);
      ok(disk.includes("cockatoo"));
      ok(!disk.includes("parrot"));
    },
  );
});

/** All files below a folder, one character for each octet. */
async function read(folder: string): Promise<string> {
  let text = "";
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) text += await read(path);
    if (isFile) text += new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
  return text;
}

for (
  const [what, script] of [
    ["agree with the vectors", "test_vectors.py"],
    ["refuse what is changed", "test_hostile.py"],
  ] as const
) {
  Deno.test(`the parts in Python ${what}`, async () => {
    await using checks = new Program(["python3", join(FOLDER, script)], { env });
    await checks.endsWith(0);
    strictEqual(checks.err.text, "");
    match(checks.out.text, /^[1-9]\d* checks, 0 differences$/m);
  });
}

Deno.test("the client in Python takes a batch and the runs in it apart", async () => {
  const run = {
    t: "messages",
    conversation: "lobby",
    kind: "lobby",
    to: "lobby",
    id: 1_838_459_474_944,
    at: 1_795_370_581_000,
    m: [["bob", 0, 0, "hi"], ["alice", 1, 12, "hello"]],
  };
  const message = { t: "message", conversation: "lobby", kind: "lobby", to: "lobby" };
  const script = "import json, sys, connection; " +
    "print(json.dumps(list(connection.apart(json.loads(sys.argv[1])))))";
  await using program = new Program([
    "python3",
    "-c",
    `import sys; sys.path.insert(0, ${JSON.stringify(FOLDER)}); ${script}`,
    JSON.stringify({ t: "batch", m: [{ t: "pong" }, run] }),
  ], { env });
  await program.endsWith(0);
  deepStrictEqual(JSON.parse(program.out.text), [
    { t: "pong" },
    { ...message, id: run.id, at: run.at, from: "bob", body: "hi" },
    { ...message, id: run.id + 1, at: run.at + 12, from: "alice", body: "hello" },
  ]);
});
