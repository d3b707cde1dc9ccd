// PRODUCT §2: who comes and goes, whom that is told, and what survives the end of the server.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LazyWriter } from "../../server/lazy_writer.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { Presence, type Receiver } from "../../server/presence.ts";
import { Roster } from "../../server/roster.ts";
import { keyOf } from "../../server/tables.ts";
import { HeldStore } from "../testing/held_store.ts";

const pure = { permissions: "none" } as const;
const CUT_OFF = { saidBye: false } as const;
const GOODBYE = { saidBye: true } as const;

/** A server's roster on a store, with a witness who is online; `restarted` is the next server's. */
async function scene(store = new HeldStore(), start = 0) {
  const presence = new Presence(DEFAULT_POLICY);
  const writer = new LazyWriter(store, () => {});
  const roster = new Roster(presence, writer);
  await roster.load(store, start);
  const heard: string[] = [];
  const session = (): Receiver => ({
    send: () => {},
    close: () => Promise.resolve(),
  });
  const witness: Receiver = {
    send: (text) => {
      const { t, user } = JSON.parse(new TextDecoder().decode(text));
      heard.push(`${user} ${t}`);
    },
    close: () => Promise.resolve(),
  };
  roster.enter("witness", witness, start);
  return {
    roster,
    presence,
    session,
    heard: () => heard.splice(0),
    isStored: async (user: string) => {
      await writer[Symbol.asyncDispose]();
      return await store.get(keyOf.online(user)) !== null;
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    restarted: async (at: number) => {
      await writer[Symbol.asyncDispose]();
      return await scene(store, at);
    },
  };
}

Deno.test(
  "the others hear of the first session and of the goodbye of the last, he himself does not",
  pure,
  async () => {
    await using server = await scene();
    const { roster, session, heard } = server;
    const [one, two] = [session(), session()];
    roster.enter("bob", one, 0);
    roster.enter("bob", two, 0);
    deepStrictEqual(heard(), ["bob joined"]);
    roster.leave("bob", one, { ...GOODBYE, now: 1 });
    deepStrictEqual(heard(), []);
    roster.leave("bob", two, { ...GOODBYE, now: 2 });
    deepStrictEqual(heard(), ["bob left"]);
  },
);

Deno.test(
  "a cut and a return within 15 seconds are silent; later the leaving is told",
  pure,
  async () => {
    await using server = await scene();
    const { roster, presence, session, heard } = server;
    const [one, two] = [session(), session()];
    roster.enter("bob", one, 0);
    roster.leave("bob", one, { ...CUT_OFF, now: 1_000 });
    roster.sweep(15_999);
    deepStrictEqual(presence.users(), ["bob", "witness"]);
    roster.enter("bob", two, 15_999);
    deepStrictEqual(heard(), ["bob joined"]);
    roster.leave("bob", two, { ...CUT_OFF, now: 20_000 });
    roster.sweep(34_999);
    deepStrictEqual(heard(), []);
    roster.sweep(35_000);
    deepStrictEqual([heard(), presence.users()], [["bob left"], ["witness"]]);
  },
);

Deno.test(
  "who is online is stored from coming to leaving, also while he is cut off",
  pure,
  async () => {
    await using server = await scene();
    const { roster, session, isStored } = server;
    const one = session();
    strictEqual(await isStored("bob"), false);
    roster.enter("bob", one, 0);
    strictEqual(await isStored("bob"), true);
    roster.leave("bob", one, { ...CUT_OFF, now: 0 });
    strictEqual(await isStored("bob"), true);
    roster.sweep(15_000);
    strictEqual(await isStored("bob"), false);
  },
);

Deno.test(
  "after a restart, those who were online return silently for 60 seconds",
  pure,
  async () => {
    await using before = await scene();
    for (const user of ["alice", "bob", "carol"]) before.roster.enter(user, before.session(), 0);
    await using after = await before.restarted(1_000);
    const { roster, presence, session, heard, isStored } = after;
    deepStrictEqual(presence.users(), ["witness"]);
    roster.enter("alice", session(), 1_000);
    roster.enter("bob", session(), 60_999);
    roster.sweep(61_000);
    roster.enter("carol", session(), 61_000);
    roster.enter("dave", session(), 61_000);
    deepStrictEqual(heard(), ["carol joined", "dave joined"]);
    strictEqual(await isStored("carol"), true);
  },
);

Deno.test("who does not return after a restart is forgotten without a word", pure, async () => {
  await using before = await scene();
  before.roster.enter("bob", before.session(), 0);
  await using after = await before.restarted(0);
  const { roster, heard, isStored } = after;
  strictEqual(await isStored("bob"), true);
  roster.sweep(60_000);
  deepStrictEqual(heard(), []);
  strictEqual(await isStored("bob"), false);
});
