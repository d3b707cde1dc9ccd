import { strictEqual } from "node:assert/strict";
import { concat } from "../../cipher/bytes.ts";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import {
  authKey,
  firstTranscript,
  masterSecret,
  secondTranscript,
  sessionKeys,
} from "../../cipher/key_schedule.ts";
import { decapsulate, importMlkem } from "../../cipher/mlkem.ts";
import { encodeServerAuth } from "../../cipher/server_auth.ts";
import { importServerIdentity } from "../../cipher/server_identity.ts";
import { agreeX25519, importX25519 } from "../../cipher/x25519.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const bytes = (hex: string) => Uint8Array.fromHex(hex);

for (const vector of l1.handshake) {
  const clientHello = bytes(vector.client_hello_plain);
  const serverHello = bytes(vector.server_hello_plain);

  Deno.test(`${vector.comment}: the two secrets, from the client's side`, pure, async () => {
    const x25519 = await importX25519(bytes(vector.client_x25519_private));
    const mlkem = await importMlkem(bytes(vector.client_mlkem_seed));
    strictEqual(concat(x25519.publicKey, mlkem.publicKey).toHex(), clientHello.slice(16).toHex());
    const secret = await agreeX25519(x25519.privateKey, serverHello.slice(16, 48));
    strictEqual(secret?.toHex(), vector.x25519_shared);
    const kem = await decapsulate(mlkem.privateKey, serverHello.slice(48));
    strictEqual(kem.toHex(), vector.mlkem_shared);
  });

  Deno.test(`${vector.comment}: the X25519 secret, from the server's side`, pure, async () => {
    const x25519 = await importX25519(bytes(vector.server_x25519_private));
    strictEqual(x25519.publicKey.toHex(), serverHello.slice(16, 48).toHex());
    const secret = await agreeX25519(x25519.privateKey, clientHello.slice(16, 48));
    strictEqual(secret?.toHex(), vector.x25519_shared);
  });

  Deno.test(`${vector.comment}: transcripts, master, chains, channel binding`, pure, () => {
    const t1 = firstTranscript(vector.client_hello_line, vector.server_hello_line);
    strictEqual(t1.toHex(), vector.transcript_1);
    const master = masterSecret({
      mlkem: bytes(vector.mlkem_shared),
      x25519: bytes(vector.x25519_shared),
      psk: bytes(vector.psk),
    }, t1);
    strictEqual(master.toHex(), vector.master);
    strictEqual((authKey(master)).toHex(), vector.auth_key);
    const t2 = secondTranscript(t1, vector.server_auth_line);
    strictEqual(t2.toHex(), vector.transcript_2);
    const keys = sessionKeys(master, t2);
    strictEqual(keys.clientToServer.toHex(), vector.chain_c2s);
    strictEqual(keys.serverToClient.toHex(), vector.chain_s2c);
    strictEqual(keys.channelBinding.toHex(), vector.channel_binding);
  });

  Deno.test(`${vector.comment}: server auth, signed and sealed`, pure, async () => {
    const seed = bytes(vector.server_identity_seed);
    const identity = await importServerIdentity(seed, bytes(vector.realm));
    const context = { version: 1, transcript: bytes(vector.transcript_1) };
    const auth = await encodeServerAuth(identity, context);
    strictEqual(auth.toHex(), vector.server_auth_plain);
    const key = await importKey(bytes(vector.auth_key));
    const options = { now: vector.timestamp, iv: bytes(vector.server_auth_iv) };
    strictEqual(await seal(key, auth, options), vector.server_auth_line);
  });

  Deno.test(`${vector.comment}: the hellos are sealed under the hello key`, pure, async () => {
    const key = await importKey(bytes(vector.hello_key));
    strictEqual((await open(key, vector.client_hello_line)).toHex(), vector.client_hello_plain);
    strictEqual((await open(key, vector.server_hello_line)).toHex(), vector.server_hello_plain);
    const options = { now: vector.timestamp, iv: bytes(vector.server_hello_iv) };
    strictEqual(await seal(key, serverHello, options), vector.server_hello_line);
  });
}
