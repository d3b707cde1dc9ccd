import { notStrictEqual, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import {
  ALERT,
  alertLine,
  answerHello,
  ClientHandshake,
  HandshakeError,
} from "../../cipher/handshake.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };
import { resealed, someIdentity } from "./handshake_scene.ts";

const pure = { permissions: "none" } as const;
const identity = await someIdentity();

for (const vector of l1.hello_reject) {
  Deno.test(`hello of a client, ${vector.comment}: ${vector.error}`, pure, async () => {
    if (vector.error === "accepted") {
      const { lines, session } = await answerHello(vector.line, { identity });
      strictEqual(session.version, 1);
      strictEqual(lines[0].length, 1612);
      strictEqual(lines[1].length, 248);
    } else {
      await rejects(answerHello(vector.line, { identity }), {
        name: "HandshakeError",
        code: vector.error,
      });
    }
  });
}

for (const vector of l1.handshake) {
  Deno.test(`${vector.comment}: the hello is accepted`, pure, async () => {
    const psk = Uint8Array.fromHex(vector.psk);
    const answer = await answerHello(vector.client_hello_line, { identity, psk });
    strictEqual(answer.session.fingerprint, identity.fingerprint);
  });
}

Deno.test("a recorded hello sent again gets other shares and other keys", pure, async () => {
  const { helloLine } = await ClientHandshake.start();
  const [first, again] = await Promise.all([
    answerHello(helloLine, { identity }),
    answerHello(helloLine, { identity }),
  ]);
  const key = await importKey(await helloKey(NO_SECRET));
  const shares = await Promise.all(
    [first, again].map(async ({ lines }) => (await open(key, lines[0])).slice(16).toHex()),
  );
  notStrictEqual(shares[0]?.slice(0, 64), shares[1]?.slice(0, 64));
  notStrictEqual(shares[0]?.slice(64), shares[1]?.slice(64));
  notStrictEqual(
    (await first.session.receiving.next()).toHex(),
    (await again.session.receiving.next()).toHex(),
  );
});

Deno.test("the time of the tokens is the one given", pure, async () => {
  const { helloLine } = await ClientHandshake.start();
  const { lines } = await answerHello(helloLine, { identity, now: 1_700_000_000 });
  for (const line of lines) strictEqual(line.slice(0, 10), "gAAAAABlU_");
});

Deno.test(
  "the MAC is checked before the shares: a bad share of a stranger is not seen",
  pure,
  async () => {
    const { helloLine } = await ClientHandshake.start();
    const zeroShare = await resealed(helloLine, (plain) => Uint8Array.from(plain).fill(0, 16, 48));
    await rejects(answerHello(zeroShare, { identity }), { code: "bad_share" });
    const psk = new Uint8Array(32).fill(9);
    await rejects(answerHello(zeroShare, { identity, psk }), { code: "bad_token" });
  },
);

Deno.test(
  "a client without the secret of the server, or with another, is not answered",
  pure,
  async () => {
    const psk = new Uint8Array(32).fill(9);
    const without = await ClientHandshake.start();
    const other = await ClientHandshake.start({ psk: new Uint8Array(32).fill(8) });
    for (const { helloLine } of [without, other]) {
      await rejects(answerHello(helloLine, { identity, psk }), { code: "bad_token" });
    }
  },
);

Deno.test(
  "a hello over 8,192 octets is refused, one of another version up to it is not",
  pure,
  async () => {
    const { helloLine } = await ClientHandshake.start({ versions: [2, 1] });
    const padded = (length: number) =>
      resealed(helloLine, (plain) => {
        const longer = new Uint8Array(length);
        longer.set(plain);
        return longer;
      });
    const [longest, over] = await Promise.all([padded(6079), padded(6095)]);
    strictEqual(longest.length, 8184);
    strictEqual((await answerHello(longest, { identity })).session.version, 1);
    strictEqual(over.length > 8192, true);
    await rejects(answerHello(over, { identity }), { code: "bad_token" });
  },
);

Deno.test("any line is refused with a HandshakeError, never anything else", pure, async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (line) => {
      await rejects(answerHello(line, { identity }), HandshakeError);
    }),
  );
});

Deno.test("any octets in a right token are refused with a HandshakeError", pure, async () => {
  const key = await importKey(await helloKey(NO_SECRET));
  const header = [0x46, 0x54, 0x43, 0x31, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const body = fc.uint8Array({ minLength: 1216, maxLength: 1216 });
  const wellHeaded = body.map((bytes) => Uint8Array.of(...header, ...bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), wellHeaded), async (plain) => {
      await rejects(answerHello(await seal(key, plain), { identity }), HandshakeError);
    }),
  );
});

Deno.test("an alert is 16 octets under the hello key", pure, async () => {
  const psk = new Uint8Array(32).fill(9);
  const key = await importKey(await helloKey(psk));
  const plain = await open(key, await alertLine(ALERT.busy, psk));
  strictEqual(plain.toHex(), "46544331ff0101000000000000000200");
});
