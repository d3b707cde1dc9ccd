import { deepStrictEqual, ok } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { EpochFields, EpochRecord } from "../../cipher/epoch.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import type { EpochPiece, EventOf } from "../../protocol/event.ts";
import { AlteredServer, alterEpochs } from "../testing/altered_server.ts";
import { type KnownEpoch, readEpoch, sealAs, signNext, wrapFor } from "../testing/insider.ts";
import { past } from "../testing/lines.ts";
import { type Person, person } from "../testing/person.ts";

const NOT_RIGHT = "the records of members that the server shows are not right";
const OTHER_HISTORY = "the server shows another history of members than this account has seen";

/** Puts an epoch in the place of all that the server has from its number on. */
function insteadOf(
  answer: EventOf<"epochs">,
  from: number,
  { record, wrap }: { readonly record: EpochRecord; readonly wrap?: string },
  ...more: readonly EpochPiece[]
): EventOf<"epochs"> {
  const pieces = answer.pieces.filter(({ e }) => e < from);
  const text = encodeBase64Url(record.bytes);
  const piece = { e: from, record: text, ...(wrap === undefined ? {} : { wrap }) };
  return { ...answer, head: from, pieces: [...pieces, piece, ...more], more: false };
}

function memberOf({ user: name, identity: { fingerprint } }: Person, role: Member["role"]): Member {
  return { name, fingerprint, role };
}

Deno.test("row 106: a ghost member, added by the server itself, reads nothing and is not shown", async (t) => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  const one = server.lastTold("bob", "message");
  const ghost = await person("ghost", server.realm);
  await server.setKeys(ghost);
  const [owner, other] = [await server.keysOf("alice"), await server.keysOf("bob")];
  const { record } = await readEpoch(server, owner, { ...one, epoch: 0 });
  const members = [
    memberOf(owner, ROLE.owner),
    memberOf(other, ROLE.member),
    memberOf(ghost, ROLE.member),
  ];
  const posed = { signer: "alice", signerFingerprint: owner.identity.fingerprint };
  const forgeries: { readonly [what: string]: Partial<EpochFields> } = {
    "who signs for himself": {},
    "who signs in the name of the owner": { signer: "alice" },
    "who signs in the name of the owner, with the owner's fingerprint": posed,
  };
  for (const [what, fields] of Object.entries(forgeries)) {
    await t.step(what, async () => {
      const forged = await signNext(ghost, record, {
        members,
        fields: { change: "add", ...fields },
      });
      const added: EpochPiece = { e: 1, added: [["ghost", ghost.fp]] };
      server.alter(
        "bob",
        alterEpochs(one.conversation, (answer) => insteadOf(answer, 1, forged, added)),
      );
      const body = await sealAs(ghost, forged, { text: "boo" });
      const id = server.lastTold("bob", "message").id + 1;
      server.tell("bob", { ...one, id, from: "ghost", epoch: 1, body });
      const reason = fields === posed ? "the signature is not right" : NOT_RIGHT;
      await bob.sees(`[not shown]: message from ghost in team: ${reason}`);
      bob.types("@team not for ghosts");
      await bob.sees("[Group: team] bob: not for ghosts");
      deepStrictEqual(server.lastTold("bob", "message").epoch, 0);
    });
  }
  await bob.quits();
});

Deno.test("row 106: a ghost in the list of a genuine record stops reading and sending", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  await server.login("carol");
  const ghost = await person("ghost", server.realm);
  await server.setKeys(ghost);
  const { conversation } = server.lastTold("bob", "change");
  server.alter(
    "bob",
    alterEpochs(conversation, (answer) => {
      const pieces = answer.pieces.map((piece): EpochPiece =>
        piece.e === 1 && "added" in piece
          ? { e: 1, added: [...piece.added, ["ghost", ghost.fp]] }
          : piece
      );
      return { ...answer, pieces };
    }),
  );
  alice.types("@group add team carol", "@team one");
  await bob.sees(
    `[not shown]: a change of group team: ${NOT_RIGHT}`,
    `[not shown]: message from alice in team: ${NOT_RIGHT}`,
  );
  bob.types("@team two");
  await bob.sees(`ERROR: Not done: ${NOT_RIGHT}.`);
  deepStrictEqual(server.told("bob", "ack"), []);
  server.isHonestTo("bob");
  bob.types("@team three", "@history 10 team");
  await bob.sees(
    "[Group: team] bob: three",
    "--- Last 2 Messages ---",
    past("[Group: team] alice: one"),
    past("[Group: team] bob: three"),
  );
  await bob.quits(3);
});

Deno.test("row 106: a removed member whom the server keeps in the list is not kept there", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob", "carol");
  const { conversation } = server.lastTold("bob", "change");
  server.alter(
    "bob",
    alterEpochs(conversation, (answer) => ({
      ...answer,
      pieces: answer.pieces.filter((piece) => !("removed" in piece)),
    })),
  );
  alice.types("@group remove team carol", "@team one");
  await bob.sees(
    `[not shown]: a change of group team: ${NOT_RIGHT}`,
    `[not shown]: message from alice in team: ${NOT_RIGHT}`,
  );
  bob.types("@team carol still reads this");
  await bob.sees(`ERROR: Not done: ${NOT_RIGHT}.`);
  server.isHonestTo("bob");
  bob.types("@team carol is gone");
  await bob.sees("[Group: team] bob: carol is gone");
  await bob.quits(3);
});

Deno.test("rows 106, 110: a record that no honest member would sign is refused, whoever signs it", async (t) => {
  await using server = await AlteredServer.open();
  const [alice, , carol] = await server.team("alice", "bob", "carol");
  alice.types("@team one");
  await carol.sees("[Group: team] alice: one");
  const one = server.lastTold("carol", "message");
  const [owner, member, victim] = [
    await server.keysOf("alice"),
    await server.keysOf("bob"),
    await server.keysOf("carol"),
  ];
  const ghost = await person("ghost", server.realm);
  await server.setKeys(ghost);
  const { record } = await readEpoch(server, owner, { ...one, epoch: 0 });
  const three = [
    memberOf(owner, ROLE.owner),
    memberOf(member, ROLE.member),
    memberOf(victim, ROLE.member),
  ];
  const four = [...three, memberOf(ghost, ROLE.member)];
  const added: EpochPiece = { e: 1, added: [["ghost", ghost.fp]] };
  const cases: {
    readonly [what: string]: {
      readonly by?: Person;
      readonly members?: readonly Member[];
      readonly fields?: Partial<EpochFields>;
      readonly pieces?: readonly EpochPiece[];
      readonly reason?: string;
    };
  } = {
    "a skipped number": { fields: { epoch: 2 } },
    "the same number again": { fields: { epoch: 0 } },
    "the hash of another record before it": {
      fields: { previous: new Uint8Array(32).fill(9) },
      reason: OTHER_HISTORY,
    },
    "an addition by a member who is not the owner": {
      by: member,
      members: four,
      fields: { change: "add" },
      pieces: [added],
    },
    "a close by a member who is not the owner": { by: member, fields: { change: "close" } },
    "the hash of another list": { members: four, fields: { members: 3 } },
    "a removal of one who has not left, by a member who is not the owner": {
      by: member,
      members: three.filter(({ name }) => name !== "alice"),
      fields: { change: "remove" },
      pieces: [{ e: 1, removed: ["alice"] }],
    },
    "65,535 members claimed": { fields: { members: 65_535 } },
    "a list longer than a group can be": {
      fields: { change: "add", members: 1_005 },
      pieces: [{ e: 1, added: Array.from({ length: 1_002 }, (_, n) => [`u${n}`, ghost.fp]) }],
    },
  };
  let id = one.id;
  for (
    const [what, { by = owner, members = three, fields, pieces = [], reason }] of Object.entries(
      cases,
    )
  ) {
    await t.step(what, async () => {
      const bad = await signNext(by, record, { members, fields: fields ?? {} });
      server.alter(
        "carol",
        alterEpochs(one.conversation, (answer) => insteadOf(answer, 1, bad, ...pieces)),
      );
      const body = await sealAs(by, bad, { text: "under new keys" });
      server.tell("carol", { ...one, id: ++id, from: by.user, epoch: 1, body });
      await carol.sees(
        `[not shown]: message from ${by.user} in team: ${reason ?? NOT_RIGHT}`,
      );
    });
  }
  server.isHonestTo("carol");
  alice.types("@team bye");
  await carol.sees("[Group: team] alice: bye");
  await carol.quits();
});

Deno.test("row 110: a server that tells of epochs without end is listened to for so long only", async (t) => {
  await using server = await AlteredServer.open();
  const [alice, , carol] = await server.team("alice", "bob", "carol");
  alice.types("@team one");
  await carol.sees("[Group: team] alice: one");
  const one = server.lastTold("carol", "message");
  const { conversation } = one;
  const record = encodeBase64Url(new Uint8Array(250));
  const endless: { readonly [what: string]: readonly [(from: number) => EpochPiece[], number] } = {
    "pieces of one epoch": [() => Array.from({ length: 100 }, () => ({ e: 1, removed: [] })), 2],
    "the pieces of before once more": [() => [{ e: 0, record }], 4],
    "10,000 epochs": [
      (from) => Array.from({ length: 100 }, (_, n) => ({ e: from + n + 1, record })),
      41,
    ],
  };
  for (const [at, [what, [pieces, most]]] of Object.entries(endless).entries()) {
    await t.step(what, async () => {
      const before = server.asked("carol", "epochs").length;
      server.answer("carol", (command) => {
        if (command.t !== "epochs" || command.conversation !== conversation) return null;
        const { id: re, from = 0 } = command;
        return [{ t: "epochs", re, head: 9_999, pieces: pieces(from), more: true }];
      });
      server.tell("carol", { ...one, id: one.id + 1 + at, epoch: 1 });
      await carol.sees(`[not shown]: message from alice in team: ${NOT_RIGHT}`);
      const questions = server.asked("carol", "epochs").length - before;
      ok(questions <= most, `${questions} questions`);
    });
  }
  server.isHonestTo("carol");
  alice.types("@team bye");
  await carol.sees("[Group: team] alice: bye");
  await carol.quits();
});

Deno.test("row 106: two records for one number: who was shown the one is not shown the other", async () => {
  await using server = await AlteredServer.open();
  const [alice, , carol] = await server.team("alice", "bob", "carol");
  alice.types("@team one");
  await carol.sees("[Group: team] alice: one");
  const one = server.lastTold("carol", "message");
  const owner = await server.keysOf("alice");
  const victim = await server.keysOf("carol");
  const members = [
    memberOf(owner, ROLE.owner),
    memberOf(await server.keysOf("bob"), ROLE.member),
    memberOf(victim, ROLE.member),
  ];
  const { record } = await readEpoch(server, owner, { ...one, epoch: 0 });
  const sign = async () => {
    const epoch = await signNext(owner, record, { members });
    return { ...epoch, wrap: await wrapFor(victim, epoch) };
  };
  const [first, second] = [await sign(), await sign()];
  const show = (epoch: typeof first) =>
    server.alter(
      "carol",
      alterEpochs(one.conversation, (answer) => insteadOf(answer, 1, epoch)),
    );
  const say = async (epoch: KnownEpoch, id: number) => {
    const body = await sealAs(owner, epoch, { text: "hello" });
    server.tell("carol", { ...one, id, epoch: 1, body });
  };
  show(first);
  await say(first, one.id + 1);
  await carol.sees("[Group: team] alice: hello");
  // Members who are shown different records do not read each other.
  await say(second, one.id + 2);
  await carol.sees(
    "[not shown]: message from alice in team: " +
      "it was altered, or is of another conversation or epoch",
  );
  await carol.quits();
  show(second);
  const again = await server.login("carol");
  await say(second, one.id + 3);
  await again.sees(`[not shown]: message from alice in team: ${OTHER_HISTORY}`);
  again.types("@team who is who?");
  await again.sees(`ERROR: Not done: ${OTHER_HISTORY}.`);
  await again.quits(3);
});
