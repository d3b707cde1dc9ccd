import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { concat, label, utf8 } from "../../cipher/bytes.ts";
import { importEd25519, signEd25519 } from "../../cipher/ed25519.ts";
import { importMessageKey } from "../../cipher/epoch_key.ts";
import { type FernetKey, generateKey, importKey, open, seal } from "../../cipher/fernet.ts";
import {
  BadMessage,
  isMessageToken,
  type MessageFields,
  openMessage,
  sealMessage,
  tokenHash,
  verifyMessage,
} from "../../cipher/message.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { epochVector, identityIn, messageFieldsOf, people, team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;

function keyOf(epoch: number): Promise<FernetKey> {
  const { key, record_sha256 } = epochVector(epoch);
  return importMessageKey(Uint8Array.fromHex(key), Uint8Array.fromHex(record_sha256));
}

for (const [at, vector] of l2.group.messages.entries()) {
  const title = `message ${at}, of ${vector.sender} in epoch ${vector.epoch}`;

  Deno.test(`${title} is sealed as in the vectors`, pure, async () => {
    const { signKey } = await identityIn(epochVector(vector.epoch), vector.sender);
    const token = await sealMessage(await keyOf(vector.epoch), await messageFieldsOf(vector), {
      signKey,
      now: l2.timestamp,
      iv: Uint8Array.fromHex(vector.iv),
    });
    strictEqual(token, vector.token);
  });

  Deno.test(`${title} is opened and verified`, pure, async () => {
    const message = await openMessage(await keyOf(vector.epoch), vector.token);
    const { type, signed, signature, ...fields } = message;
    deepStrictEqual(fields, await messageFieldsOf(vector));
    strictEqual(type, 1);
    strictEqual(signature.length, 64);
    const { ed25519: publicKey } = await identityIn(epochVector(vector.epoch), vector.sender);
    strictEqual(await verifyMessage(message, { publicKey }), true);
    strictEqual(await verifyMessage({ ...message, signed: signed.slice(1) }, { publicKey }), false);
  });

  Deno.test(`${title} has the form of a token`, pure, () => {
    strictEqual(isMessageToken(vector.token), true);
  });
}

Deno.test("the link of each answer is the hash of the message before it", pure, async () => {
  let answers = 0;
  for (const [at, { epoch, link }] of l2.group.messages.entries()) {
    const before = l2.group.messages[at - 1];
    const isAnswer = before !== undefined && before.epoch === epoch;
    if (isAnswer) answers++;
    strictEqual(link, isAnswer ? (await tokenHash(before.token)).toHex() : "0".repeat(64));
  }
  strictEqual(answers, 5);
});

Deno.test(
  "row 109: a message of another epoch, so of another conversation, does not open",
  pure,
  async () => {
    for (const vector of l2.group.messages) {
      for (const { epoch } of l2.group.epochs) {
        const opened = openMessage(await keyOf(epoch), vector.token);
        if (epoch === vector.epoch) strictEqual((await opened).epoch, epoch);
        else await rejects(opened, { name: "BadMessage", reason: "token" });
      }
    }
  },
);

Deno.test(
  "row 109: a message names the conversation it was sealed for, whatever key it is under",
  pure,
  async () => {
    const { key, fields, signKey } = await scene();
    const token = await sealMessage(key, { ...fields, conversation: new Uint8Array(32) }, {
      signKey,
    });
    deepStrictEqual((await openMessage(key, token)).conversation, new Uint8Array(32));
  },
);

/** What alice needs to send in epoch 0. */
async function scene(change: Partial<MessageFields> = {}) {
  const { signKey, ed25519, fingerprint } = await identityIn(epochVector(0), "alice");
  const fields: MessageFields = {
    conversation: team,
    epoch: 0,
    device: 7,
    n: 1,
    link: new Uint8Array(32),
    time: 0,
    sender: "alice",
    senderFingerprint: fingerprint,
    body: utf8("hello"),
    ...change,
  };
  return { key: await keyOf(0), fields, signKey, publicKey: ed25519 };
}

Deno.test("row 109: a message with its sender swapped is nobody's", pure, async () => {
  const { key, fields, signKey } = await scene();
  const bob = await identityIn(epochVector(0), "bob");
  const forged = { ...fields, sender: "bob", senderFingerprint: bob.fingerprint };
  const message = await openMessage(key, await sealMessage(key, forged, { signKey }));
  strictEqual(message.sender, "bob");
  strictEqual(await verifyMessage(message, { publicKey: bob.ed25519 }), false);
});

Deno.test(
  "row 109: a message from a removed member opens with the old key only",
  pure,
  async () => {
    const { user, ed25519: publicKey, signKey, fingerprint } = await identityIn(
      epochVector(1),
      "bob",
    );
    const fields = {
      ...(await scene()).fields,
      epoch: 2,
      sender: user,
      senderFingerprint: fingerprint,
    };
    const token = await sealMessage(await keyOf(1), fields, { signKey });
    await rejects(openMessage(await keyOf(2), token), { name: "BadMessage", reason: "token" });
    const message = await openMessage(await keyOf(1), token);
    strictEqual(await verifyMessage(message, { publicKey }), true);
    // The signature is his; that epoch 2 does not list him is what the reader sees.
    strictEqual(epochVector(2).members.some(({ user }) => user === message.sender), false);
  },
);

Deno.test("row 109: a replayed message says so by its device and n", pure, async () => {
  const { key, fields, signKey } = await scene({ device: 0xffffffff, n: 2 ** 53 - 1 });
  const tokens = [
    await sealMessage(key, fields, { signKey }),
    await sealMessage(key, fields, { signKey }),
  ];
  notDeepStrictEqual(tokens[0], tokens[1]);
  for (const token of tokens) {
    const { device, n } = await openMessage(key, token);
    deepStrictEqual([device, n], [0xffffffff, 2 ** 53 - 1]);
  }
});

Deno.test("carol's message in epoch 3 is by her new key, and by no other", pure, async () => {
  const vector = l2.group.messages.find(({ epoch, sender }) => epoch === 3 && sender === "carol");
  const message = await openMessage(await keyOf(3), vector?.token ?? "");
  const valid = await Promise.all((await people()).map(async ({ user, ed25519 }) => {
    return [user, await verifyMessage(message, { publicKey: ed25519 })];
  }));
  deepStrictEqual(valid, [["alice", false], ["bob", false], ["carol", false], ["carol", true]]);
});

Deno.test("row 109: a message signed as something else is nobody's", pure, async () => {
  const { key, fields, signKey, publicKey } = await scene();
  const message = await openMessage(key, await sealMessage(key, fields, { signKey }));
  for (const text of [message.signed, concat(label("ftc1 epoch"), message.signed)]) {
    const signature = await signEd25519(signKey, text);
    strictEqual(await verifyMessage({ ...message, signature }, { publicKey }), false);
  }
  strictEqual(await verifyMessage(message, { publicKey: new Uint8Array(32) }), false);
  strictEqual(await verifyMessage(message, { publicKey }), true);
});

const nAt = 6 + 32 + 4 + 4;
const senderAt = nAt + 8 + 32 + 8;
const lengthAt = senderAt + 1 + "alice".length + 32;
const endAt = lengthAt + 2 + "hello".length + 64;
const forgeries = [
  ["magic", 0, [0x47], "layout"],
  ["version", 4, [2], "layout"],
  ["the unknown type 0", 5, [0], "layout"],
  ["the unknown type 2", 5, [2], "layout"],
  ["n of zero", nAt, [0, 0, 0, 0, 0, 0, 0, 0], "layout"],
  ["n beyond 2^53", nAt, [0, 0x20], "layout"],
  ["time beyond 2^53", senderAt - 8, [0x80], "layout"],
  ["no sender", senderAt, [0], "layout"],
  ["sender in capitals", senderAt + 1, [0x41], "layout"],
  ["sender not UTF-8", senderAt + 1, [0xff], "layout"],
  ["sender beyond the end", senderAt, [255], "layout"],
  ["body length beyond the end", lengthAt, [0xff, 0xff], "layout"],
  ["body length one beyond the end", lengthAt, [0, 256 - lengthAt - 2 - 64 + 1], "layout"],
  ["body length two less, so that the signature ends in the padding", lengthAt, [0, 3], "padding"],
  ["first octet of the padding", endAt, [1], "padding"],
  ["last octet of the padding", 255, [1], "padding"],
] as const;

/** A message of alice's as octets, before it is sealed. */
async function plaintext(): Promise<{ key: FernetKey; bytes: Uint8Array }> {
  const { key, fields, signKey } = await scene();
  return { key, bytes: await open(key, await sealMessage(key, fields, { signKey })) };
}

for (const [what, at, octets, reason] of forgeries) {
  Deno.test(`row 109: a message is refused: ${what}`, pure, async () => {
    const { key, bytes } = await plaintext();
    strictEqual(bytes.length, 256);
    bytes.set(octets, at);
    await rejects(openMessage(key, await seal(key, bytes)), { name: "BadMessage", reason });
  });
}

Deno.test("row 109: a message sealed again without a change opens", pure, async () => {
  const { key, bytes } = await plaintext();
  strictEqual((await openMessage(key, await seal(key, bytes))).sender, "alice");
});

Deno.test("row 109: a message padded to another length than 256·2^k is refused", pure, async () => {
  const { key, bytes } = await plaintext();
  const pad = (length: number) => concat(bytes, new Uint8Array(16_384 * 2)).slice(0, length);
  for (const length of [endAt, 255, 257, 272, 768, 16_383, 32_768]) {
    const token = await seal(key, pad(length));
    await rejects(openMessage(key, token), { name: "BadMessage", reason: "padding" }, `${length}`);
  }
  // More than is needed is allowed: a sender may hide how short a text is.
  for (const length of [512, 16_384]) ok(await openMessage(key, await seal(key, pad(length))));
});

Deno.test(
  "a message is padded to the smallest power of two it fits, 256 to 16,384",
  pure,
  async () => {
    const overhead = endAt - "hello".length;
    const sizes = [[0, 256], [256 - overhead, 256], [257 - overhead, 512], [
      16_000,
      16_384,
    ]] as const;
    for (const [length, size] of [...sizes, [16_384 - overhead, 16_384] as const]) {
      const { key, fields, signKey } = await scene({ body: new Uint8Array(length).fill(0x61) });
      const token = await sealMessage(key, fields, { signKey });
      strictEqual((await open(key, token)).length, size);
      strictEqual(isMessageToken(token), true);
      deepStrictEqual((await openMessage(key, token)).body, fields.body);
    }
  },
);

Deno.test("a text of 16,000 octets fits with the longest name", pure, async () => {
  const { key, fields, signKey } = await scene({
    sender: "a".repeat(32),
    body: new Uint8Array(16_000).fill(0x61),
  });
  strictEqual((await sealMessage(key, fields, { signKey })).length, 21_944);
});

const wrongFields: readonly (readonly [string, Partial<MessageFields>])[] = [
  ["a short id", { conversation: new Uint8Array(31) }],
  ["a short link", { link: new Uint8Array(31) }],
  ["a long fingerprint", { senderFingerprint: new Uint8Array(33) }],
  ["a device of 33 bits", { device: 2 ** 32 }],
  ["an epoch before the first", { epoch: -1 }],
  ["n of zero", { n: 0 }],
  ["a time before 1970", { time: -1 }],
  ["a sender in capitals", { sender: "Alice" }],
  ["one octet more than fits", { body: new Uint8Array(16_384 - (endAt - 5) + 1) }],
  ["a body of 65,536 octets", { body: new Uint8Array(65_536) }],
];

for (const [what, change] of wrongFields) {
  Deno.test(`a message is not sealed: ${what}`, pure, async () => {
    const { key, fields, signKey } = await scene(change);
    await rejects(sealMessage(key, fields, { signKey }), RangeError);
  });
}

Deno.test(
  "the form of a token is one of seven lengths, in one spelling, of Fernet",
  pure,
  async () => {
    const key = await importKey(generateKey());
    const lengths = new Set<number>();
    for (let k = 0; k <= 6; k++) {
      const token = await seal(key, new Uint8Array(256 * 2 ** k));
      strictEqual(isMessageToken(token), true);
      lengths.add(token.length);
    }
    deepStrictEqual([...lengths], [440, 780, 1464, 2828, 5560, 11_020, 21_944]);
    for (const length of [0, 32, 240, 255, 272, 768, 32_768]) {
      // 240 to 255 octets make the same number of blocks; 256 make one more.
      strictEqual(isMessageToken(await seal(key, new Uint8Array(length))), false, `${length}`);
    }
  },
);

Deno.test("a text that is not a token does not have its form", pure, async () => {
  const token = l2.group.messages[0]?.token ?? "";
  const broken = [
    "",
    "hello",
    "a".repeat(440),
    token.slice(1),
    token + "\n",
    " " + token.slice(1),
    token.replaceAll("=", ""),
    token.slice(0, -2) + "==",
    token.replace(/.=$/, "_="),
    token.replaceAll("-", "+"),
    "B" + token.slice(1),
    "ä" + token.slice(1),
    token.repeat(100),
  ];
  for (const text of broken) strictEqual(isMessageToken(text), false, text.slice(0, 20));
  strictEqual(isMessageToken(token), true);
  const key = await keyOf(0);
  for (const text of broken) await rejects(openMessage(key, text), { reason: "token" });
});

Deno.test(
  "whatever is sealed has the form of a token, opens as it was and is verified",
  pure,
  async () => {
    const { privateKey: signKey, publicKey } = await importEd25519(new Uint8Array(32).fill(7));
    const key = await importKey(generateKey());
    const octets = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const messages: fc.Arbitrary<MessageFields> = fc.record({
      conversation: octets,
      epoch: fc.nat({ max: 2 ** 32 - 1 }),
      device: fc.nat({ max: 2 ** 32 - 1 }),
      n: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      link: octets,
      time: fc.maxSafeNat(),
      sender: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,30}[a-z0-9]$/),
      senderFingerprint: octets,
      body: fc.uint8Array({ maxLength: 1_000, size: "max" }),
    }, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(messages, async (fields) => {
        const token = await sealMessage(key, fields, { signKey });
        strictEqual(isMessageToken(token), true);
        const message = await openMessage(key, token);
        const { type: _type, signed: _signed, signature: _signature, ...opened } = message;
        deepStrictEqual(opened, fields);
        strictEqual(await verifyMessage(message, { publicKey }), true);
      }),
      { numRuns: 50 },
    );
  },
);

Deno.test("any octets under the right key are a message or BadMessage", pure, async () => {
  const { key, bytes } = await plaintext();
  const cut = fc.nat({ max: 255 }).map((length) => bytes.slice(0, length));
  const patched = fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }))
    .map(([at, octet]) => bytes.with(at, octet));
  const octets = fc.oneof(fc.uint8Array(), cut, patched);
  await fc.assert(
    fc.asyncProperty(octets, async (input) => {
      const opened = await openMessage(key, await seal(key, input)).catch((error) => error);
      if (opened instanceof BadMessage) return;
      const read = concat(opened.signed, opened.signature);
      deepStrictEqual(concat(read, new Uint8Array(input.length - read.length)), input);
    }),
    { numRuns: 300 },
  );
});

Deno.test("any text is no message: BadMessage, and nothing else", pure, async () => {
  const key = await keyOf(0);
  const base64 = fc.uint8Array({ minLength: 329, maxLength: 329 })
    .map((bytes) => bytes.with(0, 0x80).toBase64({ alphabet: "base64url" }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), base64), async (text) => {
      await rejects(openMessage(key, text), BadMessage);
      strictEqual(isMessageToken(text), text.length === 440);
    }),
  );
});
