import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { concat, label } from "../../cipher/bytes.ts";
import { commitment, generateEpochKey } from "../../cipher/epoch_key.ts";
import { importKey, seal } from "../../cipher/fernet.ts";
import { deriveIdentity, generateRoot, type Identity } from "../../cipher/identity.ts";
import { hash, kdf } from "../../cipher/kdf.ts";
import { encapsulate } from "../../cipher/mlkem.ts";
import { BadWrap, makeWrap, openWrap, WRAP_OCTETS } from "../../cipher/wrap.ts";
import { agreeX25519, generateX25519, importX25519 } from "../../cipher/x25519.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { epochVector, identityIn, realm, team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const recordHash = new Uint8Array(32).fill(5);
const newcomer = () => deriveIdentity(generateRoot(), { realm, user: "dan" });

for (const epoch of l2.group.epochs) {
  for (const { user, wrap } of epoch.wraps) {
    Deno.test(`wrap of epoch ${epoch.epoch} for ${user} gives K`, pure, async () => {
      const bytes = Uint8Array.fromHex(wrap);
      strictEqual(bytes.length, WRAP_OCTETS);
      const key = await openWrap(bytes, {
        recordHash: Uint8Array.fromHex(epoch.record_sha256),
        identity: await identityIn(epoch, user),
      });
      strictEqual(key.toHex(), epoch.key);
    });

    Deno.test(
      `E in the wrap of epoch ${epoch.epoch} for ${user} is that of the operation`,
      pure,
      async () => {
        const { publicKey } = await importX25519(Uint8Array.fromHex(epoch.ephemeral_private));
        strictEqual(wrap.slice(0, 64), publicKey.toHex());
      },
    );
  }
}

Deno.test("a wrap is opened by the member it was made for", pure, async () => {
  const [identity, ephemeral, key] = [await newcomer(), await generateX25519(), generateEpochKey()];
  const wrap = await makeWrap(key, { recordHash, receiver: identity, ephemeral });
  strictEqual(wrap?.length, 1_225);
  deepStrictEqual(await openWrap(wrap, { recordHash, identity }), key);
});

Deno.test("wraps of one operation share E and nothing else", pure, async () => {
  const [ann, bob] = [await newcomer(), await newcomer()];
  const [ephemeral, key] = [await generateX25519(), generateEpochKey()];
  const wraps = await Promise.all(
    [ann, bob, ann].map((receiver) => makeWrap(key, { recordHash, receiver, ephemeral })),
  );
  const parts = wraps.map((wrap) => [wrap?.slice(0, 32), wrap?.slice(32, 1120), wrap?.slice(1120)]);
  for (const part of parts) deepStrictEqual(part[0], ephemeral.publicKey);
  for (const [a = [], b = []] of [[parts[0], parts[1]], [parts[0], parts[2]]]) {
    notDeepStrictEqual(a[1], b[1]);
    notDeepStrictEqual(a[2], b[2]);
  }
});

/** A wrap of the vectors and what opens it. */
async function annsWrap() {
  const epoch = epochVector(0);
  const wrap = Uint8Array.fromHex(epoch.wraps.find(({ user }) => user === "alice")?.wrap ?? "");
  const options = {
    recordHash: Uint8Array.fromHex(epoch.record_sha256),
    identity: await identityIn(epoch, "alice"),
  };
  return { wrap, options };
}

Deno.test("row 108: the wrap of another member does not open", pure, async () => {
  const { wrap, options } = await annsWrap();
  const identity = await identityIn(epochVector(0), "bob");
  await rejects(openWrap(wrap, { ...options, identity }), { name: "BadWrap", reason: "token" });
  // Not even with the right private keys, filed under another fingerprint.
  const renamed = { ...options.identity, fingerprint: identity.fingerprint };
  await rejects(openWrap(wrap, { ...options, identity: renamed }), { reason: "token" });
});

Deno.test("row 108: the wrap of another epoch does not open", pure, async () => {
  const { wrap, options } = await annsWrap();
  const recordHash = Uint8Array.fromHex(epochVector(2).record_sha256);
  await rejects(openWrap(wrap, { ...options, recordHash }), { name: "BadWrap", reason: "token" });
});

Deno.test(
  "row 108: a K that does not match the commitment opens, and is found out",
  pure,
  async () => {
    const { options } = await annsWrap();
    const [ephemeral, key] = [await generateX25519(), generateEpochKey()];
    const { identity: receiver, recordHash } = options;
    const wrap = await makeWrap(key, { recordHash, receiver, ephemeral });
    const opened = await openWrap(wrap ?? new Uint8Array(0), options);
    deepStrictEqual(opened, key);
    strictEqual((await commitment(team, 0, opened)).toHex() === epochVector(0).commit, false);
  },
);

Deno.test("row 108: a wrap of another length than 1,225 octets is refused", pure, async () => {
  const { wrap, options } = await annsWrap();
  for (const bytes of [wrap.slice(0, 1_224), concat(wrap, Uint8Array.of(0)), new Uint8Array(0)]) {
    await rejects(openWrap(bytes, options), { name: "BadWrap", reason: "layout" });
  }
});

Deno.test(
  "row 108: a changed octet in any part of a wrap stops it from opening",
  pure,
  async () => {
    const { wrap, options } = await annsWrap();
    const parts = [0, 30, 32, 600, 1119, 1120, 1121, 1128, 1129, 1145, 1193, 1224];
    for (const at of parts) {
      const changed = wrap.with(at, (wrap[at] ?? 0) ^ 1);
      await rejects(
        openWrap(changed, options),
        { name: "BadWrap", reason: "token" },
        `octet ${at}`,
      );
    }
  },
);

Deno.test("row 108: a wrap whose E has low order is refused", pure, async () => {
  const { wrap, options } = await annsWrap();
  for (const low of [0, 1]) {
    const changed = concat(new Uint8Array(32).with(0, low), wrap.slice(32));
    await rejects(openWrap(changed, options), { name: "BadWrap", reason: "token" });
  }
});

/** A wrap by FTC1 §7.5, written a second time, around any octets. */
async function wrapOf(content: Uint8Array, receiver: Identity): Promise<Uint8Array> {
  const ephemeral = await generateX25519();
  const agreed = await agreeX25519(ephemeral.privateKey, receiver.x25519) ?? content;
  const { secret, ciphertext } = await encapsulate(receiver.mlkem) ??
    { secret: content, ciphertext: content };
  const shares = concat(ephemeral.publicKey, ciphertext);
  const salt = await hash(label("ftc1 wrap"), recordHash, receiver.fingerprint, shares);
  const key = await importKey(await kdf(concat(secret, agreed), salt, "ftc1 epoch wrap"));
  const token = await seal(key, content, { now: 0 });
  return concat(shares, Uint8Array.fromBase64(token, { alphabet: "base64url" }));
}

Deno.test("row 108: a wrap of 1,225 octets around more than 32 is refused", pure, async () => {
  const identity = await newcomer();
  const key = generateEpochKey();
  deepStrictEqual(await openWrap(await wrapOf(key, identity), { recordHash, identity }), key);
  for (const length of [33, 47]) {
    const wrap = await wrapOf(new Uint8Array(length), identity);
    strictEqual(wrap.length, WRAP_OCTETS);
    await rejects(openWrap(wrap, { recordHash, identity }), { name: "BadWrap", reason: "layout" });
  }
});

const unusable = [
  ["X25519 of low order", { x25519: new Uint8Array(32) }],
  ["a short X25519 key", { x25519: new Uint8Array(31).fill(9) }],
  ["ML-KEM coefficient 4095", { mlkem: new Uint8Array(1184).fill(0xff) }],
  ["a short ML-KEM key", { mlkem: new Uint8Array(1183) }],
] as const;

for (const [what, keys] of unusable) {
  Deno.test(`no wrap is made for unusable keys: ${what}`, pure, async () => {
    const receiver = { ...await newcomer(), ...keys };
    const ephemeral = await generateX25519();
    strictEqual(await makeWrap(generateEpochKey(), { recordHash, receiver, ephemeral }), null);
  });
}

Deno.test("a K, hash or fingerprint of another length is refused", pure, async () => {
  const [receiver, ephemeral] = [await newcomer(), await generateX25519()];
  const right = { recordHash, receiver, ephemeral };
  const short = new Uint8Array(31);
  await rejects(makeWrap(short, right), RangeError);
  await rejects(makeWrap(generateEpochKey(), { ...right, recordHash: short }), RangeError);
  const unnamed = { ...receiver, fingerprint: short };
  await rejects(makeWrap(generateEpochKey(), { ...right, receiver: unnamed }), RangeError);
});

Deno.test("any octets are a wrap or BadWrap, never anything else", pure, async () => {
  const { wrap, options } = await annsWrap();
  const whole = fc.uint8Array({ minLength: WRAP_OCTETS, maxLength: WRAP_OCTETS });
  const patched = fc.tuple(fc.nat({ max: WRAP_OCTETS - 1 }), fc.integer({ min: 1, max: 255 })).map(
    ([at, difference]) => wrap.with(at, (wrap[at] ?? 0) ^ difference),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), whole, patched), async (bytes) => {
      await rejects(openWrap(bytes, options), BadWrap);
    }),
    { numRuns: 60 },
  );
});

Deno.test("whatever K is wrapped, its member gets it back", pure, async () => {
  const [identity, ephemeral] = [await newcomer(), await generateX25519()];
  const octets = fc.uint8Array({ minLength: 32, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(octets, octets, async (key, recordHash) => {
      const wrap = await makeWrap(key, { recordHash, receiver: identity, ephemeral });
      deepStrictEqual(await openWrap(wrap ?? new Uint8Array(0), { recordHash, identity }), key);
    }),
    { numRuns: 20 },
  );
});
