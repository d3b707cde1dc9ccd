import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { directId, groupId } from "../../cipher/conversation.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };

const pure = { permissions: "none" } as const;
const realm = Uint8Array.fromHex(l2.realm);

for (const { a, b, id } of l2.dm_ids) {
  Deno.test(`id of the DM of ${a} and ${b}, from either side`, pure, async () => {
    strictEqual((await directId(realm, a, b)).toHex(), id);
    strictEqual((await directId(realm, b, a)).toHex(), id);
  });
}

Deno.test("a note to oneself has an id of its own", pure, async () => {
  const note = await directId(realm, "alice", "alice");
  deepStrictEqual(await directId(realm, "alice", "alice"), note);
  notDeepStrictEqual(await directId(realm, "alice", "bob"), note);
});

Deno.test("id of the group", pure, async () => {
  const { name, nonce, id } = l2.group;
  const alice = l2.identities.find(({ user }) => user === "alice");
  ok(alice);
  const creator = Uint8Array.fromHex(alice.fingerprint);
  strictEqual((await groupId(realm, name, Uint8Array.fromHex(nonce), creator)).toHex(), id);
});

Deno.test("a nonce or fingerprint of another length is refused", pure, async () => {
  await rejects(groupId(realm, "team", new Uint8Array(15), new Uint8Array(32)), RangeError);
  await rejects(groupId(realm, "team", new Uint8Array(16), new Uint8Array(31)), RangeError);
});
