import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  decodeBase64Url,
  decodePaddedBase64Url,
  encodeBase64Url,
  encodePaddedBase64Url,
  InvalidBase64Url,
} from "../../cipher/base64url.ts";

const pure = { permissions: "none" } as const;

Deno.test("the alphabet is that of URLs", pure, () => {
  strictEqual(encodeBase64Url(Uint8Array.of(0xfb, 0xff)), "-_8");
  strictEqual(encodePaddedBase64Url(Uint8Array.of(0xfb, 0xff)), "-_8=");
});

Deno.test("octets come back from both forms", pure, () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    deepStrictEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes);
    deepStrictEqual(decodePaddedBase64Url(encodePaddedBase64Url(bytes)), bytes);
  }));
});

Deno.test("octets have one spelling: what decodes encodes to the same text", pure, () => {
  const nearly = fc.string({ unit: fc.constantFrom(..."AQg-_= \n+/é"), maxLength: 9 });
  fc.assert(
    fc.property(nearly, (text) => {
      const forms = [
        [decodeBase64Url, encodeBase64Url],
        [decodePaddedBase64Url, encodePaddedBase64Url],
      ] as const;
      for (const [decode, encode] of forms) {
        try {
          strictEqual(encode(decode(text)), text);
        } catch (error) {
          strictEqual((error as Error).name, "InvalidBase64Url");
        }
      }
    }),
    { numRuns: 2000 },
  );
});

const spellings = [
  ["standard alphabet", "+/8"],
  ["blank inside", "AA AA"],
  ["line feed at the end", "AAAA\n"],
  ["trailing bits", "-_9"],
  ["one character over", "AAAAA"],
  ["padding where none belongs", "-_8="],
] as const;

for (const [what, text] of spellings) {
  Deno.test(`text without padding is refused: ${what}`, pure, () => {
    throws(() => decodeBase64Url(text), InvalidBase64Url);
  });
}

for (const text of ["-_8", "-_8==", "-_9=", "====", "AAAA=", "AAAA\n", "A-_8="]) {
  Deno.test(`padded text is refused: ${JSON.stringify(text)}`, pure, () => {
    throws(() => decodePaddedBase64Url(text), InvalidBase64Url);
  });
}

Deno.test("a length that is asked for is checked", pure, () => {
  strictEqual(decodeBase64Url("AAAA", { length: 3 }).length, 3);
  throws(() => decodeBase64Url("AAAA", { length: 4 }), {
    name: "InvalidBase64Url",
    message: "Cannot decode base64url: expected 4 octets, got 3",
  });
});
