import { strictEqual } from "node:assert/strict";
import { localMinute } from "../../client/local_minute.ts";
import { plainText } from "../../client/plain.ts";
import type { Shown } from "../../client/shown.ts";
import type { ChangeEntry, MessageEntry } from "../../protocol/event.ts";

const none = { permissions: "none" } as const;
const at = new Date(2026, 10, 22, 18, 3, 59).getTime();

function message(fields: Partial<MessageEntry>): MessageEntry {
  const base = { t: "message", id: 1, at, conversation: "lobby", kind: "lobby" } as const;
  return { ...base, from: "bob", to: "lobby", body: "text", ...fields };
}

type Change = ChangeEntry extends infer C ? C extends ChangeEntry ? Omit<C, Base> : never : never;
type Base = "t" | "id" | "at" | "conversation" | "group";

function change(fields: Change): ChangeEntry {
  return { t: "change", id: 1, at, conversation: "x", group: "G", ...fields } as ChangeEntry;
}

function table(me: string, rows: readonly (readonly [Shown, string])[]): void {
  for (const [shown, text] of rows) strictEqual(plainText(shown, me), text);
}

Deno.test("messages, live", none, () => {
  const direct = message({ kind: "direct", to: "alice" });
  const entry = (entry: MessageEntry) => ({ type: "entry", entry }) as const;
  table("bob", [
    [entry(message({})), "[bob]: text"],
    [entry(message({ from: "alice" })), "[alice]: text"],
    [entry(direct), "[DM to alice]: text"],
    [entry({ ...direct, offline: true }), "[DM to alice]: text (offline, will be delivered)"],
    [entry(message({ kind: "group", to: "G" })), "[Group: G] bob: text"],
    [entry(message({ kind: "direct", to: "bob", offline: true })), "[Note]: text"],
    [entry(message({ body: "one\ntwo" })), "[bob]: one\n| two"],
  ]);
  table("alice", [[entry({ ...direct, offline: true }), "[DM from bob]: text"]]);
});

Deno.test("history begins with the local date and time, and nobody is offline in it", none, () => {
  const entry = message({ kind: "direct", to: "alice", offline: true });
  table("bob", [
    [{ type: "history", count: 3 }, "--- Last 3 Messages ---"],
    [{ type: "history", count: 3, isOlder: true }, "--- 3 Older Messages ---"],
    [{ type: "history", count: 1, isOlder: true }, "--- 1 Older Message ---"],
    [
      { type: "search", words: ["a\x1b", "b"] },
      '--- Messages with "a\\x1b b", newest first ---',
    ],
    [{ type: "found", count: 0, unreadable: 0, at: "beginning" }, "--- 0 messages found ---"],
    [
      { type: "found", count: 1_234, unreadable: 2, at: "stopped" },
      "--- 1,234 messages found, stopped before the first message; 2 could not be read ---",
    ],
    [{ type: "past", entry }, "2026-11-22 18:03 [DM to alice]: text"],
  ]);
  table("alice", [[{ type: "past", entry }, "2026-11-22 18:03 [DM from bob]: text"]]);
});

Deno.test("what was missed stands between two lines", none, () => {
  table("bob", [
    [{ type: "missed", count: 1, older: 0 }, "--- 1 message while you were away ---"],
    [{ type: "missed", count: 3, older: 0 }, "--- 3 messages while you were away ---"],
    [
      { type: "missed", count: 1_250, older: 1_050 },
      "--- 1,250 messages while you were away ---\n(1,050 older not shown: see @help history)",
    ],
    [{ type: "now" }, "--- now ---"],
  ]);
});

Deno.test("changes of groups", none, () => {
  const rows: readonly (readonly [Change, string])[] = [
    [
      { change: "created", by: "bob", members: ["a", "b", "bob"] },
      "Group G created with members: a, b, bob",
    ],
    [
      { change: "members", by: "bob", added: ["c"], removed: ["a"] },
      "Group G: bob added c, removed a",
    ],
    [{ change: "members", by: "bob", added: ["c", "d"], removed: [] }, "Group G: bob added c, d"],
    [{ change: "members", by: "bob", added: [], removed: ["a"] }, "Group G: bob removed a"],
    [{ change: "left", by: "a", note: "" }, "Group G: a left"],
    [{ change: "owner", owner: "a" }, "Group G: a is the owner now"],
    [{ change: "deleted", by: "bob" }, "Group G deleted by bob"],
  ];
  table("bob", rows.map(([fields, text]) => [{ type: "entry", entry: change(fields) }, text]));
});

Deno.test(
  "what is odd about a message stands beside it, what is missing on a line of its own",
  none,
  () => {
    const base = message({ kind: "direct", to: "alice", body: "one\ntwo" });
    const marks = { before: "2 messages are missing here", beside: "late", behind: "1 is missing" };
    const text = "[DM to alice]: one\n| two (late)";
    table("bob", [
      [{ type: "entry", entry: { ...base, marks: { beside: "late" } } }, text],
      [
        { type: "entry", entry: { ...base, marks } },
        `--- 2 messages are missing here ---\n${text}\n--- 1 is missing ---`,
      ],
      [
        { type: "past", entry: { ...base, body: "one", marks: { before: "one is missing" } } },
        "--- one is missing ---\n2026-11-22 18:03 [DM to alice]: one",
      ],
    ]);
  },
);

Deno.test("an entry that cannot be shown is one line that says why", none, () => {
  const damaged = { t: "damaged", id: 1, at, conversation: "x" } as const;
  const text = "[not shown]: message from al to bob: the signature is not right";
  table("bob", [
    [{ type: "entry", entry: { ...damaged, text } }, text],
    [{ type: "past", entry: { ...damaged, text } }, `2026-11-22 18:03 ${text}`],
    [
      { type: "past", entry: damaged },
      "2026-11-22 18:03 [damaged]: the server cannot read this entry any more",
    ],
  ]);
});

Deno.test("what is said about keys says how much it matters", none, () => {
  const text = "The keys of al have changed.";
  table("bob", [
    [{ type: "keys", level: "notice", text }, `NOTICE: ${text}`],
    [{ type: "keys", level: "warning", text }, `WARNING: ${text}`],
    [{ type: "keys", level: "error", text }, `ERROR: ${text}`],
  ]);
});

Deno.test("people and answers", none, () => {
  table("bob", [
    [{ type: "account_created", user: "bob" }, 'New account "bob" created.'],
    [{ type: "welcome", user: "bob" }, "Welcome to the chatroom, bob!"],
    [{ type: "joined", user: "al" }, "* al has joined the chat *"],
    [{ type: "left", user: "al" }, "* al has left the chat *"],
    [{ type: "names", users: ["alice", "bob"] }, "Online users: alice, bob"],
    [{ type: "groups", groups: ["G", "H"] }, "Your groups: G, H"],
    [{ type: "groups", groups: [] }, "You are in no group."],
    [
      { type: "group_info", info: { group: "G", owner: "bob", since: at, members: ["a", "bob"] } },
      "Group G: owner bob, since 2026-11-22 18:03\nMembers of G: a, bob",
    ],
    [{ type: "refused", text: "The name G is taken." }, "ERROR: The name G is taken."],
    [{ type: "usage", usage: "@quit" }, "Usage: @quit"],
    [{ type: "done", text: "Nothing to change." }, "Nothing to change."],
    [{ type: "shutdown" }, "SERVER SHUTTING DOWN. Goodbye!"],
    [{ type: "goodbye" }, "Goodbye!"],
    [{ type: "chosen", conversation: { kind: "lobby" } }, "Now talking to the lobby."],
    [{ type: "chosen", conversation: { kind: "group", name: "G" } }, "Now talking to group G."],
    [{ type: "chosen", conversation: { kind: "user", name: "al" } }, "Now talking to al."],
  ]);
});

Deno.test("nothing that a hostile server sends reaches the terminal raw", none, () => {
  const evil = "\x1b[2J\u202e\n";
  const base = { id: 1, at, conversation: evil } as const;
  const made: Shown[] = [
    { type: "welcome", user: evil },
    {
      type: "entry",
      entry: { t: "message", ...base, kind: "group", from: evil, to: evil, body: evil },
    },
    {
      type: "past",
      entry: { t: "message", ...base, kind: "direct", from: evil, to: "bob", body: evil },
    },
    {
      type: "entry",
      entry: { t: "change", ...base, group: evil, change: "created", by: evil, members: [evil] },
    },
    {
      type: "entry",
      entry: {
        t: "change",
        ...base,
        group: evil,
        change: "members",
        by: evil,
        added: [evil],
        removed: [evil],
      },
    },
    { type: "joined", user: evil },
    { type: "names", users: [evil] },
    { type: "groups", groups: [evil] },
    { type: "group_info", info: { group: evil, owner: evil, since: NaN, members: [evil] } },
    { type: "refused", text: evil },
    { type: "done", text: evil },
    { type: "keys", level: "warning", text: evil },
    { type: "entry", entry: { t: "damaged", ...base, text: evil } },
    { type: "past", entry: { t: "damaged", ...base, text: evil } },
    {
      type: "entry",
      entry: {
        ...message({ from: evil, body: evil }),
        marks: { before: evil, beside: evil, behind: evil },
      },
    },
  ];
  for (const shown of made) {
    const text = plainText(shown, "bob");
    strictEqual(text.includes("\x1b") || text.includes("\u202e"), false, shown.type);
    for (const line of text.split("\n").slice(1)) {
      const isOwn = ["| ", "Members of ", "--- "].some((start) => line.startsWith(start));
      // Behind a mark, a message has the line of its own; its sender has been escaped.
      const isMarked = "entry" in shown && "marks" in shown.entry && line.startsWith("[\\x1b");
      strictEqual(isOwn || isMarked, true, `${shown.type}: ${line}`);
    }
  }
});

Deno.test("a time that is no date shows as question marks", none, () => {
  for (const time of [NaN, 8.64e15, -8.64e15]) strictEqual(localMinute(time), "????-??-?? ??:??");
});
