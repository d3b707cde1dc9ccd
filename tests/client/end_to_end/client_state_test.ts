import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../../cipher/base64url.ts";
import { deriveIdentity } from "../../../cipher/identity.ts";
import { CutOff, type Question, Refused } from "../../../client/end_to_end/asker.ts";
import {
  ClientState,
  type ConversationState,
  type PeerState,
} from "../../../client/end_to_end/client_state.ts";
import { StateHead } from "../../../client/end_to_end/state_head.ts";
import { FakeKeys, REALM } from "../../testing/fake_keys.ts";

const root = new Uint8Array(32).fill(9);
const account = { realm: REALM, user: "alice" };
const { stateKey } = await deriveIdentity(root, account);

/** The server of one account and a computer of hers. */
class Scene implements AsyncDisposable {
  readonly server = new FakeKeys();

  private constructor(readonly data: string) {}

  static async open(): Promise<Scene> {
    return new Scene(await Deno.makeTempDir());
  }

  /** A session on the computer; `fresh`: on another one, without anything. */
  session(where: "here" | "fresh" = "here"): ClientState {
    const data = where === "here" ? this.data : null;
    const head = new StateHead({ data, account, root });
    return new ClientState({ asker: this.server, stateKey, head });
  }

  async loaded(where: "here" | "fresh" = "here"): Promise<ClientState> {
    const session = this.session(where);
    await session.load();
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.data, { recursive: true });
  }
}

function text(n: number): string {
  return encodeBase64Url(new Uint8Array(32).fill(n));
}

function peer(name: string, fields: Partial<PeerState> = {}): PeerState {
  const blank = { generation: 1, record: text(1), past: [], verified: false, pin: 0 };
  return { name, fp: text(0), ...blank, ...fields };
}

function group(id: number, fields: Partial<ConversationState> = {}): ConversationState {
  return { id: text(id), kind: "group", name: "team", epoch: 0, hash: text(0), pin: 0, ...fields };
}

async function pin(session: ClientState, ...peers: readonly PeerState[]): Promise<void> {
  await session.update(() => ({ peers }));
}

Deno.test("a first run is an empty state without trouble", async () => {
  await using scene = await Scene.open();
  const state = scene.session();
  ok(state.trouble);
  await state.load();
  strictEqual(state.trouble, null);
  strictEqual(state.peer("bob"), undefined);
  strictEqual(scene.server.state.size, 0);
});

Deno.test("what one session remembers, another one has, also on a new device", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await state.update(() => ({
    peers: [peer("bob", { verified: true })],
    conversations: [group(5)],
  }));
  for (const where of ["here", "fresh"] as const) {
    const other = await scene.loaded(where);
    strictEqual(other.trouble, null);
    deepStrictEqual(other.peer("bob"), peer("bob", { verified: true }));
    deepStrictEqual(other.conversation(text(5)), group(5));
    deepStrictEqual(other.groupNamed("team"), group(5));
  }
});

Deno.test("the server sees neither names nor who is verified", async () => {
  await using scene = await Scene.open();
  await pin(await scene.loaded(), peer("bob"));
  const seen = JSON.stringify(scene.server.asked);
  ok(!seen.includes("bob") && !seen.includes("verified"));
});

Deno.test("what is the same as before is not written", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  const { length } = scene.server.asked;
  await pin(state, { ...peer("bob"), offered: undefined });
  await state.update(() => ({}));
  strictEqual(scene.server.asked.length, length);
});

Deno.test("an unchanged state is not fetched again", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  const { length } = scene.server.asked;
  await state.load();
  strictEqual(scene.server.asked.length, length + 1);
  const [question] = scene.server.asked.slice(length);
  ok(question?.t === "state" && question.unless?.counter === 1);
  deepStrictEqual(state.peer("bob"), peer("bob"));
});

Deno.test("two sessions that write at the same time keep both", async () => {
  await using scene = await Scene.open();
  const [one, two] = [await scene.loaded(), await scene.loaded()];
  await Promise.all([pin(one, peer("bob")), pin(two, peer("carol")), pin(one, peer("dave"))]);
  const third = await scene.loaded();
  strictEqual(third.trouble, null);
  for (const name of ["bob", "carol", "dave"]) deepStrictEqual(third.peer(name), peer(name));
});

Deno.test("of two first pins of one peer the first stays; a change is asked again with what is there", async () => {
  await using scene = await Scene.open();
  const [one, two] = [await scene.loaded(), await scene.loaded()];
  await pin(one, peer("bob", { fp: text(1) }));
  const seen: (string | undefined)[] = [];
  await two.update((state) => {
    seen.push(state.peer("bob")?.fp);
    return { peers: [peer("bob", { fp: text(2) })] };
  });
  deepStrictEqual(seen, [undefined, text(1)]);
  strictEqual(two.peer("bob")?.fp, text(1));
});

Deno.test("sessions merge: the later pin wins, verified stays while the key does, newest epoch wins", async () => {
  await using scene = await Scene.open();
  const [one, two] = [await scene.loaded(), await scene.loaded()];
  await pin(one, peer("bob", { fp: text(3), pin: 3 }), peer("carol", { verified: true }));
  await one.update(() => ({ conversations: [group(5, { epoch: 7, hash: text(7), pin: 0 })] }));
  await two.update(() => ({
    peers: [peer("bob", { fp: text(2), pin: 2, verified: true }), peer("carol")],
    conversations: [group(5, { epoch: 6, hash: text(6), pin: 1 })],
  }));
  await one.load();
  for (const state of [one, two]) {
    deepStrictEqual(state.peer("bob"), peer("bob", { fp: text(3), pin: 3 }));
    strictEqual(state.peer("carol")?.verified, true);
    deepStrictEqual(
      state.conversation(text(5)),
      group(5, { epoch: 7, hash: text(7), pin: 1 }),
    );
  }
});

Deno.test("a name means the group that was pinned first, until another one is pinned higher", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  for (const id of [9, 1, 5]) await state.update(() => ({ conversations: [group(id)] }));
  strictEqual(state.groupNamed("team")?.id, text(9));
  strictEqual((await scene.loaded()).groupNamed("team")?.id, text(9));
  await state.update(() => ({ conversations: [group(5, { pin: 1 })] }));
  strictEqual((await scene.loaded()).groupNamed("team")?.id, text(5));
});

Deno.test("an older state, each way a server may show one, is trouble for a device in use", async () => {
  const rollbacks: Readonly<Record<string, (scene: Scene, before: FakeKeys["state"]) => void>> = {
    "everything older": ({ server }, before) => server.state = before,
    "nothing": ({ server }) => server.state.clear(),
    "an older index": ({ server }, before) => {
      for (const [name, entry] of before) {
        if (entry.counter === 2) server.state.set(name, entry);
      }
    },
    "no index": ({ server }) => {
      for (const [name, { counter }] of server.state) if (counter === 3) server.state.delete(name);
    },
    "an entry too few": ({ server }) => {
      for (const [name, { counter }] of server.state) if (counter === 1) server.state.delete(name);
    },
    "an older entry": ({ server }, before) => {
      const [bob] = [...before].filter(([, { counter }]) => counter === 1);
      if (bob !== undefined) server.state.set(...bob);
    },
  };
  for (const [what, roll] of Object.entries(rollbacks)) {
    await using scene = await Scene.open();
    const state = await scene.loaded();
    await pin(state, peer("bob"));
    const first = scene.server.snapshot();
    await pin(state, peer("bob", { pin: 1 }));
    const before = new Map([
      ...first,
      ...[...scene.server.state].filter(([, e]) => e.counter === 2),
    ]);
    await pin(state, peer("carol"));
    roll(scene, what === "an older entry" ? first : before);
    const again = await scene.loaded();
    match(again.trouble ?? "", /Nothing is sent end to end until you accept .* @trust\.$/, what);
    await rejects(pin(again, peer("dave")), { name: "Refused", message: again.trouble ?? "" });
    // The session that goes on knows better than what it is shown.
    await state.load();
    if (what !== "an entry too few" && what !== "an older entry") ok(state.trouble, what);
    strictEqual(state.peer("bob")?.pin, 1, what);
  }
});

Deno.test("an entry that is damaged, too many, or given for another one is trouble, even without a head", async () => {
  type Entries = FakeKeys["state"];
  const lies: Readonly<Record<string, (state: Entries, removed: Entries) => void>> = {
    "damaged": (state) => {
      for (const [name, { counter, value }] of state) {
        if (counter === 1) state.set(name, { counter, value: value.replace(/.{9}$/, "AAAAAAAA=") });
      }
    },
    "another counter": (state) => {
      for (const [name, { counter, value }] of state) {
        if (counter === 1) state.set(name, { counter: 2, value });
      }
    },
    "swapped": (state) => {
      const [a, b] = [...state].filter(([, { counter }]) => counter === 1);
      if (a === undefined || b === undefined) throw new Error("no entries");
      state.set(a[0], b[1]).set(b[0], a[1]);
    },
    "too many": (state, removed) => {
      for (const [name, entry] of removed) if (!state.has(name)) state.set(name, entry);
    },
    "without an end": () => {},
    "a counter beyond all bounds": (state) => {
      for (const [name, { value }] of state) state.set(name, { counter: 2 ** 53 - 1, value });
    },
  };
  for (const [what, lie] of Object.entries(lies)) {
    await using scene = await Scene.open();
    const state = await scene.loaded();
    await pin(state, peer("bob"));
    await pin(state, peer("carol"), peer("erin"));
    const other = new FakeKeys();
    const head = new StateHead({ data: null, account, root });
    await pin(new ClientState({ asker: other, stateKey, head }), peer("zed"));
    lie(scene.server.state, other.state);
    if (what === "without an end") {
      scene.server.lie = (answer) => answer.t === "state" ? { ...answer, more: true } : answer;
    }
    match((await scene.loaded("fresh")).trouble ?? "", /@trust/, what);
  }
});

Deno.test("not detectable: a fresh device believes an old state, whole as it is", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  const before = scene.server.snapshot();
  await pin(state, peer("bob", { verified: true, pin: 1 }));
  scene.server.state = before;
  const fresh = await scene.loaded("fresh");
  strictEqual(fresh.trouble, null);
  strictEqual(fresh.peer("bob")?.verified, false);
});

Deno.test("@trust alone takes what the server shows, for this device and from then on", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  const before = scene.server.snapshot();
  await pin(state, peer("carol"));
  scene.server.state = before;
  await state.load();
  ok(state.trouble);
  await state.accept();
  strictEqual(state.trouble, null);
  strictEqual(state.peer("carol"), undefined);
  deepStrictEqual(state.peer("bob"), peer("bob"));
  await pin(state, peer("dave"));
  const next = await scene.loaded();
  strictEqual(next.trouble, null);
  deepStrictEqual(next.peer("dave"), peer("dave"));
});

Deno.test("@trust alone also takes nothing at all, and a damaged entry is gone then", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  const [entry] = [...scene.server.state];
  if (entry === undefined) throw new Error("no entry");
  scene.server.state = new Map([[entry[0], { counter: 1, value: "damaged" }]]);
  const next = await scene.loaded();
  ok(next.trouble);
  await next.accept();
  strictEqual(next.trouble, null);
  await pin(next, peer("bob"), peer("carol"));
  strictEqual((await scene.loaded()).trouble, null);
});

Deno.test("without trouble there is nothing to accept, and nothing is written", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await state.accept();
  strictEqual(scene.server.state.size, 0);
});

Deno.test("a head that does not open is trouble, not a fresh device, and stays until it is accepted", async () => {
  await using scene = await Scene.open();
  await pin(await scene.loaded(), peer("bob"));
  const [file] = await Array.fromAsync(Deno.readDir(`${scene.data}/state`));
  const path = `${scene.data}/state/${file?.name}`;
  for (const content of ["", "x".repeat(5_000), "gAAAAABl\n"]) {
    await Deno.writeTextFile(path, content);
    const state = await scene.loaded();
    match(state.trouble ?? "", /^The file .* cannot be read\. .* @trust\.$/);
    deepStrictEqual(state.peer("bob"), peer("bob"));
    ok((await scene.loaded()).trouble);
    await state.accept();
    strictEqual((await scene.loaded()).trouble, null);
  }
});

Deno.test("the head is a file of its own for realm and user, for its user's eyes only", async () => {
  await using scene = await Scene.open();
  await pin(await scene.loaded(), peer("bob"));
  const files = await Array.fromAsync(Deno.readDir(`${scene.data}/state`));
  strictEqual(files.length, 1);
  match(files[0]?.name ?? "", /^[0-9a-f]{32}$/);
  const { mode } = await Deno.stat(`${scene.data}/state/${files[0]?.name}`);
  if (Deno.build.os !== "windows") strictEqual((mode ?? 0) & 0o777, 0o600);
  const other = new StateHead({ data: scene.data, account: { ...account, user: "bob" }, root });
  strictEqual(await other.read(), null);
});

Deno.test("a head that cannot be written is said once, and holds for the run", async () => {
  await using scene = await Scene.open();
  await Deno.writeTextFile(`${scene.data}/state`, "in the way");
  const notices: string[] = [];
  const data = `${scene.data}/state/below`;
  const head = new StateHead({ data, account, root, notice: (line) => notices.push(line) });
  await head.replace({ counter: 4, hash: "a" });
  await head.replace({ counter: 5, hash: "b" });
  strictEqual(notices.length, 1);
});

Deno.test("the head only ever grows, whoever writes it", async () => {
  await using scene = await Scene.open();
  const [one, two] = [1, 2].map(() => new StateHead({ data: scene.data, account, root }));
  await one?.raise({ counter: 7, hash: "seven" });
  await two?.raise({ counter: 6, hash: "six" });
  deepStrictEqual(await two?.read(), { counter: 7, hash: "seven" });
  const third = new StateHead({ data: scene.data, account, root });
  deepStrictEqual(await third.read(), { counter: 7, hash: "seven" });
});

Deno.test("a state that another session writes between two pages is read again", async () => {
  await using scene = await Scene.open();
  const names = Array.from({ length: 40 }, (_, n) => peer(`user${n}`));
  const writer = await scene.loaded();
  await pin(writer, ...names);
  scene.server.page = 10;
  let writes = 0;
  scene.server.before = async (question: Question) => {
    if (question.t !== "state" || question.after === undefined || writes >= 2) return;
    writes++;
    await pin(writer, peer(`late${writes}`), ...names.map((one) => ({ ...one, pin: writes })));
  };
  const reader = await scene.loaded();
  strictEqual(writes, 2);
  strictEqual(reader.trouble, null);
  strictEqual(reader.peer("late2")?.pin, 0);
});

Deno.test("a lost connection or a refusal changes nothing of what is known", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  await pin(state, peer("bob"));
  scene.server.isConnected = false;
  await rejects(state.load(), CutOff);
  await rejects(pin(state, peer("carol")), CutOff);
  scene.server.isConnected = true;
  scene.server.lie = () => ({ t: "error", re: 1, code: "quota", msg: "Too much." });
  await rejects(pin(state, peer("carol")), { name: "Refused", message: "Too much." });
  strictEqual(state.trouble, null);
  deepStrictEqual(state.peer("bob"), peer("bob"));
  scene.server.lie = (answer) => answer;
  await pin(state, peer("carol"));
  deepStrictEqual((await scene.loaded()).peer("carol"), peer("carol"));
});

Deno.test("what was written although its answer was lost is found at the next connection", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  scene.server.lie = () => {
    throw new CutOff();
  };
  await rejects(pin(state, peer("bob")), CutOff);
  scene.server.lie = (answer) => answer;
  await pin(state, peer("bob"));
  strictEqual((await scene.loaded()).trouble, null);
  deepStrictEqual(state.peer("bob"), peer("bob"));
});

Deno.test("a server that always answers with a conflict is given up", async () => {
  await using scene = await Scene.open();
  const state = await scene.loaded();
  scene.server.lie = (answer, { t }) => {
    scene.server.state.clear();
    return t === "set_state" ? { t: "error", re: 1, code: "conflict", msg: "" } : answer;
  };
  await rejects(pin(state, peer("bob")), (error) => error instanceof Refused);
});

Deno.test("a change without a load loads first; a state that cannot be read is not written", async () => {
  await using scene = await Scene.open();
  await pin(await scene.loaded(), peer("bob"));
  const state = scene.session();
  scene.server.lie = () => ({ t: "error", re: 1, code: "storage", msg: "No disk." });
  await rejects(pin(state, peer("carol")), { message: "No disk." });
  ok(state.trouble);
  scene.server.lie = (answer) => answer;
  await state.update((known) => {
    deepStrictEqual(known.peer("bob"), peer("bob"));
    return {};
  });
  strictEqual(state.trouble, null);
});

Deno.test("entries under other keys, as of a former identity, are left alone", async () => {
  await using scene = await Scene.open();
  const former = new ClientState({
    asker: scene.server,
    stateKey: new Uint8Array(32).fill(3),
    head: new StateHead({ data: null, account, root }),
  });
  await pin(former, peer("old"));
  const state = await scene.loaded();
  strictEqual(state.trouble, null);
  await pin(state, peer("bob"));
  strictEqual((await scene.loaded()).trouble, null);
  await former.load();
  strictEqual(former.trouble, null);
});

Deno.test("1,000 peers: batches that fit a frame, one small index, all there afterwards", async () => {
  await using scene = await Scene.open();
  const past = Array.from({ length: 16 }, (_, n) => text(n));
  const peers = Array.from(
    { length: 1_000 },
    (_, n) => peer(`user${n}`.padEnd(32, "x"), n < 100 ? { past } : {}),
  );
  const [one, two] = [await scene.loaded(), await scene.loaded()];
  await Promise.all([pin(one, ...peers), pin(two, ...peers.toReversed())]);
  for (const question of scene.server.asked) {
    ok(JSON.stringify({ ...question, id: "x".repeat(64) }).length <= 65_536);
  }
  strictEqual(scene.server.state.size, 1_001);
  for (const { value } of scene.server.state.values()) ok(value.length <= 4_096);
  const fresh = await scene.loaded("fresh");
  strictEqual(fresh.trouble, null);
  for (const one of peers) deepStrictEqual(fresh.peer(one.name), one);
});
