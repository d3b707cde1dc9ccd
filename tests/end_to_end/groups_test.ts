import { past } from "../testing/lines.ts";
import type { Program } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";

/** What all of them see next. */
async function all(programs: readonly Program[], line: string): Promise<void> {
  for (const program of programs) await program.sees(line);
}

Deno.test("groups do what the tables of PRODUCT §3 say", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bob = await scene.loggedIn("bob");
  const carol = await scene.loggedIn("carol");
  const dave = await scene.loggedIn("dave");
  await alice.out.until("* dave has joined the chat *");
  await bob.out.until("* dave has joined the chat *");
  await carol.out.until("* dave has joined the chat *");

  await t.step("a group with unknown users is not created, and all of them are named", async () => {
    await bob.types("@group set team alice,xavier,carol,yvonne");
    await bob.sees("ERROR: Unknown users: xavier, yvonne. Nothing created.");
    await bob.types("@group info team", "@team hello");
    await bob.sees(
      "ERROR: No group team that you are in.",
      "ERROR: User team does not exist.",
    );
  });

  await t.step("a created group is told to every member, sorted, the creator last", async () => {
    await bob.types("@group set Team carol,alice,bob,ALICE,carol");
    await all([alice, bob, carol], "Group team created with members: alice, carol, bob");
  });

  await t.step("@group send and @G reach every member and nobody else", async () => {
    await alice.types("@group send team  lunch at noon? ", "@team or at one");
    for (const member of [alice, bob, carol]) {
      await member.sees(
        "[Group: team] alice:  lunch at noon? ",
        "[Group: team] alice: or at one",
      );
    }
    await alice.types("who is here?");
    await all([alice, bob, carol, dave], "[alice]: who is here?");
  });

  await t.step("@G alone makes it the current conversation", async () => {
    await carol.types("@team", "in the group", "@lobby", "in the lobby");
    await all([alice, bob, carol], "[Group: team] carol: in the group");
    await all([alice, bob, carol, dave], "[carol]: in the lobby");
  });

  await t.step("a group that does not exist answers like one that one is not in", async () => {
    for (const name of ["team", "nothere"]) {
      await dave.types(
        `@group send ${name} hello`,
        `@group info ${name}`,
        `@group add ${name} alice`,
        `@group remove ${name} alice`,
        `@group leave ${name}`,
        `@group delete ${name}`,
      );
      for (let i = 0; i < 6; i++) await dave.sees(`ERROR: No group ${name} that you are in.`);
    }
    await dave.types("@team hello", "@history 5 team", "@nothere hello", "@history 5 nothere");
    await dave.sees("ERROR: User team does not exist.", "ERROR: User team does not exist.");
    await dave.sees("ERROR: User nothere does not exist.", "ERROR: User nothere does not exist.");
  });

  await t.step("a name that is in use is taken: a user's, and another's group", async () => {
    await bob.types("@group set alice carol");
    await bob.sees("ERROR: The name alice is taken.");
    await dave.types("@group set team alice");
    await dave.sees("ERROR: The name team is taken.");
    // A member who is not the owner may know that there is such a group.
    await carol.types("@group set team alice");
    await carol.sees(/^ERROR: (The name team is taken|Only the owner of team can do that)\.$/);
  });

  await t.step("a user cannot have the name of a group", async () => {
    await using team = await scene.client("team");
    await team.sees("ERROR: The name team is taken.");
    await team.endsWith(1);
  });

  await t.step("an unknown name close to a group of one's own is told", async () => {
    await bob.types("@taem hello");
    await bob.sees("ERROR: User taem does not exist. Did you mean team?");
  });

  await t.step("a group needs at least one other member", async () => {
    await bob.types("@group set solo bob", "@group set solo bob,bob");
    await bob.sees(
      "ERROR: A group needs at least one other member.",
      "ERROR: A group needs at least one other member.",
    );
  });

  await t.step("only the owner adds, removes and deletes", async () => {
    await alice.types("@group add team dave", "@group remove team carol", "@group delete team");
    for (let i = 0; i < 3; i++) await alice.sees("ERROR: Only the owner of team can do that.");
  });

  await t.step("adding and removing is told to the members, the removed one included", async () => {
    await bob.types("@group add team dave");
    await all([alice, bob, carol, dave], "Group team: bob added dave");
    await bob.types("@group remove team carol");
    await all([alice, bob, carol, dave], "Group team: bob removed carol");
    await bob.types("@team without carol");
    await all([alice, bob, dave], "[Group: team] bob: without carol");
    await carol.types("@group send team still there?");
    await carol.sees("ERROR: No group team that you are in.");
    await bob.types("@group add team nobody9,alice", "@group remove team carol");
    await bob.sees(/^ERROR: Unknown users: nobody9\. Nothing /, /^ERROR: .*carol/);
  });

  await t.step("@group set by the owner replaces the members", async () => {
    await bob.types("@group set team carol,alice");
    await all([alice, bob, carol, dave], "Group team: bob added carol, removed dave");
  });

  await t.step("@group list and @group info say which groups and who is in them", async () => {
    await bob.types("@group set another dave");
    await all([bob, dave], "Group another created with members: dave, bob");
    await bob.types("@group list", "@group info team");
    await bob.sees(
      "Your groups: another, team",
      /^Group team: owner bob, since \d{4}-\d\d-\d\d \d\d:\d\d$/,
      "Members of team: alice, bob, carol",
    );
    await carol.types("@group list");
    await carol.sees("Your groups: team");
  });

  await t.step("history of a group begins with joining and ends with leaving", async () => {
    await carol.types("@history 10 team");
    await carol.sees(
      "--- Last 3 Messages ---",
      past("[Group: team] alice:  lunch at noon? "),
      past("[Group: team] alice: or at one"),
      past("[Group: team] carol: in the group"),
    );
    // A former member goes on reading what lies in his time, and nothing else.
    await dave.types("@history 10 team", "@history 10");
    await dave.sees("--- Last 1 Messages ---", past("[Group: team] bob: without carol"));
    await dave.sees(
      "--- Last 3 Messages ---",
      past("[alice]: who is here?"),
      past("[carol]: in the lobby"),
      past("[Group: team] bob: without carol"),
    );
    await alice.types("@history 1 team");
    await alice.sees("--- Last 1 Messages ---", past("[Group: team] bob: without carol"));
  });

  await t.step("one who leaves is told as well, and gets nothing later", async () => {
    await carol.types("@group leave team");
    await all([alice, bob, carol], "Group team: carol left");
    await bob.types("@team carol is gone");
    await all([alice, bob], "[Group: team] bob: carol is gone");
    await carol.types("@group list");
    await carol.sees("You are in no group.");
  });

  await t.step("when the owner leaves, the longest-standing member follows", async () => {
    // Alice has been there from the beginning.
    await bob.types("@group add team dave");
    await all([alice, bob, dave], "Group team: bob added dave");
    await bob.types("@group leave team");
    await all([alice, bob, dave], "Group team: bob left");
    // The next one who does anything there takes him off the list (FTC1 §7.4).
    await dave.types("@team without bob");
    await all([alice, dave], "Group team: alice is the owner now");
    await all([alice, dave], "[Group: team] dave: without bob");
    await alice.types("@group remove team dave", "@group info team");
    await all([alice, dave], "Group team: alice removed dave");
    await alice.sees(/^Group team: owner alice, since /, "Members of team: alice");
  });

  await t.step("the last one out deletes the group", async () => {
    await alice.types("@group leave team");
    await alice.sees("Group team deleted by alice");
    await alice.types("@group list");
    await alice.sees("You are in no group.");
  });

  await t.step(
    "a deleted group is told, and stays readable, and its name is not free yet",
    async () => {
      await bob.types("@another last words", "@group delete another");
      await all([bob, dave], "[Group: another] bob: last words");
      await all([bob, dave], "Group another deleted by bob");
      await dave.types("@another anybody?", "@group leave another", "@history 5 another");
      await dave.sees(
        "ERROR: No group another that you are in.",
        "ERROR: No group another that you are in.",
        "--- Last 1 Messages ---",
        past("[Group: another] bob: last words"),
      );
      await dave.types("@group set another alice");
      await dave.sees("ERROR: The name another is taken.");
    },
  );
});
