import { deepStrictEqual, rejects } from "node:assert/strict";
import { answerHello, ClientHandshake, HandshakeError } from "../../cipher/handshake.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };
import {
  clientOf,
  invert,
  resealed,
  someIdentity,
  withCharacterChanged,
} from "./handshake_scene.ts";

const pure = { permissions: "none" } as const;
const identity = await someIdentity();
const vector = l1.handshake[0] ?? (() => {
  throw new Error("Cannot run: no vector");
})();

Deno.test("every character of the client hello changed: no session", pure, async () => {
  const line = vector.client_hello_line;
  for (let at = 0; at < line.length; at++) {
    await rejects(answerHello(withCharacterChanged(line, at), { identity }), HandshakeError);
  }
});

Deno.test("every character of the server hello changed: no session", pure, async () => {
  const line = vector.server_hello_line;
  for (let at = 0; at < line.length; at++) {
    const client = await clientOf(vector);
    await rejects(client.readServerHello(withCharacterChanged(line, at)), { code: "bad_hello" });
  }
});

Deno.test("every character of the server auth changed: no session", pure, async () => {
  const line = vector.server_auth_line;
  for (let at = 0; at < line.length; at++) {
    const client = await clientOf(vector);
    await client.readServerHello(vector.server_hello_line);
    await rejects(client.readServerAuth(withCharacterChanged(line, at)), { code: "bad_auth" });
  }
});

/** The header whole, then every 13th octet. */
function sample(length: number): number[] {
  return Array.from({ length }, (_, at) => at).filter((at) => at < 16 || at % 13 === 0);
}

Deno.test(
  "a client hello changed and sealed again never makes a session of two",
  pure,
  async () => {
    for (const at of sample(1232)) {
      const client = await ClientHandshake.start();
      const line = await resealed(client.helloLine, invert(at));
      const shake = async () => {
        const { lines } = await answerHello(line, { identity });
        await client.readServerHello(lines[0]);
        await client.readServerAuth(lines[1]);
      };
      await rejects(shake(), HandshakeError);
    }
  },
);

Deno.test("a server hello changed and sealed again never makes a session", pure, async () => {
  for (const at of sample(1136)) {
    const client = await ClientHandshake.start();
    const { lines } = await answerHello(client.helloLine, { identity });
    const shake = async () => {
      await client.readServerHello(await resealed(lines[0], invert(at)));
      await client.readServerAuth(lines[1]);
    };
    await rejects(shake(), HandshakeError);
  }
});

Deno.test("a hello only sealed again, without a change, is another transcript", pure, async () => {
  const client = await ClientHandshake.start();
  const line = await resealed(client.helloLine, (plain) => plain);
  const { lines } = await answerHello(line, { identity });
  await client.readServerHello(lines[0]);
  await rejects(client.readServerAuth(lines[1]), { code: "bad_auth" });
});

Deno.test("the ignored top bit of an X25519 share is covered by the transcript", pure, async () => {
  const client = await ClientHandshake.start();
  const line = await resealed(client.helloLine, (plain) => plain.with(47, (plain[47] ?? 0) ^ 0x80));
  const { lines } = await answerHello(line, { identity });
  await client.readServerHello(lines[0]);
  await rejects(client.readServerAuth(lines[1]), { code: "bad_auth" });
});

Deno.test("the server auth of another handshake is refused", pure, async () => {
  const [client, other] = await Promise.all([ClientHandshake.start(), ClientHandshake.start()]);
  const [mine, theirs] = await Promise.all(
    [client, other].map(({ helloLine }) => answerHello(helloLine, { identity })),
  );
  await client.readServerHello(mine?.lines[0] ?? "");
  await rejects(client.readServerAuth(theirs?.lines[1] ?? ""), { code: "bad_auth" });
});

Deno.test("without an attacker the same lines make a session", pure, async () => {
  const client = await clientOf(vector);
  await client.readServerHello(vector.server_hello_line);
  const session = await client.readServerAuth(vector.server_auth_line);
  deepStrictEqual(session.channelBinding.toHex(), vector.channel_binding);
});
