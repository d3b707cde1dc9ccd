import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  encodeHeader,
  encodeHello,
  HEADER_LENGTH,
  HELLO_TYPE,
  highestCommon,
  parseHeader,
  readShares,
} from "../../cipher/hello.ts";

const pure = { permissions: "none" } as const;

const versionLists = fc.uniqueArray(fc.integer({ min: 1, max: 255 }), {
  minLength: 1,
  maxLength: 8,
}).map((list) => list.sort((a, b) => b - a));
const octet = fc.nat({ max: 255 });

Deno.test("a header reads as it was written, whatever follows it", pure, () => {
  fc.assert(
    fc.property(octet, versionLists, octet, fc.uint8Array(), (type, versions, code, tail) => {
      const header = { type, versions, code };
      const encoded = encodeHeader(header);
      strictEqual(encoded.length, HEADER_LENGTH);
      deepStrictEqual(parseHeader(Uint8Array.of(...encoded, ...tail)), header);
    }),
  );
});

Deno.test("a header has one spelling: what reads writes to the same octets", pure, () => {
  const fields = [
    fc.constantFrom(0, 1, 2, 255),
    fc.nat({ max: 9 }),
    fc.array(fc.nat({ max: 3 }), {
      minLength: 8,
      maxLength: 8,
    }),
    fc.nat({ max: 1 }),
  ] as const;
  fc.assert(
    fc.property(...fields, (type, count, list, reserved) => {
      const bytes = Uint8Array.of(0x46, 0x54, 0x43, 0x31, type, count, ...list, 0, reserved);
      const header = parseHeader(bytes);
      if (header) deepStrictEqual(encodeHeader(header), bytes);
      else strictEqual(header, undefined);
    }),
    { numRuns: 1000 },
  );
});

for (const versions of [[], [0], [1, 1], [1, 2], [256], [1.5], [9, 8, 7, 6, 5, 4, 3, 2, 1]]) {
  Deno.test(`no header is written for the versions [${versions}]`, pure, () => {
    throws(() => encodeHeader({ type: HELLO_TYPE.client, versions, code: 0 }), RangeError);
  });
}

Deno.test("no header is read from 15 octets", pure, () => {
  const header = encodeHeader({ type: HELLO_TYPE.client, versions: [1], code: 0 });
  strictEqual(parseHeader(header.subarray(0, 15)), undefined);
});

Deno.test("shares read as they were written", pure, () => {
  const shares = { x25519: new Uint8Array(32).fill(1), mlkem: new Uint8Array(1184).fill(2) };
  const hello = encodeHello({ type: HELLO_TYPE.client, versions: [2, 1], code: 0 }, shares);
  strictEqual(hello.length, 1232);
  deepStrictEqual(readShares(Uint8Array.of(...hello, 7, 7), 1232), shares);
});

Deno.test("the highest common version is chosen, or none", pure, () => {
  strictEqual(highestCommon([3, 2, 1], [9, 2, 1]), 2);
  strictEqual(highestCommon([1], [2]), undefined);
});
