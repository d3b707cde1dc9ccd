// FTC1 §7.2, §7.4: key records by user and fingerprint, for ever, and the line from one to the next.

import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { signPasswd } from "../../cipher/login.ts";
import { Directory } from "../../server/directory.ts";
import { KeyRecords, keyRecordWrite } from "../../server/key_records.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import { Operator } from "../../server/operator.ts";
import type { Key, Range, StoredEntry } from "../../server/store.ts";
import { type Chat, chatWith, START } from "../testing/chat.ts";
import { type Person, person, personWith, rekeyed } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { type TestAccount, testAccount } from "../testing/test_account.ts";
import { sentence, TEST_REALM } from "../testing/test_session.ts";
import { startTestServer } from "../testing/test_server.ts";

const pure = { permissions: "none" } as const;

type Asked = { readonly user: string; readonly fp?: string };

async function asks(chat: Chat, of: readonly Asked[]) {
  const answer = await chat.login("alice").asks({ t: "keys", of: [...of] });
  if (answer.t !== "keys") throw new Error(`Cannot read keys: ${sentence(answer)}`);
  ok(JSON.stringify(answer.m).length <= 49_152 + 2);
  return answer.m;
}

async function lineage(chat: Chat, user: string, from: string) {
  const answer = await chat.login("alice").asks({ t: "lineage", user, from });
  if (answer.t !== "lineage") throw new Error(`Cannot read lineage: ${sentence(answer)}`);
  return answer;
}

Deno.test(
  "the present record comes by name, any record by fingerprint, and nothing where there is none",
  pure,
  async () => {
    await using chat = await chatWith({ users: ["alice", "bob"] });
    const old = await chat.clients.person("bob");
    const now = await chat.clients.rekey({ user: "bob", service: chat.service });
    for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
      await restart();
      deepStrictEqual(
        await asks(chat, [
          { user: "BOB" },
          { user: "bob", fp: old.fp },
          { user: "alice", fp: old.fp },
          { user: "bob", fp: "AAAA" },
          { user: "bob", fp: "+".repeat(3_000) },
          { user: "zoe" },
          { user: "a b" },
        ]),
        [
          { user: "bob", keys: now.keys },
          { user: "bob", keys: old.keys },
          { user: "alice" },
          { user: "bob" },
          { user: "bob" },
          { user: "zoe" },
          { user: "a b" },
        ],
      );
    }
    deepStrictEqual(chat.failures, []);
  },
);

Deno.test("as many come as fit into a page, the first ones", pure, async () => {
  const users = Array.from({ length: 60 }, (_, n) => `user${n}`);
  await using chat = await chatWith({ users: ["alice", ...users] });
  const got: string[] = [];
  while (got.length < users.length) {
    const page = await asks(chat, users.slice(got.length).map((user) => ({ user })));
    ok(page.length >= 20 || got.length + page.length === users.length);
    got.push(...page.map(({ user }) => user));
  }
  deepStrictEqual(got, users);
});

Deno.test(
  "the line leads from an old record to the present one, each signed by the one before",
  pure,
  async () => {
    await using chat = await chatWith({ users: ["alice", "bob"] });
    const all: Person[] = [await chat.clients.person("bob")];
    for (let n = 0; n < 30; n++) {
      all.push(await chat.clients.rekey({ user: "bob", service: chat.service }));
    }
    const [first, last] = [all[0]?.fp ?? "", all.at(-1)?.fp ?? ""];
    await chat.restart();
    const got: string[] = [];
    let from = first;
    for (let more = true; more;) {
      const page = await lineage(chat, "bob", from);
      got.push(...page.keys);
      more = page.more;
      from = all[got.length]?.fp ?? "";
    }
    deepStrictEqual(got, all.slice(1).map(({ keys }) => keys));
    const nothing = { keys: [], more: false };
    for (
      const [user, fp] of [["bob", last], ["alice", first], ["bob", "AAAA"], [
        "zoe",
        first,
      ]] as const
    ) {
      const { keys, more } = await lineage(chat, user, fp);
      deepStrictEqual({ keys, more }, nothing);
    }
  },
);

for (const what of ["delete", "reset"] as const) {
  Deno.test(`${what}: the records stay, and lead nowhere`, pure, async () => {
    await using chat = await chatWith({ users: ["alice", "bob"] });
    const old = await chat.clients.person("bob");
    ok("text" in await new Operator(chat.service)[what]("bob"));
    deepStrictEqual(await asks(chat, [{ user: "bob" }, { user: "bob", fp: old.fp }]), [
      { user: "bob" },
      { user: "bob", keys: old.keys },
    ]);
    await chat.addAccount("bob");
    const now = await chat.clients.person("bob");
    await chat.restart();
    deepStrictEqual(await asks(chat, [{ user: "bob" }, { user: "bob", fp: old.fp }]), [
      { user: "bob", keys: now.keys },
      { user: "bob", keys: old.keys },
    ]);
    deepStrictEqual((await lineage(chat, "bob", old.fp)).keys, []);
  });
}

Deno.test(
  "the line of an account that is gone is still followed: old epochs are checked with it",
  pure,
  async () => {
    await using chat = await chatWith({ users: ["alice", "bob"] });
    const first = await chat.clients.person("bob");
    const second = await chat.clients.rekey({ user: "bob", service: chat.service });
    const third = await chat.clients.rekey({ user: "bob", service: chat.service });
    ok("text" in await new Operator(chat.service).reset("bob"));
    await chat.addAccount("bob");
    for (const restart of [() => Promise.resolve(), () => chat.restart()]) {
      await restart();
      deepStrictEqual((await lineage(chat, "bob", first.fp)).keys, [second.keys, third.keys]);
      deepStrictEqual((await lineage(chat, "bob", third.fp)).keys, []);
    }
    deepStrictEqual(chat.failures, []);
  },
);

/** A store that counts what is read. */
class CountedStore extends MemoryStore {
  reads = 0;

  override get(key: Key): Promise<StoredEntry | null> {
    this.reads++;
    return super.get(key);
  }

  override getMany(keys: readonly Key[]): Promise<(StoredEntry | null)[]> {
    this.reads += keys.length;
    return super.getMany(keys);
  }

  override list(range: Range): Promise<StoredEntry[]> {
    this.reads++;
    return super.list(range);
  }
}

Deno.test(
  "a line that begins nowhere costs one read, however many records the name has",
  pure,
  async () => {
    await using store = new CountedStore(() => 0);
    const records = new KeyRecords(store, {
      directory: new Directory(),
      realm: TEST_REALM,
      damaged: (error) => {
        throw error;
      },
    });
    const line = [await person("mallory", TEST_REALM)];
    for (let n = 0; n < 40; n++) line.push(await rekeyed(line.at(-1) ?? fail("no keys")));
    for (const { record } of line) await store.commit({ sets: [keyRecordWrite(record)] });
    const question = (fingerprint: string) => ({ user: "mallory", fingerprint });
    const other = await person("mallory", TEST_REALM);
    for (const one of [question(other.fp), { user: "eve", fingerprint: other.fp }]) {
      store.reads = 0;
      deepStrictEqual(await records.behind(one, 25), []);
      strictEqual(store.reads, 1);
    }
    const texts = line.map(({ keys }) => keys);
    deepStrictEqual(await records.behind(question(line[0]?.fp ?? ""), 25), texts.slice(1, 26));
    deepStrictEqual(await records.behind(question(line[20]?.fp ?? ""), 25), texts.slice(21));
    deepStrictEqual(await records.behind(question(line[40]?.fp ?? ""), 25), []);
  },
);

Deno.test("a line that begins with no fingerprint is not looked for", pure, async () => {
  await using chat = await chatWith({ users: ["alice"] });
  for (const from of ["AAAA", "+", "A".repeat(3_000)]) {
    const { keys, more } = await lineage(chat, "zoe", from);
    deepStrictEqual([keys, more], [[], false]);
  }
  deepStrictEqual(chat.failures, []);
});

/** A `passwd` frame that brings other keys. */
async function passwd(peer: RawPeer, account: TestAccount, keys: string): Promise<Frame> {
  const { channelBinding, realm } = peer.session;
  const { privateKey, publicKey } = account.login;
  const context = { channelBinding, realm, user: account.user, salt: account.salt, publicKey };
  const sig = encodeBase64Url(await signPasswd(privateKey, context));
  return {
    t: "passwd",
    id: 1,
    kdf: 1,
    salt: encodeBase64Url(account.salt),
    pk: encodeBase64Url(publicKey),
    old: sig,
    new: sig,
    vault: `gAAAA${"A".repeat(100)}`,
    keys,
  };
}

Deno.test("a registration stores the record; @rekey stores the next one with the password", async () => {
  await using server = await startTestServer({ store: "disk" });
  const account = await testAccount("bob");
  using bob = await RawPeer.registered(server, account);
  using other = await RawPeer.loggedIn(server, account);
  const { realm } = bob.session;
  const first = await personWith(account.root, { user: "bob", realm });
  const second = await rekeyed(first);
  const keysOf = async (of: object) => (await bob.request({ t: "keys", id: 2, of: [of] }))["m"];
  deepStrictEqual(await keysOf({ user: "bob" }), [{ user: "bob", keys: first.keys }]);
  strictEqual((await bob.request(await passwd(bob, account, second.keys))).t, "ok");
  strictEqual((await other.next("bye"))["reason"], "passwd");
  // The session that did it goes on, and every answer is the new one.
  deepStrictEqual(await keysOf({ user: "bob" }), [{ user: "bob", keys: second.keys }]);
  deepStrictEqual(await keysOf({ user: "bob", fp: first.fp }), [{ user: "bob", keys: first.keys }]);
  const lineage = await bob.request({ t: "lineage", id: 3, user: "bob", from: first.fp });
  deepStrictEqual(lineage["keys"], [second.keys]);
  const { directory } = server.shared.service;
  deepStrictEqual(directory.lineOf("bob"), [first.fp, second.fp]);
});

const WRONG: { readonly [what: string]: (first: Person) => Promise<string> } = {
  "a record that is none": () => Promise.resolve("AAAA"),
  "the present record again": (first) => Promise.resolve(first.keys),
  "a record that the present keys have not signed": async ({ user, identity }) =>
    (await rekeyed(await personWith(new Uint8Array(32).fill(9), { user, realm: identity.realm })))
      .keys,
  "a record two generations on": async (first) => (await rekeyed(await rekeyed(first))).keys,
  "row 104: the record of another user": async ({ identity }) =>
    (await rekeyed(
      await personWith(new Uint8Array(32).fill(9), { user: "eve", realm: identity.realm }),
    )).keys,
};

for (const [what, make] of Object.entries(WRONG)) {
  Deno.test(`${what} changes nothing`, async () => {
    await using server = await startTestServer();
    const account = await testAccount("bob");
    using bob = await RawPeer.registered(server, account);
    const first = await personWith(account.root, { user: "bob", realm: bob.session.realm });
    const answer = await bob.request(await passwd(bob, account, await make(first)));
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"]);
    const { directory, accounts } = server.shared.service;
    deepStrictEqual(directory.lineOf("bob"), [first.fp]);
    strictEqual((await accounts.get("bob"))?.keys, first.keys);
  });
}

Deno.test("an account changes its keys so many times a day; what is refused does not count", async () => {
  const DAY_MS = 86_400_000;
  let now = START - START % DAY_MS;
  await using server = await startTestServer({ policy: { rekeysPerDay: 2 }, now: () => now });
  const account = await testAccount("bob");
  using bob = await RawPeer.registered(server, account);
  let present = await personWith(account.root, { user: "bob", realm: bob.session.realm });
  const line = [present.fp];
  const changes = async () => {
    const next = await rekeyed(present);
    const answer = await bob.request(await passwd(bob, account, next.keys));
    if (answer.t === "ok") line.push((present = next).fp);
    return [answer["code"] ?? answer.t, answer["after"]];
  };
  deepStrictEqual(await changes(), ["ok", undefined]);
  for (let n = 0; n < 3; n++) {
    const wrong = await bob.request(await passwd(bob, account, present.keys));
    strictEqual(wrong["code"], "bad_request");
  }
  deepStrictEqual(await changes(), ["ok", undefined]);
  now += DAY_MS - 60_000;
  deepStrictEqual(await changes(), ["rate", 60]);
  // Another password alone is no other identity.
  const { keys: _keys, ...frame } = await passwd(bob, account, present.keys);
  strictEqual((await bob.request(frame)).t, "ok");
  now += 60_000;
  deepStrictEqual(await changes(), ["ok", undefined]);
  deepStrictEqual(server.shared.service.directory.lineOf("bob"), line);
});
