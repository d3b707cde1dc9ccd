import {
  deepStrictEqual,
  doesNotMatch,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { join } from "node:path";
import { fernchat, PROGRAM, Program, ROOT, Server, startServer } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { tempFolder } from "../server/temp_folder.ts";

/** Waits for the end of a program that could not start: one line on standard error, nothing else. */
async function failsWith(program: Program, code: number, line: RegExp): Promise<void> {
  await using failing = program;
  await failing.endsWith(code);
  match(failing.err.text, /^[^\n]+\n$/, failing.explain());
  match(failing.err.text, line);
  strictEqual(failing.out.text, "");
}

/** Waits for all, also when one has failed, so that nothing goes on behind the test. */
async function sideBySide(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "rejected") throw result.reason;
  }
}

Deno.test("wrong arguments get one line with an example, and exit code 2", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      [],
      /^Say what to run: server, client\b.* Example: deno run -A mod\.ts server 127\.0\.0\.1 9999$/m,
    ],
    [["sever", "127.0.0.1", "9999"], /sever.*Example: deno run -A mod\.ts server /],
    [["server", "127.0.0.1"], /port.*Example: deno run -A mod\.ts server 127\.0\.0\.1 9999$/m],
    [["server", "127.0.0.1", "x"], /port.*Example: /],
    [["server", "127.0.0.1", "65536"], /65535.*Example: /],
    [["server", "127.0.0.1", "0", "--nokeys"], /--nokeys.*--no-keys.*Example: /],
    [["server", "127.0.0.1", "0", "--registration", "ajar"], /ajar.*open, closed.*Example: /],
    [["client", "127.0.0.1", "0"], /port.*Example: deno run -A mod\.ts client 127\.0\.0\.1 9999$/m],
    [["client", "127.0.0.1", "9999", "--fingerprint", "ftc1:abc"], /fingerprint.*Example: /],
    [["client", "127.0.0.1", "9999", "--timeout", "0"], /timeout.*Example: /],
    [["client", "127.0.0.1", "9999", "more"], /arguments.*Example: /],
    [["secret"], /file.*Example: deno run -A mod\.ts secret \S+$/m],
  ];
  // Side by side: each is a process of its own that ends at once.
  await sideBySide(cases.map(([args, line]) => failsWith(fernchat(args), 2, line)));
});

Deno.test("--help and --version work everywhere", async () => {
  const places = [[], ["server"], ["client"], ["secret"]];
  await sideBySide(places.map(async (place) => {
    await using help = fernchat([...place, "--help"]);
    await help.endsWith(0);
    match(help.out.text, /^Usage: fernchat/);
    strictEqual(help.err.text, "");
    await using version = fernchat([...place, "--version"]);
    await version.endsWith(0);
    match(version.out.text, /^\d+\.\d+\.\d+\n$/);
  }));
});

Deno.test("the server prints address, fingerprint, folder and the line that its clients need", async () => {
  await using scene = await Scene.open();
  const { port, fingerprint, folder, out } = scene.server;
  const lines = out.text.split("\n");
  match(lines[0] ?? "", new RegExp(`^Fernchat [\\d.]+ listens on 127\\.0\\.0\\.1:${port}$`));
  strictEqual(lines[1], `Fingerprint: ${fingerprint}`);
  strictEqual(lines[2], `Data folder: ${folder}`);
  const line = lines.find((line) => line.includes("mod.ts client")) ?? "";
  strictEqual(
    line.trim(),
    `deno run -A mod.ts client 127.0.0.1 ${port} --fingerprint ${fingerprint}`,
  );
  // The line itself, as it was printed.
  const args = line.trim().split(" ").slice(4);
  await using client = fernchat(args, {
    env: { XDG_CONFIG_HOME: scene.config, XDG_DATA_HOME: scene.config },
  });
  await client.types("bob", passwordOf("bob"));
  await client.sees('New account "bob" created.', "Welcome to the chatroom, bob!");
});

Deno.test("a server on all addresses prints the client's line for each address of the machine", async () => {
  await using folder = await tempFolder();
  const flags = ["--data", folder.path, "--no-keys"];
  await using server = fernchat(["server", "0.0.0.0", "0", ...flags]);
  await server.sees(/^Fernchat .* listens on 0\.0\.0\.0:\d+$/);
  await server.out.until("Clients connect with:");
  const own = Deno.networkInterfaces().map(({ address }) => address);
  await server.sees(/ client \S+ \d+ --fingerprint ftc1:/);
  server.signal("SIGTERM");
  await server.endsWith(0);
  const hosts = [...server.out.text.matchAll(/ client (\S+) /g)].map(([, host]) => host ?? "");
  ok(hosts.includes("127.0.0.1"));
  deepStrictEqual(hosts.filter((host) => !own.includes(host)), []);
});

Deno.test("the least of permissions in the README is enough", async () => {
  await using folder = await tempFolder();
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, line = ""] = /^deno run (--allow[^]*?--data data)$/m.exec(readme) ?? [];
  const own: ReadonlyMap<string, string> = new Map([
    ["mod.ts", PROGRAM],
    ["9999", "0"],
    ["data", folder.path],
  ]);
  const args = line.split(/[\s\\]+/)
    .map((arg) => own.get(arg) ?? arg.replace(/=data$/, `=${folder.path}`))
    .map((arg) => arg.replace("$PWD/data", folder.path));
  deepStrictEqual(args.filter((arg) => /^-(A|-allow-(all|run|env|ffi|sys))/.test(arg)), []);
  await using server = new Program([Deno.execPath(), "run", "--no-prompt", ...args]);
  const address = await server.out.until(/^Fernchat .* listens on 0\.0\.0\.0:\d+$/);
  await using bob = fernchat(["client", "localhost", address.slice(address.lastIndexOf(":") + 1)], {
    env: { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path },
  });
  await bob.types("bob", passwordOf("bob"), "hi");
  await bob.sees(
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    "[bob]: hi",
  );
  server.signal("SIGTERM");
  await server.endsWith(0);
});

Deno.test("a server that cannot start says why and what to do, in one line, with exit code 1", async (t) => {
  await using scene = await Scene.open();
  const { port, folder } = scene.server;
  await using other = await tempFolder();
  const keyFile = join(other.path, "server.key");

  await t.step("the port is in use", () =>
    failsWith(
      new Server({ folder: other.path, port }),
      1,
      new RegExp(`^Cannot listen on 127\\.0\\.0\\.1 port ${port}: .*in use\\. \\S`),
    ));

  await t.step("another server has the data folder", () =>
    failsWith(
      new Server({ folder }),
      1,
      /^Cannot use data folder \S+: another server is using it\. \S/,
    ));

  await t.step("others can read the data folder", async () => {
    await Deno.chmod(other.path, 0o755);
    await failsWith(
      new Server({ folder: other.path }),
      1,
      /^Cannot use data folder \S+: .*access.*chmod 700/,
    );
    await Deno.chmod(other.path, 0o700);
  });

  await t.step("others can read the key file", async () => {
    await Deno.chmod(keyFile, 0o640);
    await failsWith(
      new Server({ folder: other.path }),
      1,
      /^Cannot use key file \S+: .*access.*chmod 600/,
    );
    await Deno.chmod(keyFile, 0o600);
  });

  await t.step("the key file is damaged", async () => {
    const key = await Deno.readTextFile(keyFile);
    for (const damaged of ["", key.slice(0, 40), key.replace("key-1", "key-2"), `${key}${key}`]) {
      await Deno.writeTextFile(keyFile, damaged);
      await failsWith(
        new Server({ folder: other.path }),
        1,
        /^Cannot use key file \S+: it is damaged, .*backup/,
      );
    }
    await Deno.writeTextFile(keyFile, key);
  });

  await t.step("the key file is missing while there are accounts", async () => {
    const bob = await scene.loggedIn("bob");
    await bob.types("@quit");
    await bob.endsWith(0);
    await scene.server.stop();
    await Deno.rename(join(folder, "server.key"), join(folder, "moved.key"));
    await failsWith(new Server({ folder }), 1, /^Cannot use key file \S+: it is missing, .*backup/);
  });

  await t.step("the shared secret is missing, or is none", async () => {
    const file = join(other.path, "team.secret");
    const flags = ["--no-keys", "--secret-file", file];
    await failsWith(
      new Server({ folder: other.path, flags }),
      1,
      /^Cannot read shared secret \S+: .*mod\.ts secret /,
    );
    await Deno.writeTextFile(file, "correct horse battery staple\n");
    await failsWith(
      new Server({ folder: other.path, flags }),
      1,
      /^Cannot read shared secret \S+: .*mod\.ts secret /,
    );
  });

  await t.step("the address is not one of this machine", () =>
    failsWith(
      fernchat(["server", "192.0.2.1", "0", "--data", other.path, "--no-keys"]),
      1,
      /^Cannot listen on 192\.0\.2\.1 port 0: .*127\.0\.0\.1/,
    ));

  await t.step("and once the cause is gone, it starts", async () => {
    await using server = await startServer({ folder: other.path });
    await server.stop();
  });
});

Deno.test("`secret FILE` writes a secret for its owner alone, and never writes over one", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, "team.secret");
  await using first = fernchat(["secret", file]);
  await first.endsWith(0);
  strictEqual(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  const secret = await Deno.readTextFile(file);
  match(secret, /^[\w-]{43}=\n$/);
  doesNotMatch(first.explain(), new RegExp(secret.trim()));
  await failsWith(fernchat(["secret", file]), 1, /^Cannot write secret: \S+ exists\. \S/);
  strictEqual(await Deno.readTextFile(file), secret);
  await using second = fernchat(["secret", `${file}.2`]);
  await second.endsWith(0);
  notStrictEqual(await Deno.readTextFile(`${file}.2`), secret);
});

Deno.test("with a shared secret only those who have it get in", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, "team.secret");
  for (const name of [file, `${file}.other`]) {
    await using made = fernchat(["secret", name]);
    await made.endsWith(0);
  }
  const data = join(folder.path, "data");
  await Deno.mkdir(data, { mode: 0o700 });
  await Deno.copyFile(file, join(data, "team.secret"));
  const flags = ["--no-keys", "--secret-file", join(data, "team.secret")];
  await using server = await startServer({ folder: data, flags });
  match(server.out.text, / --secret-file \S+team\.secret$/m);
  const env = { XDG_CONFIG_HOME: folder.path, XDG_DATA_HOME: folder.path };
  const line = ["client", "127.0.0.1", String(server.port), "--user", "bob"];
  await using right = fernchat([...line, "--secret-file", file], { env });
  await right.types(passwordOf("bob"), "hi");
  await right.sees(
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    "[bob]: hi",
  );
  for (const wrong of [[], ["--secret-file", `${file}.other`]]) {
    await failsWith(
      fernchat([...line, ...wrong], { env }),
      1,
      /^The server closed the connection before the handshake: .*secret/,
    );
  }
  await failsWith(
    fernchat([...line, "--secret-file", `${file}.none`], { env }),
    1,
    /^Cannot read shared secret \S+: /,
  );
});
