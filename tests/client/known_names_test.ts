import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { KnownNames } from "../../client/known_names.ts";
import type { OpenedEvent } from "../../client/opened.ts";
import { AT, says } from "./fake_server.ts";

const none = { permissions: "none" } as const;

function after(...events: readonly OpenedEvent[]): KnownNames {
  const known = new KnownNames();
  for (const event of events) known.see(event);
  return known;
}

const change = { t: "change", id: 1, at: AT, conversation: "x", group: "Team" } as const;

Deno.test("names are met in messages, changes, lists and answers", none, () => {
  const known = after(
    says("alice", "hi", { id: 1 }),
    says("bob", "hi", { id: 2, kind: "direct", to: "carol" }),
    says("bob", "hi", { id: 3, kind: "group", to: "Team" }),
    { ...change, group: "club", change: "created", by: "bob", members: ["dave", "bob"] },
    { ...change, change: "members", by: "bob", added: ["erin"], removed: ["frank"] },
    { t: "joined", user: "gina" },
    { t: "names", re: 1, users: ["hal"], more: false },
    {
      t: "groups",
      re: 1,
      groups: [{ name: "den", owner: "x", members: 2, since: 0 }],
      more: false,
    },
    {
      t: "group_info",
      re: 1,
      group: "ring",
      owner: "ivy",
      since: 0,
      members: [{ name: "ivy", since: 0 }],
      more: false,
    },
    { t: "found", re: 1, name: "jo", kind: "user" },
    { t: "found", re: 1, name: "band", kind: "group" },
    { t: "history", re: 1, entries: [says("kim", "hi", { id: 4 })], more: false },
  );
  deepStrictEqual(known.names, {
    users: ["alice", "bob", "carol", "dave", "erin", "gina", "hal", "ivy", "jo", "kim"],
    groups: ["band", "club", "den", "ring", "team"],
  });
});

Deno.test("a group that was deleted is offered no more", none, () => {
  const known = after(says("bob", "hi", { id: 3, kind: "group", to: "Team" }), {
    ...change,
    change: "deleted",
    by: "bob",
  });
  deepStrictEqual(known.names.groups, []);
});

Deno.test("only what could be typed is a name: nothing hostile is ever completed", none, () => {
  const known = after(...["x\x1b[2J", "a b", "\u202eevil", "__proto__", "help", ""].map((user) => (
    { t: "joined", user } as const
  )));
  deepStrictEqual(known.names, { users: [], groups: [] });
});

Deno.test("of very many names those met last stay", none, () => {
  const known = new KnownNames();
  for (let n = 0; n < 2_000; n++) known.see({ t: "joined", user: `u${n}` });
  known.see({ t: "left", user: "u0" });
  known.see({ t: "joined", user: "zoe" });
  const { users } = known.names;
  strictEqual(users.length, 2_000);
  deepStrictEqual(["u0", "u1", "zoe"].map((name) => users.includes(name)), [true, false, true]);
});

Deno.test("the object is the same until there is another name", none, () => {
  const known = after({ t: "joined", user: "al" });
  const before = known.names;
  known.see({ t: "left", user: "al" });
  strictEqual(known.names, before);
  known.see({ t: "joined", user: "eve" });
  notStrictEqual(known.names, before);
});
