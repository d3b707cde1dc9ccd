import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Program } from "../testing/processes.ts";
import { Scene } from "../testing/scene.ts";
import { all, readsElsewhere } from "./sealed_scene.ts";

/** How much each session says in each conversation. */
const COUNT = 8;

/** The direct and group messages that a client has shown, in order: nothing but who, where and what. */
function shownBy(client: Program): string[] {
  return client.out.text.split("\n")
    .map((line) =>
      line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d | \(offline, will be delivered\)$/g, "")
    )
    .filter((line) => /^\[(?:DM|Group|Note)/.test(line));
}

/** What a session says, by turns to a user, to a group and to itself. */
function talk(where: string): string[] {
  return Array.from({ length: COUNT }, (_, n) => [
    `@alice ${where} ${n}`,
    `@team ${where} ${n}`,
    `@bob ${where} ${n}`,
  ]).flat();
}

Deno.test("two sessions of one account seal at the same time, and everybody sees all of it once", async (t) => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  // Two machines: nothing is shared but the account.
  const desk = await scene.loggedIn("bob", { home: `${scene.folder}/desk` });
  const phone = await scene.loggedIn("bob", { home: `${scene.folder}/phone` });
  await alice.sees("* bob has joined the chat *");
  await desk.types("@group set team alice");
  await all([alice, desk, phone], "Group team created with members: alice, bob");

  await t.step("keys that both make at once end as one chain", async () => {
    // None of these conversations but the group has keys before.
    await desk.types(...talk("desk"));
    await phone.types(...talk("phone"));
    await desk.out.until(`[Note]: phone ${COUNT - 1}`);
    await phone.out.until(`[Note]: phone ${COUNT - 1}`);
  });

  await t.step("and go on when the server is killed while they talk", async () => {
    await desk.types(...talk("desk again"));
    await phone.types(...talk("phone again"));
    await desk.out.until("[Note]: desk again 0");
    await scene.server.kill();
    await scene.restart();
    await desk.out.until(ends(`[Note]: desk again ${COUNT - 1}`));
    await phone.out.until(ends(`[Note]: phone again ${COUNT - 1}`));
    await alice.out.until(ends(`[Group: team] bob: desk again ${COUNT - 1}`));
  });

  await alice.types("@bob that was all", "@team over");
  for (const client of [alice, desk, phone]) {
    await client.out.until("[Group: team] alice: over");
  }

  await t.step("both sessions have shown the same, each line once", () => {
    const [one, other] = [shownBy(desk), shownBy(phone)];
    strictEqual(new Set(one).size, one.length, desk.explain());
    // Four talks of three lines each time, and what alice says at the end.
    strictEqual(one.length, 4 * 3 * COUNT + 2);
    for (const conversation of ["[DM", "[Group", "[Note"]) {
      const of = (lines: string[]) => lines.filter((line) => line.startsWith(conversation));
      deepStrictEqual(of(one), of(other));
    }
  });

  await t.step("nothing is said to be missing or not right", () => {
    for (const client of [alice, desk, phone]) {
      strictEqual(/missing|not shown|\(late\)|WARNING|ERROR/.test(client.out.text), false);
    }
  });

  await t.step("a third machine with nothing but the password opens all of it", async () => {
    deepStrictEqual(
      await readsElsewhere(scene, "bob", "team"),
      shownBy(desk).filter((line) => line.startsWith("[Group")),
    );
    deepStrictEqual(
      await readsElsewhere(scene, "bob", "alice"),
      shownBy(desk).filter((line) => line.startsWith("[DM")),
    );
    deepStrictEqual(
      await readsElsewhere(scene, "bob", "bob"),
      shownBy(desk).filter((line) => line.startsWith("[Note")),
    );
  });
});

/** A line with this text: live, or with date and time. */
function ends(text: string): RegExp {
  return new RegExp(`${RegExp.escape(text)}$`);
}
