import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { BadPassword, preparePassword } from "../../cipher/password.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;

for (const vector of l1.password_prep) {
  const shown = JSON.stringify(vector.password.slice(0, 20));
  Deno.test(`password ${shown}: ${vector.prepared ?? vector.error}`, pure, () => {
    if (vector.prepared === undefined) {
      throws(() => preparePassword(vector.password), BadPassword);
    } else {
      strictEqual(preparePassword(vector.password).toHex(), vector.prepared);
    }
  });
}

const refused = [
  ["", "empty"],
  ["a".repeat(1025), "too-long"],
  ["ä".repeat(513), "too-long"],
  ["a\x1b", "control"],
  ["a\u0085", "control"],
  ["a\u0378", "unassigned"],
  ["a\uffff", "unassigned"],
  ["a\ud800", "ill-formed"],
] as const;

for (const [text, reason] of refused) {
  Deno.test(`${JSON.stringify(text.slice(0, 8))} of ${text.length} is ${reason}`, pure, () => {
    throws(() => preparePassword(text), { name: "BadPassword", reason });
  });
}

Deno.test("a password of exactly 1,024 octets is accepted", pure, () => {
  strictEqual(preparePassword("ä".repeat(512)).length, 1024);
});

Deno.test("composed and decomposed spellings are one password", pure, () => {
  deepStrictEqual(preparePassword("e\u0301"), preparePassword("\u00e9"));
});

Deno.test("an emoji counts as assigned", pure, () => {
  strictEqual(preparePassword("😀").toHex(), "f09f9880");
});

Deno.test("preparing twice is preparing once; any text prepares or is a BadPassword", pure, () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      const prepared = preparePassword(text);
      deepStrictEqual(
        preparePassword(new TextDecoder("utf-8", { ignoreBOM: true }).decode(prepared)),
        prepared,
      );
    } catch (error) {
      strictEqual((error as Error).name, "BadPassword");
    }
  }));
});
