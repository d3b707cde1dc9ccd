import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { importKey, seal } from "../../cipher/fernet.ts";
import { generateRoot } from "../../cipher/identity.ts";
import { openVault, sealVault } from "../../cipher/vault.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const realm = Uint8Array.fromHex(l2.realm);
const key = new Uint8Array(32).fill(1);
const alice = { realm, user: "alice" };

for (const vector of l2.identities) {
  Deno.test(`vault of ${vector.user} is sealed and opened`, pure, async () => {
    const owner = { realm, user: vector.user };
    const vaultKey = Uint8Array.fromHex(vector.vault_key);
    const root = Uint8Array.fromHex(vector.root);
    const iv = Uint8Array.fromHex(vector.vault_iv);
    const token = await sealVault(vaultKey, { ...owner, root, iv, now: l2.timestamp });
    strictEqual(token, vector.vault);
    deepStrictEqual(await openVault(vaultKey, token, owner), root);
  });
}

const others = [
  ["another name", { realm, user: "alicf" }],
  ["a longer name", { realm, user: "alice2" }],
  ["another realm", { realm: new Uint8Array(16), user: "alice" }],
] as const;

for (const [what, owner] of others) {
  Deno.test(`a vault is not opened for ${what}`, pure, async () => {
    const token = await sealVault(key, { ...alice, root: generateRoot() });
    await rejects(openVault(key, token, owner), { name: "BadVault", reason: "owner" });
  });
}

Deno.test("a vault under another key, or cut, does not open", pure, async () => {
  const token = await sealVault(key, { ...alice, root: generateRoot() });
  const failure = { name: "BadVault", reason: "token" };
  await rejects(openVault(new Uint8Array(32), token, alice), failure);
  await rejects(openVault(key, token.slice(0, -4), alice), failure);
});

Deno.test("a token that is no vault gives no root", pure, async () => {
  const token = await seal(await importKey(key), new Uint8Array(59));
  await rejects(openVault(key, token, alice), { name: "BadVault", reason: "owner" });
});

Deno.test("a vault is sealed only with a whole root and realm", pure, async () => {
  await rejects(sealVault(key, { ...alice, root: new Uint8Array(31) }), RangeError);
  const short = { user: "alice", realm: realm.slice(1), root: generateRoot() };
  await rejects(sealVault(key, short), RangeError);
});
