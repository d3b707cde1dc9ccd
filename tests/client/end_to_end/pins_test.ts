import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../../cipher/base64url.ts";
import type { KeyRecord } from "../../../cipher/key_record.ts";
import { safetyNumber } from "../../../cipher/safety_number.ts";
import { ClientState } from "../../../client/end_to_end/client_state.ts";
import { KeyDirectory } from "../../../client/end_to_end/key_directory.ts";
import { Pins } from "../../../client/end_to_end/pins.ts";
import { StateHead } from "../../../client/end_to_end/state_head.ts";
import { FakeKeys, type Keyholder, keyholder, keyLine, REALM } from "../../testing/fake_keys.ts";

const root = new Uint8Array(32).fill(9);
const alice = await keyholder("alice", { root });
const me = { name: "alice", fingerprint: alice.record.fingerprint };
const HEAD = { data: null, account: { realm: REALM, user: "alice" }, root };

/** A session of alice. */
class Session {
  readonly told: string[] = [];
  readonly keys: KeyDirectory;
  readonly state: ClientState;
  readonly pins: Pins;

  private constructor(server: FakeKeys) {
    const { stateKey } = alice.identity;
    this.keys = new KeyDirectory({ asker: server, realm: REALM });
    this.state = new ClientState({ asker: server, stateKey, head: new StateHead(HEAD) });
    this.pins = new Pins({
      state: this.state,
      keys: this.keys,
      me,
      tell: ({ level, text }) => this.told.push(`${level}: ${text}`),
    });
  }

  static async with(server: FakeKeys): Promise<Session> {
    const session = new Session(server);
    await session.state.load();
    return session;
  }

  /** Asks for present keys and looks at them; gives what was told by that. */
  async looksAt(...names: readonly string[]): Promise<string[]> {
    const before = this.told.length;
    await this.pins.see(await this.keys.present(names));
    return this.told.slice(before);
  }

  /** Looks at the list of an epoch. */
  async reads(...holders: readonly Keyholder[]): Promise<string[]> {
    const before = this.told.length;
    const list = new Map(holders.map(({ record }) => [record.user, record] as const));
    await this.pins.see(list, { from: "list" });
    return this.told.slice(before);
  }

  async hasVerified(name: string): Promise<void> {
    await this.pins.verify(name);
    await this.pins.confirm(name);
  }
}

/** Alice, who knows bob. */
async function knowsBob(bob?: Keyholder): Promise<{ server: FakeKeys; session: Session }> {
  const server = new FakeKeys();
  server.show(alice, bob ?? await keyholder("bob"));
  const session = await Session.with(server);
  deepStrictEqual(await session.looksAt("bob"), []);
  return { server, session };
}

async function bobs(count: number): Promise<[Keyholder, Keyholder, Keyholder, Keyholder]> {
  const [a, b, c, d] = await keyLine("bob", count);
  if (!a || !b) throw new Error("no keys");
  return [a, b, c ?? a, d ?? a];
}

function fpOf({ record }: { readonly record: KeyRecord }): string {
  return encodeBase64Url(record.fingerprint);
}

const STOPS = "Nothing is sent to bob or to groups with bob.";
const NEXT = "Compare with @verify bob, or accept with @trust bob.";
const OBSTACLE = `bob, whom you have verified, has a new key. ${NEXT}`;
const UNCONFIRMED =
  "warning: bob has a new key that the old one does not confirm: the account was " +
  "made anew, or somebody is in between. Compare with @verify bob.";
const OLD = `error: The server shows an old key of bob. ${STOPS} ${NEXT}`;

Deno.test("who is seen first is pinned without a word, and nothing stands against sending", async () => {
  const bob = await keyholder("bob");
  const { session } = await knowsBob(bob);
  const { generation, hash } = bob.record;
  deepStrictEqual(session.state.peer("bob"), {
    name: "bob",
    fp: fpOf(bob),
    generation,
    record: encodeBase64Url(hash),
    past: [],
    verified: false,
    pin: 0,
  });
  strictEqual(session.pins.obstacle(["bob", "alice", "unseen"]), null);
  deepStrictEqual(await session.looksAt("bob", "alice", "nobody"), []);
  strictEqual(session.state.peer("alice"), undefined);
});

Deno.test("@verify bob shows the number in three lines, @verify bob ok marks him verified everywhere", async () => {
  const bob = await keyholder("bob");
  const { server, session } = await knowsBob(bob);
  const number = await safetyNumber(me.fingerprint, bob.record.fingerprint);
  const lines = await session.pins.verify("bob");
  deepStrictEqual(lines.slice(1, 4).map((line) => line.trim()).join(" "), number);
  deepStrictEqual([lines[0], ...lines.slice(4)], [
    "Safety number of alice and bob:",
    "Compare it by voice or in person: bob sees it with @verify alice.",
    "If it is the same: @verify bob ok",
  ]);
  match((await session.pins.confirm("bob"))[0] ?? "", /^bob is verified\./);
  const other = await Session.with(server);
  strictEqual(other.state.peer("bob")?.verified, true);
  match((await other.pins.verify("bob"))[0] ?? "", /compared before/);
});

Deno.test("key change, not verified, signed by the old key: one line of notice", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  server.show(now);
  deepStrictEqual(await session.looksAt("bob"), [
    "notice: bob has a new key, confirmed by the old one.",
  ]);
  deepStrictEqual(await session.looksAt("bob"), []);
  const { fp, past, pin } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, past, pin }, { fp: fpOf(now), past: [fpOf(old)], pin: 1 });
  strictEqual(session.pins.obstacle(["bob"]), null);
});

Deno.test("several changes, each signed by the key before, are one notice as well", async () => {
  const [first, second, third, last] = await bobs(4);
  const { server, session } = await knowsBob(first);
  server.show(second, third, last);
  match((await session.looksAt("bob")).join(), /^notice: .* confirmed by the old one\.$/);
  deepStrictEqual(session.state.peer("bob")?.past, [first, second, third].map(fpOf));
});

Deno.test("key change, not verified, not signed: warning, sending goes on", async () => {
  const { server, session } = await knowsBob();
  const stranger = await keyholder("bob");
  server.show(stranger);
  deepStrictEqual(await session.looksAt("bob"), [UNCONFIRMED]);
  deepStrictEqual(await session.looksAt("bob"), []);
  strictEqual(session.state.peer("bob")?.fp, fpOf(stranger));
  strictEqual(session.pins.obstacle(["bob"]), null);
});

Deno.test("a key change is not signed where the server keeps the old key to itself", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  server.records.length = 0;
  server.show(now);
  const later = await Session.with(server);
  deepStrictEqual(await later.looksAt("bob"), [UNCONFIRMED]);
  strictEqual(session.told.length, 0);
});

Deno.test("key change, verified: warning, and sending to him and groups with him stops", async () => {
  const [old, now] = await bobs(2);
  const stranger = await keyholder("bob");
  for (const [next, how] of [[now, ", confirmed by"], [stranger, " that"]] as const) {
    const { server, session } = await knowsBob(old);
    await session.hasVerified("bob");
    server.show(next);
    const [line = "", ...more] = await session.looksAt("bob");
    deepStrictEqual(more, []);
    ok(line.startsWith(`warning: bob, whom you have verified, has a new key${how} `), line);
    ok(line.endsWith(`. ${STOPS} ${NEXT}`), line);
    strictEqual(session.pins.obstacle(["carol", "bob"]), OBSTACLE);
    strictEqual(session.pins.obstacle(["carol"]), null);
    const { fp, verified, offered } = session.state.peer("bob") ?? {};
    deepStrictEqual({ fp, verified, offered }, {
      fp: fpOf(old),
      verified: true,
      offered: fpOf(next),
    });

    const later = await Session.with(server);
    strictEqual(later.pins.obstacle(["bob"]), OBSTACLE);
    deepStrictEqual(await later.looksAt("bob"), [line]);
  }
});

Deno.test("it stops until @verify: the number is that of the new key, which is verified then", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  await session.hasVerified("bob");
  server.show(now);
  await session.looksAt("bob");
  const lines = await session.pins.verify("bob");
  const number = await safetyNumber(me.fingerprint, now.record.fingerprint);
  strictEqual(lines.slice(1, 4).map((line) => line.trim()).join(" "), number);
  strictEqual(session.pins.obstacle(["bob"]), OBSTACLE);
  await session.pins.confirm("bob");
  strictEqual(session.pins.obstacle(["bob"]), null);
  const { fp, verified, offered, pin } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified, offered, pin }, {
    fp: fpOf(now),
    verified: true,
    offered: undefined,
    pin: 2,
  });
});

Deno.test("or until @trust: the new key is pinned, not verified", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  await session.hasVerified("bob");
  server.show(now);
  await session.looksAt("bob");
  deepStrictEqual(await session.pins.trust("bob"), [
    "The key of bob is accepted. It is not verified: compare with @verify bob.",
  ]);
  strictEqual(session.pins.obstacle(["bob"]), null);
  const { fp, verified, past } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified, past }, { fp: fpOf(now), verified: false, past: [fpOf(old)] });
});

Deno.test("it stops also when the server goes back to the verified key, until the user has decided", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  await session.hasVerified("bob");
  server.show(now);
  await session.looksAt("bob");
  server.show(old);
  deepStrictEqual(await session.looksAt("bob"), []);
  strictEqual(session.pins.obstacle(["bob"]), OBSTACLE);
  await session.pins.trust("bob");
  strictEqual(session.pins.obstacle(["bob"]), null);
  const { fp, verified } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified }, { fp: fpOf(old), verified: true });
});

Deno.test("row 104: a record known to be earlier than the pinned one is an error, and blocked", async () => {
  const [first, second, , fourth] = await bobs(4);
  const cases: Readonly<Record<string, readonly [Keyholder, Keyholder]>> = {
    "named by the pinned one as the one before": [second, first],
    "of a lower generation with a predecessor": [fourth, second],
  };
  for (const [what, [pinned, shown]] of Object.entries(cases)) {
    const { server, session } = await knowsBob(pinned);
    server.show(shown);
    deepStrictEqual(await session.looksAt("bob"), [OLD], what);
    deepStrictEqual(await session.looksAt("bob"), [], what);
    strictEqual(session.state.peer("bob")?.fp, fpOf(pinned), what);
    match(session.pins.obstacle(["bob"]) ?? "", /^The server shows an old key of bob\./, what);
    ok((await Session.with(server)).pins.obstacle(["bob"]), what);
    server.show(pinned);
    deepStrictEqual(await session.looksAt("bob"), [], what);
    strictEqual(session.pins.obstacle(["bob"]), null, what);
  }
});

Deno.test("row 104: a former fingerprint is an old key, also when nothing else tells so", async () => {
  const [old, stranger] = [await keyholder("bob"), await keyholder("bob")];
  const { server, session } = await knowsBob(old);
  server.show(stranger);
  deepStrictEqual(await session.looksAt("bob"), [UNCONFIRMED]);
  server.show(old);
  deepStrictEqual(await session.looksAt("bob"), [OLD]);
  ok(session.pins.obstacle(["bob"]));
});

Deno.test("an old key is accepted only by a decision about it", async () => {
  const [first, second] = await bobs(2);
  const { server, session } = await knowsBob(second);
  server.show(first);
  await session.looksAt("bob");
  await session.pins.trust("bob");
  strictEqual(session.pins.obstacle(["bob"]), null);
  const { fp, past } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, past }, { fp: fpOf(first), past: [fpOf(second)] });
});

Deno.test("an account made anew is a change that is not signed, whatever the generation", async () => {
  const [, , third] = await bobs(3);
  const { server, session } = await knowsBob(third);
  server.show(await keyholder("bob"));
  deepStrictEqual(await session.looksAt("bob"), [UNCONFIRMED]);
  strictEqual(session.pins.obstacle(["bob"]), null);
});

Deno.test("row 104: a record that is not valid is an error, and blocked, until a valid one is shown", async () => {
  const bob = await keyholder("bob");
  const { server, session } = await knowsBob(bob);
  const NOT_VALID = "The server shows no valid key of";
  server.showOctets("bob", bob.record.bytes.slice(1), bob.record.fingerprint);
  server.showOctets("carol", bob.record.bytes);
  deepStrictEqual(await session.looksAt("bob", "carol"), [
    `error: ${NOT_VALID} bob. ${STOPS}`,
    `error: ${NOT_VALID} carol. Nothing is sent to carol or to groups with carol.`,
  ]);
  deepStrictEqual(await session.looksAt("bob", "carol"), []);
  for (const name of ["bob", "carol"]) {
    strictEqual(session.pins.obstacle([name]), `${NOT_VALID} ${name}.`);
    await rejects(session.pins.trust(name), { name: "Refused", message: `${NOT_VALID} ${name}.` });
    await rejects(session.pins.verify(name), { name: "Refused", message: `${NOT_VALID} ${name}.` });
  }
  strictEqual(session.state.peer("bob")?.fp, fpOf(bob));
  strictEqual(session.state.peer("carol"), undefined);
  server.show(bob, await keyholder("carol"));
  deepStrictEqual(await session.looksAt("bob", "carol"), []);
  strictEqual(session.pins.obstacle(["bob", "carol"]), null);
});

Deno.test("an epoch list with another fingerprint is a key change of that kind", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  server.show(now);
  deepStrictEqual(await session.reads(now), [
    "notice: bob has a new key, confirmed by the old one.",
  ]);
  strictEqual(session.state.peer("bob")?.fp, fpOf(now));
  deepStrictEqual(await session.looksAt("bob"), []);

  const other = await knowsBob(old);
  await other.session.hasVerified("bob");
  other.server.show(now);
  match((await other.session.reads(now)).join(), /^warning: bob, whom you have verified/);
  strictEqual(other.session.pins.obstacle(["bob"]), OBSTACLE);
});

Deno.test("a list that lags behind a change of keys is no error, and takes nothing back", async () => {
  const [old, now] = await bobs(2);
  const { session } = await knowsBob(now);
  deepStrictEqual(await session.reads(old), []);
  strictEqual(session.pins.obstacle(["bob"]), null);
  strictEqual(session.state.peer("bob")?.fp, fpOf(now));
});

Deno.test("a list with a key that nobody has signed is warned of, and does not move the pin", async () => {
  const bob = await keyholder("bob");
  const ghost = await keyholder("bob");
  const { session } = await knowsBob(bob);
  deepStrictEqual(await session.reads(ghost), [UNCONFIRMED]);
  deepStrictEqual(await session.reads(ghost), []);
  strictEqual(session.state.peer("bob")?.fp, fpOf(bob));
  deepStrictEqual(await session.looksAt("bob"), []);
  strictEqual(session.pins.obstacle(["bob"]), null);

  await session.hasVerified("bob");
  await session.reads(ghost);
  strictEqual(session.pins.obstacle(["bob"]), OBSTACLE);
  await session.pins.trust("bob");
  deepStrictEqual(await session.reads(ghost), []);
  strictEqual(session.pins.obstacle(["bob"]), null);
  const { fp, verified } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified }, { fp: fpOf(bob), verified: true });
});

Deno.test("who is met in a list first is pinned from there", async () => {
  const session = await Session.with(new FakeKeys());
  const bob = await keyholder("bob");
  deepStrictEqual(await session.reads(bob), []);
  strictEqual(session.state.peer("bob")?.fp, fpOf(bob));
});

Deno.test("@verify bob ok is about the number that was shown, whatever the server shows then", async () => {
  const bob = await keyholder("bob");
  const { server, session } = await knowsBob(bob);
  await session.pins.verify("bob");
  server.show(await keyholder("bob"));
  await session.looksAt("bob");
  await session.pins.confirm("bob");
  const { fp, verified } = session.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified }, { fp: fpOf(bob), verified: true });
  await rejects(session.pins.confirm("bob"), /@verify bob/);
});

Deno.test("@trust bob is about the key that was warned of: another one is told first", async () => {
  const [old, now] = await bobs(2);
  const { server, session } = await knowsBob(old);
  await session.hasVerified("bob");
  server.show(now);
  await session.looksAt("bob");
  server.show(await keyholder("bob"));
  await rejects(session.pins.trust("bob"), /has changed just now/);
  strictEqual(session.told.length, 2);
  strictEqual(session.pins.obstacle(["bob"]), OBSTACLE);
  await session.pins.trust("bob");
  strictEqual(session.pins.obstacle(["bob"]), null);
});

Deno.test("where nothing was warned of there is nothing to accept", async () => {
  const { session } = await knowsBob();
  await session.hasVerified("bob");
  deepStrictEqual(await session.pins.trust("bob"), [
    "There is nothing to accept: the key of bob is the one that you know.",
  ]);
  strictEqual(session.state.peer("bob")?.verified, true);
});

Deno.test("what cannot be decided is refused with a sentence", async () => {
  const { server, session } = await knowsBob();
  const { pins } = session;
  for (const name of ["verify", "trust"] as const) {
    await rejects(pins[name]("nobody"), {
      name: "Refused",
      message: "User nobody does not exist.",
    });
    await rejects(pins[name]("alice"), { name: "Refused", message: /^That is you/ });
  }
  await rejects(pins.confirm("alice"), { name: "Refused", message: /^That is you/ });
  await rejects(pins.confirm("bob"), { name: "Refused", message: /@verify bob$/ });
  await pins.verify("bob");
  server.isConnected = false;
  for (const name of ["verify", "confirm", "trust"] as const) {
    await rejects(pins[name]("bob"), { name: "Refused", message: /^There is no connection/ });
  }
});

Deno.test("two sessions that a server shows different keys at first sight are told", async () => {
  const server = new FakeKeys();
  const [one, two] = [await Session.with(server), await Session.with(server)];
  server.show(await keyholder("bob"));
  deepStrictEqual(await one.looksAt("bob"), []);
  server.show(await keyholder("bob"));
  deepStrictEqual(await two.looksAt("bob"), [UNCONFIRMED]);
});

Deno.test("what one session has verified, another one that saw a change at that time does not move", async () => {
  const [old, now] = await bobs(2);
  const { server, session: one } = await knowsBob(old);
  const two = await Session.with(server);
  await one.hasVerified("bob");
  server.show(now);
  await two.looksAt("bob");
  const { fp, verified, offered } = two.state.peer("bob") ?? {};
  deepStrictEqual({ fp, verified, offered }, { fp: fpOf(old), verified: true, offered: fpOf(now) });
  strictEqual(two.pins.obstacle(["bob"]), OBSTACLE);
});

Deno.test("while there is trouble with the state nobody is pinned, nothing sent or accepted, changes are told", async () => {
  const { server, session } = await knowsBob();
  server.state.clear();
  const { trouble } = await troubled(session);
  server.show(await keyholder("bob"), await keyholder("carol"));
  deepStrictEqual(await session.looksAt("bob", "carol"), [UNCONFIRMED]);
  strictEqual(session.state.peer("carol"), undefined);
  strictEqual(session.pins.obstacle(["dave"]), trouble);
  await rejects(session.pins.trust("bob"), { name: "Refused", message: trouble });
  await session.pins.verify("bob");
  await rejects(session.pins.confirm("bob"), { name: "Refused", message: trouble });
});

Deno.test("1,000 peers: pinned at once, and without a question when seen again", async () => {
  const server = new FakeKeys();
  const base = await keyholder("bob");
  const records = new Map<string, KeyRecord>();
  for (let n = 0; n < 1_000; n++) {
    const user = `user${n}`;
    const fingerprint = crypto.getRandomValues(new Uint8Array(32));
    records.set(user, { ...base.record, user, fingerprint });
  }
  const session = await Session.with(server);
  const questions = () => server.asked.length;
  const before = questions();
  await session.pins.see(records);
  ok(questions() - before <= 20, `${questions() - before} questions`);
  const after = questions();
  await session.pins.see(records);
  strictEqual(questions(), after);
  strictEqual(session.pins.obstacle(records.keys()), null);
  deepStrictEqual(session.told, []);
});

async function troubled({ state }: Session): Promise<{ trouble: string }> {
  await state.load();
  if (state.trouble === null) throw new Error("no trouble");
  return { trouble: state.trouble };
}
