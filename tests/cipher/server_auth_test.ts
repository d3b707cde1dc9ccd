import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { concat, label } from "../../cipher/bytes.ts";
import { signEd25519 } from "../../cipher/ed25519.ts";
import { checkServerAuth, encodeServerAuth } from "../../cipher/server_auth.ts";
import { someIdentity } from "./handshake_scene.ts";

const pure = { permissions: "none" } as const;
const context = { version: 1, transcript: new Uint8Array(32).fill(7) };

Deno.test("a server auth says who the server is", pure, async () => {
  const identity = await someIdentity();
  deepStrictEqual(await checkServerAuth(await encodeServerAuth(identity, context), context), {
    serverKey: identity.publicKey,
    realm: identity.realm,
  });
});

Deno.test("a server auth fits its version and its transcript only", pure, async () => {
  const auth = await encodeServerAuth(await someIdentity(), context);
  const transcript = new Uint8Array(32).fill(8);
  strictEqual(await checkServerAuth(auth, { ...context, version: 2 }), undefined);
  strictEqual(await checkServerAuth(auth, { ...context, transcript }), undefined);
});

for (let at = 0; at < 8; at++) {
  Deno.test(
    `octet ${at} of a server auth is fixed, even under a right signature`,
    pure,
    async () => {
      const identity = await someIdentity();
      const auth = await encodeServerAuth(identity, context);
      const signed = auth.slice(0, 56);
      signed[at] = (signed[at] ?? 0) ^ 1;
      const message = concat(label("ftc1 server auth"), context.transcript, signed);
      const forged = concat(signed, await signEd25519(identity.signKey, message));
      strictEqual(await checkServerAuth(forged, context), undefined);
    },
  );
}

Deno.test("a server auth of another length is refused", pure, async () => {
  const auth = await encodeServerAuth(await someIdentity(), context);
  strictEqual(await checkServerAuth(auth.subarray(1), context), undefined);
  strictEqual(await checkServerAuth(concat(auth, Uint8Array.of(0)), context), undefined);
});
