import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { displayText } from "../../client/display.ts";
import { parseLine } from "../../client/input.ts";
import { type KeyedPeer, keyedPeer, makeEpoch, sendEpoch } from "../testing/keyed_peer.ts";
import { person } from "../testing/person.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import {
  type EpochFrame,
  type SealedConversation,
  sealedDirect,
  sealedGroup,
} from "../testing/sealed.ts";
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
    using user = await keyedPeer(server, "user");
    const { peer, person: by } = user;
    const notes = await sealedDirect({ realm: server.identity.realm, by, to: by });
    await makeEpoch(user, notes.frames);
    const note = await notes.seal(by, "hi", { to: "USER" });
    strictEqual((await peer.request({ ...note })).t, "ack");
    const [entry] = await entriesOf(peer, { of: "user" });
    deepStrictEqual([entry?.["kind"], entry?.["from"], entry?.["to"]], ["direct", "user", "user"]);
    strictEqual(await notes.open(String(entry?.["body"])), "hi");
    // Sealed or not: there is nobody to whom it could go.
    for (const sealed of [await notes.seal(by, "hi"), { t: "send", body: "hi" } as const]) {
      const send = (to: string, id: string) => ({ ...sealed, id, to });
      const missed = await expectRefusal(peer, send("witnes", "typo"), "no_user");
      strictEqual(missed["closest"], "witness");
      for (const [i, to] of ["nobody", "system", "all", "everyone", "", "a b", "\0"].entries()) {
        await expectRefusal(peer, send(to, `${i}`), "no_user");
      }
    }
    strictEqual((await entriesOf(peer)).length, 1);
  });
});

Deno.test("row 90: what is sealed for one conversation cannot be filed under another", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol } = users;
    const { realm } = server.identity;
    const own = await sealedDirect({ realm, by: alice.person, to: alice.person });
    const withBob = await sealedDirect({ realm, by: alice.person, to: bob.person });
    const team = await groupOf(server, alice, [bob, carol]);
    await makeEpoch(alice, own.frames);
    await makeEpoch(alice, withBob.frames);
    for (
      const [n, [conversation, to]] of [
        [own, "bob"],
        [withBob, "alice"],
        [withBob, "carol"],
        [team, "bob"],
      ].map((pair) => pair as [SealedConversation, string]).entries()
    ) {
      const moved = await conversation.seal(alice.person, "hi", { to, id: `moved ${n}` });
      await expectRefusal(alice.peer, { ...moved }, "bad_request");
    }
    const intoTeam = await withBob.seal(alice.person, "hi", { to: "team" });
    await expectRefusal(alice.peer, { ...intoTeam }, "no_group");
    // Nor by somebody who is not of the two.
    const stolen = await withBob.seal(alice.person, "hi", { to: "bob", id: "stolen" });
    await expectRefusal(carol.peer, { ...stolen }, "bad_request");
    deepStrictEqual((await entriesOf(bob.peer)).filter(({ t }) => t === "message"), []);
  });
});

/** What clients of level 1 sent, and what only looks like a message. */
const NO_TOKENS: readonly string[] = [
  "hi",
  "",
  "\u{1f33f}",
  "gAAAAA",
  "gAAAAAB".repeat(40),
  "A".repeat(440),
  `gAAAAA${"A".repeat(434)}=`,
  `gAAAAA${"A".repeat(430)}\n===`,
];

Deno.test("row 90, FTC1 §7.1: a direct or group message in clear text is refused, whoever sends it", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob } = users;
    const direct = await sealedDirect({
      realm: server.identity.realm,
      by: alice.person,
      to: bob.person,
    });
    await makeEpoch(alice, direct.frames);
    const team = await groupOf(server, alice, [bob]);
    for (
      const right of [await direct.seal(alice.person, "x"), await team.seal(alice.person, "x")]
    ) {
      const { conversation: _conversation, ...placeless } = right;
      const { epoch: _epoch, ...timeless } = right;
      const wrong: readonly Frame[] = [
        ...NO_TOKENS.map((body) => ({ ...right, body })),
        // Cut, longer, of no length that a message has, or under another alphabet.
        { ...right, body: right.body.slice(0, -4) },
        { ...right, body: `${right.body}AAAA` },
        { ...right, body: right.body.replaceAll("-", "+").replaceAll("_", "/").replace("g", "+") },
        { ...right, body: "gAAAAA".padEnd(43_788, "A") },
        placeless,
        timeless,
        { ...right, conversation: "lobby", epoch: undefined },
      ];
      for (const [n, frame] of wrong.entries()) {
        const answer = await expectRefusal(
          alice.peer,
          { ...frame, id: `wrong ${n}` },
          "bad_request",
        );
        const old = "your client is too old. Update it.";
        const msg = `This server takes only sealed messages here: ${old}`;
        strictEqual(answer["msg"], msg);
      }
    }
    deepStrictEqual((await entriesOf(bob.peer)).filter(({ t }) => t === "message"), []);
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

Deno.test("row 91: the longest text fits a message, sealed, and comes to the letter; a longer token is refused", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob } = users;
    const team = await groupOf(server, alice, [bob]);
    const body = "\u{1f600}".repeat(4_000);
    const sealed = await team.seal(alice.person, body);
    strictEqual((await alice.peer.request({ ...sealed })).t, "ack");
    strictEqual(await team.open(String((await bob.peer.next("message"))["body"])), body);
    const twice = { ...sealed, id: "twice", body: sealed.body.slice(0, -2).repeat(2) };
    await expectRefusal(alice.peer, twice, "bad_request");
    strictEqual((await entriesOf(bob.peer)).filter(({ t }) => t === "message").length, 1);
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

/** Sessions of four users, and their keys. */
async function fourUsers(server: TestServer) {
  const stack = new DisposableStack();
  const enter = async (user: string) => stack.use(await keyedPeer(server, user));
  const [alice, bob, carol, eve] = [
    await enter("alice"),
    await enter("bob"),
    await enter("carol"),
    await enter("eve"),
  ];
  return { alice, bob, carol, eve, [Symbol.dispose]: () => stack.dispose() };
}

/** Makes the group `team`. */
async function groupOf(
  server: TestServer,
  owner: KeyedPeer,
  others: readonly KeyedPeer[],
): Promise<SealedConversation> {
  const team = await draftOf(server, { owner, others });
  await makeEpoch(owner, team.frames);
  return team;
}

function draftOf(
  { identity: { realm } }: TestServer,
  { owner, others, name = "team" }: {
    readonly owner: KeyedPeer;
    readonly others: readonly Pick<KeyedPeer, "person">[];
    readonly name?: string;
  },
): Promise<SealedConversation> {
  const members = others.map(({ person }) => person);
  return sealedGroup({ realm, name, owner: owner.person, members });
}

/** Sends an epoch, which must be refused with this code. */
async function expectNoEpoch(
  keyed: KeyedPeer,
  frames: Promise<readonly EpochFrame[]> | readonly EpochFrame[],
  code: string,
): Promise<Frame> {
  const answer = await sendEpoch(keyed, await frames);
  deepStrictEqual([answer.t, answer["code"]], ["error", code]);
  return answer;
}

Deno.test("row 93: a group that cannot be made has a defined answer, and leaves nothing", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol, eve } = users;
    const { realm } = server.identity;
    const draft = async (others: readonly Pick<KeyedPeer, "person">[], name = "team") =>
      (await draftOf(server, { owner: alice, others, name })).frames;
    const refuse = async (frames: readonly EpochFrame[], code: string) =>
      (await expectNoEpoch(alice, frames, code))["msg"];

    await refuse(await draft([bob], "alice"), "name_taken");
    await refuse(await draft([bob], "bob"), "name_taken");
    const few = await refuse(await draft([]), "bad_request");
    strictEqual(few, "A group needs at least one other member.");
    const [nobody, noOne] = [await person("nobody", realm), await person("noone", realm)];
    const unknown = await draft([bob, { person: nobody }, { person: noOne }]);
    const msg = "Unknown users: nobody, noone. Nothing created.";
    strictEqual(await refuse(unknown, "unknown_users"), msg);
    // Under keys that are not his.
    await refuse(await draft([{ person: await person("bob", realm) }]), "stale_epoch");
    const frames = await draft([bob, carol]);
    const record = frames.filter((frame) => frame.t === "epoch");
    const wraps = frames.filter((frame) => frame.t === "wraps");
    // Without its wraps, or without some of them, a record does not exist (FTC1 §7.7).
    await refuse(record, "bad_request");
    const [all] = wraps;
    if (all === undefined) throw new Error("no wraps");
    await refuse([{ ...all, m: all.m.slice(1) }, ...record], "bad_request");
    const forEve = { ...wrapIn({ frames }), user: "eve", fp: eve.person.fp };
    await refuse([{ ...all, m: [...all.m, forEve] }, ...record], "bad_request");
    // By somebody else, with the wraps of the one who made it.
    for (const frame of wraps) strictEqual((await alice.peer.request({ ...frame })).t, "ok");
    await expectNoEpoch(eve, record, "bad_request");
    strictEqual((await eve.peer.request({ ...all }))["code"], "bad_request");
    // None of it stands in the way of what is right.
    await makeEpoch(alice, record);
    deepStrictEqual(await groupsOf(bob.peer), ["team"]);
    deepStrictEqual(await groupsOf(eve.peer), []);
    await expectNoEpoch(
      eve,
      (await draftOf(server, { owner: eve, others: [bob] })).frames,
      "name_taken",
    );
  });
});

async function groupsOf(peer: RawPeer): Promise<string[]> {
  const { groups } = await peer.request({ t: "groups", id: crypto.randomUUID() });
  return (groups as { name: string }[]).map(({ name }) => name);
}

Deno.test("row 93: wraps of any other shape are refused, and of two for one user the later holds", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol } = users;
    const team = await draftOf(server, { owner: alice, others: [bob] });
    const [wraps, record] = team.frames;
    if (wraps?.t !== "wraps" || record?.t !== "epoch") throw new Error("no frames");
    const [right] = wraps.m;
    const other = (length: number) => encodeBase64Url(new Uint8Array(length));
    const wrong = [
      { user: "BOB" },
      { user: "a b" },
      { user: "" },
      { fp: other(31) },
      { fp: other(33) },
      { fp: `${other(32)}=` },
      { wrap: other(1_224) },
      { wrap: other(1_226) },
      { wrap: "" },
      { wrap: other(1_225).slice(0, -1) },
    ];
    for (const fields of wrong) {
      const frame = { ...wraps, m: [...wraps.m, { ...right, ...fields }] };
      await expectRefusal(alice.peer, frame, "bad_request");
    }
    for (const hash of ["", other(31), other(33), "lobby"]) {
      await expectRefusal(alice.peer, { ...wraps, record: hash }, "bad_request");
    }
    // A wrap that is nobody's, and then the right ones.
    const first = wraps.m.map((one) => ({ ...one, fp: carol.person.fp, wrap: other(1_225) }));
    strictEqual((await alice.peer.request({ ...wraps, m: first })).t, "ok");
    await makeEpoch(alice, [wraps, record]);
    const page = await bob.peer.request({ t: "epochs", id: 1, conversation: team.conversation });
    const [piece] = page["pieces"] as { wrap: string }[];
    strictEqual(piece?.wrap, wraps.m.find(({ user }) => user === "bob")?.wrap);
  });
});

Deno.test("row 93: who is in a group, and who owns it, has a defined answer at every turn", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol, eve } = users;
    const team = await groupOf(server, alice, [bob, carol]);
    const info = (peer: RawPeer) => peer.request({ t: "group_info", id: "info", group: "team" });
    const leave = async ({ peer, person }: KeyedPeer) =>
      await peer.request({ ...(await team.leave(person)) });

    // Joining twice is no change, neither with a wrap nor without.
    const twice = team.fork();
    const frames = await twice.add([]);
    await expectNoEpoch(alice, frames, "bad_request");
    const [wrap] = team.frames.flatMap((frame) => frame.t === "wraps" ? frame.m : []);
    const hash = encodeBase64Url(twice.record?.hash ?? new Uint8Array());
    const m = [{ ...wrap, user: "bob", fp: bob.person.fp }];
    strictEqual((await alice.peer.request({ t: "wraps", id: 1, record: hash, m })).t, "ok");
    await expectNoEpoch(alice, frames, "bad_request");

    // What only the owner may; and who is not in the group has nothing to say.
    const changesBy = ({ person: by }: KeyedPeer) => [
      team.fork().add([eve.person], { by }),
      team.fork().remove([carol.person], { by }),
      team.fork().replace([carol.person], { by }),
      team.fork().close({ by }),
    ];
    for (const frames of changesBy(bob)) await expectNoEpoch(bob, frames, "not_owner");
    for (const frames of changesBy(eve)) await expectNoEpoch(eve, frames, "no_group");
    await expectNoEpoch(eve, team.fork().rotate({ by: eve.person }), "no_group");
    const nothing = await draftOf(server, { owner: alice, others: [bob] });
    await expectNoEpoch(alice, nothing.close(), "no_group");
    deepStrictEqual([(await leave(eve))["code"], (await info(eve.peer))["code"]], NOT_IN);

    // The owner removes neither himself, nor somebody who is not in it.
    const by = alice.person;
    await expectNoEpoch(alice, team.fork().remove([by], { by }), "bad_request");
    await expectNoEpoch(alice, team.fork().remove([eve.person]), "bad_request");

    // The owner leaves: the next one is whoever has been in for longest.
    strictEqual((await leave(alice)).t, "ok");
    deepStrictEqual([(await leave(alice))["code"], (await info(alice.peer))["code"]], NOT_IN);
    await expectNoEpoch(alice, team.fork().add([eve.person]), "no_group");
    await expectNoEpoch(bob, team.fork().rotate({ by: bob.person }), "stale_epoch");
    await makeEpoch(carol, await team.remove([alice.person], { by: carol.person }));
    strictEqual((await info(carol.peer))["owner"], "bob");

    // The last one closes the group; its name is not given to another.
    await makeEpoch(bob, await team.remove([carol.person]));
    deepStrictEqual([(await leave(carol))["code"], (await info(carol.peer))["code"]], NOT_IN);
    strictEqual((await leave(bob))["msg"], "You are the last one in team: close it instead.");
    await makeEpoch(bob, await team.fork().close());
    deepStrictEqual([(await leave(bob))["code"], (await info(bob.peer))["code"]], NOT_IN);
    await expectNoEpoch(bob, team.fork().rotate(), "no_group");
    const { frames: anew } = await draftOf(server, { owner: bob, others: [alice] });
    await expectNoEpoch(bob, anew, "name_taken");
    deepStrictEqual(await groupsOf(bob.peer), []);
  });
});

const NOT_IN = ["no_group", "no_group"];

Deno.test("row 93: a leave note is of one membership, by the one who leaves, and for one group", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol } = users;
    const team = await groupOf(server, alice, [bob, carol]);
    const other = await draftOf(server, { owner: alice, others: [bob], name: "other" });
    await makeEpoch(alice, other.frames);
    const right = await team.leave(bob.person);
    const altered = decodeBase64Url(right.note);
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    const wrong = [
      await team.leave(carol.person),
      { ...right, conversation: other.conversation },
      { ...right, note: (await other.leave(bob.person)).note },
      { ...right, note: encodeBase64Url(altered) },
      { ...right, note: encodeBase64Url(altered.subarray(1)) },
      { ...right, note: "" },
      // Of an epoch that is not there yet.
      await team.leave(bob.person, 1),
      // By keys that are not his.
      await team.leave(await person("bob", server.identity.realm)),
    ];
    for (const frame of wrong) await expectRefusal(bob.peer, { ...frame }, "bad_request");
    await expectRefusal(alice.peer, { ...right }, "bad_request");
    strictEqual((await bob.peer.request({ ...right })).t, "ok");
    await makeEpoch(alice, await team.remove([bob.person]));
    await makeEpoch(alice, await team.add([bob.person]));
    // The note of his first membership does not end the second one.
    await expectRefusal(bob.peer, { ...right }, "bad_request");
    deepStrictEqual(await groupsOf(bob.peer), ["other", "team"]);
    strictEqual((await bob.peer.request({ ...(await team.leave(bob.person)) })).t, "ok");
    deepStrictEqual(await groupsOf(bob.peer), ["other"]);
  });
});

Deno.test("row 94: a message to a group just left, and the history of others, give no data", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol, eve } = users;
    const team = await groupOf(server, alice, [bob, carol]);
    const { conversation } = team;
    const direct = await sealedDirect({
      realm: server.identity.realm,
      by: alice.person,
      to: bob.person,
    });
    await makeEpoch(alice, direct.frames);
    const texts = new Map<string, string>();
    const seal = async (into: SealedConversation, { person }: KeyedPeer, text: string) => {
      const frame = await into.seal(person, text, { id: text });
      texts.set(frame.body, text);
      return { ...frame };
    };
    strictEqual((await alice.peer.request(await seal(team, alice, "for the team"))).t, "ack");
    strictEqual((await alice.peer.request(await seal(direct, alice, "for bob"))).t, "ack");
    strictEqual((await bob.peer.request({ ...(await team.leave(bob.person)) })).t, "ok");
    const late = await seal(team, bob, "too late");
    await expectRefusal(bob.peer, { ...late, kind: "group" }, "no_group");
    await expectRefusal(bob.peer, late, "no_group");
    // Nobody says anything that he could still read.
    await expectRefusal(alice.peer, await seal(team, alice, "with bob's key"), "stale_epoch");
    await makeEpoch(carol, await team.remove([bob.person], { by: carol.person }));
    strictEqual((await alice.peer.request(await seal(team, alice, "without bob"))).t, "ack");

    const bodies = async ({ peer }: KeyedPeer, of?: string) =>
      (await entriesOf(peer, of === undefined ? {} : { of }))
        .filter(({ t }) => t === "message").map(({ body }) => texts.get(String(body)));
    deepStrictEqual(await bodies(bob, "team"), ["for the team"]);
    deepStrictEqual(await bodies(bob), ["for the team", "for bob"]);
    deepStrictEqual(await bodies(carol), ["for the team", "without bob"]);
    deepStrictEqual(await bodies(eve), []);
    deepStrictEqual(await entriesOf(eve.peer, { of: "alice" }), []);

    // A foreign group answers like one that does not exist; an id is not a name.
    const foreign = await expectRefusal(eve.peer, history("team"), "no_user");
    const missing = await expectRefusal(eve.peer, history("neam"), "no_user");
    strictEqual(String(foreign["msg"]).replace("team", "neam"), missing["msg"]);
    await expectRefusal(eve.peer, history(conversation), "no_user");
    const sent = await seal(team, eve, "from outside");
    await expectRefusal(eve.peer, sent, "no_user");
    await expectRefusal(eve.peer, { ...sent, to: conversation }, "no_user");
    await expectRefusal(eve.peer, { ...sent, to: "alice" }, "bad_request");
    deepStrictEqual(await bodies(alice), ["for the team", "for bob", "without bob"]);
  });
});

Deno.test("row 94: the keys of a conversation are given to its members, for as long as they are", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob, carol, eve } = users;
    const team = await groupOf(server, alice, [bob]);
    await makeEpoch(alice, await team.add([carol.person]));
    await makeEpoch(alice, await team.remove([bob.person]));
    await makeEpoch(alice, await team.add([eve.person]));
    const { conversation } = team;
    const epochsOf = async ({ peer }: KeyedPeer, from = 0, piece = 0) => {
      const asked = { t: "epochs", id: crypto.randomUUID(), conversation, from, piece };
      const { head, sent, pieces, more } = await peer.request(asked);
      const wrapped = (pieces as { e: number; wrap?: string }[])
        .filter(({ wrap }) => wrap !== undefined).map(({ e }) => e);
      const epochs = new Set((pieces as { e: number }[]).map(({ e }) => e));
      return { head, sent, wrapped, epochs: [...epochs], more };
    };
    const whole = { head: 3, sent: 0, epochs: [0, 1, 2, 3], more: false };
    // An addition needs a wrap for the newcomer alone; who comes later checks the chain from its start.
    deepStrictEqual(await epochsOf(alice), { ...whole, wrapped: [0, 2] });
    deepStrictEqual(await epochsOf(carol), { ...whole, wrapped: [1, 2] });
    deepStrictEqual(await epochsOf(eve), { ...whole, wrapped: [3] });
    // A former member sees how he was removed, and nothing behind it.
    const former = { head: 2, sent: undefined, epochs: [0, 1, 2], wrapped: [0], more: false };
    deepStrictEqual(await epochsOf(bob), former);
    deepStrictEqual((await epochsOf(bob, 3)).epochs, []);

    using stranger = await keyedPeer(server, "stranger");
    const none = { head: undefined, sent: undefined, epochs: [], wrapped: [], more: false };
    for (const [from, piece] of [[0, 0], [2, 1], [2 ** 40, 0]] as const) {
      deepStrictEqual(await epochsOf(stranger, from, piece), none);
    }
    const { wrap } = wrapIn(team);
    for (const outsider of [stranger, bob]) {
      const { peer } = outsider;
      await expectRefusal(peer, { t: "complain", id: 1, conversation, epoch: 0 }, "bad_request");
      const rewrap = { t: "rewrap", id: 2, conversation, epoch: 0, user: "alice", wrap };
      await expectRefusal(peer, rewrap, "bad_request");
    }
    for (const foreign of ["lobby", "", "A".repeat(43), "\0"]) {
      const asked = { t: "epochs", id: 3, conversation: foreign };
      deepStrictEqual((await alice.peer.request(asked))["pieces"], []);
      const complain = { t: "complain", id: 4, conversation: foreign, epoch: 0 };
      await expectRefusal(alice.peer, complain, "bad_request");
    }
  });
});

function wrapIn({ frames }: Pick<SealedConversation, "frames">): { readonly wrap: string } {
  const [wrap] = frames.flatMap((frame) => frame.t === "wraps" ? frame.m : []);
  if (wrap === undefined) throw new Error("Cannot find wrap: there is none");
  return wrap;
}

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
    const open = new Set<unknown>(ids);
    // A refusal waits for no disk, so it may come before the answer to an earlier message.
    while (open.size > 0) {
      const answer = await flooder.frame();
      if (answer === null) throw new Error("Cannot read answers: the server has closed");
      if (!open.delete(answer["re"])) continue;
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

Deno.test("row 95: a flood of sealed messages costs its sender, and those he writes to are served", async () => {
  await underAttack(async ({ server, witness }) => {
    using users = await fourUsers(server);
    const { alice, bob } = users;
    const team = await groupOf(server, alice, [bob]);
    const frame = await team.seal(alice.person, "flood");
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
    const flood = alice.peer.send(...ids.map((id) => ({ ...frame, id })));
    const reading = (async () => {
      for (let n = 0; n < ids.length; n++) await bob.peer.next("message");
    })();
    strictEqual((await witness.request({ t: "ping", id: "between" })).t, "pong");
    await flood;
    for (const id of ids) strictEqual((await alice.peer.answerTo(id)).t, "ack");
    await reading;
    const all = { t: "history", id: "all", of: "team", limit: 1, kinds: "all" };
    // With the entry that the group was made with.
    strictEqual((await bob.peer.request(all))["total"], 301);
  });
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
    expectPage(page);
  });
});

Deno.test("row 96: so does a page of the longest sealed messages, and all pages together have each once", async () => {
  await underAttack(async ({ server }) => {
    using users = await fourUsers(server);
    const { alice, bob } = users;
    const team = await groupOf(server, alice, [bob]);
    const tokens: string[] = [];
    for (let n = 0; n < 7; n++) {
      const frame = await team.seal(alice.person, "x".repeat(16_000));
      strictEqual((await alice.peer.request({ ...frame })).t, "ack");
      tokens.push(frame.body);
    }
    const read: unknown[] = [];
    for (let upto = Number.MAX_SAFE_INTEGER, more = true; more;) {
      const asked = { t: "history", id: read.length, of: "team", limit: 1_000, upto };
      const page = await bob.peer.request(asked);
      more = page["more"] === true;
      if (more) expectPage(page);
      const entries = page["entries"] as Frame[];
      read.unshift(...entries.map(({ body }) => body));
      upto = Number(entries[0]?.["id"]) - 1;
    }
    deepStrictEqual(read, tokens);
  });
});

/** A page that there are more of, as full as it may be. */
function expectPage(page: Frame): void {
  const octets = new TextEncoder().encode(JSON.stringify(page["entries"])).length;
  ok(octets <= 49_152 && (page["entries"] as Frame[]).length >= 2, `${octets} octets`);
  strictEqual(page["more"], true);
}
