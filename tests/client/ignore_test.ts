import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { settingsInMemory } from "../../client/settings.ts";
import type { Entry, Event } from "../../protocol/event.ts";
import { AT, says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;

/** Bob at a terminal, on a server that knows dave and the group team. */
function person(
  entries: readonly Entry[] = [],
  options: Partial<ConstructorParameters<typeof Scene>[0]> = {},
): Scene {
  const last = entries.at(-1)?.id ?? 0;
  const scene = new Scene({ person: "bob", welcome: { cursor: last, last }, ...options }, entries);
  return scene.answering("lookup", ({ id: re, name }: { id: string; name: string }): Event => {
    if (name === "dave") return { t: "found", re, name, kind: "user" };
    if (name === "team") return { t: "found", re, name, kind: "group" };
    return {
      t: "error",
      re,
      code: "no_user",
      msg: `User ${name} does not exist. Did you mean dave?`,
      closest: "dave",
    };
  }).start();
}

function ignoring(...names: readonly string[]) {
  const settings = settingsInMemory();
  for (const name of names) settings.ignore(name);
  return settings;
}

Deno.test("@ignore hides what somebody says, once more shows it again, alone lists", none, () => {
  const scene = person().types("@ignore", "@ignore Dave", "@ignore")
    .hears(says("dave", "hidden", { id: 10 }), says("al", "shown", { id: 11 }))
    .types("@ignore dave").hears(says("dave", "again", { id: 12 }));
  deepStrictEqual(scene.lines, [
    "You ignore nobody.",
    "Messages of dave are not shown any more. To see them again: @ignore dave",
    "You ignore: dave",
    "[al]: shown",
    "Messages of dave are shown again.",
    "[dave]: again",
  ]);
});

Deno.test("a name that nobody has, a group and oneself are not ignored", none, () => {
  const scene = person().types(
    "@ignore dvae",
    "@ignore team",
    "@ignore bob",
    "@ignore a/b",
    "@ignore a b",
  );
  deepStrictEqual(scene.lines, [
    "ERROR: User dvae does not exist. Did you mean dave?",
    "ERROR: team is a group. To have no more of it: @group leave team",
    "ERROR: You cannot ignore yourself.",
    "ERROR: User a/b does not exist.",
    "Usage: @ignore [NAME]",
  ]);
});

Deno.test(
  "messages of ignored people do not count, neither as unread nor as not shown",
  none,
  () => {
    const scene = person([], { settings: ignoring("dave") })
      .hears(says("dave", "hi bob", { id: 10, kind: "direct", to: "bob" }));
    deepStrictEqual([scene.lines, scene.session.unread], [[], []]);
    // The server is told that it has been dealt with; else it would come again at every start.
    strictEqual(scene.upto, 10);
    scene.hears(says("al", "hi", { id: 9 }));
    deepStrictEqual(scene.lines, []);
  },
);

Deno.test("who is ignored from now on has nothing unread any more", none, () => {
  const scene = person()
    .hears(says("dave", "1", { id: 10, kind: "direct", to: "bob" }))
    .hears(says("al", "2", { id: 11, kind: "direct", to: "bob" }));
  strictEqual(scene.session.unread.length, 2);
  scene.types("@ignore dave");
  deepStrictEqual(scene.session.unread.map(({ conversation }) => conversation), [
    { kind: "user", name: "al" },
  ]);
});

Deno.test(
  "history has as many messages as were asked for, without those of ignored people",
  none,
  () => {
    const entries = Array.from(
      { length: 9 },
      (_, n) => says(n % 2 === 0 ? "dave" : "al", `m${n}`, { id: n + 1 }),
    );
    for (const page of [1, 2, 1_000]) {
      const scene = person(entries, { settings: ignoring("dave") });
      scene.page = page;
      scene.types("@history 3", "@history more");
      deepStrictEqual(scene.lines.map((line) => line.replace(/^\S+ \S+ (?=\[)/, "")), [
        "--- Last 3 Messages ---",
        "[al]: m3",
        "[al]: m5",
        "[al]: m7",
        "--- 1 Older Message ---",
        "[al]: m1",
      ]);
    }
  },
);

Deno.test("what was missed is headed by the number that is shown, or by nothing", none, () => {
  const missed = ["dave", "al", "dave"].map((from, n) => says(from, `m${n}`, { id: n + 1 }));
  for (const face of [{ person: "bob", missed: 200 }, { missed: "all" }] as const) {
    const options = { settings: ignoring("dave"), welcome: { cursor: 0, last: 3 }, ...face };
    const scene = new Scene(options, missed).start();
    deepStrictEqual(scene.lines, [
      "--- 1 message while you were away ---",
      "2026-11-22 18:03 [al]: m1",
      "--- now ---",
    ]);
    strictEqual(scene.upto, 3);
    const all = new Scene({ ...options, settings: ignoring("dave", "al") }, missed).start();
    deepStrictEqual([all.lines, all.upto], [[], 3]);
  }
});

Deno.test("who is ignored comes and goes unseen, and changes groups in sight", none, () => {
  const scene = person([], { settings: ignoring("dave") }).hears(
    { t: "joined", user: "dave" },
    {
      t: "change",
      id: 20,
      at: AT,
      conversation: "x",
      group: "team",
      change: "left",
      by: "dave",
      note: "",
    },
    { t: "left", user: "dave" },
  );
  deepStrictEqual(scene.lines, ["Group team: dave left"]);
});

Deno.test("one's own messages to somebody who is ignored are shown", none, () => {
  const scene = person([], { settings: ignoring("dave") }).types("@dave hello");
  deepStrictEqual(scene.lines, ["[DM to dave]: hello"]);
});

Deno.test("nobody can be made to ignore more people than fit", none, () => {
  const many = ignoring(...Array.from({ length: 1_000 }, (_, n) => `u${n}`));
  const scene = person([], { settings: many }).types("@ignore dave");
  strictEqual(many.ignored.has("dave"), false);
  strictEqual(scene.lines[0]?.startsWith("ERROR: You ignore 1,000 people already."), true);
});
