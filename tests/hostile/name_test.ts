import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { canonicalName } from "../../protocol/name.ts";
import { keyedAs, type KeyedPeer, keyedPeer, makeEpoch, sendEpoch } from "../testing/keyed_peer.ts";
import { person } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { sealedDirect, sealedGroup } from "../testing/sealed.ts";
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
  using founder = await keyedPeer(server, "founder");
  for (const [id, group] of names.entries()) {
    const record = await recordOf(server, founder);
    const answer = await founder.peer.request({ t: "epoch", id, record, group });
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_name"], JSON.stringify(group));
  }
  const groups = await founder.peer.request({ t: "groups", id: "all" });
  deepStrictEqual(groups["groups"], []);
}

/** A record that is right for a group with some other name. */
async function recordOf(server: TestServer, { person: owner }: KeyedPeer): Promise<string> {
  const { realm } = server.identity;
  const { frames } = await sealedGroup({ realm, name: "team", owner, members: [] });
  const last = frames.at(-1);
  return last?.t === "epoch" ? last.record : "";
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
    using user = await keyedPeer(server, "user");
    const record = await recordOf(server, user);
    const octets = "A".repeat(43);
    const refused: readonly [code: string, frame: (long: string) => Frame][] = [
      ["bad_name", (group) => ({ t: "epoch", id: 1, record, group })],
      ["bad_request", (to) => ({ t: "epoch", id: 2, record, to })],
      ["no_user", (to) => ({ t: "send", id: "3", to, body: "x" })],
      ["no_group", (to) => ({ t: "send", id: "4", to, body: "x", kind: "group" })],
      ["no_user", (name) => ({ t: "lookup", id: 5, name })],
      ["no_user", (of) => ({ t: "history", id: 6, of, limit: 1 })],
      ["no_group", (group) => ({ t: "group_info", id: 7, group })],
      [
        "bad_request",
        (fp) => ({ t: "wraps", id: 8, record: octets, m: [wrapFor("user", { fp })] }),
      ],
      ["bad_request", (name) => ({ t: "wraps", id: 9, record: octets, m: [wrapFor(name)] })],
      ["bad_request", (hash) => ({ t: "wraps", id: 10, record: hash, m: [wrapFor("user")] })],
      ["bad_request", (long) => ({ t: "epoch", id: 11, record: long, group: "g" })],
      ["bad_request", (note) => ({ t: "leave", id: 12, conversation: octets, note })],
      ["bad_request", (conversation) => ({ t: "complain", id: 13, conversation, epoch: 0 })],
      ["bad_request", (name) => rewrapOf({ id: 14, user: name })],
      ["bad_request", (conversation) => rewrapOf({ id: 15, conversation })],
      ["bad_request", (entry) => ({ t: "set_state", id: 16, m: [{ ...STATE, entry }] })],
      ["bad_request", (value) => ({ t: "set_state", id: 17, m: [{ ...STATE, value }] })],
      ["bad_request", (after) => ({ t: "state", id: 18, after })],
    ];
    for (const [code, frameWith] of refused) {
      const frame = longest(frameWith);
      const answer = await user.peer.request(frame);
      deepStrictEqual(
        [answer.t, answer["code"]],
        ["error", code],
        JSON.stringify(frame).slice(0, 99),
      );
    }
    const asked: readonly [type: string, frame: (long: string) => Frame][] = [
      ["names", (after) => ({ t: "names", id: 19, after })],
      ["keys", (name) => ({ t: "keys", id: 20, of: [{ user: name }] })],
      ["keys", (fp) => ({ t: "keys", id: 21, of: [{ user: "user", fp }] })],
      ["lineage", (from) => ({ t: "lineage", id: 22, user: "user", from })],
      ["lineage", (name) => ({ t: "lineage", id: 23, user: name, from: octets })],
      ["epochs", (conversation) => ({ t: "epochs", id: 24, conversation })],
    ];
    for (const [type, frameWith] of asked) {
      strictEqual((await user.peer.request(longest(frameWith))).t, type);
    }
  });
});

const STATE = { entry: "x", counter: 1, value: "x" };

/** A wrap of the right shape, with other fields. */
function wrapFor(user: string, fields: { readonly fp?: string } = {}) {
  return { user, fp: "A".repeat(43), wrap: encodeBase64Url(new Uint8Array(1_225)), ...fields };
}

function rewrapOf(fields: {
  readonly id: number;
  readonly user?: string;
  readonly conversation?: string;
}): Frame {
  const { wrap } = wrapFor("user");
  return { t: "rewrap", conversation: "A".repeat(43), epoch: 0, user: "user", wrap, ...fields };
}

Deno.test("a thousand names that nobody has are one refusal, and no group", async () => {
  await underAttack(async ({ server }) => {
    using user = await keyedPeer(server, "user");
    const { realm } = server.identity;
    const nobody = await person("nobody", realm);
    const names = Array.from({ length: 1_000 }, (_, i) => `${"x".repeat(29)}${i}`.slice(-32));
    const members = names.map((name) => ({ ...nobody, user: name }));
    const { frames } = await sealedGroup({ realm, name: "team", owner: user.person, members });
    const refused = await sendEpoch(user, frames);
    deepStrictEqual([refused.t, refused["code"]], ["error", "unknown_users"]);
    strictEqual(refused["msg"], `Unknown users: ${names.join(", ")}. Nothing created.`);
    strictEqual((await user.peer.request({ t: "lookup", id: 1, name: "team" }))["code"], "no_user");
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
    using user = await keyedPeer(server, "user");
    const record = await recordOf(server, user);
    for (const [id, name] of [1, null, ["alice"], { name: "alice" }, true, undefined].entries()) {
      using stranger = await RawPeer.handshaken(server);
      await stranger.send({ t: "auth", user: name });
      await stranger.expectFatal("bad_frame");
      // Epoch 0 of a group without a name is refused for what it is.
      const answer = await user.peer.request({ t: "epoch", id, record, group: name });
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
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    using alice = await RawPeer.registered(server, account);
    using other = await RawPeer.handshaken(server);
    const auth = await other.ask({ t: "auth", user: "ALICE" });
    deepStrictEqual([auth["user"], auth["known"]], ["alice", true]);
    using user = await keyedPeer(server, "user");
    const alicesKeys = await keyedAs(alice, { account, server });
    const { realm } = server.identity;
    const direct = await sealedDirect({ realm, by: user.person, to: alicesKeys.person });
    const frames = direct.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, to: "ALICE" } : frame
    );
    await makeEpoch(user, frames);
    const sent = await direct.seal(user.person, "hi", { to: "AlIcE" });
    strictEqual((await user.peer.request({ ...sent })).t, "ack");
    const { to, body } = await alice.next("message");
    deepStrictEqual([to, await direct.open(String(body))], ["alice", "hi"]);
    const team = await sealedGroup({
      realm,
      name: "alice",
      owner: user.person,
      members: [alicesKeys.person],
    });
    const taken = team.frames.map((frame) =>
      frame.t === "epoch" ? { ...frame, group: "Alice" } : frame
    );
    strictEqual((await sendEpoch(user, taken))["code"], "name_taken");
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
