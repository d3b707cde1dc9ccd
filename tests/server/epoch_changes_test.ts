// PRODUCT §3: what an epoch that changes very many names is told as; it fits into pages and values.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { EpochRecord } from "../../cipher/epoch.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import type { ChangeEntry } from "../../protocol/event.ts";
import { MAX_ID_CHARACTERS, MAX_PAGE_OCTETS } from "../../protocol/limits.ts";
import { Conversations } from "../../server/conversation.ts";
import { changesOf } from "../../server/epoch_changes.ts";
import { listChange } from "../../server/epoch_pieces.ts";
import { encodeRecord } from "../../server/record.ts";
import { STORE_LIMITS } from "../../server/store.ts";
import { keyOf } from "../../server/tables.ts";

const pure = { permissions: "none" } as const;

const conversation = "T".repeat(43);
const owner = "o".repeat(32);

/** So many names of so many characters. */
function crowd(letter: string, count: number, length: number): string[] {
  return Array.from({ length: count }, (_, n) => `${letter}${`${n}`.padStart(length - 1, "0")}`);
}

function members(names: readonly string[]): Member[] {
  const fingerprint = new Uint8Array(32);
  return [owner, ...names].map((name) => {
    return { name, fingerprint, role: name === owner ? ROLE.owner : ROLE.member };
  });
}

/** What is told where one list takes the place of another. */
function replaced(before: readonly string[], after: readonly string[]) {
  const conversations = new Conversations();
  const group = "g".repeat(32);
  const first = { t: "change", id: 1, at: 0, conversation, group, epoch: 0 } as const;
  const created: ChangeEntry = {
    ...first,
    change: "created",
    by: owner,
    members: [...before, owner],
  };
  conversations.apply(created);
  const old = new Map(members(before).map((member) => [member.name, { ...member, since: 0 }]));
  let id = 2 ** 53 - 10;
  const entries = changesOf({ conversations }, {
    user: owner,
    proposal: {
      record: { kind: "group", change: "replace", epoch: 4_095, signer: owner } as EpochRecord,
      text: "",
      hash: "",
      conversation,
      base: null,
      members: members(after),
      group: null,
      to: null,
    },
    chain: { head: { members: old }, notes: new Map() } as never,
    change: listChange(old, members(after)),
    moment: { now: 1_795_370_580_000, nextId: () => id++ },
  });
  for (const entry of entries) conversations.apply(entry);
  const present = [...conversations.groupById(conversation)?.members.keys() ?? []].sort();
  deepStrictEqual(present, [owner, ...after].sort());
  return entries.flatMap((entry) => entry.change === "members" ? [entry] : []);
}

const SIZES: readonly (readonly [what: string, old: string[], now: string[], entries: number])[] = [
  ["two short names", ["a"], ["b"], 1],
  ["more than 1,001 names that fit", crowd("a", 502, 8), crowd("b", 502, 8), 1],
  ["all names of usual length", crowd("a", 1_000, 12), crowd("b", 1_000, 12), 1],
  ["687 of the longest names for as many", crowd("a", 687, 32), crowd("b", 687, 32), 1],
  ["688 of the longest names for as many", crowd("a", 688, 32), crowd("b", 688, 32), 2],
  ["as many of the longest as there can be", crowd("a", 1_000, 32), crowd("b", 1_000, 32), 2],
];

for (const [what, before, after, expected] of SIZES) {
  Deno.test(
    `${what}: ${expected === 1 ? "one change" : "one change for each side, no name in both"}`,
    pure,
    () => {
      const entries = replaced(before, after);
      strictEqual(entries.length, expected);
      deepStrictEqual(entries.flatMap(({ removed }) => removed), before.toSorted());
      deepStrictEqual(entries.flatMap(({ added }) => added), after.toSorted());
      for (const entry of entries) {
        strictEqual(entry.epoch, 4_095);
        if (expected === 2) strictEqual(entry.added.length * entry.removed.length, 0);
        const stored = { seq: entry.id, entry };
        const value = encodeRecord(keyOf.entry(conversation, entry.id), stored);
        ok(value.length <= STORE_LIMITS.valueOctets);
        const re = "i".repeat(MAX_ID_CHARACTERS);
        const page = { t: "history", re, entries: [entry], more: false, total: entry.id };
        ok(JSON.stringify(page).length <= MAX_PAGE_OCTETS);
      }
    },
  );
}
