import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { concat, label } from "../../cipher/bytes.ts";
import { signEd25519 } from "../../cipher/ed25519.ts";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import { alertLine } from "../../cipher/handshake.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";
import { ClientError } from "../../client/client_error.ts";
import { connect } from "../../client/connect.ts";
import { openClientLink } from "../../transport/client_link.ts";
import { resealed, withCharacterChanged } from "../cipher/handshake_scene.ts";
import {
  fakeIdentity,
  type FakePeer,
  FakeServer,
  type Spoilers,
  universalSignature,
} from "../testing/fake_server.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";

/** What the client reports of a server; it must disconnect and send nothing after its hello. */
async function expectRefused(
  script: (peer: FakePeer) => Promise<void>,
  expected: { readonly code: string; readonly alert?: number },
): Promise<void> {
  await using server = new FakeServer(async (peer) => {
    await script(peer);
    strictEqual(await peer.linesToTheEnd(), 0);
  });
  const conn = await server.connect();
  await rejects(openClientLink(conn), { name: "LinkError", ...expected });
  await server.done();
}

/** A server hello with some octets replaced. */
function helloWith(at: number, ...octets: readonly number[]): Spoilers {
  return {
    hello: (plain) => {
      plain.set(octets, at);
      return plain;
    },
  };
}

/** Each spoilt handshake must end with this code. */
async function expectEach(code: string, spoilt: readonly Spoilers[]): Promise<void> {
  for (const spoilers of spoilt) {
    await expectRefused((peer) => peer.answerHello(spoilers), { code });
  }
}

Deno.test("rows 29-39: the fake server they are made with is accepted when nothing is spoilt", async () => {
  await using server = new FakeServer(async (peer) => {
    await peer.answerHello();
    deepStrictEqual(await peer.frame(), { t: "bye" });
    await peer.send({ t: "bye" });
  });
  const link = await openClientLink(await server.connect());
  strictEqual(link.session.fingerprint, (await fakeIdentity()).fingerprint);
  await link.close();
  await server.done();
});

Deno.test("row 29: a version that was not offered is refused: version", async () => {
  await expectEach("version", [
    helloWith(14, 2),
    helloWith(14, 0),
    helloWith(5, 2, 2, 1, 0, 0, 0, 0, 0, 0, 2),
  ]);
});

Deno.test("row 29: a version that is not the highest of the two lists is refused: downgrade", async () => {
  await expectEach("downgrade", [helloWith(6, 2)]);
});

Deno.test("row 30: a server hello of wrong length, type or layout is refused: bad_hello", async () => {
  await expectEach("bad_hello", [
    { hello: (plain) => plain.slice(0, -1) },
    { hello: (plain) => Uint8Array.of(...plain, 0) },
    { hello: () => new Uint8Array() },
    { hello: (plain) => plain.slice(0, 16) },
    helloWith(0, 0x47),
    helloWith(4, 1),
    helloWith(4, 3),
    helloWith(15, 1),
    helloWith(5, 1, 1, 0, 0, 0, 0, 0, 0, 9),
    helloWith(5, 2, 1, 2),
    { helloLine: () => "" },
    { helloLine: (line) => `${line}\r` },
    { helloLine: (line) => line.slice(0, -1) },
  ]);
});

Deno.test("row 30: the client's own hello, clear text and HTTP are refused: bad_hello", async () => {
  await expectRefused(async (peer) => await peer.write(`${await peer.line()}\n`), {
    code: "bad_hello",
  });
  for (const text of ['{"t":"welcome"}\n', "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n"]) {
    await expectRefused(async (peer) => {
      await peer.line();
      await peer.write(text);
    }, { code: "bad_hello" });
  }
});

Deno.test("row 30: a server that closes without an octet is closed_early", async () => {
  await using server = new FakeServer(async (peer) => {
    await peer.line();
    peer.end();
  });
  await rejects(openClientLink(await server.connect()), { code: "closed_early" });
});

Deno.test("row 31: a server hello with a share of low order is refused: bad_share", async () => {
  const shares = [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
  ];
  await expectEach("bad_share", shares.map((hex) => helloWith(16, ...Uint8Array.fromHex(hex))));
});

Deno.test("row 32: a random or changed ML-KEM ciphertext is refused: bad_auth", async () => {
  await expectEach("bad_auth", [
    helloWith(48, ...crypto.getRandomValues(new Uint8Array(1_088))),
    { hello: (plain) => plain.with(48, (plain[48] ?? 0) ^ 1) },
    { hello: (plain) => plain.with(1_135, (plain[1_135] ?? 0) ^ 0x80) },
    helloWith(48, ...new Uint8Array(1_088)),
  ]);
});

/** Signs a server auth anew, over whatever is said to be signed. */
async function resigned(
  plain: Uint8Array,
  signed: (fields: Uint8Array) => Uint8Array,
): Promise<Uint8Array> {
  const { signKey } = await fakeIdentity();
  const fields = plain.slice(0, 56);
  return concat(fields, await signEd25519(signKey, signed(fields)));
}

Deno.test("row 33: a signature that is not over this handshake is refused: bad_auth", async () => {
  const server = label("ftc1 server auth");
  await expectEach("bad_auth", [
    { auth: (plain) => plain.with(56, (plain[56] ?? 0) ^ 1) },
    { auth: (plain) => plain.with(119, (plain[119] ?? 0) ^ 1) },
    { transcript: (transcript) => transcript.with(0, (transcript[0] ?? 0) ^ 1) },
    { transcript: () => new Uint8Array(32) },
    // Another realm than the signed one.
    { auth: (plain) => plain.with(8, (plain[8] ?? 0) ^ 1) },
    { auth: (plain, transcript) => resigned(plain, (fields) => concat(transcript, fields)) },
    {
      auth: (plain, transcript) =>
        resigned(plain, (fields) => concat(label("ftc1 login"), transcript, fields)),
    },
    // The identity of somebody else, in front of this one's signature.
    {
      auth: async (plain) => {
        plain.set((await fakeIdentity(9)).publicKey, 24);
        return plain;
      },
    },
    // Layout, signed all the same.
    ...[[0, 0x47], [4, 2], [5, 2], [6, 1], [7, 1]].map(([at = 0, octet = 0]): Spoilers => ({
      auth: (plain, transcript) =>
        resigned(plain.with(at, octet), (fields) => concat(server, transcript, fields)),
    })),
    { auth: (plain) => plain.slice(0, -1) },
    { auth: (plain) => Uint8Array.of(...plain, 0) },
    { auth: () => new Uint8Array() },
  ]);
});

Deno.test("row 33: signing anew is no fault in itself: over the right text it is accepted", async () => {
  const right: Spoilers = {
    auth: (plain, transcript) =>
      resigned(plain, (fields) => concat(label("ftc1 server auth"), transcript, fields)),
  };
  await using server = new FakeServer((peer) => peer.answerHello(right));
  const link = await openClientLink(await server.connect());
  strictEqual(link.session.fingerprint, (await fakeIdentity()).fingerprint);
  link.abort();
});

Deno.test("row 34: an identity of small order with a universal signature is refused: bad_auth", async () => {
  await expectEach(
    "bad_auth",
    ([0, 0x80] as const).map((sign): Spoilers => ({
      auth: (plain) => {
        const { publicKey, signature } = universalSignature(sign);
        return concat(plain.slice(0, 24), publicKey, signature);
      },
    })),
  );
});

Deno.test("row 35: another identity than the pinned one: nothing more is sent, not even bye", async () => {
  await using server = new FakeServer(async (peer) => {
    await peer.answerHello();
    strictEqual(await peer.linesToTheEnd(), 0);
  });
  const host = { host: "127.0.0.1", port: server.port };
  const expected = (await fakeIdentity(9)).fingerprint;
  const seen = (await fakeIdentity()).fingerprint;
  const connecting = connect(host, {
    dial: () => server.connect(),
    timeout: 10,
    secret: null,
    signal: new AbortController().signal,
    pin: {
      ...host,
      fingerprint: expected,
      file: null,
      unknown: "pin",
      today: "2026-01-01",
      notice: () => Promise.resolve(),
      confirm: () => Promise.resolve(true),
    },
  });
  await rejects(connecting, (error: Error) => {
    ok(error instanceof ClientError);
    ok(error.message.includes("IDENTITY HAS CHANGED"));
    ok(error.message.includes(expected) && error.message.includes(seen));
    return true;
  });
  await server.done();
});

Deno.test("row 36: a server auth left out, or a frame or clear JSON in its place: bad_auth", async () => {
  await expectEach("bad_auth", [
    { authLine: () => '{"t":"welcome"}' },
    { authLine: () => "" },
    { authLine: (line) => line.slice(0, -4) },
  ]);
  // A frame under the first frame key, where the server auth was to come.
  await expectRefused(async (peer) => {
    await peer.answerHello({ authLine: () => null });
    await peer.send({ t: "auth", user: "alice", known: true });
  }, { code: "bad_auth" });
  // The end, where the server auth was to come.
  await using server = new FakeServer(async (peer) => {
    await peer.answerHello({ authLine: () => null });
    peer.end();
  });
  await rejects(openClientLink(await server.connect()), { code: "bad_auth" });
});

Deno.test("row 36: what is no frame after the handshake is bad_token or bad_frame", async () => {
  const cases: readonly [code: string, script: (peer: FakePeer) => Promise<void>][] = [
    ["bad_token", (peer) => peer.write('{"t":"welcome"}\n')],
    ["bad_token", (peer) => peer.write("\n")],
    ["bad_token", async (peer) => {
      await peer.session.sending.next();
      await peer.send({ t: "ping" });
    }],
    ["bad_frame", (peer) => peer.send("[]")],
    ["bad_frame", (peer) => peer.send('{"t":1}')],
    ["bad_frame", (peer) => peer.send('{"t":"batch","m":[{"t":"batch","m":[]}]}')],
    ["bad_frame", (peer) => peer.send('{"t":"batch","m":[5]}')],
    ["bad_frame", (peer) => peer.send('{"t":"batch"}')],
    ["bad_frame", (peer) => peer.send(`{"t":"x","y":${"[".repeat(20_000)}${"]".repeat(20_000)}}`)],
  ];
  for (const [code, script] of cases) {
    await using server = new FakeServer(async (peer) => {
      await peer.answerHello();
      await script(peer);
    });
    const link = await openClientLink(await server.connect());
    link.open();
    await rejects(link.receive().next(), { name: "LinkError", code });
    link.abort();
  }
});

Deno.test("row 37: an alert is a hint: the client disconnects and does not try again", async () => {
  for (const alert of [1, 2, 77]) {
    await expectRefused(async (peer) => {
      await peer.line();
      await peer.write(`${await alertLine(alert)}\n`);
    }, { code: "alert", alert });
  }
});

Deno.test("row 37: an alert with a tail, or under a secret, is no alert: bad_hello", async () => {
  const tail = await resealed(await alertLine(1), (plain) => Uint8Array.of(...plain, 0));
  for (const line of [tail, await alertLine(1, new Uint8Array(32).fill(9))]) {
    await expectRefused(async (peer) => {
      await peer.line();
      await peer.write(`${line}\n`);
    }, { code: "bad_hello" });
  }
});

Deno.test("row 38: a silent server is given up: timeout", async () => {
  await using server = new FakeServer(async (peer) => void await peer.line());
  const opening = openClientLink(await server.connect(), { timeoutMs: 200 });
  await rejects(opening, { name: "LinkError", code: "timeout" });
});

Deno.test("row 38: a server whose hello drips is given up at the same moment: timeout", async () => {
  const stop = Promise.withResolvers<void>();
  await using server = new FakeServer(async (peer) => {
    await peer.line();
    const dripping = setInterval(() => void peer.write("A"), 20);
    await stop.promise;
    clearInterval(dripping);
  });
  const began = performance.now();
  const opening = openClientLink(await server.connect(), { timeoutMs: 200 });
  await rejects(opening, { name: "LinkError", code: "timeout" });
  const took = performance.now() - began;
  stop.resolve();
  ok(took < 1_500, `given up after ${took} ms`);
});

Deno.test("row 38: a server auth that never comes is given up at the same moment: timeout", async () => {
  await using server = new FakeServer((peer) => peer.answerHello({ authLine: () => null }));
  const opening = openClientLink(await server.connect(), { timeoutMs: 200 });
  await rejects(opening, { name: "LinkError", code: "timeout" });
});

/** Lets a client and the real server talk, with the server's lines changed; tells what came of it. */
async function throughAttacker(
  server: TestServer,
  change: (lines: [string, string]) => Promise<string[]> | string[],
): Promise<string> {
  await using attacker = new FakeServer(async (client) => {
    await using real = new RealServer(
      await Deno.connect({ hostname: "127.0.0.1", port: server.port }),
    );
    await real.write(`${await client.line()}\n`);
    const lines = await change([await real.line(), await real.line()]);
    await client.write(lines.map((line) => `${line}\n`).join(""));
  });
  try {
    (await openClientLink(await attacker.connect())).abort();
    return "session";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** The attacker's connection to the real server. */
class RealServer implements AsyncDisposable {
  readonly #conn: Deno.Conn;
  readonly #pieces = new TextDecoder();
  #text = "";

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async write(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  async line(): Promise<string> {
    const buffer = new Uint8Array(4_096);
    while (!this.#text.includes("\n")) {
      const octets = await this.#conn.read(buffer);
      if (octets === null) throw new Error("Cannot read line: the real server has closed");
      this.#text += this.#pieces.decode(buffer.subarray(0, octets), { stream: true });
    }
    const [line = "", ...rest] = this.#text.split("\n");
    this.#text = rest.join("\n");
    return line;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#conn.close();
    return Promise.resolve();
  }
}

Deno.test("row 39: a character of the server's lines changed: never a session", async () => {
  await using server = await startTestServer();
  strictEqual(await throughAttacker(server, (lines) => lines), "session");
  // Every character is tried without sockets in tests/cipher/handshake_tampering_test.ts.
  for (let at = 0; at < 1_612; at += 37) {
    const outcome = await throughAttacker(
      server,
      ([hello, auth]) => [withCharacterChanged(hello, at), auth],
    );
    strictEqual(outcome, "bad_hello", `server hello, character ${at}`);
  }
  for (let at = 0; at < 248; at += 7) {
    const outcome = await throughAttacker(
      server,
      ([hello, auth]) => [hello, withCharacterChanged(auth, at)],
    );
    strictEqual(outcome, "bad_auth", `server auth, character ${at}`);
  }
});

Deno.test("row 39: a server hello sealed again, changed or not: never a session", async () => {
  await using server = await startTestServer();
  const key = await importKey(await helloKey(NO_SECRET));
  const same = await throughAttacker(server, async ([hello, auth]) => {
    return [await seal(key, await open(key, hello)), auth];
  });
  strictEqual(same, "bad_auth");
  for (let at = 0; at < 1_136; at += at < 16 ? 1 : 71) {
    const outcome = await throughAttacker(server, async ([hello, auth]) => {
      return [await resealed(hello, (plain) => plain.with(at, (plain[at] ?? 0) ^ 1)), auth];
    });
    ok(/^(bad_hello|version|downgrade|bad_share|bad_auth)$/.test(outcome), `${at}: ${outcome}`);
  }
});
