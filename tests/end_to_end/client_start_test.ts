import { doesNotMatch, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { PATIENCE } from "../testing/lines.ts";
import { fernchat, startServer } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { within } from "../testing/within.ts";
import { tempFolder } from "../server/temp_folder.ts";

Deno.test("a server is remembered at first sight, and known from then on", async () => {
  await using scene = await Scene.open();
  const { port, fingerprint } = scene.server;
  const file = join(scene.config, "fernchat", "known_hosts");
  await using first = scene.stranger({ flags: ["--user", "bob"] });
  await first.types(passwordOf("bob"));
  await first.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await first.endsInput();
  await first.endsWith(0);
  ok(first.err.text.includes(fingerprint), first.explain());
  strictEqual(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  const [line = "", ...more] = (await Deno.readTextFile(file)).split("\n");
  match(
    line,
    new RegExp(`^127\\.0\\.0\\.1 ${port} ${fingerprint} [\\w-]{22} \\d{4}-\\d\\d-\\d\\d$`),
  );
  strictEqual(more.join(""), "");

  await using second = scene.stranger({ flags: ["--user", "bob"] });
  await second.types(passwordOf("bob"));
  await second.sees("Welcome to the chatroom, bob!");
  await second.endsInput();
  await second.endsWith(0);
  ok(!second.err.text.includes(fingerprint), second.explain());
});

Deno.test("a server whose identity has changed is refused until its pin is dropped", async () => {
  await using scene = await Scene.open();
  const expected = scene.server.fingerprint;
  const file = join(scene.config, "fernchat", "known_hosts");
  const bob = (...flags: string[]) => scene.stranger({ flags: ["--user", "bob", ...flags] });
  await using first = bob();
  await first.types(passwordOf("bob"));
  await first.out.until("Welcome to the chatroom, bob!");
  await first.types("@quit");
  await first.endsWith(0);
  const { port } = scene.server;
  await scene.server.stop();

  await using folder = await tempFolder();
  await using impostor = await startServer({ folder: folder.path, port });
  const known = await Deno.readTextFile(file);
  await using refused = bob();
  await refused.types(passwordOf("bob"), "a secret line");
  await refused.endsWith(1);
  strictEqual(refused.out.text, "");
  const line = refused.err.text;
  match(line, /^THE SERVER'S IDENTITY HAS CHANGED\. Expected ftc1:\S+, got ftc1:\S+\. [^\n]*\n$/);
  for (const part of [expected, impostor.fingerprint, file, "Not connected."]) {
    ok(line.includes(part), `${part} is not in: ${line}`);
  }
  strictEqual(await Deno.readTextFile(file), known);

  // The flag says more than the file, and leaves it alone.
  await using flagged = bob("--fingerprint", impostor.fingerprint);
  await flagged.types(passwordOf("bob"));
  await flagged.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  strictEqual(await Deno.readTextFile(file), known);

  await using forgetful = bob("--forget");
  await forgetful.types(passwordOf("bob"));
  await forgetful.sees("Welcome to the chatroom, bob!");
  const after = await Deno.readTextFile(file);
  ok(after.includes(impostor.fingerprint) && !after.includes(expected), after);
});

Deno.test("a wrong --fingerprint ends the client before it says who it is", async () => {
  await using scene = await Scene.open();
  const wrong = `ftc1:${"A".repeat(43)}`;
  await using bob = scene.stranger({ flags: ["--user", "bob", "--fingerprint", wrong] });
  await bob.types(passwordOf("bob"));
  await bob.endsWith(1);
  strictEqual(bob.out.text, "");
  match(
    bob.err.text,
    /^THE SERVER'S IDENTITY HAS CHANGED\. Expected [^\n]* Not connected\.[^\n]*\n$/,
  );
  ok(bob.err.text.includes(wrong) && bob.err.text.includes(scene.server.fingerprint));
  await using asked = await scene.client("bob", { flags: ["--no-register"] });
  await asked.sees("ERROR: User bob does not exist.");
});

Deno.test("--strict trusts no new server where nobody can be asked", async () => {
  await using scene = await Scene.open();
  await using bob = scene.stranger({ flags: ["--user", "bob", "--strict"] });
  await bob.types("y", passwordOf("bob"));
  await bob.endsWith(1);
  strictEqual(bob.out.text, "");
  match(bob.err.text, /^Not connected: [^\n]*--fingerprint[^\n]*\n$/);
  ok(bob.err.text.includes(scene.server.fingerprint));
  await rejects(Deno.stat(join(scene.config, "fernchat", "known_hosts")), Deno.errors.NotFound);
});

Deno.test("a client that cannot connect says why, in one line, with exit code 1", async (t) => {
  await t.step("nothing listens there", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await using client = fernchat([
      "client",
      "127.0.0.1",
      String(port),
      "--user",
      "bob",
      "--timeout",
      "1",
    ]);
    await client.endsWith(1);
    match(
      client.err.text,
      /^Cannot connect to 127\.0\.0\.1 port \d+: connection refused\. \S.*\n$/,
    );
  });

  await t.step("there is another program that closes", async () => {
    const line = await whatAStrangerGets(async (conn) => {
      await conn.read(new Uint8Array(4_096));
    });
    match(line, /^The server closed the connection before the handshake: wrong port, .*\n$/);
  });

  await t.step("there is another program that speaks", async () => {
    const line = await whatAStrangerGets(async (conn) => {
      await conn.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
      await conn.read(new Uint8Array(4_096));
    });
    match(
      line,
      /^This is not a server of this program, or it uses another shared secret\. [^\n]*\n$/,
    );
  });

  await t.step("no machine has this name", async () => {
    await using client = fernchat(["client", "no-such-machine.invalid", "9999", "--user", "bob"]);
    await client.endsWith(1);
    match(client.err.text, /^Cannot connect to no-such-machine\.invalid port 9999: [^\n]+\n$/);
  });
});

Deno.test("every flag has a twin in the environment, and the flag wins", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, "password");
  await Deno.writeTextFile(file, `${passwordOf("bob")}\n`);
  await using secret = fernchat(["secret", join(folder.path, "secret")]);
  await secret.endsWith(0);
  const shared = {
    FERNCHAT_SECRET_FILE: join(folder.path, "secret"),
    FERNCHAT_DEBUG: "1",
    XDG_CONFIG_HOME: folder.path,
    XDG_DATA_HOME: folder.path,
  };
  await using server = fernchat(["server", "127.0.0.1", "0"], {
    env: {
      ...shared,
      FERNCHAT_DATA: join(folder.path, "data"),
      FERNCHAT_LOG_FORMAT: "json",
      FERNCHAT_NO_KEYS: "1",
    },
  });
  const address = await server.out.until(/^Fernchat .* listens on /);
  const fingerprint = (await server.out.until(/^Fingerprint: /)).slice("Fingerprint: ".length);
  await server.sees(`Data folder: ${join(folder.path, "data")}`);
  const line = ["client", "127.0.0.1", address.slice(address.lastIndexOf(":") + 1)];
  const env = {
    ...shared,
    FERNCHAT_USER: "bob",
    FERNCHAT_PASSWORD_FILE: file,
    FERNCHAT_FINGERPRINT: fingerprint,
  };

  await using unknown = fernchat(line, { env: { ...env, FERNCHAT_NO_REGISTER: "1" } });
  await unknown.sees("ERROR: User bob does not exist.");
  await unknown.endsWith(1);
  await using bob = fernchat(line, { env });
  await bob.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
  await using carol = fernchat([...line, "--user", "carol"], { env });
  await carol.sees('New account "carol" created.', "Welcome to the chatroom, carol!");
  const strict = { FERNCHAT_STRICT: "1", FERNCHAT_TIMEOUT: "5" };
  const { FERNCHAT_FINGERPRINT: _, ...unpinned } = env;
  await using careful = fernchat(line, { env: { ...unpinned, ...strict } });
  await careful.endsWith(1);
  match(careful.err.text, /^Not connected: /m);
  await using wrong = fernchat(line, { env: { ...env, FERNCHAT_TIMEOUT: "soon" } });
  await wrong.endsWith(2);
  match(wrong.err.text, /^[^\n]*FERNCHAT_TIMEOUT[^\n]*Example: [^\n]*\n$/);

  // The keyboard is not read: the q does nothing.
  await server.types("q");
  await bob.out.until("* carol has joined the chat *");
  await bob.types("@names");
  await bob.sees("Online users: bob, carol");
  for (const record of server.err.text.trim().split("\n")) JSON.parse(record);
  server.signal("SIGTERM");
  await server.endsWith(0);
});

Deno.test("--debug says much on both sides, but no password, no secret and no text", async () => {
  await using scene = await Scene.open({ flags: ["--no-keys", "--debug", "--log-format", "json"] });
  const bob = await scene.client("bob", { flags: ["--debug"] });
  await bob.out.until("Welcome to the chatroom, bob!");
  await bob.types("Rumpelstilzchen", "@bob Rumpelstilzchen", "@history 2", "@quit");
  await bob.out.until("Goodbye!");
  await bob.endsWith(0);
  await scene.server.stop();
  match(bob.err.text, /DBG|debug/i);
  for (const { err } of [bob, scene.server]) doesNotMatch(err.text, /Rumpelstilzchen|Krummhorn/);
  const records = scene.server.err.text.trim().split("\n").map((line) => JSON.parse(line));
  ok(records.length >= 3, scene.server.err.text);
});

Deno.test("without --data the server keeps its data in the user's own folder", async () => {
  await using home = await tempFolder();
  await using server = fernchat(["server", "127.0.0.1", "0", "--no-keys"], {
    env: { XDG_DATA_HOME: home.path, HOME: home.path },
  });
  const folder = join(home.path, "fernchat", "server");
  await server.out.until(`Data folder: ${folder}`);
  strictEqual(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
  strictEqual(((await Deno.stat(join(folder, "server.key"))).mode ?? 0) & 0o777, 0o600);
});

/** What a client says that has met this program. */
async function whatAStrangerGets(behave: (conn: Deno.Conn) => Promise<void>): Promise<string> {
  await using folder = await tempFolder();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const line = ["client", "127.0.0.1", String(listener.addr.port), "--user", "bob"];
  await using client = fernchat(line, {
    env: { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path },
  });
  {
    // Bounded: a client that does not come must not be waited for.
    using conn = await within(PATIENCE, listener.accept());
    await within(PATIENCE, behave(conn));
  }
  await client.endsWith(1);
  strictEqual(client.out.text, "");
  return client.err.text;
}
