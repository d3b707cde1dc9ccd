import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import type { TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

/** Sends each plaintext in a session of its own, which it must end: before the login and after it. */
async function expectBadFrame(
  server: TestServer,
  plaintexts: readonly (string | Uint8Array)[],
): Promise<void> {
  for (const [i, plaintext] of plaintexts.entries()) {
    using user = await RawPeer.named(server, `eve${i}`);
    await user.sendPlain(plaintext);
    await user.expectFatal("bad_frame");
    if (plaintext.length > 6_000) continue; // too long for a line before the login
    using stranger = await RawPeer.handshaken(server);
    await stranger.sendPlain(plaintext);
    await stranger.expectFatal("bad_frame");
  }
  await server.served(1);
}

const utf8 = new TextEncoder();

Deno.test("row 54: what is not one JSON object is fatal", async () => {
  await underAttack(async ({ server }) => {
    await expectBadFrame(server, [
      "",
      " ".repeat(256),
      "\n",
      "[]",
      '[{"t":"ping"}]',
      "1",
      "null",
      "true",
      '"ping"',
      '{"t":"ping"} {"t":"ping"}',
      '{"t":"ping"}{"t":"ping"}',
      '{"t":"ping"},',
      '{"t":"ping"',
    ]);
  });
});

Deno.test("row 55: an object without a type that is a string is fatal", async () => {
  await underAttack(async ({ server }) => {
    await expectBadFrame(server, [
      "{}",
      '{"T":"ping"}',
      '{"t":1}',
      '{"t":null}',
      '{"t":{}}',
      '{"t":["ping"]}',
      '{"__proto__":{"t":"ping"}}',
    ]);
  });
});

Deno.test("row 56: a byte order mark, invalid UTF-8, UTF-16 and a zero octet are fatal", async () => {
  await underAttack(async ({ server }) => {
    const ping = '{"t":"ping","id":"x"}';
    const withOctet = (octets: number[]) => {
      const [before = "", after = ""] = ping.split("x");
      return Uint8Array.of(...utf8.encode(before), ...octets, ...utf8.encode(after));
    };
    const utf16 = new Uint8Array(new Uint16Array([...ping].map((c) => c.charCodeAt(0))).buffer);
    await expectBadFrame(server, [
      `\ufeff${ping}`,
      utf16,
      Uint8Array.of(0xff, 0xfe, ...utf16),
      withOctet([0xff]),
      withOctet([0xc0, 0xaf]),
      withOctet([0xed, 0xa0, 0x80]),
      withOctet([0xf4, 0x90, 0x80, 0x80]),
      withOctet([0xc3]),
      `${ping}\0`,
      `\0${ping}`,
    ]);
  });
});

Deno.test("row 57: lone surrogates, raw control characters and what JSON does not know are fatal", async () => {
  await underAttack(async ({ server }) => {
    await expectBadFrame(server, [
      '{"t":"ping","id":"\\ud800"}',
      '{"t":"ping","id":"\\udc00\\ud800"}',
      '{"t":"ping","\\ud800":1}',
      '{"t":"ping","x":[[{"y":"\\udfff"}]]}',
      '{"t":"\\ud800"}',
      '{"t":"ping","id":"a\tb"}',
      '{"t":"ping","id":"a\nb"}',
      '{"t":"ping","id":NaN}',
      '{"t":"ping","id":Infinity}',
      '{"t":"ping","id":-Infinity}',
      '{"t":"ping","id":1,}',
      "{'t':'ping'}",
      '{t:"ping"}',
      '{"t":"ping","id":01}',
      '{"t":"ping"/* */}',
    ]);
  });
});

Deno.test("row 58: 17 levels of nesting and more are fatal, and nothing is stored", async () => {
  await underAttack(async ({ server, witness }) => {
    const send = '{"t":"send","id":"1","to":"lobby","body":"deep","x":';
    await expectBadFrame(server, [
      `${send}${"[".repeat(16)}${"]".repeat(16)}}`,
      `${send}${'{"a":'.repeat(16)}1${"}".repeat(16)}}`,
      `${send}${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      "[".repeat(60_000),
      '{"t":'.repeat(10_000),
    ]);
    const history = await witness.request({ t: "history", id: 1, limit: 10 });
    deepStrictEqual(history["entries"], []);
  });
});

Deno.test("row 58: 16 levels of nesting pass, and brackets in strings do not count", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    await user.sendPlain(`{"t":"ping","id":1,"x":${"[".repeat(15)}${"]".repeat(15)}}`);
    deepStrictEqual(await user.frame(), { t: "pong", re: 1 });
    const text = '["\\'.repeat(5_000);
    await user.sendPlain(`{"t":"ping","id":2,"x":${JSON.stringify(text)}}`);
    deepStrictEqual(await user.frame(), { t: "pong", re: 2 });
  });
});

Deno.test("row 59: keys that reach for the prototype are ignored", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const attacks = [
      '"__proto__":{"polluted":1,"t":"bye"}',
      '"constructor":{"prototype":{"polluted":1}}',
      '"prototype":{"polluted":1}',
      '"hasOwnProperty":1,"toString":null,"valueOf":2',
    ];
    for (const [id, fields] of attacks.entries()) {
      await user.sendPlain(`{"t":"ping","id":${id},${fields}}`);
      deepStrictEqual(await user.frame(), { t: "pong", re: id });
    }
    strictEqual("polluted" in {}, false);
  });
});

Deno.test("row 60: a frame of unknown type is answered with unknown_type", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const types = ["", "Ping", "ping ", "__proto__", "toString", "constructor", "x".repeat(5_000)];
    for (const [id, t] of [...types, "batch", "welcome", "message", "error"].entries()) {
      const answer = await user.request({ t, id });
      strictEqual(answer.t, "error", t);
      strictEqual(answer["code"], "unknown_type", t);
    }
  });
});

Deno.test("row 60: before the login a frame of unknown type is fatal", async () => {
  await underAttack(async ({ server }) => {
    for (const t of ["__proto__", "toString", "hello", "x".repeat(5_000)]) {
      using stranger = await RawPeer.handshaken(server);
      await stranger.send({ t });
      await stranger.expectFatal("bad_state");
    }
  });
});

Deno.test("row 61: of equal keys the last one counts, and what is told is written anew", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    await user.sendPlain(
      '{"t":"ping","t":"send","id":"a","id":"b","to":"nobody","to":"lobby",' +
        '"body":"no","body":"yes","from":"witness","at":5,"x":{"y":1}}',
    );
    const ack = await user.next("ack");
    strictEqual(ack["re"], "b");
    const { id, at } = ack;
    deepStrictEqual(await witness.next("message"), {
      t: "message",
      id,
      at,
      conversation: "lobby",
      kind: "lobby",
      to: "lobby",
      from: "user",
      body: "yes",
    });
  });
});

Deno.test("row 62: an id that cannot be one is refused, and not echoed", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const bad = ["{}", "[1]", "null", "true", "1.5", "9007199254740992", "-9007199254740992"];
    const long = JSON.stringify("x".repeat(65));
    for (const id of [...bad, "1e400", "-1e400", '""', long]) {
      for (const rest of ['"names"', '"history","limit":1', '"ping"', '"nonsense"']) {
        await user.sendPlain(`{"id":${id},"t":${rest}}`);
        const code = rest === '"nonsense"' ? "unknown_type" : "bad_request";
        const { msg, ...answer } = await user.frame() ?? { t: "nothing" };
        strictEqual(typeof msg, "string");
        deepStrictEqual(answer, { t: "error", code });
      }
    }
  });
});

Deno.test("row 62: ids at the borders are echoed as they are", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const good: Frame["id"][] = [0, -1, 2 ** 53 - 1, 1 - 2 ** 53, "a", "x".repeat(64), "\0"];
    for (const id of good) {
      deepStrictEqual(await user.ask({ t: "ping", id }), { t: "pong", re: id });
    }
    await user.sendPlain('{"t":"ping","id":-0}');
    deepStrictEqual(await user.frame(), { t: "pong", re: 0 });
  });
});

Deno.test("row 62: an id that is a number is no message id", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const answer = await user.request({ t: "send", id: 1, to: "lobby", body: "hi" });
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"]);
  });
});
