import { notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { deriveIdentity, generateRoot, userFingerprint } from "../../cipher/identity.ts";
import { hash } from "../../cipher/kdf.ts";
import { safetyNumber } from "../../cipher/safety_number.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const realm = Uint8Array.fromHex(l2.realm);

for (const vector of l2.identities) {
  Deno.test(`identity of ${vector.user}`, pure, async () => {
    const root = Uint8Array.fromHex(vector.root);
    const identity = await deriveIdentity(root, { realm, user: vector.user });
    strictEqual(identity.ed25519.toHex(), vector.ed25519_public);
    strictEqual(identity.x25519.toHex(), vector.x25519_public);
    strictEqual((await hash(identity.mlkem)).toHex(), vector.mlkem_public_sha256);
    strictEqual(identity.fingerprint.toHex(), vector.fingerprint);
    strictEqual(identity.stateKey.toHex(), vector.state_key);
    for (const key of [identity.signKey, identity.x25519Key, identity.mlkemKey]) {
      strictEqual(key.extractable, false);
    }
  });
}

const fingerprints = new Map(
  l2.identities.map(({ user, fingerprint }) => [user, Uint8Array.fromHex(fingerprint)]),
);

for (const { a, b, number } of l2.safety_numbers) {
  Deno.test(`safety number of ${a} and ${b}, from either side`, pure, async () => {
    const [one, other] = [fingerprints.get(a), fingerprints.get(b)];
    strictEqual(await safetyNumber(one ?? realm, other ?? realm), number);
    strictEqual(await safetyNumber(other ?? realm, one ?? realm), number);
  });
}

Deno.test("the fingerprint depends on realm and name", pure, async () => {
  const keys = await deriveIdentity(generateRoot(), { realm, user: "alice" });
  const others = [{ realm, user: "bob" }, { realm: new Uint8Array(16), user: "alice" }];
  for (const scope of others) {
    notDeepStrictEqual(await userFingerprint(keys, scope), keys.fingerprint);
  }
});

Deno.test("roots are 32 octets and differ", pure, () => {
  strictEqual(generateRoot().length, 32);
  notDeepStrictEqual(generateRoot(), generateRoot());
});

Deno.test("a root, realm or key of another length is refused", pure, async () => {
  await rejects(deriveIdentity(new Uint8Array(31), { realm, user: "alice" }), RangeError);
  const short = { realm: realm.slice(1), user: "alice" };
  await rejects(deriveIdentity(generateRoot(), short), RangeError);
  const keys = await deriveIdentity(generateRoot(), { realm, user: "alice" });
  await rejects(userFingerprint({ ...keys, mlkem: new Uint8Array(3) }, keys), RangeError);
});
