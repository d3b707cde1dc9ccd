// FTC1 §9 rows 106 to 110, at the server: records of epochs that must not become part of a chain.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import {
  type EpochFields,
  type EpochRecord,
  MAX_EPOCHS,
  RESERVED_EPOCHS,
  signEpoch,
} from "../../cipher/epoch.ts";
import { advance } from "../../cipher/epoch_rules.ts";
import { importServerIdentity } from "../../cipher/server_identity.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import { encodeRecord } from "../../server/record.ts";
import { keyOf } from "../../server/tables.ts";
import { keyedAs, type KeyedPeer, keyedPeer, makeEpoch, sendEpoch } from "../testing/keyed_peer.ts";
import { person } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import {
  type EpochFrame,
  type SealedConversation,
  sealedDirect,
  sealedGroup,
} from "../testing/sealed.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

interface Members extends Disposable {
  readonly alice: KeyedPeer;
  readonly bob: KeyedPeer;
  readonly eve: KeyedPeer;
  /** Alice owns it, bob is in it. */
  readonly team: SealedConversation;
}

async function membersOn(server: TestServer): Promise<Members> {
  const stack = new DisposableStack();
  const enter = async (user: string) => stack.use(await keyedPeer(server, user));
  const [alice, bob, eve] = [await enter("alice"), await enter("bob"), await enter("eve")];
  const members = [bob.person];
  const { realm } = server.identity;
  const team = await sealedGroup({ realm, name: "team", owner: alice.person, members });
  await makeEpoch(alice, team.frames);
  return { alice, bob, eve, team, [Symbol.dispose]: () => stack.dispose() };
}

/** Sends frames, which must be refused; nobody is told anything, and the chain is as long as before. */
async function expectRefused(
  by: KeyedPeer,
  frames: readonly EpochFrame[],
  expected: { readonly code: string; readonly in: SealedConversation; readonly what?: string },
): Promise<void> {
  const answer = await sendEpoch(by, frames);
  deepStrictEqual([answer.t, answer["code"]], ["error", expected.code], expected.what ?? "");
  strictEqual(await headOf(by.peer, expected.in.conversation), expected.in.epoch);
}

async function headOf(peer: RawPeer, conversation: string): Promise<unknown> {
  const asked = { t: "epochs", id: crypto.randomUUID(), conversation, from: 2 ** 31 };
  return (await peer.request(asked))["head"];
}

type Spoil = (right: EpochFields) => Partial<EpochRecord>;

const OTHER = new Uint8Array(32).fill(9);

Deno.test("row 106: a record with any field that does not follow is refused, however well it is signed", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, eve, team } = members;
    const spoilt: { readonly [what: string]: readonly [code: string, spoil: Spoil] } = {
      "a number is skipped": ["stale_epoch", ({ epoch }) => ({ epoch: epoch + 1 })],
      "the number of the one before": ["bad_request", ({ epoch }) => ({ epoch: epoch - 1 })],
      "a number beyond the limit": ["bad_request", () => ({ epoch: 4_294_967_295 })],
      "another record before it": ["stale_epoch", () => ({ previous: OTHER })],
      "none before it": ["stale_epoch", () => ({ previous: new Uint8Array(32) })],
      "the hash of another list": ["bad_request", () => ({ membersHash: OTHER })],
      "another length of the list": ["bad_request", ({ members }) => ({ members: members + 1 })],
      "keys that are not his": [
        "bad_request",
        () => ({ signerFingerprint: eve.person.identity.fingerprint }),
      ],
      "the name of another": ["bad_request", () => ({ signer: "bob" })],
      "a name that nobody has": ["bad_request", () => ({ signer: "nobody" })],
      "another kind": ["bad_request", () => ({ kind: "direct" as const })],
      "the change of another": ["bad_request", () => ({ change: "add" as const })],
      "a new beginning": ["bad_request", () => ({ change: "create" as const })],
      "another conversation": ["no_group", () => ({ conversation: OTHER })],
    };
    for (const [what, [code, spoil]] of Object.entries(spoilt)) {
      const frames = await team.fork().rotate({ by: alice.person, spoil });
      await expectRefused(alice, frames, { code, in: team, what });
    }
    // Unspoilt, bob's is taken: nothing of what was tried stands in its way.
    await makeEpoch(bob, await team.rotate({ by: bob.person }));
    strictEqual(await headOf(alice.peer, team.conversation), 1);
  });
});

Deno.test("row 106: a record counts only as it was signed, and from the one who signed it", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, eve, team } = members;
    const frames = await team.fork().rotate({ by: alice.person });
    const [wraps, epoch] = frames;
    if (wraps?.t !== "wraps" || epoch?.t !== "epoch") throw new Error("no frames");
    const bytes = decodeBase64Url(epoch.record);
    strictEqual((await alice.peer.request({ ...wraps })).t, "ok");
    for (let at = 0; at < bytes.length; at += 7) {
      const record = encodeBase64Url(bytes.with(at, (bytes[at] ?? 0) ^ 0x10));
      const answer = await alice.peer.request({ ...epoch, record });
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], `octet ${at}`);
    }
    for (
      const record of ["", "A", epoch.record.slice(4), `${epoch.record}AAAA`, `${epoch.record}=`]
    ) {
      strictEqual((await alice.peer.request({ ...epoch, record }))["code"], "bad_request");
    }
    // Somebody else's record, sent with wraps of his own.
    for (const thief of [bob, eve]) {
      strictEqual((await thief.peer.request({ ...epoch }))["code"], "bad_request");
    }
    // By keys that are no longer, or were never, of this account.
    const twin = await person("alice", server.identity.realm);
    await expectRefused(alice, await team.fork().rotate({ by: twin }), {
      code: "bad_request",
      in: team,
    });
    await makeEpoch(alice, [epoch]);
  });
});

Deno.test("row 106: of two records for one number exactly one is taken, and the other is stale", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, team } = members;
    for (let round = 0; round < 5; round++) {
      const forks = [alice, bob].map((by) => ({ by, fork: team.fork() }));
      for (const { by, fork } of forks) {
        await fork.rotate({ by: by.person });
        const uploads = fork.frames.filter(({ t }) => t === "wraps");
        strictEqual((await sendEpoch(by, uploads)).t, "ok");
      }
      const answers = await Promise.all(forks.map(async ({ by, fork }) => {
        return await sendEpoch(by, fork.frames.filter(({ t }) => t === "epoch"));
      }));
      deepStrictEqual(answers.map(({ t, code }) => code ?? t).sort(), ["ok", "stale_epoch"]);
      const winner = forks[answers.findIndex(({ t }) => t === "ok")]?.fork;
      Object.assign(team, { ...winner });
      strictEqual(await headOf(alice.peer, team.conversation), round + 1);
    }
    // The loser's wraps are gone: his record cannot come again.
    const { pieces } = await bob.peer.request({
      t: "epochs",
      id: "all",
      conversation: team.conversation,
    });
    const records = (pieces as { record?: string }[]).flatMap(({ record }) => record ?? []);
    strictEqual(records.length, 6);
    strictEqual(records.at(-1), encodeBase64Url(team.record?.bytes ?? new Uint8Array()));
  }, { policy: { rotateMs: 0 } });
});

Deno.test("row 106: fresh keys that nothing asks for are made once an hour, and no more often", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, team } = members;
    await makeEpoch(alice, await team.rotate());
    const answer = await sendEpoch(bob, await team.fork().rotate({ by: bob.person }));
    strictEqual(answer["code"], "rate");
    ok(Number(answer["after"]) > 3_500 && Number(answer["after"]) <= 3_600);
    // Somebody who has no key is helped sooner.
    const { conversation, epoch } = team;
    const complaint = { t: "complain", id: 1, conversation, epoch };
    strictEqual((await bob.peer.request(complaint)).t, "ok");
    const sooner = await sendEpoch(bob, await team.fork().rotate({ by: bob.person }));
    ok(Number(sooner["after"]) > 50 && Number(sooner["after"]) <= 60);
    // What somebody's leaving asks for is made at once.
    strictEqual((await bob.peer.request({ ...(await team.leave(bob.person)) })).t, "ok");
    await makeEpoch(alice, await team.remove([bob.person]));
  });
});

Deno.test("row 107: epoch 0 of an id that belongs to another creator, name or pair is refused", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, eve, team } = members;
    const { realm } = server.identity;
    const draft = async (owner: KeyedPeer, name = "other") =>
      await sealedGroup({ realm, name, owner: owner.person, members: [bob.person] });
    const refuse = async (by: KeyedPeer, frames: readonly EpochFrame[], what: string) => {
      const answer = await sendEpoch(by, frames);
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], what);
    };
    const theirs = await draft(alice);
    const own = await draft(eve);
    const id = { conversation: theirs.id };
    for (const conversation of [theirs.id, team.id, OTHER]) {
      const spoilt = await sealedGroup({
        realm,
        name: "other",
        owner: eve.person,
        members: [bob.person],
      });
      const fork = Object.assign(spoilt.fork(), { head: null });
      const frames = await recreate(fork, {
        owner: eve,
        others: [bob],
        spoil: () => ({ conversation }),
      });
      await refuse(eve, frames, "another's id");
    }
    const renamed = own.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, group: "another" } : frame
    );
    await refuse(eve, renamed, "another name than the id has");
    await refuse(
      eve,
      own.frames.map((frame) => {
        if (frame.t !== "epoch") return frame;
        const { group: _group, ...nameless } = frame;
        return nameless;
      }),
      "no name",
    );
    const direct = await sealedDirect({ realm, by: alice.person, to: bob.person });
    const misdirected = direct.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, to: "eve" } : frame
    );
    await refuse(alice, misdirected, "another pair");
    await refuse(eve, direct.frames.slice(-1), "somebody else's");
    strictEqual(await headOf(alice.peer, encodeBase64Url(id.conversation)), undefined);
    for (const name of ["other", "another"]) {
      strictEqual((await bob.peer.request({ t: "lookup", id: name, name }))["code"], "no_user");
    }
    await makeEpoch(alice, theirs.frames);
    await makeEpoch(alice, direct.frames);
  });
});

/** Makes epoch 0 once more, with fields changed. */
async function recreate(
  conversation: SealedConversation,
  { owner, others, spoil }: {
    readonly owner: KeyedPeer;
    readonly others: readonly KeyedPeer[];
    readonly spoil: Spoil;
  },
): Promise<readonly EpochFrame[]> {
  const frames = await conversation.create(owner.person, others.map(({ person }) => person));
  const record = conversation.record;
  if (record === null) throw new Error("Cannot recreate: no record");
  const { bytes: _bytes, hash: _hash, ...fields } = record;
  const made = await signEpoch(owner.person.identity.signKey, { ...fields, ...spoil(fields) });
  return frames.map((frame) => ({
    ...frame,
    record: encodeBase64Url(frame.t === "wraps" ? made.hash : made.bytes),
  }));
}

Deno.test("row 108: a new wrap is taken from a member, for one who lacks it, once, and of the right length", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, eve, team } = members;
    const { conversation } = team;
    const wrap = await team.wrapFor(bob.person);
    const rewrap = (fields: object = {}): Frame => ({
      t: "rewrap",
      id: crypto.randomUUID(),
      conversation,
      epoch: 0,
      user: "bob",
      wrap,
      ...fields,
    });
    // Nobody lacks anything: bob's wrap is not to be exchanged behind his back.
    strictEqual((await alice.peer.request(rewrap()))["code"], "bad_request");
    for (const epoch of [1, 2 ** 31]) {
      const frame = { t: "complain", id: epoch, conversation, epoch };
      strictEqual((await bob.peer.request(frame))["code"], "bad_request");
    }
    const complain = { t: "complain", id: "c", conversation, epoch: 0 };
    strictEqual((await eve.peer.request(complain))["code"], "bad_request");
    strictEqual((await bob.peer.request(complain)).t, "ok");
    deepStrictEqual(await alice.peer.next("complaint"), {
      t: "complaint",
      conversation,
      epoch: 0,
      user: "bob",
    });
    const wrong = [
      { user: "alice" },
      { user: "eve" },
      { user: "../bob" },
      { epoch: 1 },
      { epoch: 4_294_967_296 },
      { conversation: encodeBase64Url(OTHER) },
      { wrap: encodeBase64Url(new Uint8Array(1_224)) },
      { wrap: encodeBase64Url(new Uint8Array(1_226)) },
      { wrap: wrap.slice(0, -1) },
      { wrap: "" },
    ];
    for (const fields of wrong) {
      const answer = await alice.peer.request(rewrap(fields));
      deepStrictEqual(
        [answer.t, answer["code"]],
        ["error", "bad_request"],
        JSON.stringify(fields).slice(0, 60),
      );
    }
    strictEqual((await eve.peer.request(rewrap()))["code"], "bad_request");
    strictEqual((await alice.peer.request(rewrap())).t, "ok");
    deepStrictEqual(await bob.peer.next("rewrapped"), { t: "rewrapped", conversation, epoch: 0 });
    strictEqual((await alice.peer.request(rewrap()))["code"], "bad_request");
    const { pieces } = await bob.peer.request({ t: "epochs", id: "e", conversation });
    strictEqual((pieces as { wrap: string }[])[0]?.wrap, wrap);
  });
});

Deno.test("row 109: a message id sent again is the same message, whatever comes with it", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, bob, team } = members;
    const first = await team.seal(alice.person, "once");
    const ack = await alice.peer.request({ ...first });
    strictEqual(ack.t, "ack");
    const others = [
      first,
      { ...first, body: (await team.seal(alice.person, "twice")).body },
      // After the keys have changed as well: the id is looked up before the epoch (FTC1 §7.6).
      { ...first, epoch: 7 },
    ];
    await makeEpoch(alice, await team.rotate());
    for (const frame of others) deepStrictEqual(await alice.peer.request({ ...frame }), ack);
    const stale = await team.seal(alice.person, "new", { epoch: 0 });
    for (const epoch of [0, 2, 4_294_967_296]) {
      strictEqual((await alice.peer.request({ ...stale, epoch }))["code"], "stale_epoch");
    }
    const { entries } = await bob.peer.request({ t: "history", id: 1, of: "team", limit: 9 });
    deepStrictEqual((entries as Frame[]).map(({ body }) => body), [first.body]);
  });
});

Deno.test("row 110: claims of 65,535 members and lists as long as a frame are refused at once", async () => {
  await underAttack(async ({ server }) => {
    using members = await membersOn(server);
    const { alice, team } = members;
    const began = performance.now();
    for (const claimed of [1_002, 65_535]) {
      const frames = await team.fork().rotate({ spoil: () => ({ members: claimed }) });
      await expectRefused(alice, frames, { code: "bad_request", in: team });
      const anew = await sealedGroup({
        realm: server.identity.realm,
        name: "crowd",
        owner: alice.person,
        members: [],
      });
      const fork = Object.assign(anew.fork(), { head: null });
      const crowd = await recreate(fork, {
        owner: alice,
        others: [],
        spoil: () => ({ members: claimed }),
      });
      strictEqual((await sendEpoch(alice, crowd))["code"], "bad_request");
    }
    const item = { user: "a", fp: "", wrap: "" };
    const lists: readonly Frame[] = [
      { t: "wraps", id: 1, record: "A".repeat(43), m: Array(1_500).fill(item) },
      { t: "keys", id: 2, of: Array(4_000).fill({ user: "a" }) },
      { t: "set_state", id: 3, m: Array(1_200).fill({ entry: "x", counter: 1, value: null }) },
      { t: "epoch", id: 4, group: "crowd", record: "A".repeat(65_000) },
      { t: "leave", id: 5, conversation: "x", note: "A".repeat(65_000) },
    ];
    for (const frame of lists) {
      const answer = await alice.peer.request(frame);
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], frame.t);
    }
    ok(performance.now() - began < 20_000);
  });
});

/**
 * Writes epochs behind the first one into a store, as a server would have: only the last may be built
 * upon, so their keys are nobody's.
 */
async function lengthen(
  team: SealedConversation,
  { store, owner, upto }: {
    readonly store: MemoryStore;
    readonly owner: KeyedPeer["person"];
    readonly upto: number;
  },
): Promise<void> {
  const [conversation, id, last] = [team.conversation, team.id, team.record];
  const members = [...team.head?.members.values() ?? []];
  if (last === null) throw new Error("Cannot lengthen: no record");
  const { bytes: _bytes, hash: _hash, ...fields } = last;
  while (team.epoch < upto) {
    const epoch = team.epoch + 1;
    const record: EpochRecord = await signEpoch(owner.identity.signKey, {
      ...fields,
      conversation: id,
      epoch,
      change: "rotate",
      previous: team.record?.hash ?? OTHER,
    });
    const key = keyOf.epoch(conversation, epoch, 0);
    const hash = encodeBase64Url(record.hash);
    const stored = { e: epoch, record: encodeBase64Url(record.bytes), hash };
    const rest = { kind: "group", change: "rotate", owner: owner.user, seq: 1, at: 0, pieces: 1 };
    await store.commit({ sets: [{ key, value: encodeRecord(key, { ...stored, ...rest }) }] });
    Object.assign(team, { record, head: advance(team.head, record, members) });
  }
}

Deno.test("row 110: a chain ends at its limit; what is there can be read, in pages, and written under", async () => {
  await using store = new MemoryStore(Date.now);
  const identity = await importServerIdentity(OTHER, new Uint8Array(16).fill(8));
  let long: SealedConversation;
  let accounts: readonly KeyedPeer["account"][];
  {
    await using server = await startTestServer({ store, identity });
    using members = await membersOn(server);
    const { alice, bob, team } = members;
    [long, accounts] = [team, [alice.account, bob.account]];
    await lengthen(long, { store, owner: alice.person, upto: MAX_EPOCHS - RESERVED_EPOCHS - 1 });
  }
  const began = performance.now();
  for (const isLast of [false, true]) {
    await using server = await startTestServer({ store, identity });
    const [alice, bob] = await Promise.all(accounts.map(async (account) => {
      return await keyedAs(await RawPeer.loggedIn(server, account), { account, server });
    }));
    if (alice === undefined || bob === undefined) throw new Error("nobody is there");
    using _alice = alice;
    using _bob = bob;
    strictEqual(long.epoch, isLast ? MAX_EPOCHS - 1 : MAX_EPOCHS - RESERVED_EPOCHS - 1);
    strictEqual(await countEpochs(alice.peer, long.conversation), long.epoch + 1);
    const wanted = { code: "bad_request", in: long };
    await expectRefused(alice, await long.fork().rotate(), wanted);
    await expectRefused(alice, await long.fork().add([(await newcomer(server)).person]), wanted);
    const message = await long.seal(alice.person, "still here", { id: `${isLast}` });
    strictEqual((await alice.peer.request({ ...message })).t, "ack");
    if (isLast) {
      await expectRefused(alice, await long.fork().close(), wanted);
      break;
    }
    // What must be possible for long: that somebody leaves.
    strictEqual((await bob.peer.request({ ...(await long.leave(bob.person)) })).t, "ok");
    await makeEpoch(alice, await long.remove([bob.person]));
    await lengthen(long, { store, owner: alice.person, upto: MAX_EPOCHS - 1 });
  }
  ok(performance.now() - began < 60_000);
});

/** Somebody who has just registered. */
async function newcomer(server: TestServer): Promise<KeyedPeer> {
  using made = await keyedPeer(server, `new-${crypto.randomUUID().slice(0, 8)}`);
  return made;
}

/** Reads all pages; each is asked for where the one before has ended. */
async function countEpochs(peer: RawPeer, conversation: string): Promise<number> {
  const seen = new Set<number>();
  let [from, piece] = [0, 0];
  for (let page = 0; page < 200; page++) {
    const answer = await peer.request({
      t: "epochs",
      id: `page ${page}`,
      conversation,
      from,
      piece,
    });
    const pieces = answer["pieces"] as { e: number }[];
    ok(JSON.stringify(pieces).length <= 49_152);
    for (const { e } of pieces) seen.add(e);
    if (answer["more"] !== true) return seen.size;
    from = pieces.at(-1)?.e ?? 0;
    piece = pieces.filter(({ e }) => e === from).length;
  }
  throw new Error("Cannot read epochs: there is no end");
}
