// `@rekey` in the middle of something else: nothing is lost, doubled or left behind.

import { deepStrictEqual } from "node:assert/strict";
import type { Event } from "../../protocol/event.ts";
import { until } from "../client/scripted_server.ts";
import { AlteredServer } from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";

/** Bob at a terminal: he can be asked for his password. */
async function bobTypes(server: AlteredServer): Promise<Device> {
  const first = await server.login("bob");
  await first.quits();
  return await server.login("bob", { isTyped: true });
}

const DONE = "Password changed, and your keys are new. The others are told by their clients.";

Deno.test("a line that waits while the keys are changed is sent once, under the new ones", async () => {
  await using server = await AlteredServer.open();
  const alice = await server.login("alice");
  const bob = await bobTypes(server);
  // The answer to @rekey is kept back until lines wait behind it.
  const held: Event[] = [];
  server.alter("bob", (event, asked) => {
    if (asked?.t !== "passwd") return [event];
    held.push(event);
    return [];
  });
  await bob.rekeys();
  await until(() => held.length === 1);
  bob.types("@alice hi", "for all");
  server.tell("bob", ...held);
  await bob.sees(DONE, "[DM to alice]: hi", "[bob]: for all");
  await alice.sees("[DM from bob]: hi", "[bob]: for all");
  const sent = server.asked("bob", "send").filter(({ to }) => to === "alice");
  deepStrictEqual(sent.length, 1);
  bob.types("@alice bye");
  await bob.sees("[DM to alice]: bye");
  await alice.sees("[DM from bob]: bye");
  await bob.quits();
  await alice.quits();
});

for (
  const [what, line, seen] of [
    ["deleted", "@group delete team", "Group team deleted by bob"],
    ["left", "@group leave team", "Group team deleted by bob"],
    ["written to", "@team anybody here?", "[Group: team] bob: anybody here?"],
  ] as const
) {
  Deno.test(`everybody else has left, then the owner changes his keys: the group can be ${what}`, async () => {
    await using server = await AlteredServer.open();
    const bob = await bobTypes(server);
    const [alice, carol] = await server.logins("alice", "carol");
    bob.types("@group set team alice,carol");
    for (const device of [bob, alice, carol]) {
      await device.sees("Group team created with members: alice, carol, bob");
    }
    alice.types("@group leave team");
    for (const device of [bob, alice, carol]) await device.sees("Group team: alice left");
    carol.types("@group leave team");
    for (const device of [bob, carol]) await device.sees("Group team: carol left");
    await bob.rekeys();
    await bob.sees(DONE);
    bob.types(line);
    await bob.sees(seen);
    await bob.quits();
  });
}

Deno.test("behind @rekey, nothing is left at the server of what the former keys have closed", async () => {
  await using server = await AlteredServer.open();
  const alice = await server.login("alice");
  const bob = await bobTypes(server);
  bob.types("@alice one");
  await bob.sees("[DM to alice]: one");
  await alice.sees("[DM from bob]: one");
  const counts: number[] = [];
  for (let times = 1; times <= 2; times++) {
    const before = server.asked("bob", "set_state").length;
    await bob.rekeys();
    await bob.sees(DONE);
    // First what is foreign is deleted, then it is written down that all is done.
    await until(() => {
      const writes = server.asked("bob", "set_state").slice(before);
      const purge = writes.findIndex(({ m }) => m.some(({ value }) => value === null));
      return purge !== -1 && writes.length > purge + 1;
    });
    bob.types(`@alice after ${times}`);
    await bob.sees(`[DM to alice]: after ${times}`);
    const stored = await server.stateOf("bob");
    counts.push(stored.filter(({ key }) => key[0] === "state").length);
  }
  // Alice, the conversation with her, the former roots, and the index of them all.
  deepStrictEqual(counts, [4, 4]);
  await bob.quits();
});
