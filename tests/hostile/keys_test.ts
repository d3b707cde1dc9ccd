// FTC1 §9 row 104, at the server: records of keys that must not become anybody's.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { concat, label } from "../../cipher/bytes.ts";
import { signEd25519 } from "../../cipher/ed25519.ts";
import { signPasswd } from "../../cipher/login.ts";
import { sealVault } from "../../cipher/vault.ts";
import { universalSignature } from "../testing/fake_server.ts";
import { type KeyedPeer, keyedPeer } from "../testing/keyed_peer.ts";
import { type Person, person, personWith, rekeyed } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { registerFrame, testAccount } from "../testing/test_account.ts";
import { underAttack } from "../testing/under_attack.ts";

/** Octets of both signatures at the end of a record. */
const SIGNATURES = 128;

/** Where the fields of a record begin, behind the name. */
const AT = {
  generation: 0,
  created: 4,
  ed25519: 12,
  x25519: 44,
  mlkem: 76,
  previous: 1_260,
} as const;

/** A record with octets replaced, signed again by its own identity. */
async function altered(
  { record, identity, user }: Person,
  field: keyof typeof AT,
  octets: Uint8Array,
): Promise<string> {
  const bytes = record.bytes.slice();
  bytes.set(octets, 5 + 16 + 1 + user.length + AT[field]);
  const signed = bytes.subarray(0, -SIGNATURES);
  const signature = await signEd25519(identity.signKey, concat(label("ftc1 key record"), signed));
  return encodeBase64Url(concat(signed, signature, new Uint8Array(64)));
}

/** Records that are no first records of alice at this server, by what is wrong with them. */
async function wrongRecords(
  right: Person,
  realm: Uint8Array,
): Promise<ReadonlyMap<string, string>> {
  const { bytes } = right.record;
  const flipped = (at: number) => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
  const universal = universalSignature();
  const small = bytes.slice();
  small.set(universal.publicKey, 5 + 16 + 1 + 5 + AT.ed25519);
  small.set(universal.signature, bytes.length - SIGNATURES);
  return new Map([
    ["of another user", (await person("mallory", realm)).keys],
    ["of a name that is longer", (await person("alicee", realm)).keys],
    ["of another realm", (await person("alice", new Uint8Array(16))).keys],
    ["signed by nobody", encodeBase64Url(flipped(bytes.length - SIGNATURES))],
    ["changed after it was signed", encodeBase64Url(flipped(40))],
    ["of generation 0", await altered(right, "generation", new Uint8Array(4))],
    ["with an Ed25519 key of small order", encodeBase64Url(small)],
    ["with an X25519 key of low order", await altered(right, "x25519", new Uint8Array(32))],
    [
      "with an X25519 key of order 4",
      await altered(right, "x25519", new Uint8Array(32).with(0, 1)),
    ],
    ["with a coefficient of 4,095", await altered(right, "mlkem", new Uint8Array(3).fill(255))],
    ["one octet short", encodeBase64Url(bytes.subarray(0, -1))],
    ["one octet long", encodeBase64Url(concat(bytes, Uint8Array.of(0)))],
    ["empty", ""],
    ["padded", `${right.keys}=`],
    ["as long as a frame", "A".repeat(60_000)],
  ]);
}

Deno.test("row 104: a registration with a record of keys that is wrong makes no account", async () => {
  await underAttack(async ({ server }) => {
    const { realm } = server.identity;
    const account = await testAccount("alice");
    const wrong = await wrongRecords(
      await personWith(account.root, { realm, user: "alice" }),
      realm,
    );
    for (const [what, keys] of wrong) {
      using peer = await RawPeer.handshaken(server);
      strictEqual((await peer.ask({ t: "auth", user: "alice" }))["known"], false);
      const right = await registerFrame(account, peer.session);
      // What a stranger says is cut at 8,192 octets.
      if (keys.length > 8_000) {
        await peer.send({ ...right, keys });
        await peer.expectFatal("line_too_long");
        continue;
      }
      const answer = await peer.ask({ ...right, keys });
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], what);
      strictEqual(server.shared.service.directory.hasUser("alice"), false);
    }
    // The right one makes it.
    using alice = await RawPeer.registered(server, account);
    strictEqual((await alice.request({ t: "ping", id: 1 })).t, "pong");
  });
});

const TWO = Uint8Array.of(0, 0, 0, 2);

/** A record whose second signature is somebody else's. */
async function confirmedBy({ identity }: Person, { record }: Person): Promise<string> {
  const signed = record.bytes.subarray(0, -SIGNATURES);
  const signature = await signEd25519(identity.signKey, concat(label("ftc1 key record"), signed));
  return encodeBase64Url(concat(record.bytes.subarray(0, -64), signature));
}

/** The frame that gives an account these keys, with its password. */
async function withKeys({ peer, account, person }: KeyedPeer, keys: string): Promise<Frame> {
  const { channelBinding, realm } = peer.session;
  const { user, salt, login: { privateKey, publicKey } } = account;
  const login = { channelBinding, realm, user, salt, publicKey };
  const signature = encodeBase64Url(await signPasswd(privateKey, login));
  return {
    t: "passwd",
    id: crypto.randomUUID(),
    kdf: 1,
    salt: encodeBase64Url(salt),
    pk: encodeBase64Url(publicKey),
    old: signature,
    new: signature,
    vault: await sealVault(new Uint8Array(32).fill(1), { realm, user, root: person.root }),
    keys,
  };
}

Deno.test("row 104: new keys that the present ones have not signed are refused, and nothing changes", async () => {
  await underAttack(async ({ server, witness }) => {
    using alice = await keyedPeer(server, "alice");
    const { realm } = server.identity;
    const [second, rival] = [await rekeyed(alice.person), await rekeyed(alice.person)];
    const third = await rekeyed(second);
    const present = async () => {
      const { m } = await witness.request({ t: "keys", id: 1, of: [{ user: "alice" }] });
      return m;
    };
    const before = await present();
    const wrong = new Map([
      ...await wrongRecords(alice.person, realm),
      ["of a later generation, with none before", await altered(alice.person, "generation", TWO)],
      [
        "naming another one before it",
        await altered(second, "previous", new Uint8Array(32).fill(1)),
      ],
      ["confirmed by nobody", encodeBase64Url(second.record.bytes.slice().fill(0, -64))],
      ["confirmed by someone else", await confirmedBy(await person("alice", realm), second)],
      ["the present one", alice.person.keys],
      ["first ones of another identity", (await person("alice", realm)).keys],
      ["two steps at once", third.keys],
    ]);
    for (const [what, keys] of wrong) {
      const answer = await alice.peer.request(await withKeys(alice, keys));
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], what);
    }
    deepStrictEqual(await present(), before);
    strictEqual((await alice.peer.request(await withKeys(alice, second.keys))).t, "ok");
    deepStrictEqual(await present(), [{ user: "alice", keys: second.keys }]);
    // An older generation, and one that competes with the present one.
    for (const { keys } of [alice.person, second, rival]) {
      const answer = await alice.peer.request(await withKeys(alice, keys));
      strictEqual(answer["code"], "bad_request");
    }
    const { keys } = await witness.request({
      t: "lineage",
      id: 2,
      user: "alice",
      from: alice.person.fp,
    });
    deepStrictEqual(keys, [second.keys]);
  });
});
