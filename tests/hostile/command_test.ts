import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { displayText } from "../../client/display.ts";
import { parseLine } from "../../client/input.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import type { TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

/** Sends a request, which must be refused with this code. */
async function expectRefusal(peer: RawPeer, frame: Frame, code: string): Promise<Frame> {
  const answer = await peer.request(frame);
  deepStrictEqual([answer.t, answer["code"]], ["error", code], JSON.stringify(frame).slice(0, 200));
  return answer;
}

/** The entries that a user may read, oldest first. */
async function entriesOf(peer: RawPeer, fields: { readonly of?: string } = {}): Promise<Frame[]> {
  const asked = { t: "history", id: crypto.randomUUID(), limit: 1_000, kinds: "all", ...fields };
  return (await peer.request(asked))["entries"] as Frame[];
}

Deno.test("row 89: a line that is no command stays in the client", () => {
  const lines = [
    "@",
    "@ hi",
    "@history",
    "@history 0",
    "@history -1",
    "@history 1.5",
    "@history 1e9",
    "@history 5x",
    "@history 1001",
    "@history 99999999999999999999",
    "@history 0x10",
    "@history ١",
    "@history 5 a b",
    "@group",
    "@group nonsense",
    "@group set",
    "@group set G",
    "@group set G ,",
    "@group send G",
    "@group info",
    "@names now",
    "@quit now",
    "@../etc hi",
    "@toString",
  ];
  for (const line of lines) {
    const { type } = parseLine(line);
    // A bare name chooses a conversation, which asks the server whether there is one.
    const local = line === "@toString" ? ["choose"] : ["usage", "refused", "nothing"];
    ok(local.includes(type), `${line}: ${type}`);
  }
  deepStrictEqual(parseLine("@history 1000"), { type: "history", count: 1_000 });
});

Deno.test("row 89: a request with a count or range that is none is a bad_request", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const limits = [
      "0",
      "-1",
      "1.5",
      "1e9",
      "1001",
      '"5"',
      "null",
      "1e400",
      "9".repeat(400),
      "[5]",
    ];
    for (const [id, limit] of limits.entries()) {
      await user.sendPlain(`{"t":"history","id":${id},"limit":${limit}}`);
      const answer = await user.answerTo(id);
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_request"], limit);
    }
    const right = { t: "history", limit: 1 };
    const fields: { readonly [field: string]: unknown }[] = [
      { after: -1 },
      { after: 1.5 },
      { upto: 2 ** 53 },
      { upto: "9" },
      { from: "middle" },
      { kinds: "none" },
      { of: 5 },
      { limit: undefined },
    ];
    for (const [id, wrong] of fields.entries()) {
      await expectRefusal(user, { ...right, id, ...wrong }, "bad_request");
    }
    // An empty or reversed range is no error.
    const none = { ...right, id: "none", after: 10, upto: 5 };
    deepStrictEqual((await user.request(none))["entries"], []);
  });
});

Deno.test("row 89: a seen that makes no sense moves nothing and has no answer", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    await user.send({ t: "seen", upto: Number.MAX_SAFE_INTEGER });
    strictEqual((await user.request({ t: "ping", id: 1 })).t, "pong");
    const { cursors, journal } = server.shared.service;
    ok(await cursors.get("user") <= journal.delivered);
    for (const upto of [-1, 1.5, "1", null]) {
      await user.send({ t: "seen", upto });
      strictEqual((await user.frame())?.["code"], "bad_request");
    }
  });
});

Deno.test("row 90: a message to oneself is a note, one to nobody or to a reserved word an error", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const send = (to: string, id: string) => ({ t: "send", id, to, body: "hi" });
    strictEqual((await user.request(send("USER", "self"))).t, "ack");
    const notes = await entriesOf(user, { of: "user" });
    deepStrictEqual(notes.map(({ kind, from, to }) => [kind, from, to]), [[
      "direct",
      "user",
      "user",
    ]]);
    const missed = await expectRefusal(user, send("witnes", "typo"), "no_user");
    strictEqual(missed["closest"], "witness");
    for (const [i, to] of ["nobody", "system", "all", "everyone", "", "a b", "\0"].entries()) {
      await expectRefusal(user, send(to, `${i}`), "no_user");
    }
    strictEqual((await entriesOf(user)).length, 1);
  });
});

/** Texts that are refused, by what is wrong with them. */
const REFUSED_TEXTS: readonly string[] = [
  "",
  " ",
  " \t\n\u00a0\u3000",
  "\u0301",
  "\u0301\u0302\u20dd",
  "\u200b\u200d\ufeff",
  "\u202e\u2066",
  "x".repeat(4_001),
  "\u{1f600}".repeat(4_001),
  "a\u001b[31mred",
  "a\u001b]0;title\u0007",
  "a\u009b2J",
  "a\u0085b",
  "a\rb",
  "a\u0007",
  "a\bb",
  "a\0b",
  "a\u007fb",
];

Deno.test("rows 91, 92: a text that is too long, has nothing to show or controls a terminal is refused", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    for (const [i, body] of REFUSED_TEXTS.entries()) {
      await expectRefusal(user, { t: "send", id: `${i}`, to: "lobby", body }, "bad_request");
    }
    for (const [i, body] of [null, 5, ["hi"], { text: "hi" }, undefined].entries()) {
      await expectRefusal(user, { t: "send", id: `n${i}`, to: "lobby", body }, "bad_request");
    }
    deepStrictEqual(await entriesOf(witness), []);
  });
});

Deno.test("row 91: 4,000 code points of four octets each are stored to the letter", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    const body = "\u{1f600}".repeat(4_000);
    strictEqual((await user.request({ t: "send", id: "1", to: "lobby", body })).t, "ack");
    strictEqual((await witness.next("message"))["body"], body);
    deepStrictEqual((await entriesOf(witness)).map((entry) => entry["body"]), [body]);
  }, { store: "disk" });
});

/** C0 without tab and line feed, DEL, C1, and what changes the direction of text. */
const RAW =
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066\u2067\u200e\u200f\u061c]/;

Deno.test("row 92: what a server lets pass, or a hostile one sends, is never raw at a client", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    const passing = ["a\u202eb", "a\u2066b\u2069", "a\u200bb", "one\ntwo\n\nthree", "tab\there"];
    for (const [i, body] of passing.entries()) {
      strictEqual((await user.request({ t: "send", id: `${i}`, to: "lobby", body })).t, "ack");
      strictEqual((await witness.next("message"))["body"], body);
    }
    for (const text of [...passing, ...REFUSED_TEXTS]) {
      const shown = displayText(text);
      ok(!RAW.test(shown), JSON.stringify(shown.slice(0, 100)));
      ok(shown.split("\n").slice(1).every((line) => line.startsWith("| ")));
    }
  });
});

/** Sessions of four users. */
async function fourUsers(server: TestServer) {
  const stack = new DisposableStack();
  const enter = async (user: string) => stack.use(await RawPeer.named(server, user));
  const [alice, bob, carol, eve] = [
    await enter("alice"),
    await enter("bob"),
    await enter("carol"),
    await enter("eve"),
  ];
  return { alice, bob, carol, eve, [Symbol.dispose]: () => stack.dispose() };
}

Deno.test("row 93: who is in a group, and who owns it, has a defined answer at every turn", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, eve } = users;
    const ok = async (peer: RawPeer, frame: Frame) => {
      const answer = await peer.request(frame);
      strictEqual(answer.t, "ok", JSON.stringify([frame, answer]));
      return answer;
    };
    let id = 0;
    const on = (t: string, group: string, members?: readonly string[]): Frame =>
      members === undefined ? { t, id: ++id, group } : { t, id: ++id, group, members };

    await expectRefusal(alice, on("group_set", "alice", ["bob"]), "name_taken");
    await expectRefusal(alice, on("group_set", "team", []), "bad_request");
    await expectRefusal(alice, on("group_set", "team", ["alice"]), "bad_request");
    await expectRefusal(alice, on("group_set", "team", ["bob", "nobody"]), "unknown_users");
    await expectRefusal(
      alice,
      { t: "group_set", id: ++id, group: "team", members: "bob" },
      "bad_request",
    );
    await expectRefusal(
      alice,
      { t: "group_set", id: ++id, group: "team", members: [5] },
      "bad_request",
    );
    await ok(alice, on("group_set", "team", ["bob", "BOB", "alice", "carol"]));
    await expectRefusal(eve, on("group_set", "team", ["bob"]), "name_taken");

    // Joining twice changes nothing.
    strictEqual(typeof (await ok(alice, on("group_add", "team", ["bob"])))["text"], "string");
    for (const t of ["group_add", "group_remove", "group_delete"]) {
      await expectRefusal(bob, on(t, "team", ["carol"]), "not_owner");
      await expectRefusal(eve, on(t, "team", ["carol"]), "no_group");
      await expectRefusal(eve, on(t, "nothing", ["carol"]), "no_group");
    }
    await expectRefusal(eve, on("group_leave", "team"), "no_group");
    await expectRefusal(eve, on("group_info", "team"), "no_group");
    await expectRefusal(alice, on("group_remove", "team", ["alice"]), "bad_request");
    await expectRefusal(alice, on("group_remove", "team", ["eve"]), "no_member");

    // The owner leaves: the next one is whoever has been in for longest. The last one ends it.
    await ok(alice, on("group_leave", "team"));
    strictEqual((await bob.request(on("group_info", "team")))["owner"], "bob");
    await ok(bob, on("group_remove", "team", ["carol"]));
    await expectRefusal(users.carol, on("group_leave", "team"), "no_group");
    await ok(bob, on("group_leave", "team"));
    await expectRefusal(bob, on("group_info", "team"), "no_group");
    await expectRefusal(bob, on("group_leave", "team"), "no_group");
    await expectRefusal(bob, on("group_set", "team", ["alice"]), "name_taken");
    deepStrictEqual((await bob.request(on("groups", ""))).t, "groups");
  });
});

Deno.test("row 94: a message to a group just left, and the history of others, give no data", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol, eve } = users;
    const members = ["bob", "carol"];
    await alice.request({ t: "group_set", id: 1, group: "team", members });
    const send = (to: string, body: string) => ({ t: "send", id: body, to, body });
    strictEqual((await alice.request(send("team", "for the team"))).t, "ack");
    strictEqual((await alice.request(send("bob", "for bob"))).t, "ack");
    strictEqual((await bob.request({ t: "group_leave", id: 2, group: "team" })).t, "ok");
    await expectRefusal(bob, send("team", "too late"), "no_group");
    await expectRefusal(bob, { ...send("team", "too late"), kind: "group" }, "no_group");
    strictEqual((await alice.request(send("team", "without bob"))).t, "ack");

    const bodies = async (peer: RawPeer, of?: string) =>
      (await entriesOf(peer, of === undefined ? {} : { of }))
        .filter(({ t }) => t === "message").map(({ body }) => body);
    deepStrictEqual(await bodies(bob, "team"), ["for the team"]);
    deepStrictEqual(await bodies(bob), ["for the team", "for bob"]);
    deepStrictEqual(await bodies(carol), ["for the team", "without bob"]);
    deepStrictEqual(await bodies(eve), []);
    deepStrictEqual(await entriesOf(eve, { of: "alice" }), []);

    // A foreign group answers like one that does not exist; an id is not a name.
    const [{ conversation } = { conversation: "" }] = await entriesOf(carol, { of: "team" });
    const foreign = await expectRefusal(eve, history("team"), "no_user");
    const missing = await expectRefusal(eve, history("neam"), "no_user");
    strictEqual(String(foreign["msg"]).replace("team", "neam"), missing["msg"]);
    await expectRefusal(eve, history(String(conversation)), "no_user");
    await expectRefusal(eve, send("team", "from outside"), "no_user");
    await expectRefusal(eve, send(String(conversation), "from outside"), "no_user");
    deepStrictEqual(await bodies(alice), ["for the team", "for bob", "without bob"]);
  });
});

function history(of: string): Frame {
  return { t: "history", id: `of ${of}`.slice(0, 64), of, limit: 10 };
}

Deno.test("row 95: a thousand messages at once are answered one by one, and others are served meanwhile", async () => {
  await underAttack(async ({ server, witness }) => {
    using flooder = await RawPeer.named(server, "flooder");
    const ids = Array.from({ length: 1_000 }, (_, i) => `${i}`);
    const flood = flooder.send(
      ...ids.map((id) => ({ t: "send", id, to: "lobby", body: `m${id}` })),
    );
    const began = performance.now();
    strictEqual((await witness.request({ t: "ping", id: "between" })).t, "pong");
    const send = { t: "send", id: "between", to: "lobby", body: "me too" };
    strictEqual((await witness.request(send)).t, "ack");
    ok(performance.now() - began < 5_000);
    await flood;
    const stored: number[] = [];
    for (const id of ids) {
      const answer = await flooder.answerTo(id);
      strictEqual(answer.t, "ack");
      stored.push(Number(answer["id"]));
    }
    deepStrictEqual(stored, [...new Set(stored)].sort((a, b) => a - b));
  });
});

Deno.test("row 95: over the rate, messages are refused with the time to wait, and none is half stored", async () => {
  await underAttack(async ({ server, witness }) => {
    using flooder = await RawPeer.named(server, "flooder");
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    await flooder.send(...ids.map((id) => ({ t: "send", id, to: "lobby", body: `m${id}` })));
    const acked: unknown[] = [];
    for (const id of ids) {
      const answer = await flooder.answerTo(id);
      if (answer.t === "ack") acked.push(answer["id"]);
      else {
        strictEqual(answer["code"], "rate");
        ok(Number(answer["after"]) > 0);
      }
    }
    ok(acked.length >= 10 && acked.length < 100, `${acked.length} were stored`);
    deepStrictEqual((await entriesOf(witness)).map(({ id }) => id), acked);
  }, { policy: { requestBurst: 10, requestsPerSecond: 1 } });
});

Deno.test("row 96: history read in pages while messages arrive is complete, once and in order", async () => {
  await underAttack(async ({ server }) => {
    using writer = await RawPeer.named(server, "writer");
    using reader = await RawPeer.named(server, "reader");
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
    const writing = (async () => {
      for (const id of ids) {
        await writer.request({ t: "send", id, to: "lobby", body: `m${id}` });
      }
    })();
    const read: Frame[] = [];
    let done = false;
    void writing.finally(() => done = true).catch(() => {});
    for (let page = 0;; page++) {
      const wasDone = done;
      const after = Number(read.at(-1)?.["id"] ?? 0);
      const asked = { t: "history", id: page, limit: 7, from: "oldest", after, of: "lobby" };
      const { entries, more } = await reader.request(asked);
      read.push(...entries as Frame[]);
      if (wasDone && more === false) break;
    }
    await writing;
    deepStrictEqual(read.map(({ body }) => body), ids.map((id) => `m${id}`));
  }, { store: "disk" });
});

Deno.test("row 96: pages from the newest end and of every size meet without a gap", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const ids = Array.from({ length: 130 }, (_, i) => `${i}`);
    await user.send(...ids.map((id) => ({ t: "send", id, to: "lobby", body: `m${id}` })));
    for (const id of ids) await user.answerTo(id);
    for (const limit of [1, 63, 64, 65, 129, 130, 131, 1_000]) {
      const read: Frame[] = [];
      let upto = Number.MAX_SAFE_INTEGER;
      for (let page = 0;; page++) {
        const asked = { t: "history", id: `${limit}/${page}`, limit, upto, kinds: "all" };
        const answer = await user.request(asked);
        const entries = answer["entries"] as Frame[];
        ok(entries.length <= limit);
        read.unshift(...entries);
        if (answer["more"] === false) break;
        upto = Number(entries[0]?.["id"]) - 1;
      }
      deepStrictEqual(read.map(({ body }) => body), ids.map((id) => `m${id}`));
    }
  });
});

Deno.test("row 96: a page stays below 48 KiB however much is asked for", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const body = "\u{1f600}".repeat(4_000);
    for (let i = 0; i < 7; i++) {
      strictEqual((await user.request({ t: "send", id: `${i}`, to: "lobby", body })).t, "ack");
    }
    const page = await user.request({ t: "history", id: "all", limit: 1_000 });
    const octets = new TextEncoder().encode(JSON.stringify(page["entries"])).length;
    ok(octets <= 49_152 && (page["entries"] as Frame[]).length >= 2, `${octets} octets`);
    strictEqual(page["more"], true);
  });
});
