/**
 * Everything that a face can be told to show, with a hostile text wherever one may come from a server.
 *
 * @module
 */

import type { OpenedEntry, OpenedMessage } from "../../client/opened.ts";
import type { Shown } from "../../client/shown.ts";

/** A new kind of thing to show does not compile until it is here. */
type Makers = { readonly [T in Shown["type"]]: (text: string) => readonly Shown[] };

/** The name of the user who looks. */
export const ME = "bob";

const MAKERS: Makers = {
  account_created: (user) => [{ type: "account_created", user }],
  welcome: (user) => [{ type: "welcome", user }],
  entry: (text) => entries(text).map((entry) => ({ type: "entry", entry })),
  past: (text) => entries(text).map((entry) => ({ type: "past", entry })),
  history: () => [{ type: "history", count: 3 }],
  search: (text) => [{ type: "search", words: ["lunch", text] }],
  found: () => [{ type: "found", count: 1, unreadable: 0, at: "beginning" }],
  missed: () => [{ type: "missed", count: 3, older: 1 }],
  now: () => [{ type: "now" }],
  joined: (user) => [{ type: "joined", user }],
  left: (user) => [{ type: "left", user }],
  names: (text) => [{ type: "names", users: ["alice", text, text] }],
  groups: (text) => [{ type: "groups", groups: [text, "team"] }],
  group_info: (text) => [{
    type: "group_info",
    info: { group: text, owner: text, since: 0, members: [text, "alice"] },
  }],
  done: (text) => [{ type: "done", text }],
  keys: (text) => [
    { type: "keys", level: "notice", text },
    { type: "keys", level: "warning", text },
    { type: "keys", level: "error", text },
  ],
  // What was typed is the user's own, and goes back to where it was typed.
  refused: (text) => [{ type: "refused", text }, { type: "refused", text, typed: "hello" }],
  // The client's own words.
  usage: () => [{ type: "usage", usage: "@names" }],
  help: () => [{ type: "help" }],
  chosen: (name) => [
    { type: "chosen", conversation: { kind: "user", name } },
    { type: "chosen", conversation: { kind: "group", name }, isFallback: true },
  ],
  shutdown: () => [{ type: "shutdown" }],
  goodbye: () => [{ type: "goodbye" }],
};

/** Everything there is to show, made hostile by a text. */
export function everyShown(text: string): readonly Shown[] {
  return Object.values(MAKERS).flatMap((make) => make(text));
}

function entries(text: string): readonly OpenedEntry[] {
  const common = { id: 7, at: 1_795_000_000_000, conversation: text };
  const message = (fields: Partial<OpenedMessage>): OpenedMessage => ({
    t: "message",
    ...common,
    kind: "lobby",
    from: "alice",
    to: "lobby",
    body: "hi",
    ...fields,
  });
  const change = { t: "change", ...common, group: text } as const;
  return [
    message({ body: text }),
    message({ from: text, body: text }),
    message({ kind: "direct", from: text, to: ME, body: text }),
    message({ kind: "direct", from: ME, to: text, body: text, offline: true }),
    message({ kind: "direct", from: ME, to: ME, body: text }),
    message({ kind: "group", from: text, to: text, body: text }),
    message({ body: text, marks: { before: text, beside: text, behind: text } }),
    { ...change, change: "created", by: text, members: [text, ME] },
    { ...change, change: "members", by: text, added: [text], removed: [text] },
    { ...change, change: "left", by: text, note: text },
    { ...change, change: "owner", owner: text },
    { ...change, change: "deleted", by: text },
    { t: "damaged", ...common },
    { t: "damaged", ...common, text },
  ];
}
