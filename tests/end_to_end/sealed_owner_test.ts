import { deepStrictEqual } from "node:assert/strict";
import { Scene } from "../testing/scene.ts";
import { all, leaves, operates, readsElsewhere } from "./sealed_scene.ts";

/** On Windows the operator does not reach a running server. */
const ignore = Deno.build.os === "windows";

/** What a member is told who wants to change a group whose owner is gone. */
const GONE = "ERROR: Only the owner of team can do that. bob is gone for good, so its members " +
  "cannot change any more: make a new group.";

for (const verb of ["delete", "reset"] as const) {
  Deno.test({
    name: `when the operator has to ${verb} the owner's account, the members go on talking, and ` +
      "are told to make a new group",
    ignore,
    fn: async (t) => {
      await using scene = await Scene.open();
      const bob = await scene.loggedIn("bob");
      const alice = await scene.loggedIn("alice");
      const carol = await scene.loggedIn("carol");
      await alice.sees("* carol has joined the chat *");
      await bob.types("@group set team alice,carol", "@team mine");
      await all(
        [alice, carol],
        "Group team created with members: alice, carol, bob",
        "[Group: team] bob: mine",
      );
      await leaves(bob);
      await all([alice, carol], "* bob has left the chat *");
      await operates(["account", verb, "bob"], scene.server.folder);

      await t.step("nobody owns it now, and it can be talked in", async () => {
        await alice.types("@team ours");
        await all([alice, carol], "[Group: team] alice: ours");
      });

      await t.step("its members do not change any more, and a member is told why", async () => {
        const lines = ["@group add team alice", "@group remove team bob", "@group delete team"];
        for (const line of lines) {
          await alice.types(line);
          await alice.sees(GONE);
        }
        await alice.types("@group set team carol");
        await alice.sees(GONE);
      });

      const freshBob = () =>
        t.step("a new bob has nothing of it", async () => {
          const fresh = await scene.loggedIn("bob");
          await all([alice, carol], "* bob has joined the chat *");
          await fresh.types("@group list", "@group send team hello", "@history 9 team");
          await fresh.sees(
            "You are in no group.",
            "ERROR: No group team that you are in.",
            "ERROR: User team does not exist.",
          );
          await alice.types("@team not for the new bob", "@group add team bob");
          await all([alice, carol], "[Group: team] alice: not for the new bob");
          await alice.sees(GONE);
        });
      if (verb === "reset") await freshBob();

      await t.step("a member leaves it, and a new group takes its place", async () => {
        await carol.types("@group leave team", "@group set crew alice", "@crew here we are");
        await all(
          [alice, carol],
          "Group team: carol left",
          "Group crew created with members: alice, carol",
          "[Group: crew] carol: here we are",
        );
      });

      await t.step("what was said stays readable with nothing but the password", async () => {
        const said = [
          "[Group: team] bob: mine",
          "[Group: team] alice: ours",
          ...(verb === "reset" ? ["[Group: team] alice: not for the new bob"] : []),
        ];
        deepStrictEqual(await readsElsewhere(scene, "carol", "team"), said);
      });
    },
  });
}
