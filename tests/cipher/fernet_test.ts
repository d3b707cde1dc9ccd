import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { generateKey, importKey, InvalidToken, open, seal } from "../../cipher/fernet.ts";
import generate from "../vectors/fernet/generate.json" with { type: "json" };
import invalid from "../vectors/fernet/invalid.json" with { type: "json" };
import verify from "../vectors/fernet/verify.json" with { type: "json" };
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const octets = (value: string) => new TextEncoder().encode(value);
const unix = (date: string) => Date.parse(date) / 1000;

for (const vector of generate) {
  Deno.test(`a token of "${vector.src}" is made as in the specification`, pure, async () => {
    const key = await importKey(vector.secret);
    const options = { now: unix(vector.now), iv: Uint8Array.from(vector.iv) };
    strictEqual(await seal(key, octets(vector.src), options), vector.token);
  });
}

for (const vector of verify) {
  Deno.test(`a token of "${vector.src}" opens as in the specification`, pure, async () => {
    const key = await importKey(vector.secret);
    const options = { ttl: vector.ttl_sec, now: unix(vector.now) };
    strictEqual(text(await open(key, vector.token, options)), vector.src);
  });
}

const reasons: Record<string, string> = {
  "incorrect mac": "mac",
  "too short": "length",
  "invalid base64": "encoding",
  "payload size not multiple of block size": "length",
  "payload padding error": "padding",
  "far-future TS (unacceptable clock skew)": "future",
  "expired TTL": "expired",
  "incorrect IV (causes padding error)": "padding",
};

for (const vector of invalid) {
  Deno.test(`a token does not open: ${vector.desc}`, pure, async () => {
    const key = await importKey(vector.secret);
    const options = { ttl: vector.ttl_sec, now: unix(vector.now) };
    await rejects(open(key, vector.token, options), {
      name: "InvalidToken",
      reason: reasons[vector.desc],
    });
  });
}

for (const vector of l1.token_reject) {
  Deno.test(`FTC1 token, ${vector.comment}: ${vector.error}`, pure, async () => {
    const key = await importKey(Uint8Array.fromHex(vector.key));
    if (vector.error === "accepted") {
      ok((await open(key, vector.token)).length > 0);
    } else {
      await rejects(open(key, vector.token), InvalidToken);
    }
  });
}

Deno.test("whatever is sealed opens again, whatever its time", pure, async () => {
  const key = await importKey(generateKey());
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.maxSafeNat(),
      async (message, now) => {
        deepStrictEqual(await open(key, await seal(key, message, { now })), message);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("any string opens or raises InvalidToken, never anything else", pure, async () => {
  const key = await importKey(generateKey());
  const base64 = fc.uint8Array({ maxLength: 200 }).map((bytes) =>
    bytes.toBase64({ alphabet: "base64url" })
  );
  const tokens = fc.uint8Array({ minLength: 72, maxLength: 200 }).map((bytes) =>
    Uint8Array.of(0x80, ...bytes.subarray(0, 8 + 16 * Math.floor((bytes.length - 8) / 16)))
      .toBase64({ alphabet: "base64url" })
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), base64, tokens), async (token) => {
      await rejects(open(key, token), InvalidToken);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a changed character anywhere in a token stops it from opening", pure, async () => {
  const key = await importKey(generateKey());
  const token = await seal(key, octets("hello"));
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "A" ? "B" : "A";
    await rejects(open(key, token.slice(0, at) + other + token.slice(at + 1)), InvalidToken);
  }
});

Deno.test("a token is good for its ttl and for 60 seconds of clock skew", pure, async () => {
  const key = await importKey(generateKey());
  const token = await seal(key, octets("hello"), { now: 1000 });
  strictEqual(text(await open(key, token, { ttl: 60, now: 1060 })), "hello");
  strictEqual(text(await open(key, token, { ttl: 60, now: 940 })), "hello");
  await rejects(open(key, token, { ttl: 60, now: 1061 }), { reason: "expired" });
  await rejects(open(key, token, { ttl: 60, now: 939 }), { reason: "future" });
});

Deno.test("without a time given, the clock is written and read", pure, async () => {
  const key = await importKey(generateKey());
  strictEqual(text(await open(key, await seal(key, octets("hello")), { ttl: 60 })), "hello");
});

Deno.test("two tokens of one message differ", pure, async () => {
  const key = await importKey(generateKey());
  const sealed = await Promise.all([1, 2].map(() => seal(key, octets("hello"), { now: 0 })));
  strictEqual(new Set(sealed).size, 2);
});

Deno.test("a key is 32 octets in 44 characters, new every time", pure, async () => {
  const key = generateKey();
  strictEqual(key.length, 44);
  ok(key !== generateKey());
  const { signing, encryption } = await importKey(key);
  strictEqual(signing.extractable || encryption.extractable, false);
});

Deno.test("a key of another length or spelling is refused", pure, async () => {
  await rejects(importKey(new Uint8Array(31)), {
    name: "RangeError",
    message: "Cannot import Fernet key: expected 32 octets, got 31",
  });
  await rejects(importKey(generateKey().slice(0, 43)), { name: "InvalidBase64Url" });
});

Deno.test("an iv or a time out of range is refused", pure, async () => {
  const key = await importKey(generateKey());
  await rejects(seal(key, octets("a"), { iv: new Uint8Array(15) }), RangeError);
  await rejects(seal(key, octets("a"), { now: -1 }), RangeError);
});

Deno.test("a message in shared memory is sealed as well", pure, async () => {
  const key = await importKey(generateKey());
  const message = new Uint8Array(new SharedArrayBuffer(5));
  message.set(octets("hello"));
  strictEqual(text(await open(key, await seal(key, message))), "hello");
});
