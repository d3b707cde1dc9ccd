import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Event } from "../../protocol/event.ts";
import { atOnce } from "../testing/at_once.ts";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import { sealedDirect } from "../testing/sealed.ts";
import { sentence, TEST_REALM } from "../testing/test_session.ts";
import { nextTurn } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;
const DELETED = { standing: "deleted", at: START } as const;
const users = ["alice", "bob", "carol"] as const;

const idOf = (answer: Event): number => answer.t === "ack" ? answer.id : NaN;

/** Entries of a batch, by their keys. */
const entriesIn = (chat: Chat, commit: number): number =>
  chat.store.commits.at(commit)?.sets?.filter(({ key }) => key[0] === "entry").length ?? 0;

Deno.test("a message is acknowledged and delivered only after the commit", pure, async () => {
  await using chat = await chatWith({ users, directs: [["alice", "bob"]] });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  chat.store.hold();
  const answer = bob.says("alice", "hi", { id: "m1" });
  await chat.store.waiting();
  deepStrictEqual([alice.events, bob.events], [[], []]);
  deepStrictEqual((await alice.reads({ of: "bob" })).entries, []);
  const newest = chat.service.journal.delivered;
  chat.store.release();
  const ack = await answer;
  deepStrictEqual(ack, { t: "ack", re: "m1", id: idOf(ack), at: START });
  deepStrictEqual(alice.sees(), ["[DM from bob]: hi"]);
  strictEqual(chat.service.journal.delivered, idOf(ack));
  strictEqual(newest < idOf(ack), true);
});

Deno.test("the ack comes before the entry, and names its id", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  await bob.says("lobby", "hi");
  deepStrictEqual(bob.events.map(({ t }) => t), ["ack", "message"]);
  const [ack, message] = bob.events;
  strictEqual(ack?.t === "ack" && ack.id, message?.t === "message" && message.id);
});

Deno.test("all that comes during a commit goes into one next commit", pure, async () => {
  await using chat = await chatWith({ users });
  const sessions = [chat.login("alice"), chat.login("bob"), chat.login("carol")];
  const before = chat.store.commits.length;
  chat.store.hold();
  const first = chat.login("bob").says("lobby", "0");
  await chat.store.waiting();
  const later = sessions.flatMap((session) => ["1", "2", "3"].map((n) => session.says("lobby", n)));
  await nextTurn();
  chat.store.release();
  const ids = (await Promise.all([first, ...later])).map(idOf);
  strictEqual(chat.store.commits.length, before + 2);
  deepStrictEqual([entriesIn(chat, -2), entriesIn(chat, -1)], [1, 9]);
  deepStrictEqual(ids.toSorted((a, b) => a - b), [...new Set(ids)].toSorted((a, b) => a - b));
});

Deno.test("what is stored is told with what is stored right after it", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  chat.store.hold();
  const first = bob.says("lobby", "first");
  await chat.store.waiting();
  const second = alice.says("lobby", "second");
  await letOneThrough(chat);
  deepStrictEqual([alice.events, bob.events], [[], []]);
  chat.store.release();
  const ids = (await Promise.all([first, second])).map(idOf);
  const messages = (events: readonly Event[]) => events.filter(({ t }) => t === "message");
  deepStrictEqual(messages(alice.events).map((event) => "id" in event && event.id), ids);
  deepStrictEqual(messages(alice.events), messages(bob.events));
});

Deno.test("it waits for that no longer than 5 ms, and not behind a change", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  chat.store.hold();
  const told = [bob.says("lobby", "1")];
  await chat.store.waiting();
  told.push(bob.says("lobby", "2"));
  await letOneThrough(chat);
  const later = bob.says("lobby", "3");
  chat.uptime += 5;
  await letOneThrough(chat);
  await Promise.all(told);
  deepStrictEqual(alice.sees(), ["[bob]: 1", "[bob]: 2"]);
  const end = chat.service.journal;
  const ended = new Promise<void>((done) =>
    end.submit({
      request: { user: "carol", order: { t: "end_account", standing: DELETED } },
      done: () => done(),
    })
  );
  await letOneThrough(chat);
  const last = bob.says("lobby", "4");
  await letOneThrough(chat);
  await Promise.all([later, ended]);
  strictEqual(chat.service.directory.hasUser("carol"), false);
  chat.store.release();
  await last;
});

/** Lets the commit that waits through, and no other; resolves when the next one waits. */
async function letOneThrough(chat: Chat): Promise<void> {
  await nextTurn();
  chat.store.release();
  chat.store.hold();
  await chat.store.waiting();
}

Deno.test("everybody sees the same order, which is that of the ids", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? alice : bob).says("lobby", `${n}`)),
  );
  const order = (events: readonly Event[]) => events.filter(({ t }) => t === "message");
  strictEqual(order(alice.events).length, 60);
  deepStrictEqual(order(alice.events), order(bob.events));
  deepStrictEqual(order(alice.events), (await bob.reads()).entries);
});

Deno.test("250 messages at once need three commits at the most hundred each", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  chat.store.hold();
  const first = bob.says("lobby", "0");
  await chat.store.waiting();
  const before = chat.store.commits.length;
  const later = Array.from({ length: 250 }, (_, n) => bob.says("lobby", `${n}`));
  await nextTurn();
  chat.store.release();
  await Promise.all([first, ...later]);
  const commits = chat.store.commits.slice(before);
  deepStrictEqual(commits.map(({ checks }) => checks?.length), [100, 100, 50]);
});

Deno.test("long messages are spread over commits that the engine takes", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const body = "😀".repeat(4_000);
  const answers = await Promise.all(Array.from({ length: 90 }, () => bob.says("lobby", body)));
  strictEqual(answers.every(({ t }) => t === "ack"), true);
  deepStrictEqual(chat.failures, []);
});

Deno.test("a commit that fails although it was done is acknowledged once that is certain", async () => {
  await using chat = await chatWith({ users, directs: [["alice", "bob"]] });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  chat.store.failAfterwards(new Error("connection to the disk lost"));
  const answer = bob.says("alice", "hi", { id: "m1" });
  while (chat.failures.length === 0) await nextTurn();
  deepStrictEqual([alice.events, bob.events], [[], []]);
  chat.store.heal();
  strictEqual((await answer).t, "ack");
  strictEqual((await bob.says("alice", "again", { id: "m2" })).t, "ack");
  deepStrictEqual(alice.sees(), ["[DM from bob]: hi", "[DM from bob]: again"]);
  const { entries, total } = await bob.reads({ kinds: "all" });
  deepStrictEqual([entries.length, total], [2, 2]);
});

Deno.test("a commit that fails: an error, nothing delivered, nothing changed", pure, async () => {
  await using chat = await chatWith({
    users,
    directs: [["alice", "bob"]],
    groups: { team: ["bob", "alice"] },
  });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  const newest = chat.service.journal.delivered;
  chat.store.fail(new Error("disk full"));
  const failed = await Promise.all([
    bob.says("alice", "hi", { id: "m1" }).then(sentence),
    bob.groups("add", "team", ["carol"]),
    bob.groups("set", "other", ["alice"]),
  ]);
  for (const answer of failed) {
    strictEqual(answer.startsWith("storage: The server could not"), true);
  }
  deepStrictEqual([alice.sees(), bob.sees()], [[], []]);
  strictEqual(chat.service.journal.delivered, newest);
  strictEqual(String(chat.failures[0]), "Error: disk full");
  chat.store.heal();
  strictEqual((await bob.says("alice", "hi", { id: "m1" })).t, "ack");
  strictEqual(await bob.groups("set", "other", ["alice"]), "ok");
  deepStrictEqual(chat.service.conversations.groupsOf("carol"), []);
  deepStrictEqual(alice.sees(), [
    "[DM from bob]: hi",
    "Group other created with members: alice, bob",
  ]);
  const { entries, total } = await bob.reads({ kinds: "all" });
  strictEqual(total, entries.length);
});

Deno.test(
  "a message decided after its receiver has registered is refused for want of keys, not of a user",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    const [by, to] = [await chat.clients.person("bob"), await chat.clients.person("zoe")];
    const frame = await (await sealedDirect({ realm: TEST_REALM, by, to })).seal(by, "2");
    strictEqual(sentence(await bob.asks(frame)), "no_user: User zoe does not exist.");
    chat.store.hold();
    const first = bob.says("lobby", "1");
    await chat.store.waiting();
    const second = bob.asks({ ...frame, id: "again" });
    await Promise.resolve();
    chat.service.directory.addUser("zoe", [to.fp]);
    chat.store.release();
    await first;
    const changed = "The keys of this conversation have changed. Try again.";
    strictEqual(sentence(await second), `stale_epoch: ${changed}`);
  },
);

Deno.test("nothing is decided on what is decided but not yet stored", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["bob", "alice"] } });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  const team = chat.clients.group(bob, "team");
  const [a, b] = [await chat.clients.person("alice"), await chat.clients.person("bob")];
  const without = team.fork();
  const [wraps, epoch] = await without.remove([a]);
  ok(wraps?.t === "wraps" && epoch?.t === "epoch");
  strictEqual((await bob.asks(wraps)).t, "ok");
  const still = await team.seal(a, "still here?");
  const gone = await without.seal(b, "gone");
  const together = () => atOnce(chat.service, [["bob", epoch], ["alice", still], ["bob", gone]]);
  chat.store.fail(new Error("disk full"));
  deepStrictEqual(await together(), ["storage", "storage", "stale_epoch"]);
  deepStrictEqual([alice.sees(), bob.sees()], [[], []]);
  chat.store.heal();
  deepStrictEqual(await together(), ["stored", "no_group", "stored"]);
  deepStrictEqual(alice.sees(), ["Group team: bob removed alice"]);
});

Deno.test("two first messages at once open one conversation", pure, async () => {
  await using chat = await chatWith({ users });
  const [alice, bob] = [chat.login("alice"), chat.login("bob")];
  await Promise.all([alice.says("bob", "1"), bob.says("alice", "2"), alice.says("bob", "3")]);
  const { entries, total } = await bob.reads({ of: "alice", kinds: "all" });
  deepStrictEqual([entries.length, total], [3, 3]);
});

Deno.test("ids grow strictly when the clock goes back, and across a restart", pure, async () => {
  await using chat = await chatWith({ users });
  const ids: number[] = [];
  for (const now of [START, START - 3_600_000, 0, START, START + 1]) {
    chat.now = now;
    await chat.restart();
    const bob = chat.login("bob");
    for (const to of ["lobby", "alice"]) ids.push(idOf(await bob.says(to, "hi")));
  }
  deepStrictEqual(ids, [...new Set(ids)].toSorted((a, b) => a - b));
  const { entries } = await chat.login("bob").reads();
  deepStrictEqual(entries.map(({ id }) => id), ids);
});

Deno.test(
  "after the end nothing is taken any more, and what was taken is stored",
  pure,
  async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    chat.store.hold();
    const answer = bob.says("lobby", "last");
    await chat.store.waiting();
    const closing = chat.service.journal.close();
    await bob.handles({ t: "send", id: "late", to: "lobby", body: "too late" });
    chat.store.release();
    await closing;
    strictEqual((await answer).t, "ack");
    deepStrictEqual((await bob.reads()).entries.length, 1);
  },
);
