import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { equal } from "../../cipher/bytes.ts";
import {
  CHANGE,
  type Change,
  type EpochFields,
  FINAL_EPOCHS,
  type Kind,
  MAX_EPOCHS,
  RESERVED_EPOCHS,
} from "../../cipher/epoch.ts";
import {
  advance,
  type BadChange,
  checkChange,
  type ListEntry,
  nextOwner,
} from "../../cipher/epoch_rules.ts";
import { MAX_EPOCH_MEMBERS, type Member, ROLE } from "../../cipher/member_list.ts";
import {
  type Attempt,
  attempt,
  entry,
  fp,
  headHash,
  headOf,
  id,
  list,
  names,
  NEW_KEYS,
  nonce,
  octets,
} from "./rules_scene.ts";

const pure = { permissions: "none" } as const;

const rotation = { from: "ann* bob", change: "rotate", by: "bob", to: "ann* bob" } as const;

const misplaced: readonly (readonly [BadChange, string, Partial<EpochFields>])[] = [
  ["kind", "of the other kind", { kind: "direct" }],
  ["conversation", "of another conversation", { conversation: octets(7) }],
  ["epoch", "that skips a number", { epoch: 6 }],
  ["epoch", "with the number of the one before, a second one for it", { epoch: 4 }],
  ["epoch", "that begins again", { epoch: 0 }],
  ["previous", "that names another record before it", { previous: octets(7) }],
  ["list", "that counts one more than its list has", { members: 3 }],
  ["list", "that counts one less", { members: 1 }],
];

for (const [reason, what, record] of misplaced) {
  Deno.test(`row 106: a record is refused (${reason}): ${what}`, pure, () => {
    strictEqual(attempt({ ...rotation, record }), reason);
  });
}

Deno.test("row 106: a chain begins with create and with nothing else", pure, () => {
  for (const change of Object.keys(CHANGE) as Change[]) {
    const expected = change === "create" ? null : "right";
    strictEqual(attempt({ change, by: "ann", to: "ann* bob" }), expected);
  }
});

Deno.test("row 106: of two records for one number, whichever comes second is refused", pure, () => {
  const head = headOf("ann* bob cid");
  const common = {
    kind: "group",
    conversation: id,
    epoch: 5,
    previous: headHash,
    time: 0,
    membersHash: octets(3),
    commitment: octets(4),
    signer: "ann",
    signerFingerprint: fp("ann"),
    bytes: new Uint8Array(0),
  } as const;
  const none = { leavers: names(), rekeyed: names() };
  const rotated = { ...common, change: "rotate", members: 3, hash: octets(5) } as const;
  const removed = { ...common, change: "remove", members: 2, hash: octets(6) } as const;
  const both = [[rotated, list("ann* bob cid")], [removed, list("ann* bob")]] as const;
  for (const [record, members] of both) {
    strictEqual(checkChange(head, { record, members, ...none }), null);
    const after = advance(head, record, members);
    for (const [record, members] of both) {
      strictEqual(checkChange(after, { record, members, ...none }), "epoch");
    }
  }
});

const ann = entry("ann*");
const lists: readonly (readonly [string, readonly Member[]])[] = [
  ["a name twice", [ann, entry("bob"), entry("bob")]],
  ["a name in capitals", [ann, { ...entry("bob"), name: "Bob" }]],
  ["a short fingerprint", [ann, { ...entry("bob"), fingerprint: new Uint8Array(31) }]],
  ["the reserved role", [ann, { ...entry("bob"), role: 1 as unknown as 0 }]],
];

for (const [what, members] of lists) {
  Deno.test(`row 106: a list is refused: ${what}`, pure, () => {
    const record: EpochFields = {
      kind: "group",
      conversation: id,
      epoch: 0,
      previous: nonce,
      change: "create",
      time: 0,
      members: members.length,
      membersHash: octets(3),
      commitment: octets(4),
      signer: "ann",
      signerFingerprint: fp("ann"),
    };
    const found = { leavers: names(), rekeyed: names() };
    strictEqual(checkChange(null, { record, members, ...found }), "list");
    const right = [ann, entry("bob"), entry("cid")].slice(0, members.length);
    strictEqual(checkChange(null, { record, members: right, ...found }), null);
  });
}

Deno.test("nothing follows a close, whatever it is and even by the owner", pure, () => {
  for (const change of Object.keys(CHANGE) as Change[]) {
    for (const to of ["ann* bob", "ann* bob cid", "ann*", "ann* bob'"]) {
      const next = { from: "ann* bob", change, by: "ann", to, rekeyed: "bob" };
      strictEqual(attempt({ ...next, head: { closed: true } }), "closed");
    }
  }
});

Deno.test("row 110: a chain has its last record, and none beyond", pure, () => {
  const removal = { from: "ann* bob cid", change: "remove", by: "ann", to: "ann* bob" } as const;
  strictEqual(attempt({ ...removal, head: { epoch: MAX_EPOCHS - 2 } }), null);
  strictEqual(attempt({ ...removal, head: { epoch: MAX_EPOCHS - 1 } }), "limit");
  strictEqual(attempt({ ...removal, head: { epoch: 9_999 } }), "limit");
});

Deno.test("row 110: rotating cannot use up the epochs that removals need", pure, () => {
  const last = MAX_EPOCHS - RESERVED_EPOCHS;
  const addition = { from: "ann* bob", change: "add", by: "ann", to: "ann* bob cid" } as const;
  for (const next of [rotation, addition]) {
    strictEqual(attempt({ ...next, head: { epoch: last - 2 } }), null);
    strictEqual(attempt({ ...next, head: { epoch: last - 1 } }), "limit");
  }
});

/** Attempts at the very end, and who may make them there; each is right before. */
const AT_THE_END: readonly (readonly [what: string, allowed: boolean, next: Attempt])[] = [
  ["a removal by the owner", true, {
    from: "ann* bob cid",
    change: "remove",
    by: "ann",
    to: "ann* bob",
  }],
  ["a close by the owner", true, { from: "ann* bob", change: "close", by: "ann", to: "ann* bob" }],
  ["a close by the last one", true, {
    from: "ann* bob",
    change: "close",
    by: "bob",
    to: "ann* bob",
    leavers: "ann",
  }],
  ["the owner's own new keys", true, {
    from: "ann* bob",
    change: "rekey",
    by: "ann'",
    to: "ann'* bob",
    rekeyed: "ann",
  }],
  ["new keys of a member, by himself", false, {
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann* bob'",
    rekeyed: "bob",
  }],
  ["a removal by a member", false, {
    from: "ann* bob cid",
    change: "remove",
    by: "bob",
    to: "ann* bob",
    leavers: "cid",
  }],
  ["another list", false, { from: "ann* bob", change: "replace", by: "ann", to: "ann* cid" }],
  ["new keys in a direct conversation", true, {
    kind: "direct",
    from: "ann* bob",
    change: "rekey",
    by: "bob'",
    to: "ann* bob'",
  }],
];

for (const [what, allowed, next] of AT_THE_END) {
  Deno.test(
    `row 110: the very last epochs cannot be used up by members: ${what} is ${
      allowed ? "still taken" : "not taken there"
    }`,
    pure,
    () => {
      const first = MAX_EPOCHS - FINAL_EPOCHS;
      strictEqual(attempt({ ...next, head: { epoch: first - 2 } }), null);
      for (const epoch of [first, MAX_EPOCHS - 1]) {
        strictEqual(attempt({ ...next, head: { epoch: epoch - 1 } }), allowed ? null : "limit");
      }
      strictEqual(attempt({ ...next, head: { epoch: MAX_EPOCHS - 1 } }), "limit");
    },
  );
}

Deno.test("row 110: 65,535 members claimed are over the limit, whatever the list has", pure, () => {
  strictEqual(attempt({ ...rotation, record: { members: 65_535 } }), "limit");
});

Deno.test("row 110: a list of 1,002 is over the limit, one of 1,001 is taken", pure, () => {
  const others = Array.from({ length: MAX_EPOCH_MEMBERS }, (_, at) => `m${at}`);
  const words = (count: number) => ["ann*", ...others.slice(0, count)].join(" ");
  const create = { change: "create", by: "ann" } as const;
  strictEqual(attempt({ ...create, to: words(MAX_EPOCH_MEMBERS - 1) }), null);
  strictEqual(attempt({ ...create, to: words(MAX_EPOCH_MEMBERS) }), "limit");
  // The claim alone does not hide the list.
  strictEqual(
    attempt({ ...create, to: words(MAX_EPOCH_MEMBERS), record: { members: 2 } }),
    "limit",
  );
});

Deno.test("ownership goes to the longest in the list, then by name", pure, () => {
  const { members } = headOf("ann*@0 dan@2 cid@2 bob@3");
  strictEqual(nextOwner(members, names("ann")), "cid");
  strictEqual(nextOwner(members, names("ann cid")), "dan");
  strictEqual(nextOwner(members, names("ann cid dan")), "bob");
  strictEqual(nextOwner(members, names("ann bob cid dan")), null);
  strictEqual(nextOwner(new Map(), names()), null);
});

/** Since when everybody is in the list after a change. */
function sinceAfter(from: string, change: Change, to: string): Record<string, number> {
  const record = {
    kind: "group",
    conversation: id,
    epoch: 5,
    previous: headHash,
    change,
    time: 0,
    members: 0,
    membersHash: octets(3),
    commitment: octets(4),
    signer: "ann",
    signerFingerprint: fp("ann"),
    bytes: new Uint8Array(0),
    hash: octets(5),
  } as const;
  const { members } = advance(headOf(from), record, list(to));
  return Object.fromEntries([...members.values()].map(({ name, since }) => [name, since]));
}

Deno.test("who stays is in the list since he joined, who comes since now", pure, () => {
  const from = "ann*@0 bob@3";
  deepStrictEqual(sinceAfter(from, "add", "ann* bob cid"), { ann: 0, bob: 3, cid: 5 });
  deepStrictEqual(sinceAfter(from, "remove", "ann*"), { ann: 0 });
  deepStrictEqual(sinceAfter(from, "rekey", "ann* bob'"), { ann: 0, bob: 3 });
  deepStrictEqual(sinceAfter(from, "replace", "ann* bob' cid"), { ann: 0, bob: 5, cid: 5 });
  deepStrictEqual(sinceAfter(from, "replace", "ann* bob cid"), { ann: 0, bob: 3, cid: 5 });
});

Deno.test("who was removed and comes again is in the list since he came again", pure, () => {
  deepStrictEqual(sinceAfter("ann*@0", "add", "ann* bob"), { ann: 0, bob: 5 });
});

Deno.test("an accepted change keeps to the promises of the table, whoever tries what", pure, () => {
  const people = fc.subarray(["ann", "bob", "cid"], { minLength: 1 });
  const keys = fc.constantFrom("", "", "", "", NEW_KEYS);
  const lists = fc.tuple(people, fc.tuple(keys, keys, keys), fc.constantFrom(0, 0, 0, 1)).map(
    ([who, keys, owner]) =>
      who.map((name, at) => `${name}${keys[at]}${at === owner % who.length ? "*" : ""}@${at}`)
        .join(" "),
  );
  const some = fc.subarray(["ann", "bob", "cid"]).map((who) => who.join(" "));
  const attempts = fc.record({
    kind: fc.constantFrom("group", "group", "direct") as fc.Arbitrary<Kind>,
    from: lists,
    change: fc.constantFrom(...Object.keys(CHANGE) as Change[]),
    by: fc.constantFrom("ann", "bob", "cid", "bob'"),
    to: lists,
    leavers: some,
    rekeyed: some,
  });
  const accepted = new Map<Change, number>();
  fc.assert(
    fc.property(attempts, (next) => {
      if (attempt(next) !== null) return;
      accepted.set(next.change, (accepted.get(next.change) ?? 0) + 1);
      const before = headOf(next.from).members;
      const after = headOf(next.to).members;
      const owner = (members: ReadonlyMap<string, ListEntry>) =>
        [...members.values()].filter(({ role }) => role === ROLE.owner).map(({ name }) => name);
      strictEqual(owner(after).length, 1);
      const signer = next.by.replace(NEW_KEYS, "");
      ok(before.has(signer) && after.has(signer));
      // The server's word alone never moves ownership.
      const [old = "", now] = [...owner(before), ...owner(after)];
      if (old !== now) ok(next.change === "remove" && names(next.leavers).has(old));
      const isByOwner = signer === old;
      for (const member of before.values()) {
        const stays = after.get(member.name);
        if (!stays) ok(isByOwner || names(next.leavers).has(member.name));
        else if (next.change !== "replace" && next.kind === "group") {
          const isRekeyed = next.change === "rekey" && names(next.rekeyed).has(member.name);
          ok(isRekeyed || equal(stays.fingerprint, member.fingerprint));
        }
      }
      for (const name of after.keys()) ok(before.has(name) || isByOwner);
      if (next.kind === "direct") deepStrictEqual(new Set(before.keys()), new Set(after.keys()));
    }),
    { numRuns: 20_000 },
  );
  for (const change of Object.keys(CHANGE) as Change[]) {
    if (change !== "create") ok((accepted.get(change) ?? 0) > 0, `no ${change} was accepted`);
  }
});
