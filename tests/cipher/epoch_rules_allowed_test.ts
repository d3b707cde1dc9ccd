import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CHANGE } from "../../cipher/epoch.ts";
import { type Attempt, attempt, nonce } from "./rules_scene.ts";

const pure = { permissions: "none" } as const;
const direct = { kind: "direct" } as const;

const allowed: readonly (readonly [string, Attempt])[] = [
  ["whoever creates a group is its owner", { change: "create", by: "ann", to: "ann* bob" }],
  ["the list may be in any order", { change: "create", by: "ann", to: "bob ann*" }],
  ["a group has a nonce", {
    change: "create",
    by: "ann",
    to: "ann* bob",
    record: { previous: nonce },
  }],
  ["a direct conversation has two", { ...direct, change: "create", by: "bob", to: "ann bob*" }],
  ["a note to oneself has one", { ...direct, change: "create", by: "ann", to: "ann*" }],
  ["the owner adds one", { from: "ann* bob", change: "add", by: "ann", to: "ann* bob cid" }],
  ["the owner adds two", { from: "ann* bob", change: "add", by: "ann", to: "ann* bob cid dan" }],
  ["the owner adds to himself alone", { from: "ann*", change: "add", by: "ann", to: "ann* bob" }],
  ["the owner removes one", { from: "ann* bob cid", change: "remove", by: "ann", to: "ann* bob" }],
  ["the owner removes all others", {
    from: "ann* bob cid",
    change: "remove",
    by: "ann",
    to: "ann*",
  }],
  ["a member removes who left", {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "ann* bob",
    leavers: "cid",
  }],
  ["a member removes two who left", {
    from: "ann* bob cid dan",
    change: "remove",
    by: "bob",
    to: "ann* bob",
    leavers: "cid dan",
  }],
  ["a member removes one of two who left", {
    from: "ann* bob cid dan",
    change: "remove",
    by: "bob",
    to: "ann* bob dan",
    leavers: "cid dan",
  }],
  ["the owner left, the longest in the list follows", {
    from: "ann*@0 bob@3 cid@2",
    change: "remove",
    by: "bob",
    to: "bob cid*",
    leavers: "ann",
  }],
  ["the owner left, the first by name follows among equals", {
    from: "ann*@0 dan@2 cid@2 bob@3",
    change: "remove",
    by: "dan",
    to: "bob dan cid*",
    leavers: "ann",
  }],
  ["the owner left, and who would follow left as well", {
    from: "ann*@0 bob@1 cid@2",
    change: "remove",
    by: "cid",
    to: "cid*",
    leavers: "ann bob",
  }],
  ["the owner rotates", { from: "ann* bob", change: "rotate", by: "ann", to: "ann* bob" }],
  ["a member rotates", { from: "ann* bob", change: "rotate", by: "bob", to: "ann* bob" }],
  ["one of two rotates", {
    ...direct,
    from: "ann* bob",
    change: "rotate",
    by: "bob",
    to: "ann* bob",
  }],
  ["a member rekeys another", {
    from: "ann* bob cid",
    change: "rekey",
    by: "cid",
    to: "ann* bob' cid",
    rekeyed: "bob",
  }],
  ["the changed one rekeys himself by his new keys", {
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["the owner rekeys himself by his new keys, and another", {
    from: "ann* bob",
    change: "rekey",
    by: "ann'",
    to: "ann'* bob'",
    rekeyed: "ann bob",
  }],
  ["one of two rekeys under his current record, whatever the list says", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann'* bob'",
  }],
  ["one of two rekeys the other", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "ann",
    to: "ann* bob'",
  }],
  ["a note to oneself is rekeyed", {
    ...direct,
    from: "ann*",
    change: "rekey",
    by: "ann'",
    to: "ann'*",
  }],
  ["the owner replaces everybody else", {
    from: "ann* bob cid",
    change: "replace",
    by: "ann",
    to: "ann* dan eve",
  }],
  ["the owner replaces, and somebody stays with new keys", {
    from: "ann* bob",
    change: "replace",
    by: "ann",
    to: "ann* bob' cid",
  }],
  ["the owner closes", { from: "ann* bob", change: "close", by: "ann", to: "ann* bob" }],
  ["the last member closes instead of leaving", {
    from: "ann* bob cid",
    change: "close",
    by: "cid",
    to: "ann* bob cid",
    leavers: "ann bob",
  }],
];

for (const [what, next] of allowed) {
  Deno.test(`${next.change} is allowed: ${what}`, pure, () => strictEqual(attempt(next), null));
}

Deno.test("every change has a row that allows it", pure, () => {
  const seen = new Set(allowed.map(([, next]) => next.change));
  deepStrictEqual([...seen].sort(), Object.keys(CHANGE).sort());
});
