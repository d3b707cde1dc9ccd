import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64Url } from "../../../cipher/base64url.ts";
import type { ChainHead, ListEntry } from "../../../cipher/epoch_rules.ts";
import { ROLE } from "../../../cipher/member_list.ts";
import { BadChain } from "../../../client/end_to_end/bad_chain.ts";
import { joinPieces, listAfter } from "../../../client/end_to_end/epoch_parts.ts";
import { MAX_PIECE_MEMBERS, MAX_PIECE_NOTES } from "../../../protocol/limits.ts";
import type { EpochPiece } from "../../../protocol/event.ts";
import { PIECES } from "../../protocol/arbitrary_frames.ts";

const pure = { permissions: "none" } as const;

const octets = fc.uint8Array({ maxLength: 6 });
const name = fc.string({ minLength: 1, maxLength: 4, unit: "grapheme-ascii" });

/** Epochs as a server has them. */
const EPOCHS = fc.array(
  fc.record({
    record: octets,
    wrap: fc.option(octets),
    added: fc.dictionary(name, octets, { maxKeys: 5, noNullPrototype: true }),
    removed: fc.uniqueArray(name, { maxLength: 5 }),
    notes: fc.array(octets, { maxLength: 5 }),
  }),
  { maxLength: 5 },
);

/** Cuts a list into pieces of at most so many. */
function chunks<T>(list: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / most) }, (_, n) => {
    return list.slice(n * most, (n + 1) * most);
  });
}

Deno.test(
  "pieces give back the epochs that they were cut from, however small they are",
  pure,
  () => {
    fc.assert(
      fc.property(EPOCHS, fc.nat(9), fc.integer({ min: 1, max: 3 }), (epochs, from, size) => {
        const pieces = epochs.flatMap(
          ({ record, wrap, added, removed, notes }, at): EpochPiece[] => {
            const e = from + at;
            const entries = Object.entries(added).map(([one, fp]) => [one, encodeBase64Url(fp)]);
            return [
              {
                e,
                record: encodeBase64Url(record),
                ...(wrap === null ? {} : { wrap: encodeBase64Url(wrap) }),
              },
              ...chunks(entries, size).map((added) => ({ e, added: added as [string, string][] })),
              ...chunks(removed, size).map((removed) => ({ e, removed })),
              ...chunks(notes.map((note) => encodeBase64Url(note)), size).map((notes) => ({
                e,
                notes,
              })),
            ];
          },
        );
        const { epochs: joined, open } = joinPieces(pieces, from);
        const whole = epochs.map((one) => ({
          ...one,
          added: new Map(Object.entries(one.added)),
          removed: new Set(one.removed),
        }));
        deepStrictEqual(joined, whole);
        deepStrictEqual(open, { notes: [], rekeyed: [], complaints: [] });
      }),
    );
  },
);

Deno.test("what is open stands behind the newest epoch, and is no part of one", pure, () => {
  const { epochs, open } = joinPieces([
    { e: 3, record: "AA" },
    { e: 4, notes: ["AQ"] },
    { e: 4, rekeyed: ["bob"] },
    { e: 4, rekeyed: ["carol"] },
    { e: 4, complaints: [{ epoch: 1, user: "eve" }] },
  ], 3);
  deepStrictEqual(epochs.map(({ notes }) => notes), [[]]);
  deepStrictEqual(open, {
    notes: [Uint8Array.of(1)],
    rekeyed: ["bob", "carol"],
    complaints: [{ epoch: 1, user: "eve" }],
  });
  // Also where there is no new epoch at all.
  deepStrictEqual(joinPieces([{ e: 3, notes: ["AQ"] }], 3).open.notes, [Uint8Array.of(1)]);
});

const WRONG: { readonly [what: string]: readonly [reason: string, pieces: readonly EpochPiece[]] } =
  {
    "begin with another epoch": ["pieces", [{ e: 1, record: "AA" }]],
    "skip an epoch": ["pieces", [{ e: 0, record: "AA" }, { e: 2, record: "AA" }]],
    "repeat an epoch": ["pieces", [{ e: 0, record: "AA" }, { e: 0, record: "AA" }]],
    "go back": ["pieces", [{ e: 0, record: "AA" }, { e: 1, record: "AA" }, { e: 0, removed: [] }]],
    "begin without a record": ["pieces", [{ e: 0, added: [] }]],
    "add behind the newest epoch": ["pieces", [{ e: 0, record: "AA" }, { e: 1, added: [] }]],
    "remove behind the newest epoch": ["pieces", [{ e: 0, record: "AA" }, {
      e: 1,
      removed: ["bob"],
    }]],
    "have what is open within an epoch": ["pieces", [{ e: 0, record: "AA" }, {
      e: 0,
      rekeyed: [],
    }]],
    "go on far behind": ["pieces", [{ e: 0, record: "AA" }, { e: 9, notes: [] }]],
    "have a record that is no base64url": ["encoding", [{ e: 0, record: "A+" }]],
    "have a wrap that is no base64url": ["encoding", [{ e: 0, record: "AA", wrap: "A" }]],
    "have a padded fingerprint": [
      "encoding",
      [{ e: 0, record: "AA" }, { e: 0, added: [["bob", "AA=="]] }],
    ],
    "have a note in another spelling": ["encoding", [{ e: 0, record: "AA" }, {
      e: 0,
      notes: ["AB"],
    }]],
  };

for (const [what, [reason, pieces]] of Object.entries(WRONG)) {
  Deno.test(`pieces that ${what} are refused`, pure, () => {
    throws(() => joinPieces(pieces, 0), { name: "BadChain", reason });
  });
}

Deno.test("any pieces are epochs, or BadChain", pure, () => {
  fc.assert(fc.property(fc.array(PIECES, { maxLength: 6 }), fc.nat(3), (pieces, from) => {
    try {
      const { epochs } = joinPieces(pieces, from);
      strictEqual(epochs.length, pieces.filter((piece) => "record" in piece).length);
    } catch (error) {
      strictEqual(error instanceof BadChain, true);
    }
  }));
});

// FTC1 §9 row 110.
Deno.test(
  "an epoch with more members or notes than a list may have is refused when it gets too long",
  pure,
  () => {
    const record: EpochPiece = { e: 0, record: "AA" };
    const names = (n: number) => Array.from({ length: MAX_PIECE_MEMBERS }, (_, i) => `${n} ${i}`);
    const endless: { readonly [what: string]: (n: number) => EpochPiece } = {
      added: (n) => ({ e: 0, added: names(n).map((one) => [one, "AA"]) }),
      removed: (n) => ({ e: 0, removed: names(n) }),
      notes: () => ({ e: 0, notes: Array.from({ length: MAX_PIECE_NOTES }, () => "AA") }),
    };
    for (const [what, piece] of Object.entries(endless)) {
      const pieces = Array.from({ length: 350 }, (_, n) => piece(n));
      throws(() => joinPieces([record, ...pieces], 0), { name: "BadChain", reason: "limit" }, what);
    }
    // The longest list there may be.
    const all = Array.from({ length: 5 }, (_, n) => endless["added"]?.(n) ?? record);
    const owner: EpochPiece = { e: 0, added: [["owner", "AA"]] };
    strictEqual(joinPieces([record, ...all, owner], 0).epochs[0]?.added.size, 1_001);
  },
);

const fp = (octet: number) => new Uint8Array(32).fill(octet);

function headOf(...members: readonly (readonly [name: string, since: number])[]): ChainHead {
  const entries = members.map(([name, since], at): [string, ListEntry] => {
    return [name, { name, since, fingerprint: fp(at), role: at === 0 ? ROLE.owner : ROLE.member }];
  });
  return {
    kind: "group",
    conversation: fp(9),
    epoch: 3,
    hash: fp(8),
    members: new Map(entries),
    closed: false,
  };
}

/** The list in words. */
function after(
  head: ChainHead | null,
  step: Parameters<typeof listAfter>[1],
  parts: { readonly added?: readonly [string, number][]; readonly removed?: readonly string[] } =
    {},
): string {
  const { added = [], removed = [] } = parts;
  const list = listAfter(head, step, {
    added: new Map(added.map(([one, octet]) => [one, fp(octet)])),
    removed: new Set(removed),
  });
  return list.map(({ name, fingerprint, role }) => {
    return `${name}${role === ROLE.owner ? "*" : ""} ${fingerprint[0]}`;
  }).join(", ");
}

Deno.test("roles are not told, they follow from the change", pure, () => {
  const team = headOf(["alice", 0], ["carol", 2], ["bob", 1]);
  const by = (change: Parameters<typeof listAfter>[1]["change"], signer = "alice") => {
    return { change, signer };
  };
  strictEqual(after(null, by("create"), { added: [["bob", 1], ["alice", 2]] }), "bob 1, alice* 2");
  strictEqual(after(team, by("rotate")), "alice* 0, carol 1, bob 2");
  strictEqual(after(team, by("add"), { added: [["eve", 7]] }), "alice* 0, carol 1, bob 2, eve 7");
  strictEqual(after(team, by("remove"), { removed: ["carol"] }), "alice* 0, bob 2");
  // The owner goes: who has been in for longest, whoever signs it.
  strictEqual(after(team, by("remove", "carol"), { removed: ["alice"] }), "carol 1, bob* 2");
  strictEqual(
    after(team, by("rekey", "bob"), { added: [["alice", 7]] }),
    "alice* 7, carol 1, bob 2",
  );
  strictEqual(
    after(team, by("replace"), { added: [["eve", 7]], removed: ["bob", "carol"] }),
    "alice* 0, eve 7",
  );
  strictEqual(after(team, by("close")), "alice* 0, carol 1, bob 2");
});

Deno.test("somebody removed and added at once is a new member", pure, () => {
  const team = headOf(["alice", 0], ["bob", 1]);
  const step = { change: "replace", signer: "alice" } as const;
  strictEqual(after(team, step, { added: [["bob", 7]], removed: ["bob"] }), "alice* 0, bob 7");
});
