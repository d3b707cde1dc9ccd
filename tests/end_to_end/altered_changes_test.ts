import { deepStrictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { signLeaveNote } from "../../cipher/leave_note.ts";
import type { EventOf } from "../../protocol/event.ts";
import { AlteredServer, alterEntries, alterEpochs } from "../testing/altered_server.ts";
import { person } from "../testing/person.ts";

const NOT_RIGHT = "the records of members that the server shows are not right";

Deno.test("a leave note that the server has forged moves no owner and removes nobody", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob", "carol");
  bob.types("@team one");
  await bob.sees("[Group: team] bob: one");
  const { conversation, id, at } = server.lastTold("bob", "message");
  const note = encodeBase64Url(await forgedNote(server, "alice", conversation));
  server.alter(
    "bob",
    alterEpochs(conversation, (answer) => ({
      ...answer,
      pieces: [...answer.pieces, { e: (answer.head ?? 0) + 1, notes: [note, "AAAA"] }],
    })),
  );
  server.tell("bob", {
    t: "change",
    id: id + 1,
    at,
    conversation,
    group: "team",
    change: "left",
    by: "alice",
    note,
  });
  await bob.sees(`[not shown]: a change of group team: ${NOT_RIGHT}`);
  await server.reconnect(bob);
  bob.types("@team two");
  await bob.sees("[Group: team] bob: two");
  await alice.sees("[Group: team] bob: one", "[Group: team] bob: two");
  deepStrictEqual(server.lastTold("alice", "message").epoch, 0);
  bob.types("@group remove team carol");
  await bob.sees("ERROR: Only the owner of team can do that.");
  alice.types("@group remove team carol");
  await alice.sees("Group team: alice removed carol");
  await bob.sees("Group team: alice removed carol");
  await bob.quits();
});

async function forgedNote(
  server: AlteredServer,
  name: string,
  conversation: string,
): Promise<Uint8Array> {
  const { identity: { signKey } } = await person(name, server.realm);
  const { identity: { fingerprint } } = await server.keysOf(name);
  const { bytes } = await signLeaveNote(signKey, {
    name,
    conversation: decodeBase64Url(conversation),
    epoch: 0,
    fingerprint,
  });
  return bytes;
}

Deno.test("a change that no record bears out is not told as one", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob");
  const { id, at, conversation } = server.lastTold("bob", "change");
  const fields = { t: "change", at, conversation, group: "team" } as const;
  const lies = [
    // The first record has a list and an owner, but neither is a change.
    { change: "members", by: "alice", added: ["ghost"], removed: [], epoch: 0 },
    { change: "members", by: "alice", added: [], removed: ["bob"], epoch: 1 },
    { change: "members", by: "alice", added: ["ghost"], removed: [] },
    { change: "owner", owner: "bob", epoch: 0 },
    { change: "deleted", by: "alice", epoch: 0 },
    { change: "deleted", by: "alice" },
  ] as const;
  const noEpoch = "the server does not give the record of its epoch";
  for (const [n, lie] of lies.entries()) {
    server.tell("bob", { ...fields, id: id + 1 + n, ...lie } as EventOf<"change">);
    const isNotThere = "epoch" in lie && lie.epoch === 1;
    const reason = isNotThere ? noEpoch : "no record of a member says so";
    await bob.sees(`[not shown]: a change of group team: ${reason}`);
  }
  // What a record does say is told in its own words, not in the server's.
  server.alter(
    "bob",
    alterEntries((entry) =>
      entry.t === "change" && entry.change === "created"
        ? [{ ...entry, by: "bob", members: ["ghost", "bob"] }]
        : [entry]
    ),
  );
  alice.types("@group set pals bob", "@pals hello");
  await bob.sees(
    "Group pals created with members: bob, alice",
    "[Group: pals] alice: hello",
  );
  bob.types("@team still here");
  await bob.sees("[Group: team] bob: still here");
  await bob.quits();
});

Deno.test("a true change that is told once more under another id is not told as another", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.team("alice", "bob", "carol");
  alice.types("@group remove team carol");
  await bob.sees("Group team: alice removed carol");
  const change = server.lastTold("bob", "change");
  server.tell("bob", { ...change, id: change.id + 1 });
  await bob.sees(
    "[not shown]: a change of group team: the server tells an earlier change once more",
  );
  bob.types("@team still here");
  await bob.sees("[Group: team] bob: still here");
  await bob.quits();
});
