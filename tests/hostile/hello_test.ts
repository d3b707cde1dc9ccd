import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import { ClientHandshake } from "../../cipher/handshake.ts";
import { encodeHeader, HELLO_TYPE } from "../../cipher/hello.ts";
import { helloKey, NO_SECRET } from "../../cipher/shared_secret.ts";
import { resealed, withCharacterChanged } from "../cipher/handshake_scene.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const publicKey = await importKey(await helloKey(NO_SECRET));

/** Sends octets to fresh connections, each of which must be closed without an answer. */
async function expectClose(
  server: TestServer,
  inputs: Iterable<string | Uint8Array>,
): Promise<void> {
  // What was there before, but for the witness, is to have had its line.
  await server.served(1);
  const logged = server.log.length;
  let peers = 0;
  for (const input of inputs) {
    using peer = await RawPeer.connect(server);
    void peer.write(input);
    await peer.expectSilentEnd();
    peers++;
  }
  await server.served(1);
  ok(server.log.length - logged <= peers, "more than one line was logged for a hello");
  strictEqual(server.shared.strangers.size, 0);
}

/** A fresh hello, changed as plaintext and sealed again. */
async function hello(change: (plain: Uint8Array) => Uint8Array): Promise<string> {
  return `${await resealed((await ClientHandshake.start()).helloLine, change)}\n`;
}

/** A fresh hello with some octets replaced. */
function helloWith(at: number, ...octets: readonly number[]): Promise<string> {
  return hello((plain) => {
    plain.set(octets, at);
    return plain;
  });
}

Deno.test("row 10: an HTTP request, a TLS hello and an SSH banner are closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    const tls = Uint8Array.fromHex(
      "16030100c8010000c40303" + "aa".repeat(180) + "0a" + "bb".repeat(9),
    );
    await expectClose(server, [
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "SSH-2.0-OpenSSH_9.9\r\n",
      tls,
    ]);
  });
});

Deno.test("row 11: empty lines and zero octets are closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    await expectClose(server, ["\n", "\n".repeat(5_000), `${"\0".repeat(1_740)}\n`]);
  });
});

Deno.test("row 12: a hello without end is closed once it exceeds 8,192 octets", async () => {
  await underAttack(async ({ server }) => {
    await expectClose(server, ["A".repeat(8_193), "A".repeat(1_048_576)]);
  });
});

Deno.test("row 13: invalid UTF-8 and a login in clear text are closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    const invalid = new Uint8Array(1_741).fill(0xff).with(1_740, 0x0a);
    await expectClose(server, [invalid, '{"t":"auth","user":"witness"}\n']);
  });
});

Deno.test("row 14: a hello that ends with CR LF is closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start();
    await expectClose(server, [`${helloLine}\r\n`]);
  });
});

Deno.test("row 15: a hello with a wrong MAC is closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start();
    const lines: string[] = [];
    for (let at = 0; at < helloLine.length; at += 29) {
      lines.push(`${withCharacterChanged(helloLine, at)}\n`);
    }
    await expectClose(server, lines);
  });
});

Deno.test("row 15: for a hello with a wrong MAC nothing asymmetric is computed", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start();
    const right = await ClientHandshake.start();
    let generated = 0;
    const { generateKey } = SubtleCrypto.prototype;
    // deno-lint-ignore no-explicit-any -- all overloads alike
    SubtleCrypto.prototype.generateKey = function (this: SubtleCrypto, ...args: any): any {
      generated++;
      return Reflect.apply(generateKey, this, args);
    };
    try {
      await expectClose(server, [`${withCharacterChanged(helloLine, 1_000)}\n`]);
      strictEqual(generated, 0);
      using peer = await RawPeer.connect(server);
      await peer.writeLine(right.helloLine);
      await peer.finish(right);
      strictEqual(generated, 1);
    } finally {
      SubtleCrypto.prototype.generateKey = generateKey;
    }
  });
});

Deno.test("row 16: a hello sealed under a secret is closed by a server without one", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start({ psk: new Uint8Array(32).fill(9) });
    await expectClose(server, [`${helloLine}\n`]);
  });
});

Deno.test("row 16: a server with a secret closes hellos without it and with another one", async () => {
  const secret = new Uint8Array(32).fill(7);
  await using server = await startTestServer({ secret });
  for (const options of [{}, { psk: new Uint8Array(32).fill(9) }]) {
    using stranger = await RawPeer.connect(server);
    await stranger.writeLine((await ClientHandshake.start(options)).helloLine);
    await stranger.expectSilentEnd();
  }
  using peer = await RawPeer.handshaken(server, { psk: secret });
  strictEqual((await peer.ask({ t: "auth", user: "bob" }))["known"], false);
});

Deno.test("row 17: another spelling of a right hello is closed without an octet", async () => {
  await underAttack(async ({ server }) => {
    // 1,305 octets leave no padding; a longer hello of two versions ends with "==".
    const padded = await hello((plain) => {
      const longer = new Uint8Array(plain.length + 16);
      longer.set(plain);
      longer.set([2, 2, 1], 5);
      return longer;
    });
    const line = padded.trimEnd();
    ok(/[AQgw]==$/.test(line), line.slice(-4));
    const bits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = line.charAt(line.length - 3);
    const nonCanonical = `${line.slice(0, -3)}${bits.charAt(bits.indexOf(last) + 1)}==`;
    await expectClose(server, [
      `${nonCanonical}\n`,
      `${line.replace(/=+$/, "")}\n`,
      `${line}=\n`,
      `${line.slice(0, 100)} ${line.slice(100)}\n`,
      ` ${line}\n`,
      `${line}\t\n`,
      `${line.replaceAll("-", "+").replaceAll("_", "/")}\n`,
    ]);
    using peer = await RawPeer.connect(server);
    await peer.write(padded);
    ok(await peer.line() !== null, "the canonical spelling was refused as well");
  });
});

Deno.test("row 18: a hello with wrong magic, type, reserved or selected octet is closed", async () => {
  await underAttack(async ({ server }) => {
    await expectClose(server, [
      await helloWith(0, 0x47),
      await helloWith(3, 0x32),
      await helloWith(4, 0),
      await helloWith(4, 2),
      await helloWith(4, 255),
      await helloWith(14, 1),
      await helloWith(15, 1),
    ]);
  });
});

Deno.test("row 19: a hello with a faulty list of versions is closed", async () => {
  await underAttack(async ({ server }) => {
    await expectClose(server, [
      await helloWith(5, 0, 0),
      await helloWith(5, 0, 1),
      await helloWith(5, 9, 9, 8, 7, 6, 5, 4, 3, 2),
      await helloWith(5, 255, 1),
      await helloWith(5, 1, 0),
      await helloWith(5, 2, 1, 0),
      await helloWith(5, 2, 1, 1),
      await helloWith(5, 2, 1, 2),
      await helloWith(5, 1, 1, 1),
      await helloWith(5, 1, 1, 0, 0, 0, 0, 0, 0, 3),
    ]);
  });
});

Deno.test("row 20: a hello with version 2 alone is answered with alert 1 and closed", async () => {
  await underAttack(async ({ server }) => {
    for (const line of [await helloWith(5, 1, 2), await hello((plain) => versionTwoAlone(plain))]) {
      using peer = await RawPeer.connect(server);
      await peer.write(line);
      const alert = await open(publicKey, await peer.line() ?? "");
      deepStrictEqual(alert, encodeHeader({ type: HELLO_TYPE.alert, versions: [1], code: 1 }));
      await peer.expectSilentEnd();
    }
  });
});

/** Another version may have another layout behind the header. */
function versionTwoAlone(plain: Uint8Array): Uint8Array {
  return plain.with(6, 2).slice(0, 100);
}

Deno.test("row 21: a longer hello with versions 2 and 1 is accepted as version 1, up to 8,192 octets", async () => {
  await underAttack(async ({ server }) => {
    const tail = (octets: number) => (plain: Uint8Array) => {
      const longer = new Uint8Array(octets).fill(0x77);
      longer.set(plain);
      return longer;
    };
    for (const octets of [1_232, 1_233, 2_000, 6_079]) {
      const client = await ClientHandshake.start({ versions: [2, 1] });
      const line = await resealed(client.helloLine, tail(octets));
      ok(line.length <= 8_192);
      using peer = await RawPeer.connect(server);
      await peer.writeLine(line);
      const answer = await open(publicKey, await peer.line() ?? "");
      strictEqual(answer[14], 1);
      ok(await peer.line() !== null, "no server auth");
    }
    const tooLong = await resealed(
      (await ClientHandshake.start({ versions: [2, 1] })).helloLine,
      tail(6_095),
    );
    await expectClose(server, [`${tooLong}\n`]);
  });
});

Deno.test("row 22: a hello of version 1 that is one octet short or long is closed", async () => {
  await underAttack(async ({ server }) => {
    await expectClose(server, [
      await hello((plain) => plain.slice(0, -1)),
      await hello((plain) => Uint8Array.of(...plain, 0)),
      await hello((plain) => plain.slice(0, 16)),
      await hello((plain) => plain.slice(0, 15)),
      await hello(() => new Uint8Array()),
    ]);
  });
});

Deno.test("row 23: a hello with an X25519 share of low order is closed", async () => {
  await underAttack(async ({ server }) => {
    const shares = [
      "00".repeat(32),
      `01${"00".repeat(31)}`,
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      `ec${"ff".repeat(30)}7f`,
      `ed${"ff".repeat(30)}7f`,
      `ee${"ff".repeat(30)}7f`,
      // The same with the top bit that X25519 does not look at.
      `${"00".repeat(31)}80`,
      `ed${"ff".repeat(31)}`,
    ];
    const lines = shares.map((share) => helloWith(16, ...Uint8Array.fromHex(share)));
    await expectClose(server, await Promise.all(lines));
  });
});

Deno.test("row 24: a hello with an ML-KEM coefficient of 3329 or 4095 is closed", async () => {
  await underAttack(async ({ server }) => {
    // 12 bits, little-endian: two coefficients in three octets. The last ones of the 768 as well.
    const lines = [48, 48 + 1_149].flatMap((at) => [
      helloWith(at, 0x01, 0x0d, 0x00),
      helloWith(at, 0x00, 0x10, 0xd0),
      helloWith(at, 0xff, 0x0f, 0x00),
      helloWith(at, 0x00, 0xf0, 0xff),
    ]);
    await expectClose(server, await Promise.all(lines));
  });
});

Deno.test("row 25: the same hello twice in one connection: the second is no frame, and fatal", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.connect(server);
    const handshake = await ClientHandshake.start();
    await peer.write(`${handshake.helloLine}\n`.repeat(2));
    await peer.finish(handshake);
    await peer.expectFatal("bad_token");
  });
});

Deno.test("row 26: a recorded hello gets new shares, and the recorded first frame is fatal", async () => {
  await underAttack(async ({ server }) => {
    const handshake = await ClientHandshake.start();
    using first = await RawPeer.connect(server);
    await first.writeLine(handshake.helloLine);
    const shares = await sharesOf(await first.line());
    using again = await RawPeer.connect(server);
    await again.writeLine(handshake.helloLine);
    const newShares = await sharesOf(await again.line());
    notStrictEqual(shares.x25519, newShares.x25519);
    notStrictEqual(shares.mlkem, newShares.mlkem);

    // A whole client side, recorded and replayed.
    using honest = await RawPeer.connect(server);
    const honestHandshake = await ClientHandshake.start();
    await honest.writeLine(honestHandshake.helloLine);
    await honest.finish(honestHandshake);
    const frame = await honest.seal('{"t":"auth","user":"witness"}');
    await honest.writeLine(frame);
    strictEqual((await honest.frame())?.t, "auth");
    using replay = await RawPeer.connect(server);
    await replay.write(`${honestHandshake.helloLine}\n${frame}\n`);
    strictEqual((await replay.line())?.length, 1_612);
    strictEqual((await replay.line())?.length, 248);
    strictEqual((await replay.line())?.length, 440); // `bye`, which nobody can open
    await replay.expectSilentEnd();
  });
});

async function sharesOf(line: string | null): Promise<{ x25519: string; mlkem: string }> {
  const plain = await open(publicKey, line ?? "");
  return { x25519: plain.slice(16, 48).toHex(), mlkem: plain.slice(48).toHex() };
}

Deno.test("row 27: beside 60 handshakes at once, all abandoned, others can log in", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start();
    await Promise.all(Array.from({ length: 60 }, async () => {
      using peer = await RawPeer.connect(server);
      await peer.writeLine(helloLine);
    }));
    const began = performance.now();
    using user = await RawPeer.named(server, "user");
    strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
    ok(performance.now() - began < 3_000);
    await server.served(2);
    strictEqual(server.shared.strangers.size, 0);
  });
});

/** Takes all places of the gate, running and waiting, until the handle is disposed. */
function occupyGate(server: TestServer, places: number): AsyncDisposable {
  const free = Promise.withResolvers<void>();
  const held = Array.from({ length: places }, () => server.shared.gate.run(() => free.promise));
  return {
    [Symbol.asyncDispose]: async () => {
      free.resolve();
      await Promise.all(held);
    },
  };
}

Deno.test("row 28: while too many handshakes wait, a hello is answered with alert 2 and closed", async () => {
  await underAttack(async ({ server }) => {
    await using _gate = occupyGate(server, 5);
    using peer = await RawPeer.connect(server);
    await peer.writeLine((await ClientHandshake.start()).helloLine);
    const alert = await open(publicKey, await peer.line() ?? "");
    deepStrictEqual(alert, encodeHeader({ type: HELLO_TYPE.alert, versions: [1], code: 2 }));
    await peer.expectSilentEnd();
  }, { policy: { handshakesRunning: 2, handshakesWaiting: 3 } });
});

Deno.test("rows 15, 28: while too many handshakes wait, what is no hello still gets no octet", async () => {
  await underAttack(async ({ server }) => {
    await using _gate = occupyGate(server, 5);
    const { helloLine } = await ClientHandshake.start({ psk: new Uint8Array(32).fill(9) });
    await expectClose(server, ["GET / HTTP/1.1\r\n\r\n", `${helloLine}\n`]);
  }, { policy: { handshakesRunning: 2, handshakesWaiting: 3 } });
});

Deno.test("row 28: an address that connects too often is closed without an octet", async () => {
  await using server = await startTestServer({
    policy: { loopbackExempt: false, connectBurst: 5, connectPerSecond: 0.001 },
  });
  const { helloLine } = await ClientHandshake.start();
  for (let i = 0; i < 5; i++) {
    using peer = await RawPeer.connect(server);
    await peer.writeLine(helloLine);
    ok(await peer.line() !== null);
  }
  for (let i = 0; i < 50; i++) {
    using peer = await RawPeer.connect(server);
    await peer.writeLine(helloLine);
    await peer.expectSilentEnd();
  }
  await server.served(0);
  strictEqual(server.shared.strangers.size, 0);
});

Deno.test("row 28: an address has no more than its share of connections that are not logged in", async () => {
  await using server = await startTestServer({
    policy: { loopbackExempt: false, strangersPerAddress: 3 },
  });
  using user = await RawPeer.named(server, "user");
  using stack = new DisposableStack();
  for (let i = 0; i < 3; i++) stack.use(await RawPeer.connect(server));
  using fourth = await RawPeer.connect(server);
  await fourth.expectSilentEnd();
  // Who is logged in does not count, and goes on.
  strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
});

Deno.test("rows 15-24: the hellos of the vectors have the outcome that stands there", async () => {
  await underAttack(async ({ server }) => {
    let seen = 0;
    for (const { comment, error, line } of l1.hello_reject) {
      using peer = await RawPeer.connect(server);
      await peer.writeLine(line);
      if (error === "accepted") {
        strictEqual((await peer.line())?.length, 1_612, comment);
      } else if (error === "version") {
        strictEqual((await open(publicKey, await peer.line() ?? ""))[14], 1, comment);
        await peer.expectSilentEnd();
      } else {
        await peer.expectSilentEnd();
      }
      seen++;
    }
    strictEqual(seen, 27);
  });
});

Deno.test("row 39: every character of a client hello changed: never an answer", async () => {
  await underAttack(async ({ server }) => {
    const { helloLine } = await ClientHandshake.start();
    const tryAt = async (at: number) => {
      using peer = await RawPeer.connect(server);
      await peer.writeLine(withCharacterChanged(helloLine, at));
      await peer.expectSilentEnd();
    };
    for (let at = 0; at < helloLine.length; at += 12) {
      const some = Array.from({ length: Math.min(12, helloLine.length - at) }, (_, i) => at + i);
      await Promise.all(some.map(tryAt));
    }
  });
});

Deno.test("row 39: a client hello changed and sealed again never makes a session of two", async () => {
  await underAttack(async ({ server }) => {
    for (let at = 16; at < 1_232; at += 61) {
      using peer = await RawPeer.connect(server);
      const handshake = await ClientHandshake.start();
      const key = await open(publicKey, handshake.helloLine);
      await peer.writeLine(await seal(publicKey, key.with(at, (key[at] ?? 0) ^ 1)));
      const failure = await peer.finish(handshake).then(() => null, (error: Error) => error);
      ok(failure !== null, `octet ${at}`);
    }
  });
});
