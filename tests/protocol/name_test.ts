import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { canonicalName, closestName, editDistance, LOBBY } from "../../protocol/name.ts";

const pure = { permissions: "none" } as const;

const GOOD: readonly (readonly [string, string])[] = [
  ["alice", "alice"],
  ["ALICE", "alice"],
  ["Bob", "bob"],
  ["a", "a"],
  ["7", "7"],
  ["a.b_c-d", "a.b_c-d"],
  ["x..y", "x..y"],
  ["names2", "names2"],
  ["a".repeat(32), "a".repeat(32)],
];

for (const [typed, canonical] of GOOD) {
  Deno.test(`${typed} is a name and is kept as ${canonical}`, pure, () => {
    strictEqual(canonicalName(typed), canonical);
  });
}

// FTC1 §9 rows 82, 83, 87, 88.
const BAD: { readonly [why: string]: readonly string[] } = {
  "empty or blank": ["", " ", "\t", "a b", " a", "a ", "a\u00a0b"],
  "a path or an address": ["../etc", "a/b", "@x", "#x", "a\\b", "a:b", "a@b"],
  "too long": ["a".repeat(33), "a".repeat(4_000)],
  "badly begun or ended": [".a", "a.", "-a", "a-", "_a", "a_", "."],
  "with a control character": ["a\0", "\0", "a\nb", "a\n", "\u001b[31m", "a\rb", "a\u007f"],
  "with something invisible": ["a\u202eb", "\u200b", "a\u200bb", "\ufeffa", "a\u00adb"],
  "an emoji or only marks": ["😀", "\u0301\u0301\u0301", "a\u0301"],
  "not ASCII": ["аlice", "ａlice", "álice", "\u212aate", "ſam", "ıan", "ß", "Ä", "名前"],
  "a lone surrogate": ["\ud800", "\ud801", "a\udfff", "\ud83d"],
};

for (const [why, names] of Object.entries(BAD)) {
  for (const name of names) {
    Deno.test(`${JSON.stringify(name.slice(0, 40))} is no name: ${why}`, pure, () => {
      strictEqual(canonicalName(name), null);
    });
  }
}

// FTC1 §9 row 85, §4.6.
const RESERVED = "names history quit help group lobby search verify trust rekey password ignore " +
  "next set send leave delete add remove list info invite who msg me all here everyone admin root " +
  "system server operator moderator support null undefined true false constructor prototype";

for (const word of [...RESERVED.split(" "), LOBBY]) {
  Deno.test(`${word} is reserved, in any case`, pure, () => {
    strictEqual(canonicalName(word), null);
    strictEqual(canonicalName(word.toUpperCase()), null);
    strictEqual(canonicalName(`${word.slice(0, 1).toUpperCase()}${word.slice(1)}`), null);
  });
}

Deno.test(
  "a canonical name is its own canonical form, and nothing but ASCII gets through",
  pure,
  () => {
    const letters = fc.constantFrom(..."abzABZ019._-", " ", "\u0130", "\u212a", "é", "\n");
    const typed = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(letters, { maxLength: 34 }).map((parts) => parts.join("")),
    );
    fc.assert(fc.property(typed, (name) => {
      const canonical = canonicalName(name);
      if (canonical === null) return;
      strictEqual(canonicalName(canonical), canonical);
      strictEqual(canonicalName(name.toUpperCase()), canonical);
      strictEqual(/^[a-z0-9._-]{1,32}$/.test(canonical), true);
    }));
  },
);

const DISTANCES: readonly (readonly [string, string, number])[] = [
  ["", "", 0],
  ["", "abc", 3],
  ["bob", "bob", 0],
  ["bob", "bobb", 1],
  ["bob", "bo", 1],
  ["bob", "rob", 1],
  ["alice", "alcie", 1],
  ["alice", "laiec", 2],
  ["ca", "abc", 3],
  ["kitten", "sitting", 3],
];

for (const [a, b, edits] of DISTANCES) {
  Deno.test(`from "${a}" to "${b}" it takes ${edits} edits`, pure, () => {
    strictEqual(editDistance(a, b), edits);
  });
}

const word = fc.array(fc.constantFrom(..."abc"), { maxLength: 8 }).map((letters) =>
  letters.join("")
);

Deno.test("the edit distance is symmetric, and 0 for equal words only", pure, () => {
  fc.assert(fc.property(word, word, (a, b) => {
    const edits = editDistance(a, b);
    strictEqual(edits, editDistance(b, a));
    strictEqual(edits === 0, a === b);
    strictEqual(edits >= Math.abs(a.length - b.length), true);
    strictEqual(edits <= Math.max(a.length, b.length), true);
  }));
});

Deno.test("one edit is a distance of one", pure, () => {
  fc.assert(fc.property(word, fc.nat(8), fc.constantFrom("x", "y"), (a, at, letter) => {
    const place = Math.min(at, a.length);
    strictEqual(editDistance(a, a.slice(0, place) + letter + a.slice(place)), 1);
  }));
});

Deno.test("the closest name does not depend on the order of the candidates", pure, () => {
  fc.assert(fc.property(word, fc.array(word), (typed, names) => {
    const closest = closestName(typed, names);
    strictEqual(closest, closestName(typed, names.toReversed()));
    const distances = names.map((name) => editDistance(typed, name));
    const allowed = typed.length <= 3 ? 1 : 2;
    const fewest = Math.min(...distances);
    strictEqual(closest === null, !(fewest <= allowed));
    if (closest !== null) strictEqual(editDistance(typed, closest), fewest);
  }));
});

const CLOSEST: readonly (readonly [string, readonly string[], string | null])[] = [
  ["alcie", ["bob", "alice"], "alice"],
  ["bo", ["bob", "rob"], "bob"],
  ["bo", ["alice"], null],
  ["bxx", ["bob"], null],
  ["carola", ["carol", "carlo"], "carol"],
  ["dora", ["dori", "dorb", "dorc"], "dorb"],
  ["anything", [], null],
];

for (const [typed, names, closest] of CLOSEST) {
  Deno.test(`of ${names.join(", ") || "no names"}, ${closest} is closest to ${typed}`, pure, () => {
    strictEqual(closestName(typed, names), closest);
  });
}
