import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { decodePaddedBase64Url, encodePaddedBase64Url } from "../../cipher/base64url.ts";
import { concat } from "../../cipher/bytes.ts";
import { importKey, seal } from "../../cipher/fernet.ts";
import { openClientLink } from "../../transport/client_link.ts";
import { withCharacterChanged } from "../cipher/handshake_scene.ts";
import { FakeServer } from "../testing/fake_server.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import type { TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

const PING = '{"t":"ping","id":1}';

/** Makes what a logged-in peer writes; the connection must end with this reason. */
async function expectFatal(
  server: TestServer,
  options: {
    readonly user: string;
    readonly reason: string;
    readonly attack: (peer: RawPeer) => Promise<string | Uint8Array>;
  },
): Promise<void> {
  using peer = await RawPeer.named(server, options.user);
  // Not awaited: who sends without end is cut off while he still writes.
  void peer.write(await options.attack(peer));
  await peer.expectFatal(options.reason);
}

/** Seals under any key. */
async function sealedUnder(key: Uint8Array, plaintext: string): Promise<string> {
  return `${await seal(await importKey(key), new TextEncoder().encode(plaintext))}\n`;
}

Deno.test("row 41: a frame under a random key is fatal", async () => {
  await underAttack(async ({ server }) => {
    const key = crypto.getRandomValues(new Uint8Array(32));
    const attack = () => sealedUnder(key, PING);
    await expectFatal(server, { user: "eve", reason: "bad_token", attack });
  });
});

Deno.test("row 41: a frame under the key of the other direction is fatal", async () => {
  await underAttack(async ({ server }) => {
    const attack = async (peer: RawPeer) => await sealedUnder(peer.peekKey(), PING);
    await expectFatal(server, { user: "eve", reason: "bad_token", attack });
  });
});

Deno.test("row 41: a frame of another session is fatal", async () => {
  await underAttack(async ({ server }) => {
    using other = await RawPeer.named(server, "other");
    const attack = async () => `${await other.seal(PING)}\n`;
    await expectFatal(server, { user: "eve", reason: "bad_token", attack });
  });
});

Deno.test("row 42: a frame that is replayed is fatal after it has been answered once", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.named(server, "eve");
    await peer.write(`${await peer.seal(PING)}\n`.repeat(2));
    deepStrictEqual(await peer.frame(), { t: "pong", re: 1 });
    await peer.expectFatal("bad_token");
  });
});

Deno.test("row 42: a frame after one that was left out is fatal", async () => {
  await underAttack(async ({ server }) => {
    const attack = async (peer: RawPeer) => {
      await peer.seal(PING);
      return `${await peer.seal(PING)}\n`;
    };
    await expectFatal(server, { user: "eve", reason: "bad_token", attack });
  });
});

Deno.test("row 42: two frames that are swapped are fatal", async () => {
  await underAttack(async ({ server }) => {
    const attack = async (peer: RawPeer) => {
      const [first, second] = [await peer.seal(PING), await peer.seal(PING)];
      return `${second}\n${first}\n`;
    };
    await expectFatal(server, { user: "eve", reason: "bad_token", attack });
  });
});

Deno.test("row 43: a frame that was cut by a character, or changed in one, is fatal", async () => {
  await underAttack(async ({ server }) => {
    const attacks: ((line: string) => string)[] = [
      (line) => line.slice(0, -1),
      (line) => line.slice(1),
      (line) => line.slice(0, 200) + line.slice(201),
      (line) => `${line}A`,
      (line) => `${line} `,
      (line) => `${line}\r`,
      (line) => withCharacterChanged(line, 7),
      (line) => withCharacterChanged(line, 300),
    ];
    for (const [i, change] of attacks.entries()) {
      const attack = async (peer: RawPeer) => `${change(await peer.seal(PING.padEnd(256)))}\n`;
      await expectFatal(server, { user: `eve${i}`, reason: "bad_token", attack });
    }
  });
});

Deno.test("row 43: an empty line or clear text between frames is fatal", async () => {
  await underAttack(async ({ server }) => {
    for (const [i, line] of ["\n", `${PING}\n`, "\0\n", "\ufeff\n"].entries()) {
      const attack = async (peer: RawPeer) => `${line}${await peer.seal(PING)}\n`;
      await expectFatal(server, { user: `eve${i}`, reason: "bad_token", attack });
    }
  });
});

/** Builds a token by hand: whatever is inside, its MAC is right. */
async function forged(
  key: Uint8Array,
  parts: { readonly version: number; readonly ciphertext: Uint8Array },
): Promise<string> {
  const head = concat(Uint8Array.of(parts.version), new Uint8Array(8), new Uint8Array(16));
  const signed = concat(head, parts.ciphertext);
  const raw = new Uint8Array(key.subarray(0, 16));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const signing = await crypto.subtle.importKey("raw", raw, hmac, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", signing, new Uint8Array(signed));
  return `${encodePaddedBase64Url(concat(signed, new Uint8Array(mac)))}\n`;
}

Deno.test("row 44: broken PKCS7, version 0x81 and no ciphertext under a right MAC are one error", async () => {
  await underAttack(async ({ server }) => {
    const block = new Uint8Array(16).fill(3);
    const version = await seal(await importKey(new Uint8Array(32)), new Uint8Array(16));
    const ciphertext = decodePaddedBase64Url(version).slice(25, -32);
    const attacks = [
      { version: 0x80, ciphertext: block },
      { version: 0x80, ciphertext: concat(block, block) },
      { version: 0x81, ciphertext },
      { version: 0x80, ciphertext: new Uint8Array() },
      { version: 0x80, ciphertext: block.subarray(0, 15) },
    ];
    for (const [i, parts] of attacks.entries()) {
      const attack = async (peer: RawPeer) =>
        await forged(await peer.session.sending.next(), parts);
      await expectFatal(server, { user: `eve${i}`, reason: "bad_token", attack });
    }
  });
});

Deno.test("row 45: frames with the time 0 and of the year 36812 are accepted", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.named(server, "user");
    for (const now of [0, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      await peer.writeLine(await peer.seal(PING, { now }));
      deepStrictEqual(await peer.frame(), { t: "pong", re: 1 });
    }
  });
});

Deno.test("row 46: a frame without padding, and one of exactly 65,536 octets, are accepted", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.named(server, "user");
    for (const length of [PING.length, PING.length + 1, 257, 65_535, 65_536]) {
      await peer.sendPlain(PING.padEnd(length));
      deepStrictEqual(await peer.frame(), { t: "pong", re: 1 });
    }
  });
});

Deno.test("row 47: a plaintext over 65,536 octets is fatal, also where its line is not too long", async () => {
  await underAttack(async ({ server }) => {
    for (const [i, length] of [65_537, 65_551].entries()) {
      const attack = async (peer: RawPeer) => {
        const line = await peer.seal(PING.padEnd(length));
        strictEqual(line.length, 87_480);
        return `${line}\n`;
      };
      await expectFatal(server, { user: `eve${i}`, reason: "bad_frame", attack });
    }
  });
});

Deno.test("row 47: a line over the limit, and one without end, are fatal", async () => {
  await underAttack(async ({ server }) => {
    const attacks = [
      async (peer: RawPeer) => `${await peer.seal(PING.padEnd(65_552))}\n`,
      () => Promise.resolve("A".repeat(87_481)),
      () => Promise.resolve("A".repeat(4 * 1_048_576)),
    ];
    for (const [i, attack] of attacks.entries()) {
      await expectFatal(server, { user: `eve${i}`, reason: "line_too_long", attack });
    }
  });
});

Deno.test("row 48: before the login a line over 8,192 octets is fatal, one below is not", async () => {
  await underAttack(async ({ server }) => {
    const auth = '{"t":"auth","user":"witness"}';
    using peer = await RawPeer.handshaken(server);
    const longest = await peer.seal(auth.padEnd(6_079));
    ok(longest.length <= 8_192 && longest.length > 8_170);
    await peer.writeLine(longest);
    strictEqual((await peer.frame())?.["known"], true);
    using eve = await RawPeer.handshaken(server);
    await eve.sendPlain(auth.padEnd(6_096));
    await eve.expectFatal("line_too_long");
  });
});

Deno.test("row 49: 150 frames in one segment are all answered, in order", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.named(server, "user");
    const ids = Array.from({ length: 150 }, (_, i) => i);
    await peer.send(...ids.map((id): Frame => ({ t: "ping", id })));
    for (const id of ids) deepStrictEqual(await peer.frame(), { t: "pong", re: id });
  });
});

Deno.test("row 50: frames over the border of a key block work, in both directions", async () => {
  await underAttack(async ({ server }) => {
    using peer = await RawPeer.named(server, "user");
    // One at a time: each answer is a frame of its own.
    for (let id = 0; id < 130; id++) {
      deepStrictEqual(await peer.ask({ t: "ping", id }), { t: "pong", re: id });
    }
    ok(peer.session.sending.index > 129);
    ok(peer.session.receiving.index > 129);
  });
});

Deno.test("row 51: a server that sends 1 MiB without line feed is refused: line_too_long", async () => {
  for (const when of ["before the hello", "after the login"] as const) {
    await using server = new FakeServer(async (peer) => {
      if (when === "after the login") await peer.answerHello();
      await peer.write("A".repeat(1_048_576));
    });
    const conn = await server.connect();
    if (when === "before the hello") {
      await rejects(openClientLink(conn), { name: "LinkError", code: "line_too_long" });
    } else {
      const link = await openClientLink(conn);
      link.open();
      await rejects(link.receive().next(), { name: "LinkError", code: "line_too_long" });
      link.abort();
    }
  }
});

Deno.test("row 52: an end without bye at the server: the state of the session is freed", async () => {
  await underAttack(async ({ server, witness }) => {
    const endings: ((peer: RawPeer) => Promise<void> | void)[] = [
      (peer) => peer.closeWrite(),
      (peer) => peer[Symbol.dispose](),
      // In the middle of a line.
      (peer) => peer.write("gAAAAA").then(() => peer.closeWrite()),
    ];
    for (const [i, end] of endings.entries()) {
      using peer = await RawPeer.named(server, `user${i}`);
      await witness.next("joined");
      await end(peer);
      await server.served(1);
      strictEqual(server.shared.links.size, 1);
      strictEqual(server.shared.service.presence.count(`user${i}`), 0);
    }
    strictEqual(server.shared.strangers.size, 0);
  });
});

Deno.test("row 52: an end without bye at the client is truncated", async () => {
  await using server = new FakeServer(async (peer) => {
    await peer.answerHello();
    peer.end();
  });
  const link = await openClientLink(await server.connect());
  await rejects(link.receive().next(), { name: "LinkError", code: "truncated" });
  link.abort();
});

Deno.test("row 53: frames after bye are ignored; bye is answered and the connection closed", async () => {
  await underAttack(async ({ server, witness }) => {
    using peer = await RawPeer.named(server, "user");
    const send = { t: "send", id: "late", to: "lobby", body: "too late" };
    await peer.send({ t: "bye" }, send, { t: "ping", id: 1 });
    deepStrictEqual(await peer.frame(), { t: "bye" });
    await peer.expectSilentEnd();
    await server.served(1);
    const history = await witness.request({ t: "history", id: 1, limit: 10 });
    deepStrictEqual(history["entries"], []);
  });
});
