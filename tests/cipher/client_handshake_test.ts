import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { importKey, seal } from "../../cipher/fernet.ts";
import { alertLine, answerHello, ClientHandshake } from "../../cipher/handshake.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };
import { clientOf, resealed, shakeHands, someIdentity } from "./handshake_scene.ts";

const pure = { permissions: "none" } as const;

for (const vector of l1.handshake) {
  Deno.test(`${vector.comment}: the client's whole handshake`, pure, async () => {
    const client = await clientOf(vector);
    strictEqual(client.helloLine, vector.client_hello_line);
    await client.readServerHello(vector.server_hello_line);
    const session = await client.readServerAuth(vector.server_auth_line);
    strictEqual(session.version, 1);
    strictEqual(session.serverKey.toHex(), vector.identity_public);
    strictEqual(session.realm.toHex(), vector.realm);
    strictEqual(session.fingerprint, vector.fingerprint);
    strictEqual(session.channelBinding.toHex(), vector.channel_binding);
    strictEqual((await session.sending.next()).toHex(), vector.frame_keys_c2s[0]);
    strictEqual((await session.receiving.next()).toHex(), vector.frame_keys_s2c[0]);
  });
}

for (const vector of l1.handshake_reject) {
  Deno.test(`answer of a server, ${vector.comment}: ${vector.error}`, pure, async () => {
    const client = await clientOf(vector);
    strictEqual(client.helloLine, vector.client_hello_line);
    const shake = async () => {
      await client.readServerHello(vector.server_hello_line);
      return await client.readServerAuth(vector.server_auth_line);
    };
    const [code, alert] = vector.error.split(/_(?=\d)/);
    if (code === "accepted") {
      strictEqual((await shake()).version, 1);
    } else {
      const failure = { name: "HandshakeError", code };
      await rejects(shake(), alert ? { ...failure, alert: Number(alert) } : failure);
    }
  });
}

Deno.test("both sides of a handshake have the same session", pure, async () => {
  const { client, server } = await shakeHands();
  deepStrictEqual(client.serverKey, server.serverKey);
  deepStrictEqual(client.realm, server.realm);
  strictEqual(client.fingerprint, server.fingerprint);
  deepStrictEqual(client.channelBinding, server.channelBinding);
  deepStrictEqual(await client.sending.next(), await server.receiving.next());
  deepStrictEqual(await server.sending.next(), await client.receiving.next());
  notDeepStrictEqual(await client.sending.next(), await client.receiving.next());
});

Deno.test("with a shared secret the handshake works as well", pure, async () => {
  const { client, server } = await shakeHands(new Uint8Array(32).fill(9));
  deepStrictEqual(client.channelBinding, server.channelBinding);
});

Deno.test("two handshakes have nothing in common but the server", pure, async () => {
  const [one, other] = await Promise.all([shakeHands(), shakeHands()]);
  strictEqual(one.client.fingerprint, other.client.fingerprint);
  notDeepStrictEqual(one.client.channelBinding, other.client.channelBinding);
  notDeepStrictEqual(await one.client.sending.next(), await other.client.sending.next());
});

for (const code of [1, 2, 77]) {
  Deno.test(`alert ${code} is reported with its code`, pure, async () => {
    const client = await ClientHandshake.start();
    await rejects(client.readServerHello(await alertLine(code)), { code: "alert", alert: code });
  });
}

Deno.test("an alert under another secret, or with a tail, is a bad hello", pure, async () => {
  const secret = new Uint8Array(32).fill(9);
  const alert = await alertLine(1);
  const longer = await resealed(alert, (plain) => Uint8Array.of(...plain, 0));
  for (const line of [await alertLine(1, secret), longer]) {
    const client = await ClientHandshake.start();
    await rejects(client.readServerHello(line), { code: "bad_hello" });
  }
});

Deno.test("the client's own hello reflected is a bad hello", pure, async () => {
  const client = await ClientHandshake.start();
  await rejects(client.readServerHello(client.helloLine), { code: "bad_hello" });
});

Deno.test("a clear frame in place of server hello or server auth is refused", pure, async () => {
  const frame = '{"t":"welcome"}';
  const client = await ClientHandshake.start();
  const { lines } = await answerHello(client.helloLine, { identity: await someIdentity() });
  await client.readServerHello(lines[0]);
  await rejects(client.readServerAuth(frame), { code: "bad_auth" });
  const other = await ClientHandshake.start();
  await rejects(other.readServerHello(frame), { code: "bad_hello" });
});

Deno.test(
  "a version that was offered but cannot be carried out ends in version",
  pure,
  async () => {
    const client = await ClientHandshake.start({ versions: [2, 1] });
    const key = await importKey(await helloKey(NO_SECRET));
    const hello = new Uint8Array(1136);
    hello.set([0x46, 0x54, 0x43, 0x31, 2, 2, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0]);
    await rejects(client.readServerHello(await seal(key, hello)), { code: "version" });
  },
);

Deno.test("a server that selects a version it does not list is a downgrade", pure, async () => {
  const client = await ClientHandshake.start();
  const { lines } = await answerHello(client.helloLine, { identity: await someIdentity() });
  const line = await resealed(lines[0], (plain) => plain.with(6, 2));
  await rejects(client.readServerHello(line), { code: "downgrade" });
});

Deno.test("a handshake is used once: after a failure nothing is read", pure, async () => {
  const client = await ClientHandshake.start();
  await rejects(client.readServerAuth(""), { message: /not waiting/ });
  await rejects(client.readServerHello(""), { code: "bad_hello" });
  await rejects(client.readServerHello(""), { message: /not waiting/ });
});

Deno.test("the text of an error names the action, not the secret", pure, async () => {
  const client = await ClientHandshake.start();
  await rejects(client.readServerHello(""), {
    message: "Cannot shake hands: the hello is not well-formed",
  });
});

Deno.test("a hello is not made with a bad secret or list of versions", pure, async () => {
  await rejects(ClientHandshake.start({ psk: new Uint8Array(16) }), RangeError);
  await rejects(ClientHandshake.start({ versions: [] }), RangeError);
});
