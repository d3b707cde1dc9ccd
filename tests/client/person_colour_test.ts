import { ok, strictEqual } from "node:assert/strict";
import { colourOf, PALETTE } from "../../client/transcript/person_colour.ts";

const pure = { permissions: "none" } as const;

Deno.test("people are spread over all colours, whatever the bits of their names", pure, () => {
  const counts = new Map(PALETTE.map((colour) => [colour, 0]));
  const people = 1_200;
  for (let at = 0; at < people; at++) {
    const colour = colourOf(`user${at}`);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  strictEqual(counts.size, PALETTE.length);
  // A hundred each, if all were equal.
  for (const [colour, count] of counts) ok(count > 60 && count < 150, `${colour}: ${count}`);
});

Deno.test("a person has one colour, in any case of the name", pure, () => {
  strictEqual(colourOf("Alice"), colourOf("alice"));
});
