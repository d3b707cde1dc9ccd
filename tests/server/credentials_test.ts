import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { generateRoot } from "../../cipher/identity.ts";
import { sealVault } from "../../cipher/vault.ts";
import { decodeOctets, isVault, SALT_OCTETS } from "../../server/credentials.ts";

const pure = { permissions: "none" } as const;

Deno.test("octets are read from their one spelling", pure, () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
    deepStrictEqual(decodeOctets(encodeBase64Url(octets)), octets);
    deepStrictEqual(decodeOctets(encodeBase64Url(octets), octets.length), octets);
    strictEqual(decodeOctets(encodeBase64Url(octets), octets.length + 1), null);
  }));
});

Deno.test("any text is octets or null, never an error", pure, () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const octets = decodeOctets(text);
    strictEqual(octets === null || encodeBase64Url(octets) === text, true);
  }));
});

for (const text of ["AA==", "AB", "A", "+/AA", " AAAA", "AAAA\n", "ÄAAA"]) {
  Deno.test(`${JSON.stringify(text)} stands for no octets`, pure, () => {
    strictEqual(decodeOctets(text), null);
  });
}

Deno.test("a vault that a client makes has the shape of one", pure, async () => {
  const owner = { realm: new Uint8Array(SALT_OCTETS), root: generateRoot() };
  for (const user of ["x", "x".repeat(32)]) {
    strictEqual(isVault(await sealVault(new Uint8Array(32).fill(1), { ...owner, user })), true);
  }
});

const NO_VAULTS = [
  "",
  "gAAAA",
  "gAAAB".padEnd(140, "A"),
  `gAAAA${"A".repeat(200)}`,
  "gAAAA A",
  "gAAAA\n",
];

for (const text of NO_VAULTS) {
  Deno.test(
    `${JSON.stringify(text.slice(0, 20))} of ${text.length} characters is no vault`,
    pure,
    () => {
      strictEqual(isVault(text), false);
    },
  );
}
