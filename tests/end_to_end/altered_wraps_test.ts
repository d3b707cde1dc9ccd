import { deepStrictEqual, ok } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { generateEpochKey } from "../../cipher/epoch_key.ts";
import { until } from "../client/scripted_server.ts";
import {
  type Alter,
  alterAll,
  AlteredServer,
  alterEntries,
  alterEpochs,
} from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";
import { readEpoch, wrapFor } from "../testing/insider.ts";
import { past } from "../testing/lines.ts";

Deno.test("row 108: a wrong wrap is complained of, another member wraps again, and the message is read", async (t) => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  const [owner, victim] = [await server.keysOf("alice"), await server.keysOf("bob")];
  const wrong = async (conversation: string): Promise<readonly (string | undefined)[]> => {
    const epoch = await readEpoch(server, owner, { conversation, epoch: 0 });
    const good = decodeBase64Url(await wrapFor(victim, epoch));
    return [
      await wrapFor(owner, epoch),
      await wrapFor(victim, { ...epoch, key: generateEpochKey() }),
      encodeBase64Url(crypto.getRandomValues(new Uint8Array(1_225))),
      encodeBase64Url(good.subarray(0, 1_224)),
      undefined,
    ];
  };
  const names = ["another member's", "around another key", "garbage", "one octet short", "none"];
  for (const [at, what] of names.entries()) {
    await t.step(what, async () => {
      const group = `team${at}`;
      server.alter("bob", alterEntries(() => []));
      alice.types(`@group set ${group} bob`, `@${group} hello`);
      await alice.sees(
        `Group ${group} created with members: bob, alice`,
        `[Group: ${group}] alice: hello`,
      );
      const message = server.lastTold("bob", "message");
      const { conversation } = message;
      const wrap = (await wrong(conversation))[at];
      server.alter(
        "bob",
        alterEpochs(conversation, (answer) => {
          const pieces = answer.pieces.map((piece) => {
            if (!("record" in piece)) return piece;
            const { e, record } = piece;
            return wrap === undefined ? { e, record } : { e, record, wrap };
          });
          // Once: what is wrapped again arrives.
          server.isHonestTo("bob");
          return { ...answer, pieces };
        }),
      );
      server.tell("bob", message);
      await bob.sees(
        `[not shown]: message from alice in ${group}: its key has not come yet; ` +
          "others were asked for it",
      );
      const asked = () =>
        server.asked("bob", "epochs").filter((one) => one.conversation === conversation);
      await until(() => server.told("bob", "rewrapped").length > at && asked().length > 1);
      bob.types(`@history 5 ${group}`, `@${group} thanks`);
      await bob.sees(
        "--- Last 1 Messages ---",
        past(`[Group: ${group}] alice: hello`),
        `[Group: ${group}] bob: thanks`,
      );
      await alice.sees(`[Group: ${group}] bob: thanks`);
      deepStrictEqual(server.asked("bob", "complain").length, at + 1);
    });
  }
  ok(server.told("bob", "rewrapped").length === names.length);
  await bob.quits();
});

Deno.test("row 108: who lacks the key and wants to write makes a new one first", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  server.alter("bob", (event) => {
    if (event.t !== "epochs") return [event];
    const pieces = event.pieces.map((piece) =>
      "record" in piece && piece.e === 0 ? { e: piece.e, record: piece.record } : piece
    );
    return [{ ...event, pieces }];
  });
  // The one who could wrap again is told nothing.
  server.alter("alice", (event) => event.t === "complaint" ? [] : [event]);
  alice.types("@group set team bob", "@team one");
  await bob.sees(
    "Group team created with members: bob, alice",
    "[not shown]: message from alice in team: its key has not come yet; others were asked for it",
  );
  bob.types("@team two");
  await bob.sees("[Group: team] bob: two");
  await alice.out.until("[Group: team] bob: two");
  deepStrictEqual(server.lastTold("alice", "message").epoch, 1);
  alice.types("@team three");
  await bob.sees("[Group: team] alice: three");
  await bob.quits();
});

const LATER = "ERROR: The keys of this conversation were changed not long ago. Try again in 1 min.";

const NO_KEY = "its key has not come yet; others were asked for it";

/** Gives no fitting wrap of an epoch. */
function withoutWrap(epoch: number): Alter {
  return (event) => {
    if (event.t !== "epochs") return [event];
    const wrap = encodeBase64Url(new Uint8Array(1_225).fill(1));
    const pieces = event.pieces.map((piece) =>
      "record" in piece && piece.e === epoch ? { ...piece, wrap } : piece
    );
    return [{ ...event, pieces }];
  };
}

/** Those who could wrap again are told nothing. */
function nobodyHelps(server: AlteredServer, ...users: readonly string[]): void {
  for (const user of users) {
    server.alter(user, (event) => event.t === "complaint" ? [] : [event]);
  }
}

/** Bob has made another key just now, and alice has been given none that fits, whoever owns the team. */
async function lacksTheNewest(
  server: AlteredServer,
  ...users: readonly [owner: string, string, string]
): Promise<Device> {
  const devices = await server.team(...users);
  const byName = new Map(devices.map((device) => [device.user, device]));
  const [alice, bob] = [byName.get("alice"), byName.get("bob")];
  if (!alice || !bob) throw new Error("Cannot begin: alice and bob must be in it");
  await bob.quits();
  nobodyHelps(server, "carol");
  server.alter("bob", alterAll(withoutWrap(0), (event) => event.t === "complaint" ? [] : [event]));
  server.alter("alice", withoutWrap(1));
  const again = await server.login("bob");
  again.types("@team one");
  await again.sees("[Group: team] bob: one");
  await alice.sees(`[not shown]: message from bob in team: ${NO_KEY}`);
  nobodyHelps(server, "bob");
  return alice;
}

Deno.test("row 108: a misfitting wrap does not hold up the lobby: the line to the group is refused until later", async () => {
  await using server = await AlteredServer.open();
  const alice = await lacksTheNewest(server, "bob", "alice", "carol");
  const began = performance.now();
  alice.types("@team hello", "to the lobby");
  await alice.sees(LATER, "[alice]: to the lobby");
  // Not after the wait that the server wants.
  ok(performance.now() - began < 15_000);
  const complaints = server.asked("alice", "complain");
  deepStrictEqual(complaints.map(({ epoch }) => epoch), [1]);
  await alice.quits(3);
});

Deno.test("row 108: an owner without a fitting key who adds somebody is told when to try again", async () => {
  await using server = await AlteredServer.open();
  await server.login("dave");
  const alice = await lacksTheNewest(server, "alice", "bob", "carol");
  alice.types("@group add team dave", "to the lobby");
  await alice.sees(LATER, "[alice]: to the lobby");
  deepStrictEqual(server.asked("alice", "complain").map(({ epoch }) => epoch), [1]);
  await alice.quits();
});

Deno.test("row 108: an owner without a fitting key makes a new one first, then adds", async () => {
  await using server = await AlteredServer.open();
  const dave = await server.login("dave");
  const [alice, bob] = await server.team("alice", "bob");
  await alice.quits();
  nobodyHelps(server, "bob");
  server.alter("alice", withoutWrap(0));
  const again = await server.login("alice");
  again.types("@group add team dave");
  for (const device of [again, bob, dave]) await device.sees("Group team: alice added dave");
  again.types("@team hello");
  for (const device of [again, bob, dave]) await device.sees("[Group: team] alice: hello");
  deepStrictEqual(server.lastTold("dave", "message").epoch, 2);
  await again.quits();
});
