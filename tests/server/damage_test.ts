// FTC1 §9 row 99: records that were moved to another key, cut, or changed in one bit.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Keeper } from "../../server/keep.ts";
import { DamagedRecord } from "../../server/record.ts";
import type { Key, StoredEntry } from "../../server/store.ts";
import { keyOf } from "../../server/tables.ts";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";
import { alice, arrivalAt, bob, chatWithBob, inShort } from "./admission_scene.ts";

const pure = { permissions: "none" } as const;
const users = ["alice", "bob", "carol"] as const;

/** A chat with messages of all kinds, and a group that has changed. */
async function lively(): Promise<Chat> {
  const chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const [alice, bob, carol] = users.map((user) => chat.login(user));
  await bob?.says("lobby", "one");
  await bob?.says("team", "two");
  await bob?.says("alice", "three");
  await bob?.groups("add", "team", ["carol"]);
  await carol?.says("team", "four");
  await bob?.groups("remove", "team", ["alice"]);
  await carol?.says("team", "five");
  await alice?.says("bob", "six");
  await alice?.says("alice", "seven");
  await bob?.groups("set", "gone", ["alice"]);
  await bob?.groups("delete", "gone");
  await carol?.says("lobby", "eight");
  for (const session of [alice, bob, carol]) {
    await session?.handles({ t: "seen", upto: chat.service.journal.delivered });
  }
  // Restarting writes what is lazily written.
  await chat.restart();
  chat.failures.length = 0;
  return chat;
}

/** All that users can read: lines, their ids and their number. */
async function readings(chat: Chat) {
  const all: Record<string, { ids: number[]; lines: string[]; total: number | undefined }> = {};
  for (const user of users) {
    const session = chat.login(user);
    const { entries, total } = await session.reads({ kinds: "all" });
    all[user] = { ids: entries.map(({ id }) => id), lines: await session.rereads(), total };
    session.leave();
  }
  return all;
}

const DAMAGES: { readonly [what: string]: (value: Uint8Array) => Uint8Array } = {
  "cut": (value) => value.slice(0, -1),
  "cut to nothing": () => new Uint8Array(),
  "changed in one bit": (value) =>
    value.with(value.length >> 1, (value[value.length >> 1] ?? 0) ^ 1),
};

/** All keys of a table. */
async function keysOf(chat: Chat, table: string): Promise<StoredEntry[]> {
  return await Array.fromAsync(chat.store.scan([table]));
}

async function put(chat: Chat, key: Key, value: Uint8Array): Promise<void> {
  await chat.store.commit({ sets: [{ key, value }] });
}

for (const [what, damage] of Object.entries(DAMAGES)) {
  for (const table of ["tail", "change", "direct", "cursor", "sent", "account"]) {
    Deno.test(
      `row 99: a record of "${table}" that was ${what} takes nothing from what can be read`,
      pure,
      async () => {
        await using chat = await lively();
        const before = await readings(chat);
        const records = await keysOf(chat, table);
        ok(records.length > 0);
        for (const { key, value } of records) {
          await put(chat, key, damage(value));
          await chat.restart();
          deepStrictEqual(await readings(chat), before, JSON.stringify(key));
          await put(chat, key, value);
        }
        ok(chat.failures.every((error) => error instanceof DamagedRecord));
      },
    );
  }

  Deno.test(
    `row 99: an entry that was ${what} is shown as damaged in its place, and nothing else changes`,
    pure,
    async () => {
      await using chat = await lively();
      const before = await readings(chat);
      for (const { key, value } of await keysOf(chat, "entry")) {
        await put(chat, key, damage(value));
        await chat.restart();
        for (const [user, { ids, lines, total }] of Object.entries(await readings(chat))) {
          const was = before[user];
          deepStrictEqual([ids, total], [was?.ids, was?.total]);
          const at = ids.indexOf(Number(key[2]));
          deepStrictEqual(lines, at < 0 ? was?.lines : was?.lines.with(at, "[damaged]"));
        }
        await put(chat, key, value);
      }
    },
  );
}

Deno.test(
  "row 99: a value moved to another key damages that one, and a missing end is found again",
  pure,
  async () => {
    await using chat = await lively();
    const before = await readings(chat);
    const [lobby, team] = await keysOf(chat, "tail");
    ok(lobby && team);
    await put(chat, team.key, lobby.value);
    await chat.store.commit({ deletes: [lobby.key] });
    await chat.restart();
    deepStrictEqual(await readings(chat), before);
    ok(chat.failures.length >= 2);
  },
);

Deno.test(
  "row 99: after an end was lost, ids and numbers go on where they were",
  pure,
  async () => {
    await using chat = await lively();
    const newest = chat.service.journal.delivered;
    for (const { key, value } of await keysOf(chat, "tail")) await put(chat, key, value.slice(1));
    // The newest entry, too, is one of the damaged ones.
    for (const { key, value } of await keysOf(chat, "entry")) {
      if (key[2] === newest) await put(chat, key, value.slice(1));
    }
    chat.now = 0;
    await chat.restart();
    const bob = chat.login("bob");
    const before = await bob.reads({ kinds: "all" });
    const ack = await bob.says("lobby", "nine");
    ok(ack.t === "ack" && ack.id > newest);
    const after = await bob.reads({ kinds: "all" });
    deepStrictEqual([after.total, after.entries.length], [(before.total ?? 0) + 1, after.total]);
  },
);

Deno.test(
  "row 99: a group of which a change is lost for good is left out, and the others are not",
  pure,
  async () => {
    await using chat = await chatWith({
      users,
      groups: { team: ["bob", "alice"], other: ["bob", "alice"] },
    });
    const bob = chat.login("bob");
    await bob.groups("remove", "team", ["alice"]);
    await bob.groups("add", "team", ["carol"]);
    const changes = await keysOf(chat, "change");
    const lost = changes[2]?.key[1];
    for (const table of ["change", "entry"]) {
      for (const { key, value } of await keysOf(chat, table)) {
        if (key.at(-1) === lost) await put(chat, key, value.slice(1));
      }
    }
    await chat.restart();
    // Half of its changes would let alice read on.
    const names = (user: string) =>
      chat.service.conversations.groupsOf(user).map(({ name }) => name);
    deepStrictEqual(users.map(names), [["other"], ["other"], []]);
    strictEqual((await chat.login("alice").says("other", "still here")).t, "ack");
    ok(chat.failures.length >= 2);
  },
);

Deno.test(
  "row 99: a damaged account cannot log in and says so; nobody gets it, and others log in",
  pure,
  async () => {
    await using chat = await chatWithBob();
    const first = arrivalAt(chat);
    await first.auth("alice");
    strictEqual(inShort(await first.registers(alice)), "created alice");
    const key = keyOf.account("bob");
    await put(chat, key, new Uint8Array(50));
    await chat.restart();
    const arrival = arrivalAt(chat);
    deepStrictEqual(await arrival.auth("bob"), {
      answer: {
        t: "error",
        code: "storage",
        msg: "The account bob is damaged on the disk of the server; tell the operator.",
      },
    });
    strictEqual(inShort(await arrival.auth("alice")), "auth");
    strictEqual(inShort(await arrival.logsIn(alice)), "in alice");
    strictEqual(chat.service.directory.hasUser("bob"), true);
    ok(chat.failures[0] instanceof DamagedRecord);
    strictEqual(inShort(await arrivalAt(chat).registers(bob)), "bye bad_state");
  },
);

Deno.test(
  "row 99: a cursor that cannot be read shows everything again, and moves on",
  pure,
  async () => {
    await using chat = await lively();
    await put(chat, keyOf.cursor("bob"), new Uint8Array(50));
    await chat.restart();
    const { cursors, journal } = chat.service;
    strictEqual(await cursors.get("bob"), 0);
    ok(chat.failures[0] instanceof DamagedRecord);
    await cursors.move("bob", journal.delivered);
    await chat.restart();
    strictEqual(await chat.service.cursors.get("bob"), journal.delivered);
  },
);

Deno.test(
  "row 99: a decision of the operator that cannot be read keeps the name out",
  pure,
  async () => {
    await using chat = await lively();
    await put(chat, keyOf.standing("bob"), new Uint8Array(50));
    await chat.restart();
    strictEqual(chat.service.directory.standings.of("bob", START)?.standing, "blocked");
    strictEqual(chat.service.directory.standings.of("alice", START), null);
  },
);

Deno.test(
  "row 99: an end of an account that cannot be read gives its memberships to nobody",
  pure,
  async () => {
    await using chat = await lively();
    await put(chat, keyOf.ended("bob"), new Uint8Array(50));
    chat.now += 1_000;
    await chat.addAccount("bob");
    await chat.restart();
    deepStrictEqual(await chat.login("bob").rereads("alice"), []);
    const ack = await chat.login("alice").says("bob", "welcome");
    strictEqual(ack.t, "ack");
    deepStrictEqual(await chat.login("bob").rereads("alice"), ["[DM from alice]: welcome"]);
  },
);

Deno.test("row 99: the number of what was deleted is counted anew", pure, async () => {
  await using chat = await lively();
  await put(chat, keyOf.removed(), new Uint8Array(50));
  const keeper = await Keeper.open(chat.store, {
    days: Infinity,
    now: () => START,
    uptime: () => 0,
    tails: chat.service.tails,
    pause: () => Promise.resolve(),
  });
  strictEqual(keeper.removed, 0);
});

Deno.test(
  "row 99: a mark of a message that cannot be read refuses that message alone",
  pure,
  async () => {
    await using chat = await lively();
    const bob = chat.login("bob");
    await bob.says("lobby", "nine", { id: "nine" });
    await put(chat, keyOf.sent("bob", "nine"), new Uint8Array(50));
    const [again, other] = await Promise.all([
      bob.says("lobby", "nine", { id: "nine" }),
      bob.says("lobby", "ten", { id: "ten" }),
    ]);
    strictEqual(sentence(again).startsWith("storage: "), true);
    strictEqual(other.t, "ack");
  },
);
