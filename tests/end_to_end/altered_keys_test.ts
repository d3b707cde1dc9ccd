import { deepStrictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { importMessageKey } from "../../cipher/epoch_key.ts";
import { openMessage } from "../../cipher/message.ts";
import { type Alter, AlteredServer } from "../testing/altered_server.ts";
import type { Device } from "../testing/device.ts";
import { readEpoch } from "../testing/insider.ts";
import { person, rekeyed } from "../testing/person.ts";

const UNCONFIRMED = "a new key that the old one does not confirm";

/** What is said of bob's keys, once verified. */
const CHANGED = [
  `WARNING: bob, whom you have verified, has ${UNCONFIRMED}. Nothing is sent to bob or to groups ` +
  "with bob. Compare with @verify bob, or accept with @trust bob.",
  "ERROR: bob, whom you have verified, has a new key. Compare with @verify bob, or accept with " +
  "@trust bob.",
] as const;

/** Types `@verify bob` and gives the number that is shown. */
async function numberOf(alice: Device): Promise<string> {
  alice.types("@verify bob");
  await alice.sees("Safety number of alice and bob:");
  const rows = [];
  for (let row = 0; row < 3; row++) rows.push(await alice.out.until(/^ {2}(\d{5} ){3}\d{5}$/));
  await alice.sees(
    "Compare it by voice or in person: bob sees it with @verify alice.",
    "If it is the same: @verify bob ok",
  );
  return rows.join(" ");
}

/** Types `@verify bob` and says that the number is right. */
async function verify(alice: Device): Promise<string> {
  const number = await numberOf(alice);
  alice.types("@verify bob ok");
  await alice.sees("bob is verified. A change of the key stops sending to bob from now on.");
  return number;
}

Deno.test("row 104: swapped keys of somebody who is not verified: a warning, and sending goes on", async () => {
  await using server = await AlteredServer.open();
  const [alice, bob] = await server.logins("alice", "bob");
  alice.types("@bob one");
  await alice.sees("[DM to bob]: one");
  await bob.sees("[DM from alice]: one");
  const thief = await person("bob", server.realm);
  await server.setKeys(thief);
  await server.reconnect(alice);
  alice.types("@bob two");
  await alice.sees(
    `WARNING: bob has ${UNCONFIRMED}: the account was made anew, or somebody is in between. ` +
      "Compare with @verify bob.",
    "[DM to bob]: two",
  );
  await bob.sees(
    "[not shown]: message from alice to bob: its key has not come yet; others were asked for it",
  );
  // This is what it is about: until somebody compares, whoever runs the server reads it.
  const two = server.lastTold("alice", "message");
  const { record, key } = await readEpoch(server, thief, { ...two, epoch: two.epoch ?? 0 });
  const { body } = await openMessage(await importMessageKey(key, record.hash), two.body);
  deepStrictEqual(new TextDecoder().decode(body), "two");
  alice.types("@bob three");
  await alice.sees("[DM to bob]: three");
  await alice.quits();
});

Deno.test("row 104: swapped keys of somebody who is verified: nothing is sent until @trust", async () => {
  await using server = await AlteredServer.open();
  const [alice] = await server.team("alice", "bob", "carol");
  await verify(alice);
  alice.types("@bob one");
  await alice.sees("[DM to bob]: one");
  await server.setKeys(await person("bob", server.realm));
  await server.reconnect(alice);
  alice.types("@bob two");
  await alice.sees(...CHANGED);
  alice.types("@team two", "@carol two", "two for all");
  await alice.sees(CHANGED[1], "[DM to carol]: two", "[alice]: two for all");
  // By their ids: what was not acknowledged before the cut is sent twice.
  const sent = new Map(server.asked("alice", "send").map(({ id, to }) => [id, to]));
  deepStrictEqual([...sent.values()], ["bob", "carol", "lobby"]);
  alice.types("@trust bob", "@bob three", "@team three");
  await alice.sees(
    "The key of bob is accepted. It is not verified: compare with @verify bob.",
    "[DM to bob]: three",
    "[Group: team] alice: three",
  );
  await alice.quits(3);
});

Deno.test("row 104: swapped keys of somebody who is verified: the new number is another, and can be verified", async () => {
  await using server = await AlteredServer.open();
  const [alice] = await server.logins("alice", "bob");
  const before = await verify(alice);
  await server.setKeys(await person("bob", server.realm));
  await server.reconnect(alice);
  alice.types("@bob one");
  await alice.sees(...CHANGED);
  const after = await verify(alice);
  deepStrictEqual(before === after, false);
  alice.types("@bob two");
  await alice.sees("[DM to bob]: two");
  await alice.quits(3);
  // What is verified is remembered by the account, not by the device.
  await server.setKeys(await person("bob", server.realm));
  const another = await server.login("alice", { device: "another" });
  another.types("@bob three");
  await another.sees(...CHANGED);
  await another.quits(3);
});

Deno.test("row 104: an older key record stops sending, until the newer one is shown again", async () => {
  await using server = await AlteredServer.open();
  const first = await person("bob", server.realm);
  const second = await rekeyed(first);
  await server.setKeys(first);
  const alice = await server.login("alice");
  alice.types("@bob one");
  await alice.sees("[DM to bob]: one (offline, will be delivered)");
  await server.setKeys(second, [first.fp]);
  await server.reconnect(alice);
  alice.types("@bob two");
  await alice.sees(
    "NOTICE: bob has a new key, confirmed by the old one.",
    "[DM to bob]: two (offline, will be delivered)",
  );
  await server.setKeys(first);
  await server.reconnect(alice);
  const next = "Compare with @verify bob, or accept with @trust bob.";
  alice.types("@bob three");
  await alice.sees(
    "ERROR: The server shows an old key of bob. Nothing is sent to bob or to groups with bob. " +
      next,
    `ERROR: The server shows an old key of bob. ${next}`,
  );
  await server.setKeys(second, [first.fp]);
  await server.reconnect(alice);
  alice.types("@bob four");
  await alice.sees("[DM to bob]: four (offline, will be delivered)");
  deepStrictEqual(new Set(server.asked("alice", "send").map(({ id }) => id)).size, 3);
  await alice.quits(3);
});

Deno.test("row 104: what is no valid key record of a user stops sending to that user only", async () => {
  await using server = await AlteredServer.open();
  const users = ["spoiled", "cut", "foreign", "renamed", "absent", "text"];
  const real = new Map<string, string>();
  for (const user of users) {
    const one = await person(user, server.realm);
    real.set(user, one.keys);
    await server.setKeys(one);
  }
  const elsewhere = await person("foreign", new Uint8Array(16).fill(3));
  const octets = (user: string) =>
    Uint8Array.fromBase64(real.get(user) ?? "", { alphabet: "base64url" });
  const spoiled = octets("spoiled");
  spoiled[100] = (spoiled[100] ?? 0) ^ 1;
  const shown: { readonly [user: string]: string } = {
    spoiled: encodeBase64Url(spoiled),
    cut: encodeBase64Url(octets("cut").subarray(0, -1)),
    foreign: elsewhere.keys,
    renamed: real.get("cut") ?? "",
    text: "no record at all!",
  };
  const alter: Alter = (event, asked) => {
    if (event.t !== "keys" || asked?.t !== "keys") return [event];
    const m = asked.of.map(({ user }) =>
      user === "absent" ? { user } : { user, keys: shown[user] }
    );
    return [{ ...event, m } as typeof event];
  };
  const alice = await server.login("alice");
  server.alter("alice", alter);
  for (const user of users.filter((user) => user !== "absent")) {
    alice.types(`@${user} hello`);
    await alice.sees(
      `ERROR: The server shows no valid key of ${user}. Nothing is sent to ${user} or to groups ` +
        `with ${user}.`,
      `ERROR: The server shows no valid key of ${user}.`,
    );
  }
  alice.types("@absent hello");
  await alice.sees("ERROR: User absent does not exist.");
  deepStrictEqual(server.asked("alice", "send"), []);
  server.isHonestTo("alice");
  alice.types("@cut hello", "@text hello");
  await alice.sees(
    "[DM to cut]: hello (offline, will be delivered)",
    "[DM to text]: hello (offline, will be delivered)",
  );
  // Nor is somebody blocked for ever whose key was known before.
  server.alter("alice", alter);
  await server.reconnect(alice);
  alice.types("@text one");
  await alice.sees("ERROR: The server shows no valid key of text.");
  server.isHonestTo("alice");
  await server.reconnect(alice);
  alice.types("@text two");
  await alice.sees("[DM to text]: two (offline, will be delivered)");
  await alice.quits(3);
});

Deno.test("row 104: a message whose sender's keys the server does not give, or swaps, is not shown", async () => {
  await using server = await AlteredServer.open();
  const [alice, , carol] = await server.team("alice", "bob", "carol");
  const thief = await person("alice", server.realm);
  await carol.quits();
  server.alter("carol", (event, asked) => {
    if (event.t !== "keys" || asked?.t !== "keys") return [event];
    const m = asked.of.map(({ user }) => ({ user, keys: thief.keys }));
    return [{ ...event, m }];
  });
  alice.types("@team hello");
  await alice.sees("[Group: team] alice: hello");
  const again = await server.login("carol");
  await again.sees(
    "--- 1 message while you were away ---",
    /^\S+ \S+ \[not shown\]: message from alice in team: the server does not give the keys of who signed$/,
    "--- now ---",
  );
  server.isHonestTo("carol");
  alice.types("@team bye");
  await again.sees("[Group: team] alice: bye");
  await again.quits();
});
