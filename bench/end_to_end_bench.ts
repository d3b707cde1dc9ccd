/**
 * What end-to-end encryption costs a client: FTC1 §7.7, "Operations and cost".
 *
 * `deno bench -A bench/end_to_end_bench.ts`. Each group has a bare cost of the platform as its baseline,
 * so that the figures to quote are the ratios within one run.
 *
 * @module
 */

import { groupId } from "../cipher/conversation.ts";
import { signEd25519, verifyEd25519 } from "../cipher/ed25519.ts";
import { type EpochRecord, signEpoch } from "../cipher/epoch.ts";
import { commitment, generateEpochKey } from "../cipher/epoch_key.ts";
import { generateKey, importKey, open, seal } from "../cipher/fernet.ts";
import { checkKeyRecord } from "../cipher/key_record.ts";
import { type Member, membersHash, ROLE } from "../cipher/member_list.ts";
import { encapsulate } from "../cipher/mlkem.ts";
import { makeWrap } from "../cipher/wrap.ts";
import { generateX25519 } from "../cipher/x25519.ts";
import { Chain } from "../client/end_to_end/chain.ts";
import { KeyDirectory } from "../client/end_to_end/key_directory.ts";
import { Sealer } from "../client/end_to_end/sealer.ts";
import { openMessage, verifyMessage } from "../cipher/message.ts";
import { FakeKeys, keyholder, REALM } from "../tests/testing/fake_keys.ts";

const MEMBERS = 1_000;
const MESSAGES = 1_000;
const EPOCHS = 200;
const TEXT = "x".repeat(100);

const owner = await keyholder("owner");
const holders = [
  owner,
  ...await Promise.all(Array.from({ length: MEMBERS - 1 }, (_, i) => keyholder(`member${i}`))),
];
const server = new FakeKeys();
server.page = 400;
server.show(...holders);
const keys = new KeyDirectory({ asker: server, realm: REALM });
const members = holders.map(({ identity: { user: name, fingerprint } }): Member => {
  return { name, fingerprint, role: name === "owner" ? ROLE.owner : ROLE.member };
});
await keys.byFingerprint(members.map(({ name: user, fingerprint }) => ({ user, fingerprint })));

const nonce = crypto.getRandomValues(new Uint8Array(16));
const conversation = await groupId(REALM, "team", nonce, owner.identity.fingerprint);
const first = new Uint8Array(32);
first.set(nonce);

/** Signs the next epoch of a group of the first few members. */
async function next(
  before: EpochRecord | null,
  list: readonly Member[],
  key: Uint8Array,
): Promise<EpochRecord> {
  const epoch = before === null ? 0 : before.epoch + 1;
  return await signEpoch(owner.identity.signKey, {
    kind: "group",
    conversation,
    epoch,
    previous: before?.hash ?? first,
    change: before === null ? "create" : "rotate",
    time: Date.now(),
    members: list.length,
    membersHash: await membersHash(list),
    commitment: await commitment(conversation, epoch, key),
    signer: owner.identity.user,
    signerFingerprint: owner.identity.fingerprint,
  });
}

const me = { user: "owner", realm: REALM, identities: [owner.identity] };

/** A chain of so many epochs of some members, accepted, with the wraps of the owner. */
async function pieces(list: readonly Member[], epochs: number) {
  const parts = [];
  let record: EpochRecord | null = null;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const key = generateEpochKey();
    record = await next(record, list, key);
    const ephemeral = await generateX25519();
    const receiver = owner.record;
    parts.push({
      record: record.bytes,
      wrap: await makeWrap(key, { recordHash: record.hash, receiver, ephemeral }),
      added: new Map(
        epoch === 0 ? list.map(({ name, fingerprint }) => [name, fingerprint] as const) : [],
      ),
      removed: new Set<string>(),
      notes: [],
    });
  }
  return parts;
}

/** Checks a whole chain as a device without state does. */
async function follow(parts: Awaited<ReturnType<typeof pieces>>): Promise<Chain> {
  const chain = new Chain({ conversation, name: "team", kind: "group", me, keys });
  for (const one of parts) await chain.accept(one);
  return chain;
}

const few = members.slice(0, 10);
const [short, long, large] = await Promise.all([
  pieces(few, 1),
  pieces(few, EPOCHS),
  pieces(members, 1),
]);
const chain = await follow(short);
const sealer = new Sealer();
const sealing = { chain, identity: owner.identity, now: Date.now() };
const messageKey = await chain.keys.messageKey(0);
if (messageKey === null) throw new Error("Cannot begin: no message key");
const plainKey = await importKey(generateKey());
const text = new TextEncoder().encode(TEXT);
const plainToken = await seal(plainKey, text);
const tokens: string[] = [];
while (tokens.length < MESSAGES) tokens.push((await sealer.seal(TEXT, sealing)).token);
const signature = await signEd25519(owner.identity.signKey, text);
const publicKey = owner.record.ed25519;

Deno.bench("Fernet: seal 100 octets", { group: "send one message", baseline: true }, async () => {
  await seal(plainKey, text);
});
Deno.bench("sign and seal one message", { group: "send one message" }, async () => {
  await sealer.seal(TEXT, sealing);
});

Deno.bench(
  "Fernet and Ed25519: open and verify 1,000 times",
  { group: "read 1,000 messages", baseline: true },
  async () => {
    await Promise.all(Array.from({ length: MESSAGES }, async () => {
      await open(plainKey, plainToken);
      await verifyEd25519(signature, text, { publicKey });
    }));
  },
);
Deno.bench("open and check 1,000 messages", { group: "read 1,000 messages" }, async () => {
  await Promise.all(tokens.map(async (token) => {
    const message = await openMessage(messageKey, token);
    if (!await verifyMessage(message, { publicKey })) throw new Error("Cannot verify message");
  }));
});

Deno.bench(
  "ML-KEM-768: encapsulate 1,000 times",
  { group: "rotate 1,000 members", baseline: true },
  async () => {
    await Promise.all(holders.map(({ record }) => encapsulate(record.mlkem)));
  },
);
Deno.bench("make the record and 1,000 wraps", { group: "rotate 1,000 members" }, async () => {
  const key = generateEpochKey();
  const record = await next(null, members, key);
  const ephemeral = await generateX25519();
  await Promise.all(holders.map(({ record: receiver }) => {
    return makeWrap(key, { recordHash: record.hash, receiver, ephemeral });
  }));
});
Deno.bench("check 1,000 key records", { group: "rotate 1,000 members" }, async () => {
  await Promise.all(holders.map(({ record: { bytes, realm, user } }) => {
    return checkKeyRecord(bytes, { realm, user });
  }));
});
Deno.bench(
  "check the record with its list of 1,000, open the wrap",
  { group: "rotate 1,000 members" },
  async () => {
    const fresh = await follow(large);
    if (await fresh.keys.key(0) === null) throw new Error("Cannot open wrap");
  },
);

Deno.bench(
  "Ed25519: verify 200 times",
  { group: "a new device, 200 epochs", baseline: true },
  async () => {
    for (let i = 0; i < EPOCHS; i++) await verifyEd25519(signature, text, { publicKey });
  },
);
Deno.bench("check 200 epochs, open all wraps", { group: "a new device, 200 epochs" }, async () => {
  const fresh = await follow(long);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    if (await fresh.keys.key(epoch) === null) throw new Error("Cannot open wrap");
  }
});
