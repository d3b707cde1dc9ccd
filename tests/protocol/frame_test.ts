import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  BadFrame,
  batchLength,
  decodeFrame,
  encodeObject,
  joinFrame,
  paddedLength,
} from "../../protocol/frame.ts";

const pure = { permissions: "none" } as const;

const octetsOf = (text: string) => new TextEncoder().encode(text);
const nested = (levels: number) =>
  `{"t":"a","x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

const PADDED: readonly (readonly [number, number])[] = [
  [0, 256],
  [1, 256],
  [256, 256],
  [257, 512],
  [32_768, 32_768],
  [32_769, 65_536],
  [65_536, 65_536],
];

for (const [octets, padded] of PADDED) {
  Deno.test(`a text of ${octets} octets is padded to ${padded}`, pure, () => {
    strictEqual(paddedLength(octets), padded);
  });
}

Deno.test("more than 65,536 octets cannot be padded: the sender must cut", pure, () => {
  throws(() => paddedLength(65_537), RangeError);
  throws(() => joinFrame([new Uint8Array(65_537)]), RangeError);
  throws(() => joinFrame([new Uint8Array(40_000), new Uint8Array(30_000)]), RangeError);
});

// FTC1 §9 row 46, 54–58, 61.
const GOOD: { readonly [what: string]: readonly [string, Record<string, unknown>] } = {
  "unpadded": ['{"t":"a"}', { t: "a" }],
  "with white space on both sides": [' \n{"t":"a"}\t ', { t: "a" }],
  "with the type last": ['{"b":1,"t":"a"}', { b: 1, t: "a" }],
  "with equal keys, of which the last counts": ['{"t":"a","t":"b","x":1,"x":2}', { t: "b", x: 2 }],
  "with 16 levels": [nested(16), JSON.parse(nested(16))],
  "with brackets in a string": [
    `{"t":"a","x":"${"[".repeat(99)}"}`,
    { t: "a", x: "[".repeat(99) },
  ],
  "with an escaped quote before brackets": [
    `{"t":"a","x":"\\"${"{".repeat(99)}"}`,
    { t: "a", x: `"${"{".repeat(99)}` },
  ],
  "with many objects side by side": [
    `{"t":"a","x":[${Array(99).fill("{}").join()}]}`,
    { t: "a", x: Array(99).fill({}) },
  ],
  "with an escaped pair of surrogates": ['{"t":"a","x":"\\ud83d\\ude00"}', { t: "a", x: "😀" }],
  "with an escape in a key and in a list": [
    '{"t":"a","\\u0041":["\\u0042",null,1]}',
    { t: "a", A: ["B", null, 1] },
  ],
};

for (const [what, [text, object]] of Object.entries(GOOD)) {
  Deno.test(`a frame is read: ${what}`, pure, () => {
    deepStrictEqual(decodeFrame(octetsOf(text)), object);
  });
}

const BAD: { readonly [what: string]: string | Uint8Array } = {
  "nothing": "",
  "blanks": "   ",
  "an array": '["t"]',
  "an empty array": "[]",
  "a number": "5",
  "null": "null",
  "true": "true",
  "a string": '"t"',
  "two values": '{"t":"a"}{"t":"b"}',
  "no type": '{"x":1}',
  "a type that is a number": '{"t":1}',
  "a type that is null": '{"t":null}',
  "a type that is an object": '{"t":{}}',
  "a type by inheritance": '{"__proto__":{"t":"a"}}',
  "a byte order mark": '\ufeff{"t":"a"}',
  "invalid UTF-8": Uint8Array.of(...octetsOf('{"t":"'), 0xff, ...octetsOf('"}')),
  "an overlong zero": Uint8Array.of(...octetsOf('{"t":"'), 0xc0, 0x80, ...octetsOf('"}')),
  "a surrogate in UTF-8": Uint8Array.of(...octetsOf('{"t":"'), 0xed, 0xa0, 0x80, ...octetsOf('"}')),
  "UTF-16": new Uint8Array(Uint16Array.from([...'{"t":"a"}'], (c) => c.charCodeAt(0)).buffer),
  "a zero octet at the end": '{"t":"a"}\0',
  "a no-break space at the end": '{"t":"a"}\u00a0',
  "a lone surrogate escape": '{"t":"a","x":"\\ud800"}',
  "a lone surrogate in a key": '{"t":"a","\\udc00":1}',
  "a lone surrogate deep inside": '{"t":"a","x":[{"y":["\\uD83D"]}]}',
  "a lone surrogate in the type": '{"t":"\\ud800"}',
  "a raw control character": '{"t":"a\n"}',
  "NaN": '{"t":"a","x":NaN}',
  "Infinity": '{"t":"a","x":-Infinity}',
  "a trailing comma": '{"t":"a",}',
  "a comment": '{"t":"a"} // hi',
  "single quotes": "{'t':'a'}",
  "17 levels": nested(17),
  "20,000 balanced levels": nested(20_000),
  "60,000 levels that are not closed": `{"t":"a","x":${"[".repeat(60_000)}`,
  "more than 65,536 octets": octetsOf(`{"t":"a"}${" ".repeat(65_528)}`),
};

for (const [what, text] of Object.entries(BAD)) {
  Deno.test(`a frame is refused: ${what}`, pure, () => {
    throws(() => decodeFrame(typeof text === "string" ? octetsOf(text) : text), BadFrame);
  });
}

Deno.test("exactly 65,536 octets are read, padded or full", pure, () => {
  deepStrictEqual(decodeFrame(octetsOf(`{"t":"a"}${" ".repeat(65_527)}`)), { t: "a" });
  const x = "x".repeat(65_536 - '{"t":"a","x":""}'.length);
  deepStrictEqual(decodeFrame(octetsOf(`{"t":"a","x":"${x}"}`)), { t: "a", x });
});

Deno.test("keys of the prototype change no object", pure, () => {
  const frame = decodeFrame(octetsOf('{"t":"a","__proto__":{"admin":true},"constructor":1}'));
  strictEqual("admin" in frame, false);
  strictEqual("admin" in {}, false);
  strictEqual(Object.getPrototypeOf(frame), Object.prototype);
});

/** Octets near a frame: noise, JSON of any kind, and frames with a few octets changed. */
const nearFrames = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map(octetsOf),
  fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0d8ft \n1e-') }).map((s) =>
    octetsOf(`{"t":"a"${s}`)
  ),
  fc.tuple(fc.jsonValue(), fc.nat(), fc.nat(255)).map(([x, at, octet]) => {
    const text = encodeObject({ t: "a", x });
    return text.with(at % text.length, octet);
  }),
);

Deno.test(
  "any octets give an object with a type or raise BadFrame, never anything else",
  pure,
  () => {
    fc.assert(
      fc.property(nearFrames, (octets) => {
        try {
          const frame = decodeFrame(octets);
          strictEqual(typeof frame.t, "string");
          strictEqual(JSON.stringify(frame).isWellFormed(), true);
        } catch (error) {
          strictEqual(error instanceof BadFrame, true, String(error));
        }
      }),
      { numRuns: 1_000 },
    );
  },
);

Deno.test("an object survives encoding, padding and decoding", pure, () => {
  const fields = fc.jsonValue({ maxDepth: 10, stringUnit: "binary" });
  fc.assert(fc.property(fc.string({ unit: "binary" }), fields, (t, x) => {
    const frame = joinFrame([encodeObject({ t, x })]);
    deepStrictEqual(decodeFrame(frame), JSON.parse(JSON.stringify({ t, x })));
  }));
});

Deno.test(
  "several texts become one batch, in order, in a power of two from 256 octets",
  pure,
  () => {
    const objects = fc.array(
      fc.record({ t: fc.string(), x: fc.nat() }, { noNullPrototype: true }),
      {
        minLength: 2,
        maxLength: 60,
      },
    );
    fc.assert(fc.property(objects, (objects) => {
      const texts = objects.map(encodeObject);
      const frame = joinFrame(texts);
      strictEqual(frame.length, paddedLength(batchLength(texts)));
      strictEqual(Number.isInteger(Math.log2(frame.length)) && frame.length >= 256, true);
      deepStrictEqual(decodeFrame(frame), { t: "batch", m: objects });
      strictEqual(new TextDecoder().decode(frame).trimEnd().length, batchLength(texts));
    }));
  },
);
