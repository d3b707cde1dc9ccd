import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  decapsulate,
  encapsulate,
  generateMlkem,
  importMlkem,
  isMlkemPublicKey,
} from "../../cipher/mlkem.ts";
import {
  agreeX25519,
  generateX25519,
  importX25519,
  isX25519PublicKey,
} from "../../cipher/x25519.ts";

const pure = { permissions: "none" } as const;

Deno.test("X25519 agrees as in RFC 7748 §5.2", pure, async () => {
  const scalar = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4";
  const point = "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c";
  const { privateKey } = await importX25519(Uint8Array.fromHex(scalar));
  const secret = await agreeX25519(privateKey, Uint8Array.fromHex(point));
  strictEqual(secret?.toHex(), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
});

Deno.test("two sides of X25519 have the same secret", pure, async () => {
  const [a, b] = await Promise.all([generateX25519(), generateX25519()]);
  const secret = await agreeX25519(a.privateKey, b.publicKey);
  strictEqual(secret?.length, 32);
  deepStrictEqual(await agreeX25519(b.privateKey, a.publicKey), secret);
});

const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

for (const point of lowOrder) {
  Deno.test(`the X25519 key ${point.slice(0, 8)}… of low order is refused`, pure, async () => {
    const { privateKey } = await generateX25519();
    strictEqual(await agreeX25519(privateKey, Uint8Array.fromHex(point)), undefined);
    strictEqual(await isX25519PublicKey(Uint8Array.fromHex(point)), false);
  });
}

Deno.test("an X25519 key of another length is refused", pure, async () => {
  const { publicKey } = await generateX25519();
  strictEqual(await isX25519PublicKey(publicKey), true);
  strictEqual(await isX25519PublicKey(publicKey.subarray(1)), false);
  await rejects(importX25519(new Uint8Array(33)), RangeError);
});

Deno.test("the holder of an ML-KEM key finds the secret, nobody else", pure, async () => {
  const [holder, other] = await Promise.all([generateMlkem(), generateMlkem()]);
  const sent = await encapsulate(holder.publicKey);
  strictEqual(sent?.ciphertext.length, 1088);
  deepStrictEqual(await decapsulate(holder.privateKey, sent.ciphertext), sent.secret);
  notDeepStrictEqual(await decapsulate(other.privateKey, sent.ciphertext), sent.secret);
});

Deno.test(
  "an ML-KEM ciphertext that was changed gives another secret, no failure",
  pure,
  async () => {
    const { privateKey, publicKey } = await importMlkem(new Uint8Array(64).fill(3));
    const sent = await encapsulate(publicKey);
    const changed = Uint8Array.from(sent?.ciphertext ?? []);
    changed[500] = (changed[500] ?? 0) ^ 1;
    const secret = await decapsulate(privateKey, changed);
    strictEqual(secret.length, 32);
    notDeepStrictEqual(secret, sent?.secret);
  },
);

Deno.test("each coefficient of an ML-KEM key must be below 3329", pure, async () => {
  const { publicKey } = await generateMlkem();
  strictEqual(isMlkemPublicKey(publicKey), true);
  for (const coefficient of [0, 1, 2, 766, 767]) {
    const key = publicKey.slice();
    const at = 3 * Math.floor(coefficient / 2);
    // 3329 = 0xd01, in the even place of three octets or in the odd one.
    key.set(coefficient % 2 === 0 ? [0x01, 0x0d] : [0x10, 0xd0], at + coefficient % 2);
    strictEqual(isMlkemPublicKey(key), false);
    strictEqual(await encapsulate(key), undefined);
  }
});

Deno.test(
  "the greatest coefficient, 3328, is accepted as the platform accepts it",
  pure,
  async () => {
    const { publicKey } = await generateMlkem();
    const key = publicKey.slice();
    // 3328 = 0xd00 in both places of each three octets.
    for (let at = 0; at < 1152; at += 3) key.set([0x00, 0x0d, 0xd0], at);
    strictEqual(isMlkemPublicKey(key), true);
    strictEqual((await encapsulate(key))?.secret.length, 32);
  },
);

Deno.test("ML-KEM values of another length are refused", pure, async () => {
  const { privateKey, publicKey } = await generateMlkem();
  strictEqual(isMlkemPublicKey(publicKey.subarray(1)), false);
  strictEqual(await encapsulate(publicKey.subarray(1)), undefined);
  await rejects(importMlkem(new Uint8Array(32)), RangeError);
  await rejects(decapsulate(privateKey, new Uint8Array(1087)), RangeError);
});
