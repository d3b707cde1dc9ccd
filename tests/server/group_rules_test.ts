import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Group } from "../../server/conversation.ts";
import * as rules from "../../server/group_rules.ts";

const pure = { permissions: "none" } as const;

/** A group of bob; the others joined in this order. */
function groupOf(...others: readonly string[]): Group {
  const members = new Map(["bob", ...others].map((name, i) => [name, { id: i, at: i }]));
  return { id: "T", name: "team", owner: "bob", since: 0, members };
}

const crowd = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `u${n + from}`);
const codeOf = (ruling: rules.Ruling | rules.MemberList) =>
  "refused" in ruling ? ruling.refused.code : null;
const exists = (name: string) => name !== "nobody";
const bobsList = (typed: readonly string[]) =>
  rules.readMembers(typed, { user: "bob", exists, what: "created" });

Deno.test("a list is read in lower case, each name once, without the one who asks", pure, () => {
  deepStrictEqual(bobsList(["Alice", "bob", "carol", "ALICE", "BOB"]), {
    names: ["alice", "carol"],
  });
  deepStrictEqual(bobsList([]), { names: [] });
});

Deno.test("all unknown names are told, also those that are no names", pure, () => {
  const list = bobsList(["nobody", "alice", "a b", "Nobody"]);
  deepStrictEqual("refused" in list && list.refused, {
    code: "unknown_users",
    msg: "Unknown users: nobody, a b. Nothing created.",
  });
});

Deno.test("a list of 1,000 others passes, one of 1,001 does not", pure, () => {
  strictEqual(codeOf(bobsList(["bob", ...crowd(1_000)])), null);
  strictEqual(codeOf(bobsList(crowd(1_001))), "bad_request");
});

Deno.test("a new group lists its creator last", pure, () => {
  deepStrictEqual(rules.create("bob", ["carol", "alice"]), {
    changes: [{ change: "created", by: "bob", members: ["carol", "alice", "bob"] }],
  });
  strictEqual(codeOf(rules.create("bob", [])), "bad_request");
});

Deno.test("replacing names who comes and who goes, and nobody else", pure, () => {
  deepStrictEqual(rules.replace("bob", groupOf("alice", "carol"), ["carol", "dave"]), {
    changes: [{ change: "members", by: "bob", added: ["dave"], removed: ["alice"] }],
  });
  deepStrictEqual(rules.replace("bob", groupOf("alice"), ["alice"]), {
    changes: [],
    text: "Group team: nothing to change.",
  });
  strictEqual(codeOf(rules.replace("bob", groupOf("alice"), [])), "bad_request");
  strictEqual(codeOf(rules.replace("alice", groupOf("alice"), ["carol"])), "not_owner");
});

Deno.test("a change that would not fit into a page is cut in two, those who go first", pure, () => {
  const ruling = rules.replace("bob", groupOf(...crowd(1_000)), crowd(1_000, 1_000));
  deepStrictEqual(ruling, {
    changes: [
      { change: "members", by: "bob", added: [], removed: crowd(1_000) },
      { change: "members", by: "bob", added: crowd(1_000, 1_000), removed: [] },
    ],
  });
});

Deno.test("adding counts those who are in already only once", pure, () => {
  const group = groupOf(...crowd(999));
  deepStrictEqual(rules.add("bob", group, ["u0", "alice"]), {
    changes: [{ change: "members", by: "bob", added: ["alice"], removed: [] }],
  });
  strictEqual(codeOf(rules.add("bob", group, ["alice", "carol"])), "bad_request");
  strictEqual(codeOf(rules.add("alice", groupOf("alice"), ["carol"])), "not_owner");
});

const removal = (...members: string[]) =>
  ({ t: "group_remove", id: 1, group: "team", members }) as const;

Deno.test("removing takes all or none", pure, () => {
  const group = groupOf("alice", "carol");
  deepStrictEqual(rules.remove("bob", group, removal("Alice", "alice")), {
    changes: [{ change: "members", by: "bob", added: [], removed: ["alice"] }],
  });
  strictEqual(codeOf(rules.remove("bob", group, removal("alice", "dave"))), "no_member");
  strictEqual(codeOf(rules.remove("bob", group, removal("alice", "a b"))), "no_member");
  strictEqual(codeOf(rules.remove("bob", group, removal("alice", "BOB"))), "bad_request");
  strictEqual(codeOf(rules.remove("alice", group, removal("carol"))), "not_owner");
});

Deno.test("an owner who leaves is followed by who has been there longest", pure, () => {
  const left = { change: "left", by: "bob" };
  deepStrictEqual(rules.leave("bob", groupOf("zoe", "alice")), {
    changes: [left, { change: "owner", owner: "zoe" }],
  });
  deepStrictEqual(rules.leave("bob", groupOf()), {
    changes: [left, { change: "deleted", by: "bob" }],
  });
  deepStrictEqual(rules.leave("alice", groupOf("alice")), {
    changes: [{ change: "left", by: "alice" }],
  });
});

Deno.test("of those who joined with the same entry, the first by name follows", pure, () => {
  const group = groupOf("zoe", "alice", "carol");
  for (const name of ["zoe", "alice", "carol"]) group.members.set(name, { id: 1, at: 1 });
  deepStrictEqual(rules.leave("bob", group), {
    changes: [{ change: "left", by: "bob" }, { change: "owner", owner: "alice" }],
  });
});

Deno.test("the owner deletes, nobody else", pure, () => {
  deepStrictEqual(rules.dissolve("bob", groupOf("alice")), {
    changes: [{ change: "deleted", by: "bob" }],
  });
  strictEqual(codeOf(rules.dissolve("alice", groupOf("alice"))), "not_owner");
});
