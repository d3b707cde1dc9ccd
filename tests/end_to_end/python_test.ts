import { match, ok, strictEqual } from "node:assert/strict";
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
    await monty.types("@quit");
    await monty.endsWith(0);
    await using second = await python(scene, "alice");
    await second.sees("Welcome to the chatroom, alice!");
    await second.types("from Python");
    await second.sees("[alice]: from Python");
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

Deno.test("the parts in Python agree with the vectors", async () => {
  await using vectors = new Program(["python3", join(FOLDER, "test_vectors.py")], { env });
  await vectors.endsWith(0);
  strictEqual(vectors.err.text, "");
  match(vectors.out.text, /\d/);
});
