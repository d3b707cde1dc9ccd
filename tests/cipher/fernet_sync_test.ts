import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { decodePaddedBase64Url } from "../../cipher/base64url.ts";
import { importKey, InvalidToken, open, seal } from "../../cipher/fernet.ts";
import { openSync, sealSync } from "../../cipher/fernet_sync.ts";
import { frameCipher, frameCipherBySize, webFrameCipher } from "../../cipher/frame_cipher.ts";
import generate from "../vectors/fernet/generate.json" with { type: "json" };
import invalid from "../vectors/fernet/invalid.json" with { type: "json" };
import verify from "../vectors/fernet/verify.json" with { type: "json" };
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const octets = (value: string) => new TextEncoder().encode(value);
const unix = (date: string) => Date.parse(date) / 1000;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

for (const vector of generate) {
  Deno.test(
    `without waiting: a token of "${vector.src}" is made as in the specification`,
    pure,
    () => {
      const key = decodePaddedBase64Url(vector.secret);
      const options = { now: unix(vector.now), iv: Uint8Array.from(vector.iv) };
      strictEqual(sealSync(key, octets(vector.src), options), vector.token);
    },
  );
}

for (const vector of verify) {
  Deno.test(
    `without waiting: a token of "${vector.src}" opens as in the specification`,
    pure,
    () => {
      const key = decodePaddedBase64Url(vector.secret);
      const options = { ttl: vector.ttl_sec, now: unix(vector.now) };
      strictEqual(text(openSync(key, vector.token, options)), vector.src);
    },
  );
}

/** The check that a token fails, or "accepted". */
function failing(action: () => unknown): string {
  try {
    action();
    return "accepted";
  } catch (error) {
    ok(error instanceof InvalidToken, String(error));
    return error.reason;
  }
}

/** As `failing`. */
async function failingLater(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "accepted";
  } catch (error) {
    ok(error instanceof InvalidToken, String(error));
    return error.reason;
  }
}

for (const vector of invalid) {
  Deno.test(`without waiting: a token does not open: ${vector.desc}`, pure, async () => {
    const options = { ttl: vector.ttl_sec, now: unix(vector.now) };
    const reason = failing(() =>
      openSync(decodePaddedBase64Url(vector.secret), vector.token, options)
    );
    ok(reason !== "accepted");
    const key = await importKey(vector.secret);
    strictEqual(reason, await failingLater(open(key, vector.token, options)));
  });
}

for (const vector of l1.token_reject) {
  Deno.test(`without waiting: FTC1 token, ${vector.comment}: ${vector.error}`, pure, async () => {
    const key = Uint8Array.fromHex(vector.key);
    const reason = failing(() => openSync(key, vector.token));
    strictEqual(reason === "accepted", vector.error === "accepted");
    strictEqual(reason, await failingLater(open(await importKey(key), vector.token)));
  });
}

Deno.test("both implementations make the same token of the same octets", pure, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.maxSafeNat(),
      async (message, now) => {
        const key = random(32);
        const options = { now, iv: random(16) };
        const token = sealSync(key, message, options);
        strictEqual(token, await seal(await importKey(key), message, options));
        deepStrictEqual(openSync(key, token), message);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test(
  "without waiting: a changed character anywhere in a token stops it from opening",
  pure,
  () => {
    const key = random(32);
    const token = sealSync(key, octets("hello"));
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      throws(
        () => openSync(key, token.slice(0, at) + other + token.slice(at + 1)),
        InvalidToken,
      );
    }
  },
);

Deno.test("without waiting: a key, a time or an iv that cannot be is refused", pure, () => {
  throws(() => sealSync(random(31), octets("hello")), RangeError);
  throws(() => openSync(random(33), sealSync(random(32), octets("hello"))), RangeError);
  throws(() => sealSync(random(32), octets("hello"), { now: -1 }), RangeError);
  throws(() => sealSync(random(32), octets("hello"), { now: 2 ** 53 }), RangeError);
  throws(() => sealSync(random(32), octets("hello"), { iv: random(15) }), RangeError);
});

Deno.test("frames of every size are the same to whatever seals and opens them", pure, async () => {
  const ciphers = [frameCipher, webFrameCipher, frameCipherBySize(0), frameCipherBySize(65_536)];
  for (const length of [0, 255, 256, 257, 8_191, 8_192, 8_193, 65_536]) {
    const plaintext = random(length);
    const key = random(32);
    for (const sealing of ciphers) {
      const token = await sealing.seal(key, plaintext);
      for (const opening of ciphers) deepStrictEqual(await opening.open(key, token), plaintext);
    }
  }
});

Deno.test(
  "frames that do not open do so with the same error whatever their size",
  pure,
  async () => {
    for (const length of [256, 65_536]) {
      for (const cipher of [frameCipher, webFrameCipher]) {
        const token = await cipher.seal(random(32), random(length));
        await rejects(async () => await cipher.open(random(32), token), { reason: "mac" });
      }
    }
  },
);
