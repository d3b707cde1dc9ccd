import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type KeyFile, type KeyFileOptions, openKeyFile } from "../../server/key_file.ts";
import { StartError } from "../../server/start_error.ts";
import { tempFolder } from "./temp_folder.ts";

const onWindows = Deno.build.os === "windows";

/** A first start with octets 0, 1, 2 … as randomness. */
function firstStart(): KeyFileOptions {
  let next = 0;
  const random = (length: number) => Uint8Array.from({ length }, () => next++);
  return { random, storedRealm: null, hasAccounts: false };
}

const noRandom = (): never => {
  throw new Error("no randomness was due");
};

/** A start after which the realm of `key` is in the database. */
function laterStart({ realm }: KeyFile): KeyFileOptions {
  return { random: noRandom, storedRealm: realm, hasAccounts: true };
}

Deno.test("a first start makes the key file: one line, for its owner only", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const key = await openKeyFile(path, firstStart());
  const octets = Uint8Array.from({ length: 48 }, (_, i) => i);
  deepStrictEqual(key.identitySeed, octets.slice(0, 32));
  deepStrictEqual(key.realm, octets.slice(32));
  strictEqual(key.created, true);
  const digits = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";
  strictEqual(await Deno.readTextFile(path), `ftc1-server-key-1 ${digits}\n`);
  if (!onWindows) strictEqual(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  deepStrictEqual(Array.from(Deno.readDirSync(folder.path), ({ name }) => name), ["server.key"]);
});

Deno.test("every later start reads the same key", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const first = await openKeyFile(path, firstStart());
  const later = await openKeyFile(path, laterStart(first));
  deepStrictEqual(
    [later.identitySeed, later.realm, later.created],
    [first.identitySeed, first.realm, false],
  );
});

Deno.test("killed after the key file and before the realm: the next start takes the file", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const first = await openKeyFile(path, firstStart());
  const next = await openKeyFile(path, { random: noRandom, storedRealm: null, hasAccounts: false });
  deepStrictEqual(next.realm, first.realm);
  match(next.notices.join("\n"), /the database is new/);
});

Deno.test("killed while writing the key file: the next start begins again", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  await Deno.writeTextFile(`${path}.new`, "ftc1-server-key-1 AAEC");
  strictEqual((await openKeyFile(path, firstStart())).created, true);
  await rejects(Deno.stat(`${path}.new`), Deno.errors.NotFound);
});

Deno.test("killed between the two names of the key file: the next start takes it", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const first = await openKeyFile(path, firstStart());
  await Deno.link(path, `${path}.new`);
  const next = await openKeyFile(path, laterStart(first));
  deepStrictEqual(next.identitySeed, first.identitySeed);
  await rejects(Deno.stat(`${path}.new`), Deno.errors.NotFound);
});

Deno.test("a realm without key file and accounts keeps its name under a new seed", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const storedRealm = new Uint8Array(16).fill(9);
  const key = await openKeyFile(path, { ...firstStart(), storedRealm });
  deepStrictEqual(key.realm, storedRealm);
  strictEqual((await openKeyFile(path, laterStart(key))).created, false);
});

Deno.test("a missing key file is refused when the database has accounts", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const options = { random: noRandom, storedRealm: new Uint8Array(16), hasAccounts: true };
  await rejects(openKeyFile(path, options), says(/is missing.*has accounts.*backup/));
  await rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a key file of another realm is refused", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  await openKeyFile(path, firstStart());
  const options = { random: noRandom, storedRealm: new Uint8Array(16), hasAccounts: false };
  await rejects(openKeyFile(path, options), says(/another database.*same backup/));
});

Deno.test("accounts without a realm are refused, whatever the key file", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const options = { random: noRandom, storedRealm: null, hasAccounts: true };
  await rejects(openKeyFile(path, options), says(/has accounts but.*backup/));
  await openKeyFile(path, firstStart());
  await rejects(openKeyFile(path, options), says(/has accounts but.*backup/));
});

Deno.test("a damaged key file is refused and left as it is", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  await openKeyFile(path, firstStart());
  const good = await Deno.readTextFile(path);
  const cuts = Array.from({ length: good.length }, (_, length) => good.slice(0, length));
  const other = [
    `${good}${good}`,
    `${good}\n`,
    `\ufeff${good}`,
    good.replace("\n", "\r\n"),
    good.replace("key-1", "key-2"),
    good.replace("AAEC", "AA+C"),
    good.replace("AAEC", "AA C"),
    "x".repeat(1_000_000),
  ];
  for (const bad of [...cuts, ...other]) {
    await Deno.writeTextFile(path, bad);
    await rejects(openKeyFile(path, firstStart()), says(/is damaged.*backup/));
    strictEqual(await Deno.readTextFile(path), bad);
  }
});

Deno.test({
  name: "a key file that group or others can reach is refused, with the remedy",
  ignore: onWindows,
  fn: async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, "server.key");
    const first = await openKeyFile(path, firstStart());
    for (const mode of [0o640, 0o604, 0o620, 0o610, 0o644, 0o777]) {
      await Deno.chmod(path, mode);
      await rejects(openKeyFile(path, laterStart(first)), says(/group or others.*chmod 600 /));
    }
    await Deno.chmod(path, 0o400);
    deepStrictEqual((await openKeyFile(path, laterStart(first))).realm, first.realm);
  },
});

Deno.test("on Windows the mode is not looked at, and a notice says so", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "server.key");
  const first = await openKeyFile(path, firstStart());
  await Deno.chmod(path, 0o644);
  const later = await openKeyFile(path, { ...laterStart(first), os: "windows" });
  match(later.notices.join("\n"), /not checked on Windows.*server\.key/);
});

Deno.test("what the system refuses is told in one line", async () => {
  await using folder = await tempFolder();
  await rejects(openKeyFile(folder.path, firstStart()), says(/Cannot use key file/));
  const nowhere = join(folder.path, "no", "server.key");
  await rejects(openKeyFile(nowhere, firstStart()), says(/Cannot use key file/));
});

function says(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof StartError)) return false;
    match(error.message, pattern);
    match(error.message, /^Cannot .*\.$|^Cannot .*"$/);
    return true;
  };
}
