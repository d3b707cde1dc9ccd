// PRODUCT §1, backup and restore, on real files: what comes back is what was there, or nothing.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { packTar, unpackTar } from "modern-tar";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { makeBackup } from "../../server/backup.ts";
import type { BackupManifest } from "../../server/backup_manifest.ts";
import { openKeyFile } from "../../server/key_file.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { encodeRecord } from "../../server/record.ts";
import { restoreBackup } from "../../server/restore.ts";
import { openService, type Service } from "../../server/service.ts";
import { START } from "../testing/chat.ts";
import { SealingClients } from "../testing/sealing_clients.ts";
import { TestSession } from "../testing/test_session.ts";
import { tempFolder } from "./temp_folder.ts";

const TIME = new Date(START);
const REALM = new Uint8Array(16).fill(6);

interface Scene extends AsyncDisposable {
  /** Holds everything. */
  readonly path: string;
  /** A data folder with a group, a direct conversation and three messages. */
  readonly data: string;
  /** Its backup. */
  readonly backup: string;
  readonly manifest: BackupManifest;
  /** Those who know the keys. */
  readonly clients: SealingClients;
}

async function openChat(data: string): Promise<Service & AsyncDisposable> {
  const store = await openKvStore(join(data, "chat.kv"));
  const service = await openService({
    store,
    policy: DEFAULT_POLICY,
    realm: REALM,
    now: () => START,
    uptime: () => 0,
    isDiskFull: () => false,
    failed: (error) => {
      throw error;
    },
  });
  return {
    ...service,
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function makeData(data: string): Promise<SealingClients> {
  const clients = new SealingClients(REALM);
  const people = await Promise.all(["alice", "bob"].map((user) => clients.person(user)));
  await Deno.mkdir(data, { mode: 0o700 });
  await openKeyFile(join(data, "server.key"), {
    random: (length) => new Uint8Array(length).fill(5),
    storedRealm: REALM,
    hasAccounts: false,
  });
  {
    await using store = await openKvStore(join(data, "chat.kv"));
    const put = (key: readonly string[], value: object) => ({
      key,
      value: encodeRecord(key, value),
    });
    await store.commit({
      sets: [
        put(["realm"], { realm: encodeBase64Url(REALM) }),
        // As accounts were before there was an end-to-end level: without fingerprints.
        ...people.map(({ user, keys }) =>
          put(["account", user], {
            user,
            kdf: 1,
            salt: "",
            pk: "",
            keys,
            vault: "",
            created: 1,
          })
        ),
      ],
    });
  }
  await using service = await openChat(data);
  const bob = new TestSession(service, "bob", clients);
  await bob.says("lobby", "to all");
  await bob.says("alice", "to alice");
  await bob.groups("set", "team", ["alice"]);
  await bob.says("team", "to the team");
  return clients;
}

async function scene(): Promise<Scene> {
  const folder = await tempFolder();
  const data = join(folder.path, "data");
  const backup = join(folder.path, "backup.tar");
  const clients = await makeData(data);
  const manifest = await makeBackup(backup, { folder: data, version: "1.2.3", time: TIME });
  return {
    ...folder,
    data,
    backup,
    manifest,
    clients,
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose],
  };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

/** Takes a backup apart, lets it be changed, and puts it together again. */
async function forge(
  { backup, path }: Scene,
  change: (files: Awaited<ReturnType<typeof unpackTar>>) => void,
): Promise<string> {
  const files = await unpackTar(await Deno.readFile(backup));
  change(files);
  const forged = join(path, "forged.tar");
  await Deno.writeFile(forged, await packTar(files));
  return forged;
}

Deno.test("a restored folder has the same key, accounts, groups, history and ids", async () => {
  await using server = await scene();
  const restored = join(server.path, "restored");
  deepStrictEqual(await restoreBackup(server.backup, restored), server.manifest);
  deepStrictEqual(
    await Deno.readFile(join(restored, "server.key")),
    await Deno.readFile(join(server.data, "server.key")),
  );
  await using before = await openChat(server.data);
  await using after = await openChat(restored);
  const [old, fresh] = [before, after].map((service) =>
    new TestSession(service, "alice", server.clients)
  );
  ok(old && fresh);
  const history = await old.reads({ kinds: "all", id: 1 } as object);
  strictEqual(history.total, 4);
  deepStrictEqual(await fresh.reads({ kinds: "all", id: 1 } as object), history);
  deepStrictEqual([...after.tails], [...before.tails]);
  strictEqual(after.directory.size, 2);
  const last = before.journal.delivered;
  const ack = await fresh.says("team", "the next one");
  ok(ack.t === "ack" && ack.id > last, `${JSON.stringify(ack)} is not after ${last}`);
});

Deno.test("a backup says what it contains, and any tar can look into it", async () => {
  await using server = await scene();
  const { files, ...facts } = server.manifest;
  deepStrictEqual(facts, {
    format: "fernchat-backup-1",
    version: "1.2.3",
    time: TIME.toISOString(),
    fingerprint: facts.fingerprint,
    accounts: 2,
    entries: 4,
  });
  match(facts.fingerprint, /^ftc1:[\w-]{43}$/);
  const unpacked = await unpackTar(await Deno.readFile(server.backup));
  deepStrictEqual(unpacked.map(({ header: { name, mode, size } }) => [name, mode, size]), [
    ["manifest.json", 0o600, unpacked[0]?.data?.length],
    ["chat.kv", 0o600, files["chat.kv"].size],
    ["server.key", 0o600, 83],
  ]);
  deepStrictEqual(JSON.parse(new TextDecoder().decode(unpacked[0]?.data)), server.manifest);
});

Deno.test({
  name: "backup and restored files are for their owner only, and nothing else is left beside them",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using server = await scene();
    const restored = join(server.path, "restored");
    await restoreBackup(server.backup, restored);
    const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    strictEqual(await modeOf(server.backup), 0o600);
    strictEqual(await modeOf(restored), 0o700);
    deepStrictEqual(await namesIn(restored), ["chat.kv", "lock", "server.key"]);
    for (const name of await namesIn(restored)) {
      strictEqual(await modeOf(join(restored, name)), 0o600);
    }
    deepStrictEqual(await namesIn(server.path), ["backup.tar", "data", "restored"]);
  },
});

Deno.test("a backup is never written over, and a failed one leaves nothing", async () => {
  await using server = await scene();
  const octets = await Deno.readFile(server.backup);
  const options = { folder: server.data, version: "1.2.3", time: TIME };
  await rejects(
    makeBackup(server.backup, options),
    /^StartError: Cannot write backup .*: it exists/,
  );
  deepStrictEqual(await Deno.readFile(server.backup), octets);
  await Deno.remove(join(server.data, "server.key"));
  const other = join(server.path, "other.tar");
  await rejects(makeBackup(other, options), /^StartError: Cannot use key file .*: it is missing/);
  await rejects(
    makeBackup(join(server.path, "nowhere", "x.tar"), options),
    /^StartError: Cannot write backup .*x\.tar: .*Take a folder/,
  );
  await Deno.writeTextFile(join(server.data, "chat.kv"), "no database at all, but long enough");
  await rejects(makeBackup(other, options), /^StartError: Cannot copy database /);
  deepStrictEqual(await namesIn(server.path), ["backup.tar", "data"]);
});

Deno.test("only an empty folder is restored into", async () => {
  await using server = await scene();
  const refused = /^StartError: Cannot restore into .*: it is not empty \(/;
  const before = await namesIn(server.data);
  await rejects(restoreBackup(server.backup, server.data), refused);
  deepStrictEqual(await namesIn(server.data), [...before, "lock"].sort());
  const empty = join(server.path, "empty");
  await Deno.mkdir(empty, { mode: 0o700 });
  strictEqual((await restoreBackup(server.backup, empty)).accounts, 2);
  await rejects(restoreBackup(server.backup, empty), refused);
});

Deno.test("a backup that is damaged anywhere is refused, and the folder stays empty", async (t) => {
  await using server = await scene();
  const whole = await Deno.readFile(server.backup);
  const damaged = join(server.path, "damaged.tar");
  const restored = join(server.path, "restored");
  const refuses = async (octets: Uint8Array) => {
    await Deno.writeFile(damaged, octets);
    await rejects(
      restoreBackup(damaged, restored),
      /^StartError: Cannot restore backup .*damaged\.tar: .*\. Make sure that it is whole/,
    );
    deepStrictEqual(await namesIn(restored), ["lock"]);
  };
  const text = new TextDecoder("latin1").decode(whole);
  const places = {
    "the header of the manifest": 100,
    "the format": text.indexOf("fernchat-backup"),
    "the checksum of the database": text.indexOf(server.manifest.files["chat.kv"].sha256),
    "the first page of the database": text.indexOf("SQLite format 3"),
    "its middle": text.indexOf("SQLite format 3") + 20_000,
    "the key": text.indexOf("ftc1-server-key-1") + 40,
  };
  for (const [place, at] of Object.entries(places)) {
    await t.step(`one bit in ${place}`, async () => {
      const octets = whole.slice();
      octets[at] = (octets[at] ?? 0) ^ 0x04;
      await refuses(octets);
    });
  }
  for (const length of [0, 1, 511, 512, 900, 1_024, 20_000, whole.length - 1_200]) {
    await t.step(`cut at ${length}`, () => refuses(whole.slice(0, length)));
  }
  await t.step("not a backup at all", () => refuses(new Uint8Array(10_000).fill(0x41)));
});

Deno.test("an archive that is no backup is refused, whatever is in it", async (t) => {
  await using server = await scene();
  const restored = join(server.path, "restored");
  const refuses = async (
    reason: RegExp,
    change: (files: Awaited<ReturnType<typeof unpackTar>>) => void,
  ) => {
    const forged = await forge(server, change);
    await rejects(restoreBackup(forged, restored), reason);
    deepStrictEqual(await namesIn(restored), ["lock"]);
    deepStrictEqual((await namesIn(server.path)).filter((name) => !known.has(name)), []);
  };
  const known = new Set(["backup.tar", "data", "forged.tar", "restored"]);
  const manifest =
    (change: (manifest: Record<string, unknown>) => void) =>
    (files: Awaited<ReturnType<typeof unpackTar>>) => {
      const [first] = files;
      ok(first?.data !== undefined);
      const json = JSON.parse(new TextDecoder().decode(first.data));
      change(json);
      first.data = new TextEncoder().encode(JSON.stringify(json));
      first.header.size = first.data.length;
    };
  const rename =
    (index: number, name: string) => (files: Awaited<ReturnType<typeof unpackTar>>) => {
      const file = files[index];
      ok(file !== undefined);
      file.header.name = name;
    };
  await t.step(
    "another format",
    () => refuses(/of another format/, manifest((json) => json["format"] = "fernchat-backup-2")),
  );
  await t.step(
    "a manifest that says less",
    () => refuses(/of another format/, manifest((json) => delete json["files"])),
  );
  await t.step(
    "a path out of the folder",
    () => refuses(/expected chat\.kv in it/, rename(1, "../chat.kv")),
  );
  await t.step(
    "an absolute path",
    () => refuses(/expected server\.key in it/, rename(2, "/tmp/server.key")),
  );
  await t.step("a link", () =>
    refuses(/expected chat\.kv in it/, (files) => {
      files[1] = { header: { name: "chat.kv", size: 0, type: "symlink", linkname: "/etc/passwd" } };
    }));
  await t.step("a file more", () =>
    refuses(/more in it than a backup has/, (files) => {
      files.push({ header: { name: "more", size: 1 }, data: new Uint8Array(1) });
    }));
  await t.step("a file less", () => refuses(/expected server\.key in it/, (files) => files.pop()));
  await t.step(
    "another key file",
    () =>
      refuses(/server\.key is not what the manifest says/, (files) => {
        const data = files[2]?.data;
        ok(data !== undefined);
        data[30] = data[30] === 0x41 ? 0x42 : 0x41;
      }),
  );
  await t.step(
    "a manifest of 70,000 octets",
    () => refuses(/manifest is too long/, manifest((json) => json["version"] = "x".repeat(70_000))),
  );
});
