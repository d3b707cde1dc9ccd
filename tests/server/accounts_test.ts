// FTC1 §9 rows 71–73: registrations that make no account.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { CommandOf } from "../../protocol/command.ts";
import { keyOf } from "../../server/tables.ts";
import { chatWith } from "../testing/chat.ts";
import { newcomer, someChannel } from "../testing/newcomer.ts";
import { person, rekeyed } from "../testing/person.ts";
import { TEST_REALM } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const channel = someChannel(TEST_REALM);
const bob = await newcomer("bob", TEST_REALM);
const alice = await newcomer("alice", TEST_REALM);
const otherRealm = new Uint8Array(16).fill(9);

type Registration = CommandOf<"register">;

const genuine = await bob.register(channel);
const withSalt = (length: number) => encodeBase64Url(new Uint8Array(length));

const WRONG: { readonly [what: string]: readonly [string, Partial<Registration>] } = {
  "a salt of 15 octets": ["bad_request", { salt: withSalt(15) }],
  "a salt of 17 octets": ["bad_request", { salt: withSalt(17) }],
  "no salt": ["bad_request", { salt: "" }],
  "another salt than was signed": ["bad_login", { salt: withSalt(16) }],
  "a key of 31 octets": ["bad_request", { pk: withSalt(31) }],
  "the key of another": ["bad_login", { pk: (await alice.register(channel)).pk }],
  "a signature of 63 octets": ["bad_login", { sig: withSalt(63) }],
  "a signature for another name": ["bad_login", await alice.register(channel)],
  "a signature for another connection": ["bad_login", await bob.register(someChannel(TEST_REALM))],
  "a signature for logging in": ["bad_login", { sig: (await bob.login(channel)).sig }],
  "no key record": ["bad_request", { keys: "" }],
  "a key record that is not base64url": ["bad_request", { keys: "+++" }],
  "a key record cut short": ["bad_request", { keys: genuine.keys.slice(0, -4) }],
  "the key record of another": ["bad_request", { keys: (await alice.register(channel)).keys }],
  "a key record of another realm": [
    "bad_request",
    { keys: (await (await newcomer("bob", otherRealm)).register(channel)).keys },
  ],
  "a key record that follows one of a former account": [
    "bad_request",
    { keys: (await rekeyed(await person("bob", TEST_REALM))).keys },
  ],
  "no vault": ["bad_request", { vault: "" }],
  "a vault that is no token": ["bad_request", { vault: "hello" }],
  "a vault that is too long": ["bad_request", { vault: `gAAAA${"A".repeat(200)}` }],
};

for (const [what, [code, fields]] of Object.entries(WRONG)) {
  Deno.test(`no account is made of ${what}`, pure, async () => {
    await using chat = await chatWith({ users: [] });
    const { accounts, directory } = chat.service;
    const options = { channel, now: chat.now, cursor: 0 };
    const result = await accounts.register("bob", { ...genuine, ...fields }, options);
    strictEqual("refused" in result ? result.refused : "", code);
    strictEqual(await accounts.get("bob"), null);
    strictEqual(directory.hasUser("bob"), false);
    strictEqual("account" in await accounts.register("bob", genuine, options), true);
  });
}

Deno.test(
  "keys of small order, for which one signature fits every text, make no account",
  pure,
  async () => {
    await using chat = await chatWith({ users: [] });
    for (const sign of [0x00, 0x80]) {
      const pk = new Uint8Array(32);
      pk[0] = 1;
      pk[31] = sign;
      // R = the neutral element, S = 0: right for every text under a key of order one.
      const sig = new Uint8Array(64);
      sig[0] = 1;
      const command = { ...genuine, pk: encodeBase64Url(pk), sig: encodeBase64Url(sig) };
      const options = { channel, now: chat.now, cursor: 0 };
      const result = await chat.service.accounts.register("bob", command, options);
      deepStrictEqual(result, { refused: "bad_login" });
    }
  },
);

Deno.test(
  "an account is what was registered, and its cursor where it was told to be",
  pure,
  async () => {
    await using chat = await chatWith({ users: [] });
    const { accounts, cursors, directory } = chat.service;
    await accounts.register("bob", genuine, { channel, now: chat.now, cursor: 42 });
    const account = await accounts.get("bob");
    const { salt, pk, keys, vault } = genuine;
    const fingerprint = directory.fingerprintOf("bob");
    deepStrictEqual({ ...account }, {
      user: "bob",
      kdf: 1,
      salt,
      pk,
      keys,
      vault,
      created: chat.now,
      line: [fingerprint],
    });
    const [record] = await chat.service.keyRecords.texts([{
      user: "bob",
      fingerprint: fingerprint ?? "",
    }]);
    strictEqual(record, keys);
    strictEqual(await cursors.get("bob"), 42);
    strictEqual(directory.hasUser("bob"), true);
  },
);

Deno.test("if the store fails, there is no account, and the name is free", pure, async () => {
  await using chat = await chatWith({ users: [] });
  const { accounts, directory } = chat.service;
  const options = { channel, now: chat.now, cursor: 0 };
  chat.store.fail(new Error("disk full"));
  await rejects(accounts.register("bob", genuine, options), { message: "disk full" });
  deepStrictEqual([directory.hasUser("bob"), accounts.isTaken("bob")], [false, false]);
  chat.store.heal();
  strictEqual("account" in await accounts.register("bob", genuine, options), true);
});

Deno.test(
  "an account in the store is never replaced, whatever the directory knows",
  pure,
  async () => {
    await using chat = await chatWith({ users: [] });
    const { accounts, directory } = chat.service;
    const options = { channel, now: chat.now, cursor: 0 };
    const key = keyOf.account("bob");
    const value = new Uint8Array(20);
    await chat.store.commit({ sets: [{ key, value }] });
    strictEqual(directory.hasUser("bob"), false);
    deepStrictEqual(await accounts.register("bob", genuine, options), { refused: "name_taken" });
    deepStrictEqual((await chat.store.get(key))?.value, value);
  },
);

Deno.test("while an account is being stored, no group takes its name", pure, async () => {
  await using chat = await chatWith({ users: ["carol", "dave"] });
  const { accounts } = chat.service;
  chat.store.hold();
  const registering = accounts.register("bob", genuine, { channel, now: chat.now, cursor: 0 });
  await chat.store.waiting();
  strictEqual(accounts.isTaken("bob"), true);
  const answer = chat.login("carol").groups("set", "bob", ["dave"]);
  chat.store.release();
  strictEqual(await answer, "name_taken: The name bob is taken.");
  strictEqual("account" in await registering, true);
});
