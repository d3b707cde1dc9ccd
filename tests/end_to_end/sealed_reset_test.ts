import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import type { Program } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";
import { all, leaves, operates, reads, readsElsewhere } from "./sealed_scene.ts";

/** On Windows the operator does not reach a running server. */
const ignore = Deno.build.os === "windows";

/** Has a client show the safety number with somebody; gives its rows. */
async function numberOf(client: Program, name: string): Promise<string[]> {
  await client.types(`@verify ${name}`);
  await client.out.until(/^Safety number of /);
  const rows: string[] = [];
  for (let n = 0; n < 3; n++) rows.push(await client.out.until(/^ {2}(?:\d{5} ?){4}$/));
  await client.sees(
    new RegExp(`^Compare it by voice or in person: ${name} sees it with @verify `),
    `If it is the same: @verify ${name} ok`,
  );
  return rows;
}

Deno.test({
  name:
    "an account that is made anew is another person: it reads nothing old, and its friends know",
  ignore,
  fn: async (t) => {
    await using scene = await Scene.open();
    const bob = await scene.loggedIn("bob");
    const alice = await scene.loggedIn("alice");
    const carol = await scene.loggedIn("carol");
    await bob.sees("* alice has joined the chat *", "* carol has joined the chat *");
    await alice.sees("* carol has joined the chat *");
    await alice.types("@bob for the old bob");
    await all([alice], "[DM to bob]: for the old bob");
    await bob.sees("[DM from alice]: for the old bob");
    await carol.types("@bob from carol");
    await carol.sees("[DM to bob]: from carol");
    await bob.sees("[DM from carol]: from carol");

    const before = await numberOf(carol, "bob");
    await t.step("both sides see the same safety number", async () => {
      deepStrictEqual(await numberOf(bob, "carol"), before);
      notDeepStrictEqual(await numberOf(bob, "alice"), before);
    });
    await carol.types("@verify bob ok");
    await carol.sees(/^bob is verified/);

    await operates(["account", "reset", "bob"], scene.server.folder);
    await bob.endsWith(1);
    await all([alice, carol], "* bob has left the chat *");
    const fresh = await scene.loggedIn("bob", { home: `${scene.folder}/fresh` });
    await all([alice, carol], "* bob has joined the chat *");

    await t.step("the new one reads nothing of the old one", async () => {
      deepStrictEqual(await reads(fresh, "alice"), []);
      deepStrictEqual(await reads(fresh, "carol"), []);
    });

    await t.step("who had not verified the old one is warned, and goes on", async () => {
      await alice.types("@bob for the new bob");
      await alice.sees(
        /^WARNING: bob has a new key that the old one does not confirm: the account was made anew, /,
        "[DM to bob]: for the new bob",
      );
      await fresh.sees("[DM from alice]: for the new bob");
      await fresh.types("@alice thank you");
      await alice.sees("[DM from bob]: thank you");
    });

    await t.step("who had verified the old one sends nothing until it is accepted", async () => {
      await carol.types("@bob do not send this");
      await carol.sees(
        /^WARNING: bob, whom you have verified, has a new key that the old one does not confirm\. /,
        /^ERROR: bob, whom you have verified, has a new key\. Compare with @verify bob, or accept /,
      );
      const after = await numberOf(carol, "bob");
      notDeepStrictEqual(after, before);
      deepStrictEqual(await numberOf(fresh, "carol"), after);
      await carol.types("@verify bob ok", "@bob now I know");
      await carol.sees(/^bob is verified/, "[DM to bob]: now I know");
      await fresh.out.until("[DM from carol]: now I know");
    });

    await t.step("everybody reads his own time, on any machine", async () => {
      await leaves(fresh);
      deepStrictEqual(await readsElsewhere(scene, "bob", "alice"), [
        "[DM from alice]: for the new bob",
        "[DM to alice]: thank you",
      ]);
      deepStrictEqual(await readsElsewhere(scene, "alice", "bob"), [
        "[DM to bob]: for the old bob",
        "[DM to bob]: for the new bob",
        "[DM from bob]: thank you",
      ]);
      deepStrictEqual(await readsElsewhere(scene, "carol", "bob"), [
        "[DM to bob]: from carol",
        "[DM to bob]: now I know",
      ]);
    });
  },
});
