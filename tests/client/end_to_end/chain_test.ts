// FTC1 §7.3, §7.4, §9 rows 106, 107 and 110: which epochs a client accepts, whatever the server shows.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { decodeBase64Url } from "../../../cipher/base64url.ts";
import {
  type EpochFields,
  type EpochRecord,
  MAX_EPOCHS,
  signEpoch,
} from "../../../cipher/epoch.ts";
import { type Member, membersHash, ROLE } from "../../../cipher/member_list.ts";
import { Chain } from "../../../client/end_to_end/chain.ts";
import type { EpochParts } from "../../../client/end_to_end/epoch_parts.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import { REALM } from "../../testing/fake_keys.ts";
import { type Person, person, rekeyed } from "../../testing/person.ts";
import { type SealedConversation, sealedDirect, sealedGroup } from "../../testing/sealed.ts";
import { EpochServer, partsOf } from "./epoch_server.ts";

const FINGERPRINT = new Uint8Array(32).fill(9);

/** Alice's team with bob, as bob follows it; carol and eve have accounts. */
class Scene {
  /** The members as the chain has them, by epoch. */
  readonly chain: Chain;

  private constructor(
    readonly server: EpochServer,
    readonly team: SealedConversation,
    readonly people: Readonly<Record<"alice" | "bob" | "carol" | "eve", Person>>,
  ) {
    this.chain = this.chainOf(team.id);
  }

  static async open(): Promise<Scene> {
    const server = new EpochServer();
    const [alice, bob, carol, eve] = [
      await server.newcomer("alice"),
      await server.newcomer("bob"),
      await server.newcomer("carol"),
      await server.newcomer("eve"),
    ];
    const team = await server.group(alice, [bob]);
    const scene = new Scene(server, team, { alice, bob, carol, eve });
    await scene.chain.accept(partsOf(team, bob));
    return scene;
  }

  chainOf(
    conversation: Uint8Array,
    { name = "team", kind = "group" }: { name?: string; kind?: "group" | "direct" } = {},
  ): Chain {
    const { bob } = this.people;
    return new Chain({
      conversation,
      name,
      kind,
      me: { user: "bob", realm: REALM, identities: [bob.identity] },
      keys: new KeyDirectory({ asker: this.server.asker("bob"), realm: REALM }),
    });
  }

  /** Takes the newest change of the team in, after what the chain has. */
  async takes(notes: readonly string[] = []): Promise<void> {
    await this.chain.accept(this.parts(this.team, notes));
  }

  /** What the server gives for the newest change of a fork. */
  parts(made: SealedConversation, notes: readonly string[] = []): EpochParts {
    return partsOf(made, this.people.bob, { before: this.chain.head, notes });
  }

  /** The change must be refused for this, and leave the chain as it is. */
  async refuses(parts: EpochParts, reason: string, what = reason): Promise<void> {
    const before = this.chain.head;
    await rejects(this.chain.accept(parts), { name: "BadChain", reason }, what);
    strictEqual(this.chain.head, before);
  }

  /** The list of an epoch in words. */
  list(epoch: number): string {
    const members = [...this.chain.membersAt(epoch).values()];
    return members.map(({ name, role }) => role === ROLE.owner ? `${name}*` : name).join(", ");
  }
}

Deno.test("a chain is what its members have signed: lists, keys and roles of every epoch", async () => {
  const scene = await Scene.open();
  const { chain, team, people: { alice, bob, carol, eve } } = scene;
  await team.add([carol, eve]);
  await scene.takes();
  await team.rotate({ by: bob });
  await scene.takes();
  const { note } = await team.leave(alice);
  await team.remove([alice], { by: eve });
  await scene.takes([note]);
  await team.replace([carol]);
  await scene.takes();
  await team.close();
  await scene.takes();
  deepStrictEqual([0, 1, 2, 3, 4, 5].map((epoch) => scene.list(epoch)), [
    "alice*, bob",
    "alice*, bob, carol, eve",
    "alice*, bob, carol, eve",
    "bob*, carol, eve",
    "bob*, carol",
    "bob*, carol",
  ]);
  deepStrictEqual([chain.head, chain.head?.closed], [team.head, true]);
  deepStrictEqual([3, 4].map((epoch) => [...chain.leaversOf(epoch)]), [["alice"], []]);
  strictEqual(chain.record(5)?.change, "close");
  deepStrictEqual(chain.memberAt(2, "eve")?.fingerprint, eve.identity.fingerprint);
  deepStrictEqual([chain.memberAt(4, "eve"), chain.presentMember("eve")], [undefined, undefined]);
  // Nothing follows a close.
  await team.rotate();
  await scene.refuses(scene.parts(team), "closed");
});

type Spoil = (right: EpochFields) => Partial<EpochRecord>;

const SPOILT: { readonly [what: string]: readonly [reason: string, spoil: Spoil] } = {
  "a number is skipped": ["epoch", ({ epoch }) => ({ epoch: epoch + 1 })],
  "a number comes again": ["epoch", ({ epoch }) => ({ epoch: epoch - 1 })],
  "the number is beyond the limit": ["limit", () => ({ epoch: MAX_EPOCHS })],
  "another record stands before it": ["previous", () => ({ previous: FINGERPRINT })],
  "it is of another conversation": ["conversation", () => ({ conversation: FINGERPRINT })],
  "it is of a direct conversation": ["kind", () => ({ kind: "direct" })],
  "it begins anew": ["right", () => ({ change: "create" })],
  "it says that it adds": ["list", () => ({ change: "add" })],
  "it says that it removes": ["list", () => ({ change: "remove" })],
  "it says that it rekeys": ["list", () => ({ change: "rekey" })],
  "the list has another length": ["list", ({ members }) => ({ members: members + 1 })],
  "65,535 members are claimed": ["limit", () => ({ members: 65_535 })],
  "the hash is of another list": ["members hash", () => ({ membersHash: FINGERPRINT })],
  "it is signed under another's name": ["signer", () => ({ signer: "bob" })],
  "it is signed under the name of an outsider": ["signer", () => ({ signer: "eve" })],
  "it is signed under other keys": ["signer", () => ({ signerFingerprint: FINGERPRINT })],
};

for (const [what, [reason, spoil]] of Object.entries(SPOILT)) {
  Deno.test(`row 106: a record is refused where ${what}, and the chain goes on without it`, async () => {
    const scene = await Scene.open();
    const { team } = scene;
    const fork = team.fork();
    await fork.rotate({ spoil });
    await scene.refuses(scene.parts(fork), reason);
    await team.rotate();
    await scene.takes();
    strictEqual(scene.chain.head?.epoch, 1);
  });
}

Deno.test("row 106: what its signer has not signed is refused, each octet of it", async () => {
  const scene = await Scene.open();
  const { team } = scene;
  await team.rotate();
  const right = scene.parts(team);
  for (let at = 0; at < right.record.length; at++) {
    const record = right.record.with(at, (right.record[at] ?? 0) ^ 1);
    await rejects(scene.chain.accept({ ...right, record }), { name: "BadChain" }, `octet ${at}`);
  }
  for (const record of [right.record.subarray(1), new Uint8Array(), right.record.subarray(0, -1)]) {
    await scene.refuses({ ...right, record }, "layout");
  }
});

Deno.test("row 106: who does not give the signer's keys, or gives others, shows no record", async () => {
  const scene = await Scene.open();
  const { server, team } = scene;
  const fresh = scene.chainOf(team.id);
  const parts = partsOf(team, scene.people.bob);
  const [real] = server.keys.records;
  if (real === undefined) throw new Error("no keys");
  const twin = await person("alice", REALM);
  const others: readonly Uint8Array[] = [
    twin.record.bytes,
    scene.people.eve.record.bytes,
    real.bytes.with(100, (real.bytes[100] ?? 0) ^ 1),
    new Uint8Array(),
  ];
  for (const bytes of others) {
    server.keys.records[0] = { ...real, bytes };
    await rejects(fresh.accept(parts), { name: "BadChain", reason: "key record" });
  }
  server.keys.records[0] = real;
  await fresh.accept(parts);
});

Deno.test("row 106: pieces that tell another list than was signed are refused", async () => {
  const scene = await Scene.open();
  const { team, people: { carol, eve } } = scene;
  await team.add([carol]);
  const right = scene.parts(team);
  const of = (person: Person) => person.identity.fingerprint;
  const lies: { readonly [what: string]: readonly [reason: string, Partial<EpochParts>] } = {
    "nobody is added": ["list", { added: new Map() }],
    "a ghost is added": ["list", { added: new Map([["carol", of(carol)], ["eve", of(eve)]]) }],
    "another is added": ["members hash", { added: new Map([["eve", of(eve)]]) }],
    "he is added with other keys": ["members hash", { added: new Map([["carol", FINGERPRINT]]) }],
    "a fingerprint is too short": ["list", { added: new Map([["carol", new Uint8Array(31)]]) }],
    "a name is none": ["list", { added: new Map([["Carol", of(carol)]]) }],
    "somebody is removed as well": ["list", { removed: new Set(["bob"]) }],
    "a member has other keys": [
      "list",
      { added: new Map([["carol", of(carol)], ["bob", FINGERPRINT]]) },
    ],
    "the owner is another": ["list", { removed: new Set(["alice"]) }],
  };
  for (const [what, [reason, lie]] of Object.entries(lies)) {
    await scene.refuses({ ...right, ...lie }, reason, what);
  }
  await scene.takes();
});

Deno.test("row 106: only the owner adds, removes, replaces and closes", async () => {
  const scene = await Scene.open();
  const { team, people: { bob, carol, eve } } = scene;
  await team.add([carol]);
  await scene.takes();
  const refuse = async (change: (fork: SealedConversation) => Promise<unknown>, reason: string) => {
    const fork = team.fork();
    await change(fork);
    await scene.refuses(scene.parts(fork), reason, change.toString());
  };
  const by = { by: bob };
  await refuse((fork) => fork.add([eve], by), "right");
  await refuse((fork) => fork.remove([carol], by), "right");
  await refuse((fork) => fork.replace([carol], by), "right");
  await refuse((fork) => fork.close(by), "right");
  await refuse((fork) => fork.rotate({ by: eve }), "signer");
  await refuse((fork) => fork.add([eve], { by: eve }), "signer");
});

Deno.test("row 107: the first record must be of the one whose group it is, of its name, and of its nonce", async () => {
  const scene = await Scene.open();
  const { team, people: { bob, eve } } = scene;
  const theirs = await sealedGroup({ realm: REALM, name: "team", owner: eve, members: [bob] });
  const id = { conversation: team.id };
  const spoilt = await recreated(theirs, eve, () => id);
  // Eve's own record under the id of alice's group; alice's under another name; of another realm.
  await rejects(scene.chainOf(team.id).accept(partsOf(spoilt, bob)), { reason: "id" });
  const renamed = scene.chainOf(team.id, { name: "cellar" });
  await rejects(renamed.accept(partsOf(team, bob)), { reason: "id" });
  const nonce = new Uint8Array(32);
  nonce[3] = 1;
  const other = await recreated(team, scene.people.alice, () => ({ previous: nonce }));
  await rejects(scene.chainOf(team.id).accept(partsOf(other, bob)), { reason: "id" });
  const tail = await recreated(team, scene.people.alice, ({ previous }) => ({
    previous: previous.with(31, 1),
  }));
  await rejects(scene.chainOf(team.id).accept(partsOf(tail, bob)), { reason: "previous" });
  // A chain begins with its first record.
  await team.rotate();
  await rejects(scene.chainOf(team.id).accept(partsOf(team, bob)), { reason: "epoch" });
});

/** Epoch 0 once more, with fields changed before they are signed. */
async function recreated(
  conversation: SealedConversation,
  { identity }: Person,
  spoil: Spoil,
): Promise<SealedConversation> {
  const { record } = conversation;
  if (record === null) throw new Error("no record");
  const made = await signEpoch(identity.signKey, { ...record, ...spoil(record) });
  return Object.assign(conversation.fork(), { record: made, frames: conversation.frames });
}

Deno.test("row 107: a direct conversation is of its two, and nobody else's record begins it", async () => {
  const scene = await Scene.open();
  const { people: { alice, bob, eve } } = scene;
  const direct = await sealedDirect({ realm: REALM, by: alice, to: bob });
  const options = { name: "alice", kind: "direct" } as const;
  const chain = scene.chainOf(direct.id, options);
  await chain.accept(partsOf(direct, bob));
  deepStrictEqual([...chain.head?.members.keys() ?? []].sort(), ["alice", "bob"]);
  // Another pair's, shown as theirs.
  const others = await sealedDirect({ realm: REALM, by: alice, to: eve });
  const misnamed = scene.chainOf(others.id, options);
  await rejects(misnamed.accept(partsOf(others, bob)), { reason: "id" });
  // The two and a listener, or one of the two with a stranger.
  for (const pair of [[alice, eve], [eve, alice], [eve, bob]] as const) {
    const [by, to] = pair;
    const made = await sealedDirect({ realm: REALM, by, to });
    const spoilt = await recreated(made, by, () => ({ conversation: direct.id }));
    const fresh = scene.chainOf(direct.id, options);
    await rejects(fresh.accept(partsOf(spoilt, bob)), { reason: "list" });
  }
  // Who the two are is for ever.
  const added = direct.fork();
  await added.add([eve]);
  const before = chain.head;
  await rejects(chain.accept(partsOf(added, bob, { before })), { reason: "right" });
});

Deno.test("a note to oneself is a conversation of one", async () => {
  const scene = await Scene.open();
  const { bob } = scene.people;
  const notes = await sealedDirect({ realm: REALM, by: bob, to: bob });
  const chain = scene.chainOf(notes.id, { name: "bob", kind: "direct" });
  await chain.accept(partsOf(notes, bob));
  await notes.rotate();
  await chain.accept(partsOf(notes, bob, { before: chain.head }));
  strictEqual(chain.head?.epoch, 1);
});

Deno.test("somebody leaves by his own note: then any member may remove him, and only him", async () => {
  const scene = await Scene.open();
  const { chain, team, people: { alice, bob, carol, eve } } = scene;
  await team.add([carol, eve]);
  await scene.takes();
  const { note } = await team.leave(carol);
  const fork = team.fork();
  await fork.remove([carol], { by: bob });
  await scene.refuses(scene.parts(fork), "right", "without a note");
  for (const other of [await team.leave(alice), await team.leave(eve)]) {
    await scene.refuses(scene.parts(fork, [other.note]), "right", "with another's note");
  }
  const bytes = decodeBase64Url(note);
  const forged = bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1);
  await scene.refuses({ ...scene.parts(fork), notes: [forged] }, "right", "with a forged one");
  const both = team.fork();
  await both.remove([carol, eve], { by: bob });
  await scene.refuses(scene.parts(both, [note]), "right", "one more with him");
  // Whatever else comes beside the right one is no note.
  const parts = scene.parts(fork, [note]);
  await chain.accept({ ...parts, notes: [new Uint8Array(), forged, ...parts.notes, bytes] });
  deepStrictEqual([scene.list(2), [...chain.leaversOf(2)]], ["alice*, bob, eve", ["carol"]]);
});

Deno.test("a note is of one membership: it does not end the next one", async () => {
  const scene = await Scene.open();
  const { team, chain, people: { bob, carol } } = scene;
  await team.add([carol]);
  await scene.takes();
  const { note: old } = await team.leave(carol);
  await team.remove([carol]);
  await scene.takes();
  await team.add([carol]);
  await scene.takes();
  const fork = team.fork();
  await fork.remove([carol], { by: bob });
  await scene.refuses(scene.parts(fork, [old]), "right", "the note of his first membership");
  await chain.setOpen({ notes: [decodeBase64Url(old)], rekeyed: [], complaints: [] });
  deepStrictEqual([...chain.open.leavers], []);
  ok(chain.presentMember("carol"));
});

Deno.test("what is open counts until the next epoch, and notes that are not right never", async () => {
  const scene = await Scene.open();
  const { chain, team, people: { bob, eve } } = scene;
  const notes = await Promise.all([
    team.leave(scene.people.alice),
    team.leave(eve),
    team.leave(bob, 1),
  ].map(async (frame) => decodeBase64Url((await frame).note)));
  const complaints = [{ epoch: 0, user: "bob" }];
  await chain.setOpen({ notes: [...notes, new Uint8Array(9)], rekeyed: ["bob"], complaints });
  deepStrictEqual([...chain.open.leavers], ["alice"]);
  deepStrictEqual([[...chain.open.rekeyed], chain.open.complaints], [["bob"], complaints]);
  strictEqual(chain.presentMember("alice"), undefined);
  ok(chain.presentMember("bob"));
  await team.remove([scene.people.alice], { by: bob });
  await chain.accept({ ...scene.parts(team), notes: notes.slice(0, 1) });
  deepStrictEqual([chain.open.leavers.size, chain.open.rekeyed.size, chain.sent], [0, 0, 0]);
});

Deno.test("new keys of a member are accepted where the listed ones have signed them, by whoever makes the epoch", async () => {
  const scene = await Scene.open();
  const { server, team, people: { alice, bob } } = scene;
  const [second, stranger] = [await rekeyed(bob), await person("bob", REALM)];
  const third = await rekeyed(second);
  for (const one of [second, third, stranger]) server.keys.show(one);
  const fork = team.fork();
  await fork.rekey([stranger], { by: alice });
  await scene.refuses(scene.parts(fork), "right");
  // By the changed one himself, under his new keys, two steps at once.
  await team.rekey([third], { by: third });
  await scene.takes();
  const listed = scene.chain.memberAt(1, "bob");
  deepStrictEqual(listed?.fingerprint, third.identity.fingerprint);
  strictEqual(scene.chain.head?.members.get("bob")?.since, 0);
});

Deno.test("in a direct conversation either of the two puts the present keys, signed or not", async () => {
  const scene = await Scene.open();
  const { server, people: { alice, bob } } = scene;
  const direct = await sealedDirect({ realm: REALM, by: alice, to: bob });
  const chain = scene.chainOf(direct.id, { name: "alice", kind: "direct" });
  await chain.accept(partsOf(direct, bob));
  // An account that was made anew: its keys are nobody's successors.
  const anew = await server.newcomer("alice");
  const fork = direct.fork();
  const before = chain.head;
  await fork.rekey([anew], { by: anew });
  await chain.accept(partsOf(fork, bob, { before }));
  deepStrictEqual(chain.memberAt(1, "alice")?.fingerprint, anew.identity.fingerprint);
});

// FTC1 §9 row 110.
Deno.test("a list that is too long is refused before anything is hashed or verified", async () => {
  const scene = await Scene.open();
  const { team } = scene;
  await team.rotate();
  const names = Array.from({ length: 2_000 }, (_, n) => `ghost-${n}`);
  const parts = { ...scene.parts(team), added: new Map(names.map((name) => [name, FINGERPRINT])) };
  const asked = scene.server.keys.asked.length;
  await scene.refuses(parts, "limit");
  strictEqual(scene.server.keys.asked.length, asked);
});

Deno.test("a chain of two thousand epochs is checked in one go, its signers' keys asked for once", async () => {
  const scene = await Scene.open();
  const { server, chain, people: { alice } } = scene;
  const members: Member[] = [...chain.head?.members.values() ?? []];
  const first = chain.record(0);
  if (first === undefined) throw new Error("no record");
  const parts: EpochParts[] = [];
  let previous = first.hash;
  for (let epoch = 1; epoch <= 2_000; epoch++) {
    const record = await signEpoch(alice.identity.signKey, {
      ...first,
      epoch,
      previous,
      change: "rotate",
      membersHash: await membersHash(members),
    });
    previous = record.hash;
    const nothing = { added: new Map(), removed: new Set<string>(), notes: [] };
    parts.push({ record: record.bytes, wrap: null, ...nothing });
  }
  const asked = server.keys.asked.length;
  for (const one of parts) await chain.accept(one);
  strictEqual(server.keys.asked.length, asked);
  deepStrictEqual([chain.head?.epoch, scene.list(1_000)], [2_000, "alice*, bob"]);
});
