// Messages in the name of somebody whom the user has verified, or in his own, under keys that the
// server has made: none of them is shown as theirs, whatever the server answers when it is asked.

import { deepStrictEqual } from "node:assert/strict";
import type { MessageEntry } from "../../protocol/event.ts";
import {
  alterAll,
  AlteredServer,
  alterKeys,
  type Answer,
  showEpochs,
} from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";
import { type KnownEpoch, listOf, piecesOf, readEpoch } from "../testing/insider.ts";
import { sealAs, signNext, wrapFor } from "../testing/insider.ts";
import { past } from "../testing/lines.ts";
import { type Person, person, rekeyed } from "../testing/person.ts";
import { sealedDirect } from "../testing/sealed.ts";

const OTHER_KEYS = "(signed by other keys than you know of bob)";

const WARNED = "WARNING: bob, whom you have verified, has a new key that the old one does not " +
  "confirm. Nothing is sent to bob or to groups with bob. Compare with @verify bob, or accept " +
  "with @trust bob.";

const CHANGED = "ERROR: bob, whom you have verified, has a new key. Compare with @verify bob, or " +
  "accept with @trust bob.";

function notShown(reason: string): string {
  return `[not shown]: message from bob to alice: ${reason}`;
}

interface Scene extends AsyncDisposable {
  readonly server: AlteredServer;
  readonly alice: Device;
  readonly bob: Device;
  /** The keys of the two. */
  readonly people: { readonly alice: Person; readonly bob: Person };
  /** What alice has written to bob. */
  readonly one: MessageEntry;
  /** The next id of what is made up. */
  readonly nextId: () => number;
}

/** Alice has verified bob and written to him; there is one epoch. */
async function verified(): Promise<Scene> {
  const server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  await verifies(alice);
  alice.types("@bob one");
  await alice.sees("[DM to bob]: one");
  await bob.sees("[DM from alice]: one");
  const people = { alice: await server.keysOf("alice"), bob: await server.keysOf("bob") };
  const one = server.lastTold("alice", "message");
  let { id } = one;
  return {
    server,
    alice,
    bob,
    people,
    one,
    nextId: () => ++id,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function verifies(alice: Device): Promise<void> {
  alice.types("@verify bob");
  await alice.out.until("If it is the same: @verify bob ok");
  alice.types("@verify bob ok");
  await alice.sees("bob is verified. A change of the key stops sending to bob from now on.");
}

/** The direct conversation goes on with somebody else under bob's name. */
async function takeOver({ server, people, one }: Scene, fake: Person): Promise<KnownEpoch> {
  const { alice } = people;
  const { record } = await readEpoch(server, alice, { ...one, epoch: 0 });
  const members = listOf(alice, fake);
  const forged = await signNext(fake, record, { members, fields: { change: "rekey" } });
  const wrap = await wrapFor(alice, forged);
  const pieces = piecesOf(forged, { wrap, added: [fake] });
  server.alter("alice", alterAll(showEpochs(one.conversation, pieces), alterKeys(fake)));
  return forged;
}

/** Tells alice a message of bob's that he has not written. */
async function forge(
  { server, one, nextId }: Scene,
  by: Person,
  { epoch, text, n }: {
    readonly epoch: KnownEpoch;
    readonly text: string;
    readonly n: number;
  },
): Promise<void> {
  const body = await sealAs(by, epoch, { text, fields: { n } });
  server.tell("alice", {
    ...one,
    id: nextId(),
    from: "bob",
    to: "alice",
    epoch: epoch.record.epoch,
    body,
  });
}

/** The state of the keys that are known is asked for, and refused. */
const withoutState: Answer = (command) =>
  command.t === "state"
    ? [{ t: "error", re: command.id, code: "storage", msg: "The server cannot read that now." }]
    : null;

Deno.test("bob's keys changed by the server: a warning, and what it writes is marked", async () => {
  await using scene = await verified();
  const { server, alice } = scene;
  const fake = await person("bob", server.realm);
  const epoch = await takeOver(scene, fake);
  await forge(scene, fake, { epoch, text: "first", n: 1 });
  await forge(scene, fake, { epoch, text: "second", n: 2 });
  await alice.sees(
    WARNED,
    `[DM from bob]: first ${OTHER_KEYS}`,
    `[DM from bob]: second ${OTHER_KEYS}`,
  );
  alice.types("@bob two");
  await alice.sees(CHANGED);
  await alice.quits(3);
});

Deno.test("bob's keys changed by the server, which answers no question for their line: nothing is shown", async () => {
  await using scene = await verified();
  const { server, alice } = scene;
  const fake = await rekeyed(await person("bob", server.realm));
  const epoch = await takeOver(scene, fake);
  const msg = "The server cannot read that now.";
  server.answer(
    "alice",
    (command) =>
      command.t === "lineage" ? [{ t: "error", re: command.id, code: "storage", msg }] : null,
  );
  await forge(scene, fake, { epoch, text: "first", n: 1 });
  await alice.sees(notShown(msg));
  await forge(scene, fake, { epoch, text: "second", n: 2 });
  await alice.sees(notShown(msg));
  alice.types("@bob two");
  await alice.sees(`ERROR: ${msg}`);
  deepStrictEqual(new Set(server.asked("alice", "send").map(({ id }) => id)).size, 1);
  await alice.quits(3);
});

Deno.test("bob's keys changed by the server, which cuts the line when their line is asked for: it is asked for again", async () => {
  await using scene = await verified();
  const { server, alice } = scene;
  const fake = await rekeyed(await person("bob", server.realm));
  const epoch = await takeOver(scene, fake);
  const { promise: wasAsked, resolve } = Promise.withResolvers<void>();
  server.answer("alice", (command) => {
    if (command.t !== "lineage") return null;
    server.answer("alice", () => null);
    resolve();
    return [];
  });
  await forge(scene, fake, { epoch, text: "first", n: 1 });
  await wasAsked;
  await server.reconnect(alice);
  // The first one was lost with the connection: the server has none such.
  await forge(scene, fake, { epoch, text: "second", n: 2 });
  await alice.sees(WARNED, `[DM from bob]: second ${OTHER_KEYS}`);
  alice.types("@bob two");
  await alice.sees(CHANGED);
  await alice.quits(3);
});

Deno.test("a fork from before the pinned epoch: none of its messages is shown, neither the first nor the next", async () => {
  await using scene = await verified();
  const { server, alice, people, one } = scene;
  const { record } = await readEpoch(server, people.alice, { ...one, epoch: 0 });
  const honest = await signNext(people.bob, record, { members: listOf(people.alice, people.bob) });
  const wrap = await wrapFor(people.alice, honest);
  server.alter("alice", showEpochs(one.conversation, piecesOf(honest, { wrap })));
  await forge(scene, people.bob, { epoch: honest, text: "under new keys", n: 1 });
  await alice.sees("[DM from bob]: under new keys");
  await alice.quits();
  const { again, forges } = await forked(scene);
  const old = "the server shows an older state of this conversation than this account has seen";
  await forges("first");
  await again.sees(notShown(old));
  await forges("second");
  await again.sees(notShown(old));
  // The true conversation is as it was.
  server.alter("alice", showEpochs(one.conversation, piecesOf(honest, { wrap })));
  await forge(scene, people.bob, { epoch: honest, text: "as before", n: 2 });
  await again.sees("[DM from bob]: as before");
  await again.quits();
});

/** Another run of alice's: the server shows a conversation from epoch 0 on that a fake bob has made. */
async function forked(
  { server, people: { alice }, one, nextId }: Scene,
): Promise<{ readonly again: Device; readonly forges: (text: string) => Promise<void> }> {
  const fake = await person("bob", server.realm);
  const fork = await sealedDirect({ realm: server.realm, by: fake, to: alice });
  const record = fork.record;
  if (record === null) throw new Error("Cannot fork: there is no epoch");
  const pieces = piecesOf({ record }, { wrap: await fork.wrapFor(alice), added: [fake, alice] });
  server.alter("alice", alterAll(showEpochs(one.conversation, pieces), alterKeys(fake)));
  const again = await server.login("alice");
  const forges = async (text: string) => {
    const { body } = await fork.seal(fake, text);
    server.tell("alice", { ...one, id: nextId(), from: "bob", to: "alice", epoch: 0, body });
  };
  return { again, forges };
}

Deno.test("while the server does not give what is known of keys, nothing is opened and nothing sent", async () => {
  await using scene = await verified();
  const { server, alice, bob } = scene;
  await alice.quits();
  const unread = "the server does not give what you know of keys";
  server.answer("alice", withoutState);
  const { again, forges } = await forked(scene);
  await again.sees(
    "ERROR: The keys that you know have not been read from the server yet: try again.",
  );
  await forges("first");
  await again.sees(notShown(unread));
  await forges("second");
  await again.sees(notShown(unread));
  again.types("@history 5 bob");
  await again.sees(
    "--- Last 1 Messages ---",
    past(`[not shown]: message from alice to bob: ${unread}`),
  );
  again.types("@bob two");
  await again.sees("ERROR: The server cannot read that now.");
  // What was kept back may be read as soon as it is given.
  server.isHonestTo("alice");
  again.types("@history 5 bob");
  await again.sees("--- Last 1 Messages ---", past("[DM to bob]: one"));
  again.types("@bob three");
  await again.sees("[DM to bob]: three");
  await bob.sees("[DM from alice]: three");
  await again.quits(3);
});

Deno.test("fake keys in an epoch between two true ones: what is written under them is marked", async () => {
  await using scene = await verified();
  const { server, alice, people, one } = scene;
  const fakes = {
    alice: await person("alice", server.realm),
    bob: await person("bob", server.realm),
  };
  const { record } = await readEpoch(server, people.alice, { ...one, epoch: 0 });
  const rekey = { change: "rekey" } as const;
  const between = await signNext(fakes.bob, record, {
    members: listOf(people.alice, fakes.bob),
    fields: rekey,
  });
  const newest = await signNext(fakes.alice, between.record, {
    members: listOf(fakes.alice, people.bob),
    fields: rekey,
  });
  const wrap = await wrapFor(people.alice, between);
  const pieces = [
    ...piecesOf(between, { wrap, added: [fakes.bob] }),
    ...piecesOf(newest, { added: [fakes.alice, people.bob] }),
  ];
  server.alter(
    "alice",
    alterAll(showEpochs(one.conversation, pieces), alterKeys(fakes.alice, fakes.bob)),
  );
  await forge(scene, fakes.bob, { epoch: between, text: "send money", n: 1 });
  await alice.sees(`[DM from bob]: send money ${OTHER_KEYS}`);
  await alice.quits();
});

Deno.test("messages in one's own name by other keys are not shown, to somebody and to oneself", async () => {
  await using scene = await verified();
  const { server, alice, people, one, nextId } = scene;
  const fake = await person("alice", server.realm);
  const { record } = await readEpoch(server, people.alice, { ...one, epoch: 0 });
  const members = listOf(fake, people.bob);
  const forged = await signNext(fake, record, { members, fields: { change: "rekey" } });
  const pieces = piecesOf(forged, { wrap: await wrapFor(people.alice, forged), added: [fake] });
  const note = await sealedDirect({ realm: server.realm, by: fake, to: fake });
  if (note.record === null) throw new Error("Cannot forge: there is no epoch");
  const wrap = await wrapFor(people.alice, { record: note.record, key: note.key });
  const notes = piecesOf({ record: note.record }, { wrap, added: [fake] });
  server.alter(
    "alice",
    alterAll(
      showEpochs(one.conversation, pieces),
      showEpochs(note.conversation, notes),
      alterKeys(fake),
    ),
  );
  const not = "it is signed with your name by keys that are not yours";
  const body = await sealAs(fake, forged, { text: "I owe you 1,000" });
  server.tell("alice", { ...one, id: nextId(), epoch: 1, body });
  await alice.sees(`[not shown]: message from alice to bob: ${not}`);
  const { body: poison } = await note.seal(fake, "buy poison");
  const { conversation } = note;
  server.tell("alice", {
    ...one,
    id: nextId(),
    to: "alice",
    conversation,
    epoch: 0,
    body: poison,
  });
  await alice.sees(`[not shown]: message from alice to alice: ${not}`);
  await alice.quits();
});

Deno.test("a listed key that the server withholds: an error, nothing is sent to the group, and what it writes is marked", async () => {
  await using server = await AlteredServer.open();
  const [, alice, bob] = await server.team("owner", "alice", "bob");
  await verifies(alice);
  const { conversation } = server.lastTold("alice", "change");
  const [owner, me] = [await server.keysOf("owner"), await server.keysOf("alice")];
  const fake = await person("bob", server.realm);
  const { record } = await readEpoch(server, owner, { conversation, epoch: 0 });
  const members = listOf(owner, me, fake);
  const forged = await signNext(owner, record, { members, fields: { change: "replace" } });
  const pieces = piecesOf(forged, { wrap: await wrapFor(me, forged), added: [fake] });
  // The present key of bob is shown right: only the one in the list is not given.
  server.alter("alice", showEpochs(conversation, pieces));
  await server.reconnect(alice);
  alice.types("@team to verified bob");
  await alice.sees(
    "ERROR: The server does not give the key under which a conversation lists bob. " +
      "Nothing is sent there.",
    "ERROR: The server shows no valid key of bob.",
  );
  alice.types("@bob to bob himself", "@team to verified bob again");
  await alice.sees("[DM to bob]: to bob himself", "ERROR: The server shows no valid key of bob.");
  await bob.sees("[DM from alice]: to bob himself");
  const groups = () => server.asked("alice", "send").filter(({ to }) => to === "team");
  deepStrictEqual(groups(), []);
  server.alter("alice", alterAll(showEpochs(conversation, pieces), alterKeys(fake)));
  const body = await sealAs(fake, forged, { text: "it is me" });
  const id = server.lastTold("alice", "message").id + 1;
  const entry = { t: "message", at: Date.now(), conversation, kind: "group", to: "team" } as const;
  server.tell("alice", { ...entry, id, from: "bob", epoch: 1, body });
  await alice.sees(`[Group: team] bob: it is me ${OTHER_KEYS}`);
  alice.types("@team and now");
  await alice.sees(WARNED, CHANGED);
  deepStrictEqual(groups(), []);
  await alice.quits(3);
});
