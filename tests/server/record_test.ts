import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { number, object, pipe, pipeAsync, string, toLowerCase, unknown } from "valibot";
import { DamagedRecord, decodeRecord, encodeRecord } from "../../server/record.ts";
import type { Key } from "../../server/store.ts";

const entry = (key: Key, value: Uint8Array) => ({ key, value, version: "1" });
const account = object({ name: string(), age: number() });
const ann = { name: "ann", age: 7 };

Deno.test("any JSON value comes back as it was stored", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" }), { minLength: 1 }),
      fc.jsonValue(),
      (key, value) => {
        const stored = entry(key, encodeRecord(key, value));
        deepStrictEqual(decodeRecord(stored, unknown()), JSON.parse(JSON.stringify(value)));
      },
    ),
  );
});

Deno.test("a record is the checksum of key and JSON, then the JSON", async () => {
  const octets = encodeRecord(["a", 1], ann);
  const json = '{"name":"ann","age":7}';
  strictEqual(new TextDecoder().decode(octets.subarray(8)), json);
  const hashed = new TextEncoder().encode(`\x02a\0\x21\0\0\0\0\0\0\0\x01${json}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hashed));
  deepStrictEqual(octets.slice(0, 8), digest.slice(0, 8));
});

Deno.test("the value is what the schema puts out", () => {
  const stored = entry(["a"], encodeRecord(["a"], "ANN"));
  strictEqual(decodeRecord(stored, pipe(string(), toLowerCase())), "ann");
});

Deno.test("one flipped bit anywhere makes a damaged record", () => {
  const octets = encodeRecord(["account", "ann"], ann);
  for (let bit = 0; bit < octets.length * 8; bit += 1) {
    const flipped = octets.slice();
    flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    throws(() => decodeRecord(entry(["account", "ann"], flipped), unknown()), damaged("checksum"));
  }
});

Deno.test("a record cut or lengthened anywhere is damaged", () => {
  const octets = encodeRecord(["a"], ann);
  for (let length = 0; length < octets.length; length += 1) {
    const reason = length <= 8 ? "truncated" : "checksum";
    throws(() => decodeRecord(entry(["a"], octets.slice(0, length)), unknown()), damaged(reason));
  }
  const longer = Uint8Array.of(...octets, 0x20);
  throws(() => decodeRecord(entry(["a"], longer), unknown()), damaged("checksum"));
});

Deno.test("a record moved to another key is damaged there", () => {
  const octets = encodeRecord(["message", "c", 1], ann);
  const elsewhere: Key[] = [["message", "c", 2], ["message", "d", 1], ["message", "c", "1"], [
    "c",
    1,
  ]];
  for (const key of elsewhere) {
    throws(() => decodeRecord(entry(key, octets), account), (error) => {
      deepStrictEqual((error as DamagedRecord).key, key);
      return damaged("checksum")(error);
    });
  }
});

Deno.test("a whole record of another kind is damaged, and the message tells nothing of its content", () => {
  const stored = entry(["account", "ann"], encodeRecord(["account", "ann"], { name: "secret" }));
  throws(() => decodeRecord(stored, account), (error) => {
    strictEqual(
      (error as Error).message,
      'Cannot read record ["account","ann"]: it is not of the expected kind',
    );
    return damaged("schema")(error);
  });
});

Deno.test("a fitting checksum over something that is not JSON makes a damaged record", async () => {
  for (const text of [[0x7b], [0x22, 0xff, 0x22], [0xef, 0xbb, 0xbf, 0x31]]) {
    const hashed = Uint8Array.of(0x02, 0x61, 0x00, ...text);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hashed));
    const forged = Uint8Array.of(...digest.subarray(0, 8), ...text);
    throws(() => decodeRecord(entry(["a"], forged), unknown()), damaged("json"));
  }
});

Deno.test("what JSON cannot spell is refused", () => {
  for (const value of [undefined, () => 1, Symbol("a"), 1n]) {
    throws(() => encodeRecord(["a"], value), TypeError);
  }
  throws(() => encodeRecord([], 1), RangeError);
});

Deno.test("an asynchronous schema is refused", () => {
  const stored = entry(["a"], encodeRecord(["a"], "ann"));
  throws(() => decodeRecord(stored, pipeAsync(string())), TypeError);
});

function damaged(reason: DamagedRecord["reason"]): (error: unknown) => boolean {
  return (error) => error instanceof DamagedRecord && error.reason === reason;
}
