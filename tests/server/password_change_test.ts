// FTC1 §4.3, §4.7; §9 row 80: a new password.

import { deepStrictEqual, notStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { importEd25519 } from "../../cipher/ed25519.ts";
import { signPasswd } from "../../cipher/login.ts";
import { sealVault } from "../../cipher/vault.ts";
import type { CommandOf } from "../../protocol/command.ts";
import type { Channel } from "../../server/accounts.ts";
import { MemoryStore } from "../../server/memory_store.ts";
import { changePassword } from "../../server/password_change.ts";
import { decodeRecord, encodeRecord } from "../../server/record.ts";
import type { Store } from "../../server/store.ts";
import { type Account, accountRecord, keyOf } from "../../server/tables.ts";
import { HeldStore } from "../testing/held_store.ts";
import { someChannel } from "../testing/newcomer.ts";
import { nextTurn } from "../testing/timers.ts";

const pure = { permissions: "none" } as const;
const realm = new Uint8Array(16).fill(6);
const channel = someChannel(realm);
const random = (octets: number) => crypto.getRandomValues(new Uint8Array(octets));

type Login = Awaited<ReturnType<typeof importEd25519>>;

/** A `passwd` frame from the login of an account to another one. */
async function passwd(
  from: Login,
  to: Login,
  { user = "bob", on = channel }: { readonly user?: string; readonly on?: Channel } = {},
): Promise<CommandOf<"passwd">> {
  const salt = random(16);
  const login = { ...on, user, salt, publicKey: to.publicKey };
  return {
    t: "passwd",
    id: 1,
    kdf: 1,
    salt: encodeBase64Url(salt),
    pk: encodeBase64Url(to.publicKey),
    old: encodeBase64Url(await signPasswd(from.privateKey, login)),
    new: encodeBase64Url(await signPasswd(to.privateKey, login)),
    vault: await sealVault(random(32), { realm, user, root: random(32) }),
  };
}

/** A store in which bob has an account; his login, and another one. */
async function scene<S extends Store>(store: S) {
  const [old, fresh] = [await importEd25519(random(32)), await importEd25519(random(32))];
  const key = keyOf.account("bob");
  const account: Account = {
    user: "bob",
    kdf: 1,
    salt: encodeBase64Url(random(16)),
    pk: encodeBase64Url(old.publicKey),
    keys: "keys",
    vault: "vault",
    created: 5,
  };
  await store.commit({ sets: [{ key, value: encodeRecord(key, account) }] });
  return {
    store,
    old,
    fresh,
    account,
    change: async (command: CommandOf<"passwd">) => {
      const result = await changePassword(command, { store, user: "bob", channel });
      return result.changed ? "changed" : result.code;
    },
    stored: async () => {
      const entry = await store.get(key);
      return entry === null ? null : decodeRecord(entry, accountRecord);
    },
  };
}

const memory = () => scene(new MemoryStore(() => 0));

Deno.test("salt, key and vault are the new ones, all else stays", pure, async () => {
  const { account, old, fresh, change, stored } = await memory();
  const command = await passwd(old, fresh);
  strictEqual(await change(command), "changed");
  const { salt, pk, vault } = command;
  deepStrictEqual(await stored(), { ...account, salt, pk, vault });
  strictEqual(await change(await passwd(old, fresh)), "bad_login");
  strictEqual(await change(await passwd(fresh, old)), "changed");
});

type Spoil = (command: CommandOf<"passwd">) => Partial<CommandOf<"passwd">>;

const SPOILT: readonly (readonly [string, "bad_login" | "bad_request", Spoil])[] = [
  ["the old signature is zeros", "bad_login", () => ({ old: encodeBase64Url(new Uint8Array(64)) })],
  ["the new signature is zeros", "bad_login", () => ({ new: encodeBase64Url(new Uint8Array(64)) })],
  [
    "the signatures are swapped",
    "bad_login",
    (command) => ({ old: command.new, new: command.old }),
  ],
  ["the old one is there twice", "bad_login", (command) => ({ new: command.old })],
  ["the new one is there twice", "bad_login", (command) => ({ old: command.new })],
  ["a signature has 63 octets", "bad_login", () => ({ old: encodeBase64Url(new Uint8Array(63)) })],
  ["a signature is no base64url", "bad_login", () => ({ new: "+/" })],
  ["the salt is another than was signed", "bad_login", () => ({
    salt: encodeBase64Url(new Uint8Array(16)),
  })],
  ["the salt has 15 octets", "bad_request", () => ({ salt: encodeBase64Url(new Uint8Array(15)) })],
  ["the key has 31 octets", "bad_request", () => ({ pk: encodeBase64Url(new Uint8Array(31)) })],
  ["the key is another than was signed", "bad_login", () => ({
    pk: encodeBase64Url(new Uint8Array(32).fill(3)),
  })],
  ["the vault is none", "bad_request", () => ({ vault: "open" })],
];

for (const [what, outcome, spoil] of SPOILT) {
  Deno.test(`row 80: nothing is changed where ${what}: ${outcome}`, pure, async () => {
    const { account, old, fresh, change, stored } = await memory();
    const command = await passwd(old, fresh);
    strictEqual(await change({ ...command, ...spoil(command) }), outcome);
    deepStrictEqual(await stored(), account);
  });
}

Deno.test(
  "row 80: a change signed for another channel or another account is refused",
  pure,
  async () => {
    const { account, old, fresh, change, stored } = await memory();
    for (const options of [{ on: someChannel(realm) }, { user: "carol" }]) {
      strictEqual(await change(await passwd(old, fresh, options)), "bad_login");
    }
    deepStrictEqual(await stored(), account);
  },
);

Deno.test("row 80: a new key of small order is refused", pure, async () => {
  const { account, old, fresh, change, stored } = await memory();
  // The neutral element: as a key it accepts one signature for all texts.
  const neutral = Uint8Array.of(1, ...new Uint8Array(31));
  const command = await passwd(old, { ...fresh, publicKey: neutral });
  const universal = encodeBase64Url(Uint8Array.of(...neutral, ...new Uint8Array(32)));
  strictEqual(await change({ ...command, new: universal }), "bad_login");
  deepStrictEqual(await stored(), account);
});

Deno.test("row 80: of two changes at once exactly one wins", pure, async () => {
  const { store, old, fresh, change, stored } = await scene(new HeldStore());
  const other = await importEd25519(random(32));
  const commands = await Promise.all([passwd(old, fresh), passwd(old, other)]);
  store.hold();
  const changes = commands.map(change);
  while (store.commits.length < 3) await nextTurn();
  store.release();
  const outcomes = await Promise.all(changes);
  deepStrictEqual(outcomes.toSorted(), ["bad_login", "changed"]);
  strictEqual((await stored())?.pk, commands[outcomes.indexOf("changed")]?.pk);
});

Deno.test("a change for an account that is gone is refused", pure, async () => {
  const { store, old, fresh, change, stored } = await memory();
  await store.commit({ deletes: [keyOf.account("bob")] });
  strictEqual(await change(await passwd(old, fresh)), "bad_login");
  strictEqual(await stored(), null);
});

Deno.test("a store that fails changes nothing, and the error is passed on", pure, async () => {
  const { store, account, old, fresh, change, stored } = await scene(new HeldStore());
  store.fail(new Error("disk full"));
  await rejects(change(await passwd(old, fresh)), /disk full/);
  store.heal();
  deepStrictEqual(await stored(), account);
  strictEqual(await change(await passwd(old, fresh)), "changed");
  notStrictEqual((await stored())?.vault, account.vault);
});
