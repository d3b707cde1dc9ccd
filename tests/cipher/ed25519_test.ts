import { rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { importEd25519, signEd25519, verifyEd25519 } from "../../cipher/ed25519.ts";
import { isSmallOrder } from "../../cipher/small_order.ts";

const pure = { permissions: "none" } as const;
const text = (value: string) => new TextEncoder().encode(value);

const smallOrder = [
  ["order 1", "0100000000000000000000000000000000000000000000000000000000000000"],
  ["order 1, p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["order 4", "0000000000000000000000000000000000000000000000000000000000000000"],
  ["order 4, p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ["order 8, the other", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
] as const;

for (const [what, hex] of smallOrder) {
  Deno.test(`a key of ${what} is of small order with either sign`, pure, () => {
    const key = Uint8Array.fromHex(hex);
    strictEqual(isSmallOrder(key), true);
    key[31] = (key[31] ?? 0) ^ 0x80;
    strictEqual(isSmallOrder(key), true);
  });
}

Deno.test(
  "the signature that fits every text under the key of order 1 is refused",
  pure,
  async () => {
    const publicKey = Uint8Array.fromHex("01" + "00".repeat(31));
    const signature = Uint8Array.fromHex("01" + "00".repeat(63));
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    // The trap itself: should the platform close it one day, this line says so.
    strictEqual(await crypto.subtle.verify("Ed25519", key, signature, text("anything")), true);
    strictEqual(await verifyEd25519(signature, text("anything"), { publicKey }), false);
  },
);

Deno.test("a signature fits its text and its key only", pure, async () => {
  const { privateKey, publicKey } = await importEd25519(new Uint8Array(32).fill(1));
  const other = await importEd25519(new Uint8Array(32).fill(2));
  const signature = await signEd25519(privateKey, text("a"));
  strictEqual(isSmallOrder(publicKey), false);
  strictEqual(await verifyEd25519(signature, text("a"), { publicKey }), true);
  strictEqual(await verifyEd25519(signature, text("b"), { publicKey }), false);
  strictEqual(await verifyEd25519(signature, text("a"), other), false);
});

Deno.test("any octets as signature or key are false, never an error", pure, async () => {
  const around = (length: number) =>
    fc.uint8Array({ minLength: length - 1, maxLength: length + 1 });
  await fc.assert(
    fc.asyncProperty(around(64), around(32), async (signature, publicKey) => {
      strictEqual(await verifyEd25519(signature, text("a"), { publicKey }), false);
    }),
    { numRuns: 200 },
  );
  const none = new Uint8Array(0);
  strictEqual(await verifyEd25519(none, text("a"), { publicKey: none }), false);
});

Deno.test("no octets are no key of small order", pure, () => {
  strictEqual(isSmallOrder(new Uint8Array(0)), false);
});

Deno.test(
  "a private key cannot be read back; a seed of another length is refused",
  pure,
  async () => {
    const { privateKey } = await importEd25519(new Uint8Array(32).fill(1));
    await rejects(crypto.subtle.exportKey("pkcs8", privateKey), { name: "InvalidAccessError" });
    await rejects(importEd25519(new Uint8Array(31)), {
      message: "Cannot import Ed25519 key: expected 32 octets, got 31",
    });
  },
);
