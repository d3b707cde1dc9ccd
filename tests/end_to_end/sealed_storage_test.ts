import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { concat } from "../../cipher/bytes.ts";
import { importKey, open } from "../../cipher/fernet.ts";
import { FrameKeys } from "../../cipher/frame_keys.ts";
import { tempFolder } from "../server/temp_folder.ts";
import type { Program } from "../testing/processes.ts";
import { fernchat } from "../testing/processes.ts";
import { RecordingProxy } from "../testing/recording_proxy.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { startTestServer } from "../testing/test_server.ts";
import { spellingsOf, TextSearch } from "../testing/text_search.ts";
import { leaves, operates } from "./sealed_scene.ts";

const TO_LOBBY = ["Rumpelstilzchen im Foyer", "Dornröschen am Tor"];
const DIRECT = ["Aschenputtel unter vier Augen", "Schneewittchen für dich", "Frau Holle für mich"];
const TO_GROUP = ["Rapunzel unter uns", "Däumling und die Sieben", "Rotkäppchen in der Mitte"];
const TEXTS = [...TO_LOBBY, ...DIRECT, ...TO_GROUP];

/** Everybody says what there is to say, reads it again, and changes the group meanwhile. */
async function talk(alice: Program, bob: Program): Promise<void> {
  await alice.out.until("* bob has joined the chat *");
  await bob.types(
    TO_LOBBY[0] ?? "",
    `@alice ${DIRECT[0]}`,
    `@bob ${DIRECT[2]}`,
    "@group set team alice",
    `@team ${TO_GROUP[0]}`,
    "@group add team carol",
    `@team ${TO_GROUP[1]}`,
  );
  await alice.out.until(`[Group: team] bob: ${TO_GROUP[1]}`);
  await alice.types(TO_LOBBY[1] ?? "", `@bob ${DIRECT[1]}`, `@team ${TO_GROUP[2]}`);
  await bob.out.until(`[Group: team] alice: ${TO_GROUP[2]}`);
  await bob.types("@group remove team carol", "@history 100", "@names");
  await bob.out.until(/^--- Last 8 Messages ---$/);
  await bob.out.until(/^Online users: /);
}

/** The texts that stand in any file below a folder. */
async function textsBelow(folder: string): Promise<string[]> {
  const search = new TextSearch([...TEXTS, passwordOf("alice"), passwordOf("bob")]);
  const found = new Set<string>();
  for (const path of await filesBelow(folder)) {
    for (const text of search.in(await Deno.readFile(path))) found.add(text);
  }
  return [...found].sort();
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isFile) files.push(join(folder, name));
    if (isDirectory) files.push(...await filesBelow(join(folder, name)));
  }
  return files;
}

Deno.test("the search finds a text in every spelling, and no other text", () => {
  const [one = "", other = ""] = DIRECT;
  for (const spelling of spellingsOf(one)) {
    // Wherever it stands in what is around it.
    for (const before of ["", "x", "xy"]) {
      const octets = new Uint8Array([...new TextEncoder().encode(before), ...spelling, 0]);
      deepStrictEqual(new TextSearch([one, other]).in(octets), [one]);
    }
  }
  for (const before of ["", "x", "xy"]) {
    const octets = new TextEncoder().encode(`${before}${one}, and more`);
    for (const alphabet of ["base64", "base64url"] as const) {
      const encoded = new TextEncoder().encode(octets.toBase64({ alphabet }));
      deepStrictEqual(new TextSearch([one, other]).in(encoded), [one]);
    }
  }
});

Deno.test("of all that was said, the server's data folder holds the texts of the lobby alone", async (t) => {
  await using scene = await Scene.open();
  const { folder } = scene.server;
  await leaves(await scene.loggedIn("carol"));
  const alice = await scene.loggedIn("alice");
  const bob = await scene.loggedIn("bob");
  await talk(alice, bob);
  const expected = TO_LOBBY.toSorted();

  await t.step("while it runs, in the log of the database as well", async () => {
    ok((await filesBelow(folder)).some((path) => path.endsWith("-wal")));
    deepStrictEqual(await textsBelow(folder), expected);
  });

  await t.step("nothing of it stands in what the clients keep, the lobby neither", async () => {
    ok((await filesBelow(scene.config)).length > 0);
    deepStrictEqual(await textsBelow(scene.config), []);
  });

  await t.step("in a backup", async () => {
    const backups = await Deno.makeTempDir({ dir: scene.folder });
    await operates(["backup", join(backups, "backup.tar")], folder);
    deepStrictEqual(await textsBelow(backups), expected);
  });

  await t.step("after kill -9", async () => {
    await scene.server.kill();
    deepStrictEqual(await textsBelow(folder), expected);
  });

  await t.step("after a start and an end in order", async () => {
    await scene.restart();
    await scene.server.stop();
    deepStrictEqual(await textsBelow(folder), expected);
  });
});

/** All frame keys of this process: what an attacker has who reads the server's memory all the time. */
interface Tap extends Disposable {
  /** How many directions of connections have had frames. */
  readonly directions: number;
  /**
   * Opens captured lines.
   *
   * @param direction Counted as frames first went there: the client speaks first on each connection.
   * @param lines All frames of the direction, also those that the server did not wait for.
   */
  open(direction: number, lines: readonly string[]): Promise<Uint8Array>;
}

function tap(): Tap {
  const chains = new Map<FrameKeys, Uint8Array[]>();
  const { next } = FrameKeys.prototype;
  const take = (keys: FrameKeys): Uint8Array => {
    const used = chains.get(keys) ?? [];
    chains.set(keys, used);
    const key = next.call(keys);
    used.push(key.slice());
    return key;
  };
  FrameKeys.prototype.next = function (this: FrameKeys): Uint8Array {
    return take(this);
  };
  return {
    get directions() {
      return chains.size;
    },
    open: async (direction, lines) => {
      const [keys, used] = [...chains][direction] ?? [];
      ok(keys !== undefined && used !== undefined);
      while (used.length < lines.length) take(keys);
      const texts: Uint8Array[] = [];
      for (const [n, line] of lines.entries()) {
        texts.push(await open(await importKey(used[n] ?? ""), line));
      }
      return concat(...texts);
    },
    [Symbol.dispose]: () => void (FrameKeys.prototype.next = next),
  };
}

Deno.test("captured traffic, opened with all keys of the server, holds the texts of the lobby alone", async () => {
  using tapped = tap();
  await using server = await startTestServer({ store: "disk" });
  await using proxy = new RecordingProxy(server.port);
  await using home = await tempFolder();
  const client = async (user: string) => {
    const file = join(home.path, `${user}.password`);
    await Deno.writeTextFile(file, `${passwordOf(user)}\n`);
    const flags = ["--user", user, "--password-file", file];
    const env = { XDG_CONFIG_HOME: home.path, XDG_DATA_HOME: home.path };
    return fernchat(["client", "127.0.0.1", String(proxy.port), ...flags], { env });
  };
  await using carol = await client("carol");
  await leaves(carol);
  await using alice = await client("alice");
  await alice.out.until("Welcome to the chatroom, alice!");
  await using bob = await client("bob");
  await talk(alice, bob);
  await leaves(alice);
  await leaves(bob);
  await server.served(0);

  strictEqual(tapped.directions, 2 * proxy.recordings.length);
  const search = new TextSearch([...TEXTS, ...["alice", "bob", "carol"].map(passwordOf)]);
  const found = { up: new Set<string>(), down: new Set<string>() };
  for (const [n, { up, down }] of proxy.recordings.entries()) {
    // Behind the hello of the client, and the hello and the proof of the server.
    const sent = await tapped.open(2 * n, up.trimEnd().split("\n").slice(1));
    const came = await tapped.open(2 * n + 1, down.trimEnd().split("\n").slice(2));
    for (const text of search.in(sent)) found.up.add(text);
    for (const text of search.in(came)) found.down.add(text);
  }
  deepStrictEqual([...found.up].sort(), TO_LOBBY.toSorted());
  deepStrictEqual([...found.down].sort(), TO_LOBBY.toSorted());
});
