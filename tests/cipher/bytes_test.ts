import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { ByteReader } from "../../cipher/byte_reader.ts";
import { concat, equal, isZero, label, lp, u16, u32, u64, utf8, vec8 } from "../../cipher/bytes.ts";

const pure = { permissions: "none" } as const;

Deno.test("integers are written big-endian in their size", pure, () => {
  strictEqual(u16(0x0102).toHex(), "0102");
  strictEqual(u32(0xfffffffe).toHex(), "fffffffe");
  strictEqual(u64(Number.MAX_SAFE_INTEGER).toHex(), "001fffffffffffff");
});

Deno.test("an integer that does not fit is refused, never cut", pure, () => {
  for (const value of [-1, 65_536, 1.5, NaN]) throws(() => u16(value), RangeError);
  throws(() => u32(2 ** 32), RangeError);
  throws(() => u64(2 ** 53), RangeError);
});

Deno.test("strings carry their length in front", pure, () => {
  strictEqual(vec8("ä").toHex(), "02c3a4");
  strictEqual(vec8(Uint8Array.of(7)).toHex(), "0107");
  strictEqual(lp("ab").toHex(), "000000026162");
  strictEqual(lp(new Uint8Array(0)).toHex(), "00000000");
  throws(() => vec8(new Uint8Array(256)), RangeError);
});

Deno.test("a label ends with a zero octet", pure, () => {
  strictEqual(label("ftc1").toHex(), "6674633100");
});

Deno.test("octets are the same only in length and value", pure, () => {
  strictEqual(equal(utf8("ab"), utf8("ab")), true);
  strictEqual(equal(utf8("ab"), utf8("ac")), false);
  strictEqual(equal(utf8("ab"), utf8("abc")), false);
  strictEqual(isZero(new Uint8Array(3)), true);
  strictEqual(isZero(Uint8Array.of(0, 1)), false);
});

Deno.test("a reader gives back what was written", pure, () => {
  const names = fc.string({ unit: "grapheme", maxLength: 20 });
  fc.assert(
    fc.property(fc.maxSafeNat(), names, fc.uint8Array(), (number, name, bytes) => {
      const reader = new ByteReader(concat(u64(number), vec8(name), bytes));
      strictEqual(reader.integer(8), number);
      strictEqual(reader.text8(), name);
      strictEqual(reader.left, bytes.length);
      deepStrictEqual(reader.take(bytes.length), bytes);
      strictEqual(reader.at, 9 + utf8(name).length + bytes.length);
    }),
  );
});

Deno.test("a reader refuses cut fields, unsafe integers and text that is not UTF-8", pure, () => {
  throws(() => new ByteReader(Uint8Array.of(1, 2)).take(3), {
    name: "RangeError",
    message: "Cannot read field: expected 3 octets, got 2",
  });
  throws(() => new ByteReader(Uint8Array.of(2, 65)).text8(), RangeError);
  throws(() => new ByteReader(Uint8Array.of(1, 0xff)).text8(), RangeError);
  throws(() => new ByteReader(Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0)).integer(8), RangeError);
});

Deno.test("a reader keeps a byte order mark", pure, () => {
  strictEqual(new ByteReader(vec8("\ufeffa")).text8(), "\ufeffa");
});

Deno.test("what a reader gives is a copy", pure, () => {
  const bytes = Uint8Array.of(1, 2);
  const taken = new ByteReader(bytes).take(2);
  bytes.fill(0);
  deepStrictEqual(taken, Uint8Array.of(1, 2));
});
