import { deepStrictEqual } from "node:assert/strict";
import { past } from "../testing/lines.ts";
import { Scene } from "../testing/scene.ts";
import { all, leaves, readsElsewhere, registers } from "./sealed_scene.ts";

Deno.test("a sealed group goes through every change, and nobody reads more than his time in it", async (t) => {
  await using scene = await Scene.open();
  await registers(scene, "dave");
  const bob = await scene.loggedIn("bob");
  const alice = await scene.loggedIn("alice");
  const carol = await scene.loggedIn("carol");
  await bob.sees("* alice has joined the chat *", "* carol has joined the chat *");
  await alice.sees("* carol has joined the chat *");

  await t.step("created with somebody who is offline", async () => {
    await bob.types("@group set team alice,dave", "@team one");
    await all(
      [alice, bob],
      "Group team created with members: alice, dave, bob",
      "[Group: team] bob: one",
    );
    await alice.types("@team two");
    await all([alice, bob], "[Group: team] alice: two");
  });

  await t.step("a new member reads from joining on", async () => {
    await bob.types("@group add team carol", "@team three");
    await all([alice, bob, carol], "Group team: bob added carol", "[Group: team] bob: three");
    await carol.types("@history 10 team");
    await carol.sees("--- Last 1 Messages ---", past("[Group: team] bob: three"));
  });

  await t.step("a removed member gets and reads nothing newer", async () => {
    await bob.types("@group remove team alice", "@team four");
    await all([alice, bob, carol], "Group team: bob removed alice");
    await all([bob, carol], "[Group: team] bob: four");
    await alice.types("@group send team five?", "@history 10 team");
    await alice.sees(
      "ERROR: No group team that you are in.",
      "--- Last 3 Messages ---",
      past("[Group: team] bob: one"),
      past("[Group: team] alice: two"),
      past("[Group: team] bob: three"),
    );
  });

  await t.step("replacing the members brings one back and removes another", async () => {
    await bob.types("@group set team alice,carol");
    await all([alice, bob, carol], "Group team: bob added alice, removed dave");
    await alice.types("@team five");
    await all([alice, bob, carol], "[Group: team] alice: five");
  });

  await t.step("the keys survive a server that is killed and started again", async () => {
    await scene.server.kill();
    await scene.restart();
    for (const client of [alice, bob, carol]) await client.err.until("Connected again.");
    await carol.types("@team six");
    await all([alice, bob, carol], "[Group: team] carol: six");
  });

  await t.step("one who leaves is off the list with the next message", async () => {
    await carol.types("@group leave team");
    await all([alice, bob, carol], "Group team: carol left");
    await bob.types("@team seven");
    await all([alice, bob], "[Group: team] bob: seven");
  });

  await t.step("the owner leaves, and the next owner may do what he could", async () => {
    await bob.types("@group leave team");
    await all([alice, bob], "Group team: bob left");
    await alice.types("@group add team carol", "@team eight");
    await all([alice], "Group team: alice is the owner now");
    await all([alice, carol], "Group team: alice added carol", "[Group: team] alice: eight");
    await alice.types("@group delete team");
    await all([alice, carol], "Group team deleted by alice");
  });

  await t.step("the last one goes right behind the owner, and closes the group", async () => {
    await bob.types("@group set pair alice");
    await all([alice, bob], "Group pair created with members: alice, bob");
    await bob.types("@group leave pair");
    await all([alice, bob], "Group pair: bob left");
    await alice.types("@group leave pair");
    await alice.sees("Group pair deleted by alice");
  });

  await t.step("who was offline all the time is told what happened in his time", async () => {
    const dave = await scene.client("dave");
    await dave.sees(
      "Welcome to the chatroom, dave!",
      "--- 8 messages while you were away ---",
      past("Group team created with members: alice, dave, bob"),
      past("[Group: team] bob: one"),
      past("[Group: team] alice: two"),
      past("Group team: bob added carol"),
      past("[Group: team] bob: three"),
      past("Group team: bob removed alice"),
      past("[Group: team] bob: four"),
      past("Group team: bob added alice, removed dave"),
      "--- now ---",
    );
    await leaves(dave);
  });

  const said = [
    "[Group: team] bob: one",
    "[Group: team] alice: two",
    "[Group: team] bob: three",
    "[Group: team] bob: four",
    "[Group: team] alice: five",
    "[Group: team] carol: six",
    "[Group: team] bob: seven",
    "[Group: team] alice: eight",
  ];
  const readable = {
    alice: [0, 1, 2, 4, 5, 6, 7],
    bob: [0, 1, 2, 3, 4, 5, 6],
    carol: [2, 3, 4, 5, 7],
    dave: [0, 1, 2, 3],
  };
  for (const [user, places] of Object.entries(readable)) {
    await t.step(`${user} opens it on a machine that has nothing but the password`, async () => {
      deepStrictEqual(
        await readsElsewhere(scene, user, "team"),
        places.map((place) => said[place]),
      );
    });
  }
});
