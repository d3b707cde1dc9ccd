import { rejects, strictEqual } from "node:assert/strict";
import { importServerIdentity } from "../../cipher/server_identity.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;

for (const vector of l1.handshake) {
  Deno.test(`${vector.comment}: public key and fingerprint`, pure, async () => {
    const seed = Uint8Array.fromHex(vector.server_identity_seed);
    const identity = await importServerIdentity(seed, Uint8Array.fromHex(vector.realm));
    strictEqual(identity.publicKey.toHex(), vector.identity_public);
    strictEqual(identity.fingerprint, vector.fingerprint);
    strictEqual(identity.realm.toHex(), vector.realm);
    strictEqual(identity.signKey.extractable, false);
  });
}

Deno.test("a seed or a realm of another length is refused", pure, async () => {
  await rejects(importServerIdentity(new Uint8Array(31), new Uint8Array(16)), RangeError);
  await rejects(importServerIdentity(new Uint8Array(32), new Uint8Array(15)), {
    name: "RangeError",
    message: "Cannot import server identity: expected a realm of 16 octets, got 15",
  });
});
