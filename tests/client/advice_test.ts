import { match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { advice, withAdvice } from "../../client/advice.ts";
import { parseLine } from "../../client/input.ts";
import { plainText } from "../../client/plain.ts";
import { unknownCommand } from "../../client/suggest.ts";
import type { TextFault } from "../../protocol/text.ts";
import { refuse } from "../../server/refusal.ts";

const pure = { permissions: "none" } as const;

/** Every refusal of a server that ends no session, as a sentence. */
function refusals(): string[] {
  const faults: readonly TextFault[] = [
    { reason: "too-long", length: 4_321 },
    { reason: "control" },
    { reason: "blank" },
  ];
  return [
    refuse.noUser("zed", null),
    refuse.noUser("alise", "alice"),
    refuse.noGroup("team"),
    refuse.notOwner("team"),
    refuse.unknownUsers(["x", "y"], "created"),
    refuse.unknownUsers(["x"], "changed"),
    refuse.nameTaken("team"),
    refuse.badName("a b"),
    refuse.tooFewMembers(),
    refuse.tooManyMembers(),
    refuse.lastMember("team"),
    refuse.staleEpoch(),
    refuse.notSealed(),
    refuse.badRecord(),
    refuse.tooManyUploads(),
    refuse.tooManyComplaints(),
    refuse.tooManyEpochs(1),
    refuse.rekeyedLately(1),
    refuse.conflict(),
    refuse.tooMuchState(),
    ...faults.map(refuse.text),
    refuse.malformed(),
    refuse.unknownType(),
    refuse.rate(1),
    refuse.quota(1),
    refuse.tooManyGuesses(1),
    refuse.diskFull(),
    refuse.damagedAccount("bob"),
    refuse.stopping(),
    refuse.storage(),
  ].map(({ msg }) => msg);
}

/** What a person reads who has typed this line. */
function answerTo(line: string): string {
  const action = parseLine(line);
  strictEqual(action.type, "refused", line);
  const text = action.type === "refused" ? action.text : "";
  return plainText(withAdvice({ type: "refused", text }), "bob");
}

/** What went wrong, and then what to do: at least two parts. */
const CAUSE_AND_REMEDY = /^ERROR: .+[.:;] \S.+[^.]\.?$|^ERROR: .+\?$/;

Deno.test("every refusal tells a person what to do instead", pure, () => {
  for (const text of refusals()) {
    match(plainText(withAdvice({ type: "refused", text }), "bob"), CAUSE_AND_REMEDY);
  }
});

Deno.test("every line that is refused before it is sent says what to type instead", pure, () => {
  for (
    const line of [
      "@xyzzy!",
      "@help xyzzy",
      "@group xyzzy",
      "x".repeat(4_001),
      "a\x1bb",
      "@history 5 a!",
      "@group send a! text",
      "@group info a!",
      "@group set a! bob",
      `@group set team ${"a,".repeat(40_000)}`,
      "@verify a!",
    ]
  ) match(answerTo(line), CAUSE_AND_REMEDY, line.slice(0, 40));
});

Deno.test("what says itself what to do stays as it is", pure, () => {
  for (
    const text of [
      unknownCommand("nmaes", "names"),
      refuse.noUser("alise", "alice").msg,
      refuse.badName("a b").msg,
      refuse.storage().msg,
    ]
  ) strictEqual(advice(text), null, text);
});

Deno.test("the words of PRODUCT come first, to the letter", pure, () => {
  for (const text of refusals()) {
    const shown = withAdvice({ type: "refused", text });
    strictEqual(shown.type === "refused" && shown.text.startsWith(text), true, text);
  }
});

Deno.test(
  "nothing but refusals is added to, and nothing of a server's text gets into advice",
  pure,
  () => {
    strictEqual(plainText(withAdvice({ type: "usage", usage: "@names" }), "bob"), "Usage: @names");
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }).map((name) => `User ${name} does not exist.`),
    );
    fc.assert(fc.property(hostile, (text) => {
      const shown = withAdvice({ type: "refused", text });
      const added = shown.type === "refused" ? shown.text.slice(text.length) : "";
      match(added, /^( @names says who is here\.)?$/);
    }));
  },
);
