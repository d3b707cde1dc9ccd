import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { PastEntry } from "../../protocol/event.ts";
import { MAX_PAGE_OCTETS } from "../../protocol/limits.ts";
import { keyOf } from "../../server/tables.ts";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import type { TestSession } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const users = ["alice", "bob", "carol"] as const;

const bodies = (entries: readonly PastEntry[]) =>
  entries.map((entry) =>
    entry.t === "message" ? entry.body : entry.t === "change" ? entry.change : "damaged"
  );

/** A chat in which bob wrote 1, 2, 3 … to these conversations in turn. */
async function writtenTo(...targets: readonly string[]): Promise<{ chat: Chat; bob: TestSession }> {
  const chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const bob = chat.login("bob");
  for (const [n, to] of targets.entries()) await bob.says(to, `${n + 1}`);
  return { chat, bob };
}

Deno.test("everything that one may read is merged in the order of the ids", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "team", "alice", "bob", "carol", "lobby", "team");
  await using _ = chat;
  const { entries, more } = await bob.reads();
  deepStrictEqual(bodies(entries), ["1", "2", "3", "4", "5", "6", "7"]);
  strictEqual(more, false);
  deepStrictEqual(bodies((await chat.login("alice").reads()).entries), ["1", "2", "3", "6", "7"]);
  deepStrictEqual(bodies((await chat.login("carol").reads()).entries), ["1", "5", "6"]);
});

Deno.test("one conversation is read by its name, in any case", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "team", "alice", "bob", "carol");
  await using _ = chat;
  const of = async (name: string) => bodies((await bob.reads({ of: name })).entries);
  deepStrictEqual(await of("lobby"), ["1"]);
  deepStrictEqual(await of("LOBBY"), ["1"]);
  deepStrictEqual(await of("Team"), ["2"]);
  deepStrictEqual(await of("alice"), ["3"]);
  deepStrictEqual(await of("bob"), ["4"]);
  deepStrictEqual(bodies((await chat.login("carol").reads({ of: "bob" })).entries), ["5"]);
  deepStrictEqual(bodies((await chat.login("carol").reads({ of: "alice" })).entries), []);
});

Deno.test("the newest n, or the oldest n, and whether there are more", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "alice", "lobby", "team", "lobby");
  await using _ = chat;
  const page = async (limit: number, from: "oldest" | "newest") => {
    const { entries, more } = await bob.reads({ limit, from });
    return [bodies(entries), more];
  };
  deepStrictEqual(await page(2, "newest"), [["4", "5"], true]);
  deepStrictEqual(await page(2, "oldest"), [["1", "2"], true]);
  deepStrictEqual(await page(5, "newest"), [["1", "2", "3", "4", "5"], false]);
  deepStrictEqual(await page(5, "oldest"), [["1", "2", "3", "4", "5"], false]);
  deepStrictEqual(await page(1_000, "newest"), [["1", "2", "3", "4", "5"], false]);
});

Deno.test("a range is open below and closed above", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "lobby", "team", "lobby");
  await using _ = chat;
  const ids = (await bob.reads()).entries.map(({ id }) => id);
  const [, second = 0, third = 0] = ids;
  deepStrictEqual(bodies((await bob.reads({ after: second })).entries), ["3", "4"]);
  deepStrictEqual(bodies((await bob.reads({ upto: third })).entries), ["1", "2", "3"]);
  deepStrictEqual(bodies((await bob.reads({ after: second, upto: third })).entries), ["3"]);
  deepStrictEqual(bodies((await bob.reads({ after: third, upto: second })).entries), []);
  deepStrictEqual(bodies((await bob.reads({ after: third, upto: third })).entries), []);
  deepStrictEqual((await bob.reads({ upto: 0 })).more, false);
});

Deno.test(
  "changes come only where they are asked for, and then with the true number",
  pure,
  async () => {
    const { chat, bob } = await writtenTo("team", "lobby");
    await using _ = chat;
    await bob.groups("add", "team", ["carol"]);
    const messages = await bob.reads();
    deepStrictEqual(bodies(messages.entries), ["1", "2"]);
    strictEqual("total" in messages, false);
    const all = await bob.reads({ kinds: "all", limit: 1 });
    deepStrictEqual([bodies(all.entries), all.more, all.total], [["members"], true, 4]);
    const team = await bob.reads({ kinds: "all", of: "team" });
    deepStrictEqual([bodies(team.entries), team.total], [["created", "1", "members"], 3]);
  },
);

Deno.test("that only changes are left is no reason to say that there is more", pure, async () => {
  const { chat, bob } = await writtenTo("team");
  await using _ = chat;
  const { entries, more } = await bob.reads({ limit: 1, from: "newest" });
  deepStrictEqual([bodies(entries), more], [["1"], false]);
});

Deno.test("a page holds at most 48 KiB, and at least one entry", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  for (let n = 0; n < 20; n++) await bob.says("lobby", "😀".repeat(4_000));
  for (const from of ["oldest", "newest"] as const) {
    const page = await bob.reads({ from });
    strictEqual(JSON.stringify(page.entries).length < MAX_PAGE_OCTETS, true);
    strictEqual(new TextEncoder().encode(JSON.stringify(page)).length < 65_536, true);
    deepStrictEqual([page.entries.length, page.more], [3, true]);
  }
});

Deno.test(
  "pages follow each other without a gap or a repetition, from either end",
  pure,
  async () => {
    const targets = ["lobby", "team", "alice", "bob", "carol"] as const;
    const plan = fc.array(fc.constantFrom(...targets), { minLength: 1, maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 80 }), async (plan, limit) => {
        const { chat, bob } = await writtenTo(...plan);
        await using _ = chat;
        const expected = plan.map((_, n) => `${n + 1}`);
        const backwards: string[] = [];
        for (let upto = Number.MAX_SAFE_INTEGER, more = true; more;) {
          const page = await bob.reads({ limit, upto });
          backwards.unshift(...bodies(page.entries));
          upto = (page.entries[0]?.id ?? 1) - 1;
          more = page.more;
        }
        deepStrictEqual(backwards, expected);
        const forwards: string[] = [];
        for (let after = 0, more = true; more;) {
          const page = await bob.reads({ limit, after, from: "oldest" });
          forwards.push(...bodies(page.entries));
          after = page.entries.at(-1)?.id ?? after;
          more = page.more;
        }
        deepStrictEqual(forwards, expected);
      }),
      { numRuns: 8 },
    );
  },
);

Deno.test(
  "a long conversation is read over the borders of chunks, from either end",
  pure,
  async () => {
    const { chat, bob } = await writtenTo(...Array<string>(200).fill("lobby"));
    await using _ = chat;
    const expected = Array.from({ length: 200 }, (_, n) => `${n + 1}`);
    for (const from of ["oldest", "newest"] as const) {
      deepStrictEqual(bodies((await bob.reads({ from })).entries), expected);
    }
  },
);

Deno.test("the number of entries is their number, whatever the range", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "team", "alice", "lobby", "bob", "team", "lobby");
  await using _ = chat;
  await bob.groups("remove", "team", ["alice"]);
  await bob.says("team", "8");
  await bob.groups("add", "team", ["alice"]);
  for (const reader of [bob, chat.login("alice"), chat.login("carol")]) {
    const { entries, total } = await reader.reads({ kinds: "all" });
    strictEqual(total, entries.length);
    const ids = [0, ...entries.map(({ id }) => id)];
    for (const after of ids) {
      for (const upto of ids) {
        const page = await reader.reads({ kinds: "all", after, upto });
        strictEqual(page.total, page.entries.length);
      }
    }
  }
});

Deno.test("what is written while pages are read disturbs none of them", pure, async () => {
  const { chat, bob } = await writtenTo(...Array<string>(10).fill("lobby"));
  await using _ = chat;
  const alice = chat.login("alice");
  const first = await bob.reads({ limit: 5 });
  await alice.says("lobby", "late");
  const second = await bob.reads({ limit: 5, upto: (first.entries[0]?.id ?? 1) - 1 });
  deepStrictEqual(bodies([...second.entries, ...first.entries]), [
    ..."123456789",
    "10",
  ]);
});

Deno.test(
  "row 99: an entry that cannot be read is shown as damaged and reported, the others are as they were",
  pure,
  async () => {
    const { chat, bob } = await writtenTo("lobby", "lobby", "lobby");
    await using _ = chat;
    const id = (await bob.reads()).entries[1]?.id ?? 0;
    const key = keyOf.entry("lobby", id);
    await chat.store.commit({ sets: [{ key, value: new Uint8Array(20) }] });
    const of = { of: "lobby", kinds: "all" } as const;
    const { entries, total } = await bob.reads(of);
    deepStrictEqual([bodies(entries), total], [["1", "damaged", "3"], 3]);
    deepStrictEqual(entries[1], { t: "damaged", id, at: START, conversation: "lobby" });
    strictEqual(String(chat.failures[0]).startsWith("DamagedRecord: "), true);
    // Its number follows from that of its neighbour, whichever end of a range it stands at.
    strictEqual((await bob.reads({ ...of, upto: id })).total, 2);
    strictEqual((await bob.reads({ ...of, after: id - 1 })).total, 2);
    strictEqual((await bob.reads({ ...of, after: id - 1, upto: id })).total, 1);
  },
);

Deno.test("history and its numbers are the same after a restart", pure, async () => {
  const { chat, bob } = await writtenTo("lobby", "team", "alice", "bob", "lobby");
  await using _ = chat;
  const before = await bob.reads({ kinds: "all" });
  await chat.restart();
  const after = await chat.login("bob").reads({ kinds: "all" });
  deepStrictEqual([after.entries, after.total], [before.entries, before.total]);
});
