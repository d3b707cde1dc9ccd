import { deepStrictEqual } from "node:assert/strict";
import { importMessageKey } from "../../cipher/epoch_key.ts";
import { openMessage } from "../../cipher/message.ts";
import { stateEntryName } from "../../cipher/state_entry.ts";
import { until } from "../client/scripted_server.ts";
import { AlteredServer } from "../testing/altered_server.ts";
import { readEpoch } from "../testing/insider.ts";

const ACCEPT = "Nothing is sent end to end until you accept what it shows, with @trust.";

const ACCEPTED = "The list of keys that the server shows is accepted.";

Deno.test("an older, missing or incomplete list of known keys stops sending on a device in use, until @trust", async (t) => {
  await using server = await AlteredServer.open();
  const [alice] = await server.logins("alice", "bob", "carol");
  alice.types("@bob one");
  await alice.sees("[DM to bob]: one");
  await alice.quits();
  const old = await server.stateOf("alice");
  const second = await server.login("alice");
  second.types("@carol two");
  await second.sees("[DM to carol]: two");
  await second.quits();
  const faults = {
    "The server shows an older list of the keys that you know than this device has seen.": old,
    "The server has lost the list of the keys that you know.": [],
    "The list of the keys that you know is not complete at the server.": "one less",
  } as const;
  for (const [sentence, shown] of Object.entries(faults)) {
    await t.step(sentence, async () => {
      const present = await server.stateOf("alice");
      await server.rollBack("alice", shown === "one less" ? await withoutOne(present) : shown);
      const third = await server.login("alice");
      await third.sees(`ERROR: ${sentence} ${ACCEPT}`);
      const sent = server.asked("alice", "send").length;
      third.types("@bob three", "three");
      await third.sees(`ERROR: ${sentence} ${ACCEPT}`, "[alice]: three");
      deepStrictEqual(server.asked("alice", "send").slice(sent).map(({ to }) => to), ["lobby"]);
      third.types("@trust", "@bob four");
      await third.sees(ACCEPTED, "[DM to bob]: four");
      await third.quits(3);
    });
  }

  /** Leaves out an entry that is not the index: the index says that it is missing. */
  async function withoutOne(
    present: Awaited<ReturnType<typeof server.stateOf>>,
  ): Promise<typeof present> {
    const { identity: { stateKey } } = await server.keysOf("alice");
    const name = await stateEntryName(stateKey, { kind: "peer", name: "bob" });
    return present.filter(({ key }) => key[3] !== name);
  }
});

Deno.test("not detected: an old state and an old epoch, both shown to a fresh device", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob, carol] = await server.team("alice", "bob", "carol");
  const { conversation } = server.lastTold("bob", "change");
  bob.types("@team one");
  await bob.sees("[Group: team] bob: one");
  await until(() => server.asked("bob", "set_state").length > 0);
  await bob.quits();
  const old = await server.stateOf("bob");
  alice.types("@group remove team carol");
  await carol.out.until("Group team: alice removed carol");
  await server.rollBack("bob", old);
  server.alter("bob", (event, asked) => {
    if (event.t === "change") return [];
    if (event.t === "history") return [{ ...event, entries: [], more: false }];
    if (event.t !== "epochs" || asked?.t !== "epochs" || asked.conversation !== conversation) {
      return [event];
    }
    const pieces = event.pieces.filter(({ e }) => e === 0);
    return [{ ...event, head: 0, pieces, more: false }];
  });
  server.answer(
    "bob",
    (command) =>
      command.t === "send"
        ? [{ t: "ack", re: command.id, id: server.lastTold("bob", "welcome").last + 1, at: 0 }]
        : null,
  );
  const before = server.asked("bob", "send").length;
  const fresh = await server.login("bob", { device: "fresh" });
  fresh.types("@team carol is gone, isn't she?");
  await until(() => server.asked("bob", "send").length > before);
  const send = server.asked("bob", "send").at(-1);
  deepStrictEqual(send?.epoch, 0);
  // It is sealed under the old key, which carol has.
  const epoch = await readEpoch(server, await server.keysOf("carol"), { conversation, epoch: 0 });
  const key = await importMessageKey(epoch.key, epoch.record.hash);
  const { body } = await openMessage(key, send?.body ?? "");
  deepStrictEqual(new TextDecoder().decode(body), "carol is gone, isn't she?");
  deepStrictEqual(fresh.out.rest, []);
});
