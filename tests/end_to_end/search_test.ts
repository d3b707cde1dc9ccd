import { Scene } from "../testing/scene.ts";

Deno.test("@search finds what was said in the lobby, in groups and to one alone, in sealed history too", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bob = await scene.loggedIn("bob");
  await alice.out.until("* bob has joined the chat *");
  await bob.types("Lunch in the lobby");
  await alice.out.until("[bob]: Lunch in the lobby");
  await alice.types("@bob lunch for two");
  await bob.out.until("[DM from alice]: lunch for two");
  await alice.types("@group set team bob");
  await bob.out.until("Group team created with members: bob, alice");
  await bob.types("@team LUNCH for all");
  await alice.out.until("[Group: team] bob: LUNCH for all");
  await bob.types("@alice dinner");
  await alice.out.until("[DM from bob]: dinner");
  await alice.types("@quit");
  await alice.out.until("Goodbye!");

  // Another run, which remembers nothing: everything comes from the server, sealed.
  const again = await scene.client("alice");
  await again.out.until("Welcome to the chatroom, alice!");
  await again.types("@search lunch");
  const expected = [
    '--- Messages with "lunch", newest first ---',
    /^[\d-]+ [\d:]+ \[Group: team\] bob: LUNCH for all$/,
    /^[\d-]+ [\d:]+ \[DM to bob\]: lunch for two$/,
    /^[\d-]+ [\d:]+ \[bob\]: Lunch in the lobby$/,
    "--- 3 messages found ---",
  ];
  for (const line of expected) await again.sees(line);
  await again.types("@search TEAM");
  await again.sees('--- Messages with "team", newest first ---');
  await again.sees(/\[Group: team\] bob: LUNCH for all$/);
  await again.sees("--- 1 message found ---");
  await again.types("@quit");
  await again.out.until("Goodbye!");
  await again.endsWith(0);
});
