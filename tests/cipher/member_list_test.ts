import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  isMemberName,
  MAX_EPOCH_MEMBERS,
  type Member,
  membersHash,
  type Role,
} from "../../cipher/member_list.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { epochVector, listOf } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const team = () => listOf(epochVector(1));

for (const vector of l2.group.epochs) {
  Deno.test(`members hash of epoch ${vector.epoch}`, pure, async () => {
    strictEqual((await membersHash(listOf(vector))).toHex(), vector.members_hash);
  });
}

Deno.test("the members hash does not depend on the order of the list", pure, async () => {
  const expected = await membersHash(team());
  const orders = fc.shuffledSubarray(team(), { minLength: 3 });
  await fc.assert(
    fc.asyncProperty(orders, async (list) => deepStrictEqual(await membersHash(list), expected)),
    { numRuns: 20 },
  );
});

/** The list with one entry changed. */
function withEntry(at: number, change: Partial<Member>): Member[] {
  return team().map((member, index) => index === at ? { ...member, ...change } : member);
}

const changes = [
  ["a name", withEntry(1, { name: "bobb" })],
  ["a fingerprint", withEntry(1, { fingerprint: new Uint8Array(32) })],
  ["a role", withEntry(1, { role: 2 })],
  ["one less", team().slice(0, 2)],
  ["one more", [...team(), { name: "dan", fingerprint: new Uint8Array(32), role: 0 as const }]],
  ["nobody", []],
] as const;

for (const [what, list] of changes) {
  Deno.test(`row 106: another list has another hash: ${what}`, pure, async () => {
    notDeepStrictEqual(await membersHash(list), await membersHash(team()));
  });
}

const refused = [
  ["a name twice", [...team(), ...team().slice(0, 1)]],
  ["a name in capitals", withEntry(0, { name: "Alice" })],
  ["no name", withEntry(0, { name: "" })],
  ["a short fingerprint", withEntry(0, { fingerprint: new Uint8Array(31) })],
  ["the reserved role", withEntry(0, { role: 1 as unknown as Role })],
] as const;

for (const [what, list] of refused) {
  Deno.test(`a list is not hashed: ${what}`, pure, async () => {
    await rejects(membersHash(list), RangeError);
  });
}

/** More members than anybody should ask for; tells how many were. */
function* crowd(asked: { count: number }): Generator<Member> {
  while (asked.count < 65_535) {
    asked.count++;
    yield { name: `m${asked.count}`, fingerprint: new Uint8Array(32), role: 0 };
  }
}

Deno.test(
  "row 110: a list over the limit is refused without being read to its end",
  pure,
  async () => {
    const asked = { count: 0 };
    await rejects(membersHash(crowd(asked)), RangeError);
    strictEqual(asked.count, MAX_EPOCH_MEMBERS + 1);
  },
);

Deno.test("1,000 others and the owner are within the limit", pure, async () => {
  strictEqual(MAX_EPOCH_MEMBERS, 1_001);
  const list = crowd({ count: 0 }).take(MAX_EPOCH_MEMBERS);
  strictEqual((await membersHash(list)).length, 32);
});

Deno.test(
  "a canonical name is 1 to 32 of its characters, a letter or digit at both ends",
  pure,
  () => {
    for (const name of ["a", "0", "a.b_c-d", "a".repeat(32), "a1", "proto"]) {
      strictEqual(isMemberName(name), true, name);
    }
    const others = [
      "",
      "A",
      "a".repeat(33),
      ".a",
      "a-",
      "a b",
      "ä",
      "a\n",
      "\na",
      "a\0",
      "\u212a",
      "__proto__",
    ];
    for (const name of others) strictEqual(isMemberName(name), false, name);
  },
);
