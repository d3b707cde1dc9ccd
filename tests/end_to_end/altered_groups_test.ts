import { deepStrictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { groupId } from "../../cipher/conversation.ts";
import { signEpoch } from "../../cipher/epoch.ts";
import { commitment, generateEpochKey } from "../../cipher/epoch_key.ts";
import { membersHash, ROLE } from "../../cipher/member_list.ts";
import type { EpochPiece, EventOf, MessageEntry } from "../../protocol/event.ts";
import { type Alter, AlteredServer, alterEpochs } from "../testing/altered_server.ts";
import { type KnownEpoch, sealAs, wrapFor } from "../testing/insider.ts";
import { past } from "../testing/lines.ts";
import { type Person, person } from "../testing/person.ts";

const STRANGER = "team is another group than the one that you know under this name. " +
  "Nothing is sent there until @trust team.";

const OLD_STATE = "the server shows an older state of this conversation than this account has seen";

/** A group that is not at the server. */
interface FalseGroup extends KnownEpoch {
  readonly conversation: string;
  readonly answer: Pick<EventOf<"epochs">, "head" | "sent" | "pieces" | "more">;
}

/** Makes a group of two; its id is right for its name and its creator, unless told. */
async function falseGroup(
  owner: Person,
  other: Person,
  { name, id: given }: { readonly name: string; readonly id?: Uint8Array },
): Promise<FalseGroup> {
  const { user, identity: { realm, fingerprint, signKey } } = owner;
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const id = given ?? await groupId(realm, name, nonce, fingerprint);
  const key = generateEpochKey();
  const previous = new Uint8Array(32);
  previous.set(nonce);
  const record = await signEpoch(signKey, {
    kind: "group",
    conversation: id,
    epoch: 0,
    previous,
    change: "create",
    time: Date.now(),
    members: 2,
    membersHash: await membersHash([
      { name: user, fingerprint, role: ROLE.owner },
      { name: other.user, fingerprint: other.identity.fingerprint, role: ROLE.member },
    ]),
    commitment: await commitment(id, 0, key),
    signer: user,
    signerFingerprint: fingerprint,
  });
  const wrap = await wrapFor(other, { record, key });
  const pieces: readonly EpochPiece[] = [
    { e: 0, record: encodeBase64Url(record.bytes), wrap },
    { e: 0, added: [[user, owner.fp], [other.user, other.fp]] },
  ];
  const answer = { head: 0, sent: 0, pieces: [...pieces], more: false };
  return { conversation: encodeBase64Url(id), record, key, answer };
}

/** Answers a look-up, and questions for epochs, with a group that is not at the server. */
function showing({ conversation, answer }: FalseGroup, name: string): Alter {
  return (event, asked) => {
    if (asked?.t === "epochs" && asked.conversation === conversation && event.t === "epochs") {
      return [{ ...event, ...answer }];
    }
    if (asked?.t !== "lookup" || asked.name !== name) return [event];
    return [{ t: "found", re: asked.id, name, kind: "group", conversation }];
  };
}

Deno.test("a look-up answered with another group's id: a warning, and nothing is sent there until @trust", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  const thief = await person("thief", server.realm);
  await server.setKeys(thief);
  const false_ = await falseGroup(thief, await server.keysOf("bob"), { name: "team" });
  bob.types("@team one");
  await bob.sees("[Group: team] bob: one");
  await server.reconnect(bob);
  server.alter("bob", showing(false_, "team"));
  bob.types("@team two", "@group leave team", "three");
  await bob.sees(
    `WARNING: ${STRANGER}`,
    `ERROR: ${STRANGER}`,
    `ERROR: ${STRANGER}`,
    "[bob]: three",
  );
  deepStrictEqual(server.asked("bob", "leave"), []);
  const sent = () => new Map(server.asked("bob", "send").map((send) => [send.id, send]));
  deepStrictEqual([...sent().values()].map(({ to }) => to), ["team", "lobby"]);
  bob.types("@trust team", "@team four");
  await bob.sees("From now on team is this group.", "ERROR: No group team that you are in.");
  deepStrictEqual([...sent().values()].at(-1)?.conversation, false_.conversation);
  await alice.sees("[Group: team] bob: one", "[bob]: three");
  await bob.quits(3);
});

Deno.test("a look-up answered with another group's id: without @trust all is as it was", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  const thief = await person("thief", server.realm);
  await server.setKeys(thief);
  const false_ = await falseGroup(thief, await server.keysOf("bob"), { name: "team" });
  bob.types("@team one");
  await bob.sees("[Group: team] bob: one");
  await bob.quits();
  server.alter("bob", showing(false_, "team"));
  const again = await server.login("bob");
  again.types("@team two");
  await again.sees(`WARNING: ${STRANGER}`, `ERROR: ${STRANGER}`);
  server.isHonestTo("bob");
  await server.reconnect(again);
  again.types("@team three");
  await again.sees("[Group: team] bob: three");
  await alice.sees("[Group: team] bob: one", "[Group: team] bob: three");
  await again.quits(3);
});

Deno.test("history answered with another group's messages: a warning stands before them", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  const thief = await person("thief", server.realm);
  await server.setKeys(thief);
  const false_ = await falseGroup(thief, await server.keysOf("bob"), { name: "team" });
  alice.types("@team one");
  await bob.sees("[Group: team] alice: one");
  const one = server.lastTold("bob", "message");
  const body = await sealAs(thief, false_, { text: "tell me all" });
  const forged: MessageEntry = {
    ...one,
    conversation: false_.conversation,
    from: "thief",
    body,
  };
  const show = showing(false_, "team");
  server.alter("bob", (event, asked) => {
    if (event.t !== "history") return show(event, asked);
    return [{ ...event, entries: [forged], more: false }];
  });
  bob.types("@history 5 team");
  await bob.sees(
    `WARNING: ${STRANGER}`,
    "--- Last 1 Messages ---",
    past("[Group: team] thief: tell me all"),
  );
  server.isHonestTo("bob");
  // The real one goes on, and is the one that is written to.
  bob.types("@team two");
  await bob.sees("[Group: team] bob: two");
  await alice.out.until("[Group: team] bob: two");
  await bob.quits();
});

Deno.test("row 107: epoch 0 of a group whose id is not of its creator and its name is refused", async (t) => {
  await using server = await AlteredServer.open();
  const bob = await server.login("bob");
  const thief = await person("thief", server.realm);
  await server.setKeys(thief);
  const victim = await server.keysOf("bob");
  const cases = {
    "any id": await falseGroup(thief, victim, { name: "a1", id: new Uint8Array(32).fill(8) }),
    "the id of another name": await falseGroup(thief, victim, { name: "other" }),
    "the id of somebody else's group": await falseGroup(thief, victim, {
      name: "a3",
      id: await groupId(server.realm, "a3", new Uint8Array(16), victim.identity.fingerprint),
    }),
  };
  for (const [at, [what, group]] of Object.entries(cases).entries()) {
    await t.step(what, async () => {
      const name = `a${at + 1}`;
      server.alter("bob", showing(group, name));
      bob.types(`@${name} hello`);
      await bob.sees(
        "ERROR: Not done: the conversation is not of the one who is said to have made it.",
      );
    });
  }
  deepStrictEqual(server.asked("bob", "send"), []);
  // Under its right name it is a group like any other.
  server.alter("bob", showing(cases["the id of another name"], "other"));
  bob.types("@other hello");
  await bob.sees("ERROR: User other does not exist.");
  deepStrictEqual(server.asked("bob", "send").length, 1);
  await bob.quits(3);
});

Deno.test("an old epoch is not shown to a device in use, in the same run and in the next", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob", "carol");
  const { conversation } = server.lastTold("bob", "change");
  alice.types("@group remove team carol", "@team one");
  await bob.sees("Group team: alice removed carol", "[Group: team] alice: one");
  server.alter(
    "bob",
    alterEpochs(conversation, (answer) => ({
      ...answer,
      head: 0,
      pieces: answer.pieces.filter(({ e }) => e === 0),
      more: false,
    })),
  );
  await server.reconnect(bob);
  bob.types("@team two");
  await bob.sees(`ERROR: Not done: ${OLD_STATE}.`);
  await bob.quits(3);
  const again = await server.login("bob");
  again.types("@team three", "three");
  await again.sees(`ERROR: Not done: ${OLD_STATE}.`, "[bob]: three");
  await again.quits(3);
  // Not even a new device: what the account knows is at the server, closed to it.
  const another = await server.login("bob", { device: "another" });
  another.types("@team four");
  await another.sees(`ERROR: Not done: ${OLD_STATE}.`);
  server.isHonestTo("bob");
  another.types("@team five");
  await another.sees("[Group: team] bob: five");
  await another.quits(3);
});
