import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { Conversation } from "../../client/shown.ts";
import { conversationOf, UnreadCounts } from "../../client/unread.ts";
import type { ChangeEntry, Entry } from "../../protocol/event.ts";
import { AT, says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;
const lobby: Conversation = { kind: "lobby" };
const alice: Conversation = { kind: "user", name: "alice" };
const team: Conversation = { kind: "group", name: "team" };

/** Bob at a terminal. */
function person(entries: readonly Entry[] = [], cursor = entries.at(-1)?.id ?? 0): Scene {
  const welcome = { cursor, last: entries.at(-1)?.id ?? 0 };
  return new Scene({ person: "bob", welcome }, entries).start();
}

let id = 100;
const toBob = (from: string, body = "hi") =>
  says(from, body, { id: ++id, kind: "direct", to: "bob" });
const toTeam = (from: string, body = "hi") =>
  says(from, body, { id: ++id, kind: "group", to: "Team" });
const toLobby = (from: string, body = "hi") => says(from, body, { id: ++id });

function counts(scene: Scene): (readonly [string, number, number])[] {
  return scene.session.unread.map(({ conversation, count, mentions }) =>
    [conversation.kind === "lobby" ? "lobby" : conversation.name, count, mentions] as const
  );
}

Deno.test("messages of other conversations are unread, ordered by the first of each", none, () => {
  const scene = person().hears(
    toTeam("alice"),
    toBob("alice"),
    toTeam("carol", "Bob, lunch?"),
    toTeam("carol", "@all lunch!"),
  );
  deepStrictEqual(counts(scene), [["team", 3, 2], ["alice", 1, 0]]);
});

Deno.test("what is in the current conversation, or one's own, is read", none, () => {
  const scene = person().hears(
    toLobby("alice"),
    says("bob", "from my other session", { id: ++id, kind: "direct", to: "alice" }),
    says("bob", "note", { id: ++id, kind: "direct", to: "bob" }),
    toTeam("bob"),
  );
  deepStrictEqual(scene.session.unread, []);
});

Deno.test("choosing a conversation reads it, however it is chosen", none, () => {
  const scene = person().answering("lookup", ({ id: re, name }: { id: string; name: string }) => ({
    t: "found",
    re,
    name,
    kind: name === "team" ? "group" : "user",
  }));
  scene.hears(toTeam("alice"), toBob("alice"), toBob("carol")).types("@alice");
  deepStrictEqual(counts(scene), [["team", 1, 0], ["carol", 1, 0]]);
  scene.types("@next");
  deepStrictEqual([scene.session.current, counts(scene)], [team, [["carol", 1, 0]]]);
  scene.hears(toTeam("alice"), toLobby("alice"));
  deepStrictEqual(counts(scene), [["carol", 1, 0], ["lobby", 1, 0]]);
  scene.types("@lobby");
  deepStrictEqual(counts(scene), [["carol", 1, 0]]);
});

Deno.test("@next N goes to the N-th unread conversation, which needs no look-up", none, () => {
  const scene = person().hears(toTeam("alice"), toBob("alice"), toLobby("x")).types("@next 2");
  deepStrictEqual(scene.session.current, alice);
  deepStrictEqual(scene.commands("lookup"), []);
  scene.types("hello", "@next", "hi");
  deepStrictEqual(
    scene.commands("send").map(({ to, kind }) => [to, kind]),
    [["alice", undefined], ["team", "group"]],
  );
});

Deno.test("@next says what to do where there is no such conversation", none, () => {
  const scene = person().types("@next").hears(toTeam("alice")).types("@next 2");
  deepStrictEqual(scene.lines, [
    "ERROR: Nothing is unread.",
    "[Group: Team] alice: hi",
    "ERROR: Only 1 conversation has unread messages. To go to the first: @next",
  ]);
  deepStrictEqual(scene.session.current, lobby);
});

Deno.test(
  "@next is decided when it is typed, and what is typed behind it is kept for there",
  none,
  () => {
    const scene = person().hears(toBob("alice")).pauses().types("@names", "@next", "secret");
    // Whatever happens before its turn: a message that is kept must never be one for the lobby.
    deepStrictEqual([...scene.kept.values()].map(({ to, body }) => [to, body]), [
      ["alice", "secret"],
    ]);
    scene.hears(toBob("carol"));
    scene.answering("names", ({ id: re }: { id: string }) => ({
      t: "names",
      re,
      users: [],
      more: false,
    })).resumes();
    deepStrictEqual(scene.session.current, alice);
    deepStrictEqual(scene.commands("send").map(({ to, body }) => [to, body]), [
      ["alice", "secret"],
    ]);
    deepStrictEqual(counts(scene), [["carol", 1, 0]]);
  },
);

Deno.test(
  "while the user is away everything counts; when he is back, he reads the current one",
  none,
  () => {
    const scene = person();
    scene.session.away();
    scene.hears(toLobby("alice"), toBob("alice"));
    deepStrictEqual(counts(scene), [["lobby", 1, 0], ["alice", 1, 0]]);
    scene.session.returned();
    scene.hears(toLobby("alice"));
    deepStrictEqual(counts(scene), [["alice", 1, 0]]);
  },
);

Deno.test("who types is back", none, () => {
  const scene = person();
  scene.session.away();
  scene.hears(toLobby("alice")).types("hello");
  deepStrictEqual(counts(scene), []);
});

Deno.test("what was missed counts; what is read again in history does not", none, () => {
  const missed = [
    says("al", "hi bob", { id: 1 }),
    says("al", "hi", { id: 2, kind: "direct", to: "bob" }),
  ];
  const scene = person(missed, 0);
  deepStrictEqual(counts(scene), [["al", 1, 0]]);
  scene.types("@history 10", "@search hi");
  deepStrictEqual(counts(scene), [["al", 1, 0]]);
});

Deno.test("a group that is gone is not unread", none, () => {
  const fields = { t: "change", at: AT, conversation: "x", group: "Team" } as const;
  const gone: readonly ChangeEntry[] = [
    { ...fields, id: 901, change: "deleted", by: "alice" },
    { ...fields, id: 902, change: "members", by: "alice", added: [], removed: ["bob"] },
    { ...fields, id: 903, change: "left", by: "bob", note: "" },
  ];
  const message = says("alice", "hi", { id: 900, kind: "group", to: "Team" });
  for (const change of gone) {
    deepStrictEqual(person().hears(message, change).session.unread, [], change.change);
  }
  const stays = { ...fields, id: 904, change: "left", by: "alice", note: "" } as const;
  strictEqual(person().hears(message, stays).session.unread.length, 1);
});

Deno.test("a name that nobody could type is never a place to go to", none, () => {
  for (const name of ["../etc", "x\x1b[2J", "lobby", "__proto__", "a b"]) {
    const scene = person().hears(
      toBob(name),
      says("al", "hi", { id: ++id, kind: "group", to: name }),
    );
    deepStrictEqual(scene.session.unread, [], name);
  }
});

Deno.test("so many conversations and no more are counted", none, () => {
  const unread = new UnreadCounts("bob");
  for (let n = 0; n < 1_500; n++) unread.see(toBob(`u${n}`), lobby);
  strictEqual(unread.list.length, 1_000);
  unread.see(toBob("u0"), lobby);
  strictEqual(unread.list[0]?.count, 2);
});

Deno.test("the list is the same array until something changes", none, () => {
  const scene = person().hears(toBob("alice"));
  const before = scene.session.unread;
  scene.hears(toLobby("alice"), { t: "joined", user: "zoe" });
  strictEqual(scene.session.unread, before);
  notStrictEqual(scene.hears(toBob("alice")).session.unread, before);
});

Deno.test("a user and a group of the same name are two conversations", none, () => {
  deepStrictEqual(conversationOf({ kind: "direct", from: "x", to: "bob" }, "bob"), {
    kind: "user",
    name: "x",
  });
  deepStrictEqual(conversationOf({ kind: "direct", from: "bob", to: "x" }, "bob"), {
    kind: "user",
    name: "x",
  });
  deepStrictEqual(conversationOf({ kind: "group", from: "y", to: "X" }, "bob"), {
    kind: "group",
    name: "x",
  });
  deepStrictEqual(conversationOf({ kind: "lobby", from: "y", to: "lobby" }, "bob"), lobby);
});

Deno.test("counts are what came since each conversation was read last", none, () => {
  const place = fc.constantFrom("lobby", "alice", "team");
  const step = fc.record({ place, does: fc.constantFrom("comes", "comes", "reads") });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const places: { [name: string]: Conversation } = { lobby, alice, team };
    const unread = new UnreadCounts("bob");
    const expected = new Map<string, number>();
    for (const { place: name, does } of steps) {
      const conversation = places[name] ?? lobby;
      if (does === "reads") {
        unread.clear(conversation);
        expected.delete(name);
        continue;
      }
      const message = name === "lobby"
        ? toLobby("x")
        : name === "team"
        ? toTeam("x")
        : toBob("alice");
      unread.see(message, null);
      expected.set(name, (expected.get(name) ?? 0) + 1);
    }
    deepStrictEqual(
      unread.list.map(({ conversation, count }) => [
        conversation.kind === "lobby" ? "lobby" : conversation.name,
        count,
      ]),
      [...expected],
    );
    ok(unread.list.every(({ count }) => count > 0));
  }));
});
