import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import type { ChangeEntry } from "../../protocol/event.ts";
import { Conversations } from "../../server/conversation.ts";

const pure = { permissions: "none" } as const;

type Change = ChangeEntry extends infer C
  ? C extends ChangeEntry ? Omit<C, "t" | "id" | "at" | "conversation" | "group">
  : never
  : never;

/** Conversations after changes of one group; the ids are 1, 2, 3 … */
function after(...changes: readonly Change[]): Conversations {
  const conversations = new Conversations();
  changes.forEach((change, i) => {
    const fields = { t: "change", id: i + 1, at: (i + 1) * 1_000, conversation: "T" } as const;
    conversations.apply({ ...fields, group: "team", ...change });
  });
  return conversations;
}

const created: Change = { change: "created", by: "bob", members: ["alice", "bob"] };
const members = (added: string[], removed: string[]): Change => ({
  change: "members",
  by: "bob",
  added,
  removed,
});

Deno.test("the creator of a group is its owner and longest-standing member", pure, () => {
  const group = after(created).groupOf("team", "alice");
  strictEqual(group?.owner, "bob");
  strictEqual(group.since, 1_000);
  deepStrictEqual([...group.members.keys()], ["bob", "alice"]);
});

Deno.test("a group is found by its name only by those who are in it", pure, () => {
  const conversations = after(created, members(["carol"], ["alice"]));
  strictEqual(conversations.groupOf("team", "alice"), null);
  strictEqual(conversations.groupOf("team", "eve"), null);
  strictEqual(conversations.groupOf("other", "bob"), null);
  strictEqual(conversations.groupOf("team", "carol")?.id, "T");
  strictEqual(conversations.groupById("T")?.name, "team");
  strictEqual(conversations.groupById("X"), null);
  strictEqual(conversations.groupNamed("team")?.id, "T");
  deepStrictEqual([conversations.wasIn("team", "alice"), conversations.wasIn("team", "eve")], [
    true,
    false,
  ]);
});

Deno.test("a membership begins and ends with the entries that say so, both included", pure, () => {
  const conversations = after(
    created,
    members(["carol"], ["alice"]),
    members(["alice"], []),
    { change: "left", by: "carol", note: "" },
  );
  deepStrictEqual(conversations.readable("T", "alice")?.intervals, [
    { from: 1, to: 2 },
    { from: 3, to: Infinity },
  ]);
  deepStrictEqual(conversations.readable("T", "carol")?.intervals, [{ from: 2, to: 4 }]);
  strictEqual(conversations.readable("T", "eve"), null);
});

Deno.test("deleting ends all memberships, and the last one who left sees it", pure, () => {
  const conversations = after(
    { change: "created", by: "bob", members: ["bob"] },
    { change: "left", by: "bob", note: "" },
    { change: "deleted", by: "bob" },
  );
  deepStrictEqual(conversations.readable("T", "bob")?.intervals, [{ from: 1, to: 3 }]);
  strictEqual(conversations.groupNamed("team")?.deletedAt, 3_000);
  deepStrictEqual(conversations.groupsOf("bob"), []);
});

Deno.test("groups of a user are sorted by name", pure, () => {
  const conversations = new Conversations();
  ["zoo", "bar", "moo"].forEach((group, i) =>
    conversations.apply({
      t: "change",
      id: i + 1,
      at: 0,
      conversation: group,
      group,
      change: "created",
      by: "bob",
      members: ["bob"],
    })
  );
  deepStrictEqual(conversations.groupsOf("bob").map(({ name }) => name), ["bar", "moo", "zoo"]);
  deepStrictEqual(conversations.groupsOf("eve"), []);
});

Deno.test("a direct conversation is open to its users only", pure, () => {
  const conversations = new Conversations();
  conversations.openDirect("D", ["bob", "alice"], 7);
  strictEqual(conversations.isOpen("D", ["bob", "alice"]), true);
  strictEqual(conversations.isOpen("D", ["bob", "eve"]), false);
  deepStrictEqual(conversations.readable("D", "bob")?.intervals, [{ from: 7, to: Infinity }]);
  deepStrictEqual(
    conversations.allReadable("bob").map(({ conversation }) => conversation),
    ["lobby", "D"],
  );
  deepStrictEqual(conversations.allReadable("eve").length, 1);
});

Deno.test("a change of a group that was never created is a bug, and says so", pure, () => {
  throws(() => after({ change: "left", by: "bob", note: "" }), {
    message: /^Cannot apply change 1:/,
  });
});

Deno.test("whatever changes, members are those whose last interval is open", pure, () => {
  const names = ["bob", "alice", "carol", "eve"];
  const some = fc.subarray(names.slice(1));
  const change = fc.oneof(
    fc.tuple(some, some).map(([added, removed]) =>
      members(added.filter((name) => !removed.includes(name)), removed)
    ),
    fc.constantFrom(...names.slice(1)).map((by): Change => ({ change: "left", by, note: "" })),
  );
  fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
    // As the rules have it: only who is in leaves, only who is not is added.
    const present = new Set(["bob", "alice"]);
    const possible = changes.map((change): Change => {
      if (change.change === "left") {
        return present.delete(change.by) ? change : members([], []);
      }
      if (change.change !== "members") return change;
      const removed = change.removed.filter((name) => present.delete(name));
      const added = change.added.filter((name) => !present.has(name));
      for (const name of added) present.add(name);
      return members(added, removed);
    });
    const conversations = after(created, ...possible);
    for (const name of names) {
      const intervals = conversations.readable("T", name)?.intervals ?? [];
      strictEqual(intervals.at(-1)?.to === Infinity, present.has(name));
      strictEqual(conversations.groupOf("team", name) !== null, present.has(name));
      intervals.forEach(({ from, to }, i) => {
        strictEqual(from <= to, true);
        strictEqual(from > (intervals[i - 1]?.to ?? 0), true);
      });
    }
  }));
});
