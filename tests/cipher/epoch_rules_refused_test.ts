import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CHANGE } from "../../cipher/epoch.ts";
import type { BadChange } from "../../cipher/epoch_rules.ts";
import { type Attempt, attempt, nonce } from "./rules_scene.ts";

const pure = { permissions: "none" } as const;
const direct = { kind: "direct" } as const;

const refused: readonly (readonly [BadChange, string, Attempt])[] = [
  // 0 create
  ["owner", "by somebody who does not own it", { change: "create", by: "bob", to: "ann* bob" }],
  ["owner", "two owners", { change: "create", by: "ann", to: "ann* bob*" }],
  ["owner", "no owner", { change: "create", by: "ann", to: "ann bob" }],
  ["list", "a group of one", { change: "create", by: "ann", to: "ann*" }],
  ["list", "a direct conversation of three", {
    ...direct,
    change: "create",
    by: "ann",
    to: "ann* bob cid",
  }],
  ["owner", "nobody in the list", { change: "create", by: "ann", to: "" }],
  ["signer", "by somebody who is not in it", { change: "create", by: "eve", to: "ann* bob" }],
  ["signer", "by other keys than listed", { change: "create", by: "ann'", to: "ann* bob" }],
  ["previous", "a nonce of 17 octets", {
    change: "create",
    by: "ann",
    to: "ann* bob",
    record: { previous: new Uint8Array(32).fill(9, 0, 17) },
  }],
  ["previous", "a direct conversation with a nonce", {
    ...direct,
    change: "create",
    by: "ann",
    to: "ann* bob",
    record: { previous: nonce },
  }],
  ["epoch", "not as epoch 0", {
    change: "create",
    by: "ann",
    to: "ann* bob",
    record: { epoch: 1 },
  }],
  ["right", "a second time", { from: "ann* bob", change: "create", by: "ann", to: "ann* bob" }],
  // 1 add
  ["right", "by a member", { from: "ann* bob", change: "add", by: "bob", to: "ann* bob cid" }],
  ["list", "nobody new", { from: "ann* bob", change: "add", by: "ann", to: "ann* bob" }],
  ["list", "one out, one in", { from: "ann* bob", change: "add", by: "ann", to: "ann* cid" }],
  ["list", "one out, two in", { from: "ann* bob", change: "add", by: "ann", to: "ann* cid dan" }],
  ["list", "another gets new keys", {
    from: "ann* bob",
    change: "add",
    by: "ann",
    to: "ann* bob' cid",
    rekeyed: "bob",
  }],
  ["owner", "a second owner", { from: "ann* bob", change: "add", by: "ann", to: "ann* bob cid*" }],
  ["list", "the newcomer as owner", {
    from: "ann* bob",
    change: "add",
    by: "ann",
    to: "ann bob cid*",
  }],
  ["list", "another as owner", { from: "ann* bob", change: "add", by: "ann", to: "ann bob* cid" }],
  ["signer", "by the newcomer", { from: "ann* bob", change: "add", by: "cid", to: "ann* bob cid" }],
  // 2 remove
  ["right", "by a member, without a leave note", {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "ann* bob",
  }],
  ["right", "by a member, with the leave note of another", {
    from: "ann* bob cid dan",
    change: "remove",
    by: "bob",
    to: "ann* bob dan",
    leavers: "dan",
  }],
  ["right", "by a member, one left and one did not", {
    from: "ann* bob cid dan",
    change: "remove",
    by: "bob",
    to: "ann* bob",
    leavers: "dan",
  }],
  ["right", "the owner, who did not leave", {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "bob* cid",
    leavers: "cid",
  }],
  ["signer", "by the removed", {
    from: "ann* bob cid",
    change: "remove",
    by: "cid",
    to: "ann* bob",
    leavers: "cid",
  }],
  ["signer", "by the owner who goes", {
    from: "ann* bob",
    change: "remove",
    by: "ann",
    to: "bob*",
    leavers: "ann",
  }],
  ["list", "nobody", { from: "ann* bob", change: "remove", by: "ann", to: "ann* bob" }],
  ["list", "one out, one in", { from: "ann* bob", change: "remove", by: "ann", to: "ann* cid" }],
  ["list", "another gets new keys", {
    from: "ann* bob cid",
    change: "remove",
    by: "ann",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["owner", "and the owner gives his place away", {
    from: "ann* bob cid",
    change: "remove",
    by: "ann",
    to: "ann bob*",
  }],
  ["owner", "and a member takes the owner's place", {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "ann bob*",
    leavers: "cid",
  }],
  ["owner", "the owner left, but a later one follows", {
    from: "ann*@0 bob@3 cid@2",
    change: "remove",
    by: "bob",
    to: "bob* cid",
    leavers: "ann",
  }],
  ["owner", "the owner left, and nobody follows", {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "bob cid",
    leavers: "ann",
  }],
  // 3 rotate
  ["list", "with one more", { from: "ann* bob", change: "rotate", by: "ann", to: "ann* bob cid" }],
  ["list", "with one less", { from: "ann* bob", change: "rotate", by: "ann", to: "ann*" }],
  ["list", "with one for another", {
    from: "ann* bob",
    change: "rotate",
    by: "ann",
    to: "ann* cid",
  }],
  ["list", "with another owner", { from: "ann* bob", change: "rotate", by: "ann", to: "ann bob*" }],
  ["list", "with new keys", {
    from: "ann* bob",
    change: "rotate",
    by: "ann",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["signer", "by new keys", {
    from: "ann* bob",
    change: "rotate",
    by: "bob'",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["signer", "by a stranger", { from: "ann* bob", change: "rotate", by: "eve", to: "ann* bob" }],
  ["signer", "of two, by new keys", {
    ...direct,
    from: "ann* bob",
    change: "rotate",
    by: "bob'",
    to: "ann* bob'",
  }],
  // 4 rekey
  ["right", "keys that no record leads to", {
    from: "ann* bob",
    change: "rekey",
    by: "ann",
    to: "ann* bob'",
  }],
  ["right", "keys of two, one of them without a record", {
    from: "ann* bob cid",
    change: "rekey",
    by: "ann",
    to: "ann* bob' cid'",
    rekeyed: "bob",
  }],
  ["right", "by keys that no record leads to", {
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann* bob'",
  }],
  ["signer", "by the keys that are given up", {
    from: "ann* bob",
    change: "rekey",
    by: "bob",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["signer", "by new keys that the list has not", {
    from: "ann* bob cid",
    change: "rekey",
    by: "bob'",
    to: "ann* bob cid'",
    rekeyed: "bob cid",
  }],
  ["list", "nothing changes", { from: "ann* bob", change: "rekey", by: "ann", to: "ann* bob" }],
  ["list", "with one more", {
    from: "ann* bob",
    change: "rekey",
    by: "ann",
    to: "ann* bob' cid",
    rekeyed: "bob",
  }],
  ["list", "with one for another", {
    from: "ann* bob cid",
    change: "rekey",
    by: "ann",
    to: "ann* bob' dan",
    rekeyed: "bob cid",
  }],
  ["list", "with another owner", {
    from: "ann* bob",
    change: "rekey",
    by: "ann",
    to: "ann bob'*",
    rekeyed: "bob",
  }],
  ["signer", "of two, by keys that neither list has", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann'* bob",
  }],
  ["signer", "of two, by a third", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "eve",
    to: "ann* bob'",
  }],
  ["signer", "of two, by a third who takes a place", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "eve",
    to: "ann* eve",
  }],
  ["list", "of two, the other becomes a third", {
    ...direct,
    from: "ann* bob",
    change: "rekey",
    by: "ann",
    to: "ann* eve",
  }],
  // 5 replace
  ["right", "by a member", { from: "ann* bob", change: "replace", by: "bob", to: "bob* cid" }],
  ["owner", "with another as owner", {
    from: "ann* bob",
    change: "replace",
    by: "ann",
    to: "ann bob*",
  }],
  ["list", "with nobody else", { from: "ann* bob", change: "replace", by: "ann", to: "ann*" }],
  ["signer", "with himself under new keys", {
    from: "ann* bob",
    change: "replace",
    by: "ann'",
    to: "ann'* bob",
    rekeyed: "ann",
  }],
  ["signer", "without himself", { from: "ann* bob", change: "replace", by: "ann", to: "bob* cid" }],
  // 6 close
  ["right", "by a member", { from: "ann* bob", change: "close", by: "bob", to: "ann* bob" }],
  ["right", "by a member while another is left", {
    from: "ann* bob cid",
    change: "close",
    by: "bob",
    to: "ann* bob cid",
    leavers: "ann",
  }],
  ["list", "with another list", { from: "ann* bob", change: "close", by: "ann", to: "ann*" }],
  // What a direct conversation does not have.
  ["right", "of two", {
    ...direct,
    from: "ann* bob",
    change: "add",
    by: "ann",
    to: "ann* bob cid",
  }],
  ["right", "of two", { ...direct, from: "ann* bob", change: "remove", by: "ann", to: "ann*" }],
  ["right", "of two", {
    ...direct,
    from: "ann* bob",
    change: "replace",
    by: "ann",
    to: "ann* cid",
  }],
  ["right", "of two", { ...direct, from: "ann* bob", change: "close", by: "ann", to: "ann* bob" }],
];

for (const [reason, what, next] of refused) {
  Deno.test(`row 106: ${next.change} is refused (${reason}): ${what}`, pure, () => {
    strictEqual(attempt(next), reason);
  });
}

Deno.test("every change has a row that refuses it", pure, () => {
  const seen = new Set(refused.map(([, , next]) => next.change));
  deepStrictEqual([...seen].sort(), Object.keys(CHANGE).sort());
});
