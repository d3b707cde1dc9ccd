// FTC1 §9 rows 97, 98, 101, 102, and 99 as clients see it: what goes wrong below the chat.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { encodeRecord } from "../../server/record.ts";
import { openKvStore } from "../../server/kv_store.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import type { Store } from "../../server/store.ts";
import { keyOf } from "../../server/tables.ts";
import { tempFolder } from "../server/temp_folder.ts";
import { HeldStore } from "../testing/held_store.ts";
import { keyedPeer, makeEpoch } from "../testing/keyed_peer.ts";
import { person } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { sealedGroup } from "../testing/sealed.ts";
import { registerFrame, testAccount } from "../testing/test_account.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";

const send = (id: string) => ({ t: "send", id, to: "lobby", body: `text of ${id}` });

/** The texts of the lobby. */
async function bodies(peer: RawPeer): Promise<unknown[]> {
  const { entries } = await peer.request({ t: "history", id: "bodies", of: "lobby", limit: 1_000 });
  return (entries as Frame[]).map((entry) => entry.t === "message" ? entry["body"] : entry.t);
}

/** Sends; it must be refused for want of storage. */
async function expectNotStored(peer: RawPeer, id: string): Promise<string> {
  const answer = await peer.request(send(id));
  deepStrictEqual([answer.t, answer["code"]], ["error", "storage"]);
  return String(answer["msg"]);
}

Deno.test("row 97: the largest groups and texts, and many at once, stay within what the engine takes", async () => {
  await using server = await startTestServer({ store: "disk", policy: { requestBurst: 1_000 } });
  using owner = await keyedPeer(server, "alice");
  const alice = owner.peer;
  using bob = await RawPeer.named(server, "bob");
  const { realm } = server.identity;
  const one = await person("one", realm);
  const crowd = Array.from({ length: 2_000 }, (_, n) => {
    return { ...one, user: `u${String(n).padStart(31, "0")}` };
  });
  for (const { user, fp } of crowd) server.shared.service.directory.addUser(user, [fp]);
  const [some, others] = [crowd.slice(0, 1_000), crowd.slice(1_000)];
  const team = await sealedGroup({ realm, name: "team", owner: owner.person, members: some });
  await makeEpoch(owner, team.frames);
  await makeEpoch(owner, await team.replace(others));
  // One more is refused before anything of it is stored.
  const uploads = (await team.fork().replace(some)).filter((frame) => frame.t === "wraps");
  for (const frame of uploads) strictEqual((await alice.request({ ...frame })).t, "ok");
  const [first] = uploads;
  const [wrap] = first?.m ?? [];
  const more = { ...first, t: "wraps", id: "more", m: [{ ...wrap, user: "one-more" }] };
  strictEqual((await alice.request(more))["msg"], "A group has at most 1,000 other members.");
  const longest = await team.seal(owner.person, "x".repeat(16_000));
  strictEqual(longest.body.length, 21_944);
  strictEqual((await alice.request({ ...longest })).t, "ack");
  const body = "\u{1f33f}".repeat(4_000);
  const ids = Array.from({ length: 150 }, (_, n) => `m${n}`);
  // Both write and read at once: who does not read is cut off.
  await Promise.all([alice, bob].flatMap((peer) => [
    peer.send(...ids.map((id) => ({ t: "send", id, to: "lobby", body }))),
    (async () => {
      for (const id of ids) strictEqual((await peer.answerTo(id)).t, "ack");
    })(),
  ]));
  deepStrictEqual(errorsOf(server), []);
});

function names({ groups }: Frame): string {
  return (groups as { name: string }[]).map(({ name }) => name).join(", ");
}

function errorsOf({ log }: TestServer): string[] {
  return log.filter(({ level }) => level === "ERROR" || level === "FATAL").map(({ text }) => text);
}

Deno.test("row 98: a commit that fails is an error, nothing is delivered, and it recovers by itself", async () => {
  await using store = new HeldStore(Date.now);
  await using server = await startTestServer({ store });
  using founder = await keyedPeer(server, "alice");
  const alice = founder.peer;
  using member = await keyedPeer(server, "bob");
  const bob = member.peer;
  const { realm } = server.identity;
  const [owner, members] = [founder.person, [member.person]];
  const team = await sealedGroup({ realm, name: "team", owner, members });
  const late = await sealedGroup({ realm, name: "late", owner, members });
  const [lateWraps, lateRecord] = late.frames;
  strictEqual((await alice.request({ ...lateWraps, t: "wraps" })).t, "ok");
  strictEqual((await alice.request(send("before"))).t, "ack");
  store.fail(new Error("attempt to write a readonly database"));
  for (const id of ["lost", "lost too"]) await expectNotStored(alice, id);
  // Neither the keys of a group, nor a group whose keys were stored while that was possible.
  const [wraps] = team.frames;
  strictEqual((await alice.request({ ...wraps, t: "wraps" }))["code"], "storage");
  strictEqual((await alice.request({ ...lateRecord, t: "epoch" }))["code"], "storage");
  // What is stored can be read all the while.
  deepStrictEqual(await bodies(bob), ["text of before"]);
  ok(errorsOf(server).every((text) => text.includes("readonly database")));
  store.heal();
  strictEqual((await alice.request(send("lost"))).t, "ack");
  strictEqual((await alice.request(send("after"))).t, "ack");
  deepStrictEqual(await bodies(bob), ["text of before", "text of lost", "text of after"]);
  const { groups } = await bob.request({ t: "groups", id: "groups" });
  deepStrictEqual(groups, []);
  // The same records come again when there is room.
  strictEqual((await alice.request({ ...lateRecord, t: "epoch" })).t, "ok");
  await makeEpoch(founder, team.frames);
  strictEqual(names(await bob.request({ t: "groups", id: "now" })), "late, team");
});

Deno.test("row 98: what was refused is not told to anybody", async () => {
  await using store = new HeldStore(Date.now);
  await using server = await startTestServer({ store });
  using alice = await RawPeer.named(server, "alice");
  using bob = await RawPeer.named(server, "bob");
  store.fail(new Error("disk full"));
  await expectNotStored(alice, "lost");
  store.heal();
  await alice.request(send("kept"));
  strictEqual((await bob.next("message"))["body"], "text of kept");
});

Deno.test("row 98: while a commit hangs, new ones are an error; when it ends, all goes on", async () => {
  await using store = new HeldStore(Date.now);
  await using server = await startTestServer({ store, policy: { commitMs: 200 } });
  using alice = await RawPeer.named(server, "alice");
  using bob = await RawPeer.named(server, "bob");
  store.hold();
  await alice.send(send("hanging"));
  await store.waiting();
  await new Promise((resolve) => setTimeout(resolve, 250));
  await expectNotStored(bob, "refused");
  deepStrictEqual(await bodies(bob), []);
  store.release();
  strictEqual((await alice.answerTo("hanging")).t, "ack");
  strictEqual((await bob.request(send("refused"))).t, "ack");
  deepStrictEqual(await bodies(alice), ["text of hanging", "text of refused"]);
});

Deno.test("row 98: below the floor of free disk nothing new is stored, what is there is read, and it recovers", async () => {
  let isDiskFull = false;
  await using server = await startTestServer({ isDiskFull: () => isDiskFull });
  using alice = await RawPeer.named(server, "alice");
  strictEqual((await alice.request(send("before"))).t, "ack");
  isDiskFull = true;
  const msg = await expectNotStored(alice, "lost");
  strictEqual(msg, "The disk of the server is full. Nothing was sent; tell the operator.");
  deepStrictEqual(await bodies(alice), ["text of before"]);
  isDiskFull = false;
  strictEqual((await alice.request(send("after"))).t, "ack");
});

Deno.test("row 98: an account that cannot be stored is an error, and no account; it can be made later", async () => {
  await using store = new HeldStore(Date.now);
  await using server = await startTestServer({ store });
  const account = await testAccount("alice");
  using peer = await RawPeer.handshaken(server);
  store.fail(new Error("disk full"));
  strictEqual((await peer.ask({ t: "auth", user: "alice" }))["known"], false);
  const refused = await peer.ask(await registerFrame(account, peer.session));
  deepStrictEqual([refused.t, refused["code"]], ["error", "storage"]);
  strictEqual(server.shared.service.directory.hasUser("alice"), false);
  store.heal();
  strictEqual((await peer.ask({ t: "auth", user: "alice" }))["known"], false);
  strictEqual((await peer.ask(await registerFrame(account, peer.session))).t, "welcome");
});

Deno.test("row 98: a database that another program has locked is an error, and then none", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "chat.db");
  await using store = await openKvStore(path);
  await using server = await startTestServer({ store });
  using alice = await RawPeer.named(server, "alice");
  {
    // What the server writes lazily may be under way at this moment: it is waited for.
    using other = new DatabaseSync(path);
    other.exec("pragma busy_timeout = 10000; begin immediate");
    await expectNotStored(alice, "lost");
  }
  strictEqual((await alice.request(send("lost"))).t, "ack");
  deepStrictEqual(await bodies(alice), ["text of lost"]);
});

Deno.test({
  name: "row 98: once the database was deleted under the server, nothing is acknowledged any more",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, "chat.db");
    await using store = await openKvStore(path);
    await using server = await startTestServer({ store, policy: { commitMs: 200 } });
    using alice = await RawPeer.named(server, "alice");
    using bob = await RawPeer.named(server, "bob");
    strictEqual((await alice.request(send("before"))).t, "ack");
    await Deno.remove(path);
    await alice.send(send("lost"));
    await new Promise((resolve) => setTimeout(resolve, 250));
    await expectNotStored(bob, "refused");
    ok(errorsOf(server).some((text) => text.includes("was deleted or replaced")));
    deepStrictEqual(await bodies(bob), ["text of before"]);
  },
});

Deno.test("row 99: what the disk has damaged is one marked entry to clients, logged once, and all else is served", async () => {
  await using store = new MemoryStore(Date.now);
  await using server = await startTestServer({ store });
  using alice = await RawPeer.named(server, "alice");
  const ids: number[] = [];
  for (const id of ["a", "b", "c"]) ids.push(Number((await alice.request(send(id)))["id"]));
  const [, second = 0] = ids;
  const key = keyOf.entry("lobby", second);
  // What belongs to another key counts as damaged, however whole it is.
  const moved = encodeRecord(keyOf.entry("lobby", 1), { seq: 1, entry: {} });
  await store.commit({ sets: [{ key, value: moved }] });
  deepStrictEqual(await bodies(alice), ["text of a", "damaged", "text of c"]);
  const { entries } = await alice.request({ t: "history", id: "h", limit: 1, upto: second });
  const [entry] = entries as Frame[];
  deepStrictEqual(Object.keys(entry ?? {}).sort(), ["at", "conversation", "id", "t"]);
  deepStrictEqual([entry?.["id"], entry?.["conversation"]], [second, "lobby"]);
  ok(Math.abs(Number(entry?.["at"]) - Date.now()) < 60_000);
  strictEqual(errorsOf(server).length, 1);
  ok(errorsOf(server)[0]?.includes("checksum does not fit"));
  strictEqual((await alice.request(send("d"))).t, "ack");
});

Deno.test("row 102: whatever the clock does, the order of the ids is that of the messages", async () => {
  const hour = 3_600_000;
  const start = Date.now();
  const clocks = [start, start - hour, 0, -5, start + 24 * hour, start];
  await using store: Store = new MemoryStore(Date.now);
  let now = start;
  const ids: number[] = [];
  const account = await testAccount("alice");
  let identity: TestServer["identity"] | undefined;
  for (const [round, clock] of clocks.entries()) {
    now = clock;
    await using server = await startTestServer({
      store,
      now: () => now,
      ...(identity === undefined ? {} : { identity }),
    });
    identity = server.identity;
    const arrive = round === 0 ? RawPeer.registered : RawPeer.loggedIn;
    using alice = await arrive(server, account);
    for (const moment of [clock, clock - hour, clock + hour]) {
      now = moment;
      ids.push(Number((await alice.request(send(`${ids.length}`)))["id"]));
    }
    strictEqual((await alice.request({ t: "ping", id: "alive" })).t, "pong");
    deepStrictEqual(await bodies(alice), ids.map((_, n) => `text of ${n}`));
    deepStrictEqual(errorsOf(server), []);
  }
  deepStrictEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
});
