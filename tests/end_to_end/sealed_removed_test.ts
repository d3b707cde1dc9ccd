import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { startServer } from "../testing/processes.ts";
import { passwordOf, Scene } from "../testing/scene.ts";
import { all, operates, reads, readsElsewhere } from "./sealed_scene.ts";
import { StolenDatabase } from "./stolen_database.ts";

/** What is said while mallory is in the group, and to mallory. */
const BEFORE = ["before one", "to mallory alone"];

/** What is said later, and between others. */
const AFTER = ["after one", "after two", "after three", "between alice and bob"];

Deno.test("a removed member opens nothing newer, not even with the whole database in hand", async (t) => {
  await using scene = await Scene.open();
  const bob = await scene.loggedIn("bob");
  const alice = await scene.loggedIn("alice");
  const mallory = await scene.loggedIn("mallory");
  const carol = await scene.loggedIn("carol");
  await bob.out.until("* carol has joined the chat *");
  await bob.types(
    "@group set team alice,mallory",
    "@team before one",
    "@mallory to mallory alone",
    "@group remove team mallory",
    "@team after one",
    // Keys that are derived from the ones before, and keys that are new.
    "@group add team carol",
    "@team after two",
    "@alice between alice and bob",
  );
  await mallory.out.until("Group team: bob removed mallory");
  await alice.out.until("[DM from bob]: between alice and bob");
  await alice.types("@team after three");
  await all([carol], "Group team: bob added carol", "[Group: team] bob: after two");
  await carol.sees("[Group: team] alice: after three");

  // A copy of all that the server has, and a server that mallory runs with it.
  const file = join(scene.folder, "backup.tar");
  await operates(["backup", file], scene.server.folder);
  const copy = join(scene.folder, "copy");
  await operates(["restore", file], copy);
  {
    await using server = await startServer({ folder: copy });

    await t.step("logged in at a server with the copy, he reads what he could read", async () => {
      const { port } = server;
      deepStrictEqual(await readsElsewhere(scene, "mallory", "team", { port }), [
        "[Group: team] bob: before one",
      ]);
      const there = await scene.loggedIn("mallory", { port });
      deepStrictEqual(await reads(there, ""), [
        "[Group: team] bob: before one",
        "[DM from bob]: to mallory alone",
      ]);
    });

    await t.step("while alice, at the same server, reads all of it", async () => {
      const { port } = server;
      deepStrictEqual(await readsElsewhere(scene, "alice", "team", { port }), [
        "[Group: team] bob: before one",
        "[Group: team] bob: after one",
        "[Group: team] bob: after two",
        "[Group: team] alice: after three",
      ]);
    });
    await server.stop();
  }

  await using database = await StolenDatabase.open(join(copy, "chat.kv"));

  await t.step("every wrap and every key tried on every message gives him no more", async () => {
    deepStrictEqual(await database.opensWith("mallory", passwordOf("mallory")), BEFORE);
  });

  await t.step("the same tried for the others gives them all that is theirs", async () => {
    deepStrictEqual(
      await database.opensWith("bob", passwordOf("bob")),
      [...BEFORE, ...AFTER].sort(),
    );
    deepStrictEqual(await database.opensWith("carol", passwordOf("carol")), [
      "after three",
      "after two",
    ]);
    strictEqual(await database.messages(), BEFORE.length + AFTER.length);
  });
});
