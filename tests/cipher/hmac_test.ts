// RFC 4231 and Web Crypto.

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { hmacSha256 } from "../../cipher/hmac.ts";

const pure = { permissions: "none" } as const;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** RFC 4231, test cases 1–3: the ones whose key fits into a block. */
const RFC_4231: readonly (readonly [Uint8Array, Uint8Array, string])[] = [
  [
    new Uint8Array(20).fill(0x0b),
    utf8("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    utf8("Jefe"),
    utf8("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    new Uint8Array(20).fill(0xaa),
    new Uint8Array(50).fill(0xdd),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  ],
];

for (const [n, [key, message, mac]] of RFC_4231.entries()) {
  Deno.test(`HMAC-SHA256 is that of RFC 4231, test case ${n + 1}`, pure, () => {
    strictEqual(hmacSha256(key, message).toHex(), mac);
  });
}

Deno.test(
  "HMAC-SHA256 is that of Web Crypto for any key of a block and any message",
  pure,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.uint8Array({ maxLength: 300 }),
        async (key, message) => {
          const algorithm = { name: "HMAC", hash: "SHA-256" };
          const imported = await crypto.subtle.importKey(
            "raw",
            new Uint8Array(key),
            algorithm,
            false,
            ["sign"],
          );
          const expected = await crypto.subtle.sign("HMAC", imported, new Uint8Array(message));
          deepStrictEqual(new Uint8Array(hmacSha256(key, message)), new Uint8Array(expected));
        },
      ),
      { numRuns: 100 },
    );
  },
);

Deno.test("a key longer than a block is refused", pure, () => {
  throws(() => hmacSha256(new Uint8Array(65), new Uint8Array()), RangeError);
});
