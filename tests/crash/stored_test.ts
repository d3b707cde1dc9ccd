import { deepStrictEqual } from "node:assert/strict";
import type { MessageEntry } from "../../protocol/event.ts";
import { identify, readHistory } from "./stored.ts";

const pure = { permissions: "none" } as const;

/** A message as the database holds it, or as a reader opens it. */
function message(id: number, kind: MessageEntry["kind"], body: string): MessageEntry {
  return { t: "message", id, at: 0, conversation: "c", kind, from: "alice", to: "bob", body };
}

const SAID = { from: "alice", number: 1, to: "bob" };

Deno.test("a token is the message that readers have opened under its id", pure, () => {
  const entries = [message(1, "lobby", "alice 2 lobby"), message(2, "direct", "token")];
  deepStrictEqual(identify(entries, [{ id: 2, said: SAID }, { id: 2, said: SAID }]), {
    stored: [
      { id: 1, said: { from: "alice", number: 2, to: "lobby" } },
      { id: 2, said: SAID },
    ],
    wrong: [],
  });
});

Deno.test("a token that nobody can open is wrong", pure, () => {
  deepStrictEqual(identify([message(2, "direct", "token")], []), {
    stored: [],
    wrong: ["entry 2 is stored, but nobody can open it"],
  });
});

Deno.test("a token that two readers open to different texts is wrong", pure, () => {
  const other = { ...SAID, number: 2 };
  const { wrong } = identify([], [{ id: 2, said: SAID }, { id: 2, said: other }]);
  deepStrictEqual(wrong, ['entry 2 is "alice 2 bob" to one, "alice 1 bob" to another']);
});

Deno.test("in a history nothing may be damaged, marked, or none of ours", pure, () => {
  const damaged = { t: "damaged", id: 1, at: 0, conversation: "c", text: "[not shown]" } as const;
  const gap = { ...message(2, "direct", "alice 1 bob"), marks: { before: "1 message is missing" } };
  deepStrictEqual(readHistory([damaged, gap, message(3, "lobby", "hello")]), {
    stored: [{ id: 2, said: SAID }],
    wrong: [
      "entry 1: [not shown]",
      "entry 2: 1 message is missing",
      'entry 3 is none of ours: "hello"',
    ],
  });
});
