import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { canonicalName } from "../../protocol/name.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { testAccount } from "../testing/test_account.ts";
import type { TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

/** Tries names at the login and for groups: `bad_name` each time, and nothing is stored. */
async function expectBadNames(server: TestServer, names: readonly string[]): Promise<void> {
  const before = server.shared.service.directory.size;
  using stranger = await RawPeer.handshaken(server);
  for (const user of names) {
    const answer = await stranger.ask({ t: "auth", user });
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_name"], JSON.stringify(user));
  }
  strictEqual(server.shared.service.directory.size, before);
  using user = await RawPeer.named(server, "founder");
  for (const [id, group] of names.entries()) {
    const answer = await user.request({ t: "group_set", id, group, members: ["witness"] });
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_name"], JSON.stringify(group));
  }
  const groups = await user.request({ t: "groups", id: "all" });
  deepStrictEqual(groups["groups"], []);
}

/** So many wrong names in one connection end it otherwise. */
const PATIENT = { policy: { badNames: 1_000 } } as const;

Deno.test("row 82: names with blanks, signs and paths, empty or too long ones are bad_name", async () => {
  await underAttack(async ({ server }) => {
    await expectBadNames(server, [
      "",
      " ",
      "   ",
      "a b",
      " ab",
      "ab ",
      "../etc",
      "..",
      ".",
      "a/b",
      "a\\b",
      "@x",
      "#x",
      "x,y",
      "-x",
      "x-",
      "_x",
      "x.",
      "x".repeat(33),
      "x".repeat(4_000),
    ]);
  }, PATIENT);
});

/** The longest text that a frame has room for in one of its fields. */
function longest(frameWith: (text: string) => Frame): Frame {
  const octets = JSON.stringify(frameWith("")).length;
  return frameWith("x".repeat(65_536 - octets));
}

Deno.test("row 82: a name as long as a frame is refused as well, and the session goes on", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const team = { group: "team", members: ["witness"] };
    strictEqual((await user.request({ t: "group_set", id: 0, ...team })).t, "ok");
    const refused: readonly [code: string, frame: (long: string) => Frame][] = [
      ["bad_name", (group) => ({ t: "group_set", id: 1, group, members: [] })],
      ["unknown_users", (name) => ({ t: "group_set", id: 2, group: "g", members: [name] })],
      ["no_user", (to) => ({ t: "send", id: "3", to, body: "x" })],
      ["no_group", (to) => ({ t: "send", id: "4", to, body: "x", kind: "group" })],
      ["no_user", (name) => ({ t: "lookup", id: 5, name })],
      ["no_user", (of) => ({ t: "history", id: 6, of, limit: 1 })],
      ["no_group", (group) => ({ t: "group_info", id: 7, group })],
      ["no_group", (group) => ({ t: "group_leave", id: 8, group })],
      ["no_member", (name) => ({ t: "group_remove", id: 9, group: "team", members: [name] })],
    ];
    for (const [code, frameWith] of refused) {
      const frame = longest(frameWith);
      const answer = await user.request(frame);
      deepStrictEqual([answer.t, answer["code"]], ["error", code], frame.t);
    }
    const page = longest((after) => ({ t: "names", id: 10, after }));
    strictEqual((await user.request(page)).t, "names");
    // Many unknown names, each no longer than a name.
    const members = Array.from({ length: 8_500 }, (_, i) => `-${i.toString(36)}`);
    const many = await user.request({ t: "group_add", id: 11, group: "team", members });
    strictEqual(many["code"], "unknown_users");
  });
});

Deno.test("row 82: the tenth bad name in one connection ends it", async () => {
  await underAttack(async ({ server }) => {
    using stranger = await RawPeer.handshaken(server);
    for (let i = 0; i < 10; i++) {
      strictEqual((await stranger.ask({ t: "auth", user: "@" }))["code"], "bad_name");
    }
    await stranger.expectFatal("bad_name");
  });
});

Deno.test("row 83: names with control, invisible and combining characters are bad_name", async () => {
  await underAttack(async ({ server }) => {
    await expectBadNames(server, [
      "a\0b",
      "\0",
      "alice\n",
      "alice\r\n",
      "a\u001b[31mb",
      "a\u009bb",
      "\u202ebob",
      "bob\u200b",
      "bob\u200d",
      "\ufeffbob",
      "b\u00adob",
      "😀",
      "bob😀",
      "e\u0301\u0302\u0303",
      "bob\u0301",
    ]);
  }, PATIENT);
});

Deno.test("row 84: a name that is no text is fatal at the login, bad_request later", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    for (const [id, name] of [1, null, ["alice"], { name: "alice" }, true, undefined].entries()) {
      using stranger = await RawPeer.handshaken(server);
      await stranger.send({ t: "auth", user: name });
      await stranger.expectFatal("bad_frame");
      const answer = await user.request({ t: "group_set", id, group: name, members: ["witness"] });
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"]);
    }
  });
});

Deno.test("row 85: reserved words are bad_name, in any case", async () => {
  await underAttack(async ({ server }) => {
    const words =
      "names history quit help group lobby password set send delete me all here everyone " +
      "admin root system server null undefined true false constructor prototype";
    const cased = words.split(" ").flatMap((word) => [word, word.toUpperCase()]);
    await expectBadNames(server, [...cased, "LobBy", "Null"]);
  }, PATIENT);
});

Deno.test("row 86: ALICE is the account alice", async () => {
  await underAttack(async ({ server, witness }) => {
    const account = await testAccount("alice");
    using alice = await RawPeer.registered(server, account);
    using other = await RawPeer.handshaken(server);
    const auth = await other.ask({ t: "auth", user: "ALICE" });
    deepStrictEqual([auth["user"], auth["known"]], ["alice", true]);
    const sent = { t: "send", id: "1", to: "AlIcE", body: "hi" };
    strictEqual((await witness.request(sent)).t, "ack");
    strictEqual((await alice.next("message"))["to"], "alice");
    const taken = { t: "group_set", id: 2, group: "Alice", members: ["witness"] };
    strictEqual((await alice.request(taken))["code"], "name_taken");
  });
});

Deno.test("row 87: a letter outside ASCII makes a bad_name", async () => {
  await underAttack(async ({ server }) => {
    await expectBadNames(server, [
      "\u0430lice",
      "\uff41lice",
      "al\u00edce",
      "ali\u0441e",
      "\u212aelvin",
      "\u017fam",
      "\u0130stanbul",
      "ma\u00df",
      "bo\u0431",
      "\u0661",
      "\ud835\udc1a",
    ]);
  }, PATIENT);
});

Deno.test("row 88: a name with a lone surrogate is fatal as a frame, before any storage", async () => {
  await underAttack(async ({ server }) => {
    const before = server.shared.service.directory.size;
    for (const escape of ["\\ud800", "\\ud801", "a\\udfff", "\\udc00\\ud800"]) {
      using stranger = await RawPeer.handshaken(server);
      await stranger.sendPlain(`{"t":"auth","user":"${escape}"}`);
      await stranger.expectFatal("bad_frame");
    }
    // And would be no name if it came through.
    for (const name of ["\ud800", "\ud801", "a\udfff"]) strictEqual(canonicalName(name), null);
    strictEqual(server.shared.service.directory.size, before);
  }, { store: "disk" });
});
