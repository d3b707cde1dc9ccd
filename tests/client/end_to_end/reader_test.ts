// FTC1 §7.6, §9 row 109: what is shown of messages that were lost, moved, repeated or forged.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { importMessageKey } from "../../../cipher/epoch_key.ts";
import { type Member, ROLE } from "../../../cipher/member_list.ts";
import { sealMessage } from "../../../cipher/message.ts";
import type { OpenedEntry } from "../../../client/opened.ts";
import { plainText } from "../../../client/plain.ts";
import { type HistoryCommand, Reader } from "../../../client/end_to_end/reader.ts";
import type { ChangeEntry, EventOf, MessageEntry, PastEntry } from "../../../protocol/event.ts";
import { REALM } from "../../testing/fake_keys.ts";
import type { Person } from "../../testing/person.ts";
import { type SealedConversation, sealedDirect } from "../../testing/sealed.ts";
import { type Desk, deskOf, entryOf, EpochServer, NOW } from "./epoch_server.ts";

type Page = Partial<Omit<HistoryCommand, "t" | "id">> & { readonly more?: boolean };

/** Bob reads alice's team; what the server has filed is in the test's hand. */
class Scene {
  readonly filed: PastEntry[] = [];

  private constructor(
    readonly server: EpochServer,
    readonly desk: Desk,
    readonly team: SealedConversation,
    readonly people: Readonly<Record<"alice" | "bob" | "carol", Person>>,
  ) {}

  static async open(options: { readonly last?: number } = {}): Promise<Scene> {
    const server = new EpochServer();
    const [alice, bob, carol] = [
      await server.newcomer("alice"),
      await server.newcomer("bob"),
      await server.newcomer("carol"),
    ];
    const team = await server.group(alice, [bob, carol]);
    const desk = await deskOf(server, bob, options);
    return new Scene(server, desk, team, { alice, bob, carol });
  }

  /** Files messages of alice's session, by id and counter. */
  async files(...messages: readonly (readonly [id: number, n: number])[]): Promise<void> {
    for (const [id, n] of messages) this.filed.push(await this.message(id, { n }));
  }

  /** A message as its sender has sealed it; any part of it otherwise. */
  async message(
    id: number,
    { from = this.people.alice, n = 1, device = 1, text = `m${n}`, time = NOW }: {
      readonly from?: Person;
      readonly n?: number;
      readonly device?: number;
      readonly text?: string;
      readonly time?: number;
    } = {},
  ): Promise<MessageEntry> {
    const { key, record, id: conversation, epoch } = this.team;
    const body = await sealMessage(await importMessageKey(key, record?.hash ?? new Uint8Array()), {
      conversation,
      epoch,
      device,
      n,
      link: new Uint8Array(32),
      time,
      sender: from.user,
      senderFingerprint: from.identity.fingerprint,
      body: new TextEncoder().encode(text),
    }, { signKey: from.identity.signKey });
    return {
      t: "message",
      id,
      at: NOW,
      conversation: this.team.conversation,
      kind: "group",
      from: from.user,
      to: "team",
      body,
      epoch,
    };
  }

  /** Reads an entry as it happens; gives its lines. */
  async hears(entry: PastEntry): Promise<string[]> {
    const lines = linesOf([await this.desk.parts.reader.live(entry)]);
    await this.#settled();
    return lines;
  }

  /** Reads an entry as it happens, which is shown later: gives what shows it then. */
  async hearsEarly(entry: PastEntry): Promise<() => string[]> {
    const { reader } = this.desk.parts;
    const opened = await reader.live(entry);
    await this.#settled();
    return () => linesOf([reader.shown(opened)]);
  }

  /** Reads a page of what was filed; gives its lines. */
  async reads({ more = false, ...range }: Page = {}): Promise<string[]> {
    const { after = 0, upto = Infinity } = range;
    const entries = this.filed.filter(({ id }) => after < id && id <= upto)
      .sort((a, b) => a.id - b.id);
    return await this.readsPage(entries, { more, ...range });
  }

  async readsPage(
    entries: readonly PastEntry[],
    { more = false, ...range }: Page,
  ): Promise<string[]> {
    const page: EventOf<"history"> = { t: "history", re: 1, entries: [...entries], more };
    const command: HistoryCommand = { t: "history", id: 1, limit: 100, ...range };
    const { entries: opened } = await this.desk.parts.reader.page(page, command);
    await this.#settled();
    return linesOf(opened);
  }

  /** What is remembered in the background has been written. */
  #settled(): Promise<void> {
    return this.desk.parts.state.update(() => ({}));
  }
}

function linesOf(entries: readonly OpenedEntry[]): string[] {
  const text = entries.map((entry) => plainText({ type: "entry", entry }, "bob")).join("\n");
  return text === "" ? [] : text.replaceAll("[Group: team] ", "").split("\n");
}

function missing(count: string): string {
  return `--- ${count} from alice ${count.startsWith("1 ") ? "is" : "are"} missing here ---`;
}

const REPLAYED =
  "[not shown]: message from alice in team: the server shows an earlier message once more";

function notShown(reason: string, from = "alice"): string {
  return `[not shown]: message from ${from} in team: ${reason}`;
}

Deno.test("messages in order are shown, live and in history, with nothing beside them", async () => {
  const scene = await Scene.open();
  await scene.files([1, 1], [2, 2], [5, 3]);
  deepStrictEqual(await scene.reads(), ["alice: m1", "alice: m2", "alice: m3"]);
  deepStrictEqual(await scene.hears(await scene.message(9, { n: 4 })), ["alice: m4"]);
  deepStrictEqual([scene.desk.failures, scene.server.complaints], [[], []]);
});

Deno.test("a hole between two messages that were seen is shown where it is", async () => {
  const scene = await Scene.open();
  await scene.files([1, 1], [2, 4], [3, 5], [4, 7]);
  deepStrictEqual(await scene.reads(), [
    "alice: m1",
    missing("2 messages"),
    "alice: m4",
    "alice: m5",
    missing("1 message"),
    "alice: m7",
  ]);
});

Deno.test("live, what the server withholds is missed with the next message", async () => {
  const scene = await Scene.open({ last: 10 });
  deepStrictEqual(await scene.hears(await scene.message(11, { n: 3 })), ["alice: m3"]);
  const lines = await scene.hears(await scene.message(20, { n: 1_005 }));
  deepStrictEqual(lines, [missing("1,001 messages"), "alice: m1005"]);
});

Deno.test("between what came live and what was read of before, nothing is missing that was not read", async () => {
  const scene = await Scene.open({ last: 100 });
  await scene.files([10, 1], [20, 2], [90, 3]);
  await scene.hears(await scene.message(101, { n: 4 }));
  // An old page, from its newest end: between it and what is live lies more.
  deepStrictEqual(await scene.reads({ upto: 20, more: true }), ["alice: m1", "alice: m2"]);
  deepStrictEqual(await scene.reads({ after: 20, upto: 100 }), ["alice: m3"]);
  // A page of the newest, now that all is known.
  deepStrictEqual(await scene.reads(), ["alice: m1", "alice: m2", "alice: m3"]);
});

Deno.test("read backwards page by page, a hole at the border is shown once, behind the older one", async () => {
  const scene = await Scene.open({ last: 50 });
  await scene.files([10, 1], [20, 2], [30, 4], [40, 5]);
  deepStrictEqual(await scene.reads({ after: 25, upto: 50 }), ["alice: m4", "alice: m5"]);
  deepStrictEqual(await scene.readsPage(scene.filed.slice(0, 2), { upto: 29 }), [
    "alice: m1",
    "alice: m2",
    missing("1 message"),
  ]);
});

Deno.test("a live message before the missed pages: what is missing between them is said once, when it is shown", async () => {
  const scene = await Scene.open({ last: 30 });
  const { carol } = scene.people;
  await scene.files([10, 1], [11, 2]);
  // The last page brings nothing of alice's: 3 and 4 were dropped.
  scene.filed.push(await scene.message(28, { from: carol, text: "nothing of hers" }));
  const shows = await scene.hearsEarly(await scene.message(31, { n: 5 }));
  const pages = [
    await scene.reads({ after: 0, upto: 11, more: true, from: "oldest" }),
    await scene.reads({ after: 11, upto: 30 }),
  ];
  deepStrictEqual(pages, [["alice: m1", "alice: m2"], ["carol: nothing of hers"]]);
  deepStrictEqual(shows(), [missing("2 messages"), "alice: m5"]);
  // Nothing of it is said again.
  deepStrictEqual(await scene.hears(await scene.message(32, { n: 6 })), ["alice: m6"]);
});

Deno.test("a live message before the missed pages that lack nothing: nothing is said to be missing", async () => {
  const scene = await Scene.open({ last: 30 });
  await scene.files([10, 1], [11, 2], [20, 3]);
  const shows = [
    await scene.hearsEarly(await scene.message(31, { n: 4 })),
    await scene.hearsEarly(await scene.message(32, { n: 5 })),
  ];
  const pages = [
    ...await scene.reads({ after: 0, upto: 11, more: true, from: "oldest" }),
    ...await scene.reads({ after: 11, upto: 30 }),
  ];
  deepStrictEqual(pages, ["alice: m1", "alice: m2", "alice: m3"]);
  deepStrictEqual(shows.flatMap((show) => show()), ["alice: m4", "alice: m5"]);
});

Deno.test("two live messages before the missed pages: each hole is said once, before the later one", async () => {
  const scene = await Scene.open({ last: 30 });
  await scene.files([10, 1]);
  const shows = [
    await scene.hearsEarly(await scene.message(31, { n: 3 })),
    await scene.hearsEarly(await scene.message(33, { n: 6 })),
  ];
  deepStrictEqual(await scene.reads({ after: 0, upto: 30 }), ["alice: m1"]);
  deepStrictEqual(shows.flatMap((show) => show()), [
    missing("1 message"),
    "alice: m3",
    missing("2 messages"),
    "alice: m6",
  ]);
});

Deno.test("a page of another conversation alone says nothing about this one", async () => {
  const scene = await Scene.open({ last: 50 });
  await scene.files([10, 1], [40, 4]);
  deepStrictEqual(await scene.readsPage(scene.filed.slice(0, 1), { upto: 10 }), ["alice: m1"]);
  // All of bob's messages between the two, but not the team's.
  await scene.readsPage([], { of: "carol", after: 0, upto: 50 });
  deepStrictEqual(await scene.readsPage(scene.filed.slice(1), { after: 39, upto: 50 }), [
    "alice: m4",
  ]);
});

Deno.test("reading a page again is no replay, and says the same", async () => {
  const scene = await Scene.open();
  await scene.files([1, 1], [2, 3]);
  const first = await scene.reads();
  deepStrictEqual(first, ["alice: m1", missing("1 message"), "alice: m3"]);
  deepStrictEqual(await scene.reads(), first);
});

Deno.test("row 109: a message filed once more is a marked line, live and in history", async () => {
  const scene = await Scene.open({ last: 10 });
  const entry = await scene.message(11);
  deepStrictEqual(await scene.hears(entry), ["alice: m1"]);
  deepStrictEqual(await scene.hears({ ...entry, id: 12 }), [REPLAYED]);
  scene.filed.push(entry, { ...entry, id: 12 }, { ...entry, id: 13 });
  deepStrictEqual(await scene.reads(), ["alice: m1", REPLAYED, REPLAYED]);
});

Deno.test("a message behind a later one of its session is marked late, and is not missing", async () => {
  const scene = await Scene.open();
  await scene.files([1, 1], [2, 3], [3, 2]);
  deepStrictEqual(await scene.reads(), ["alice: m1", "alice: m3", "alice: m2 (late)"]);
});

Deno.test("sessions of one sender, and senders, are counted apart", async () => {
  const scene = await Scene.open();
  const { carol } = scene.people;
  scene.filed.push(
    await scene.message(1, { n: 1 }),
    await scene.message(2, { n: 7, device: 2 }),
    await scene.message(3, { n: 4, from: carol }),
    await scene.message(4, { n: 2 }),
    await scene.message(5, { n: 5, from: carol }),
  );
  const lines = await scene.reads();
  deepStrictEqual(lines, ["alice: m1", "alice: m7", "carol: m4", "alice: m2", "carol: m5"]);
});

Deno.test("with another epoch counting begins anew", async () => {
  const scene = await Scene.open({ last: 0 });
  const { team, server } = scene;
  await scene.hears(await scene.message(1, { n: 5 }));
  await team.rotate();
  server.stores(team);
  deepStrictEqual(await scene.hears(await scene.message(2, { n: 1 })), ["alice: m1"]);
  deepStrictEqual(await scene.hears(await scene.message(3, { n: 2 })), ["alice: m2"]);
});

Deno.test("what was written under an epoch that is over is marked late", async () => {
  const scene = await Scene.open({ last: 0 });
  const { team, server, people: { carol } } = scene;
  const old = await scene.message(9, { from: carol, text: "written before" });
  const { epoch: _epoch, ...timeless } = await scene.message(1);
  deepStrictEqual(await scene.hears({ ...timeless, epoch: 0 }), ["alice: m1"]);
  await team.remove([carol]);
  server.stores(team);
  deepStrictEqual(await scene.hears(await scene.message(5)), ["alice: m1"]);
  deepStrictEqual(await scene.hears(old), ["carol: written before (late)"]);
});

Deno.test("a sender's clock that is wrong by more than ten minutes is said", async () => {
  const scene = await Scene.open();
  const minute = 60_000;
  const clocks = [0, 10, -10, 11, -11, 525_600];
  for (const [at, minutes] of clocks.entries()) {
    const time = NOW + minutes * minute;
    scene.filed.push(await scene.message(at + 1, { n: at + 1, time }));
  }
  scene.filed.push(await scene.message(9, { n: 7, time: Number.MAX_SAFE_INTEGER }));
  const said = (await scene.reads()).map((line) =>
    /\(sent at (.*) by the sender's clock\)/.exec(line)?.[1]
  );
  deepStrictEqual(said, [
    undefined,
    undefined,
    undefined,
    "2026-11-22 18:14",
    "2026-11-22 17:52",
    "2027-11-22 18:03",
    "????-??-?? ??:??",
  ]);
});

Deno.test("row 109: a token that is moved, altered or forged is one marked line, and all else is shown", async () => {
  const scene = await Scene.open();
  const { team, server, people: { alice, bob, carol } } = scene;
  const other = await server.group(alice, [bob, carol], "cellar");
  const direct = await sealedDirect({ realm: REALM, by: alice, to: bob });
  server.stores(direct);
  const eve = await server.newcomer("eve");
  const right = await scene.message(1);
  const forged = { ...alice, identity: { ...alice.identity, signKey: carol.identity.signKey } };
  const { body: elsewhere } = await entryOf(other, { from: alice, text: "x", id: 1 });
  const altered = "it was altered, or is of another conversation or epoch";
  const wrong: readonly (readonly [reason: string, entry: MessageEntry])[] = [
    [altered, { ...right, body: elsewhere }],
    [altered, { ...right, body: "hello in the clear" }],
    [altered, { ...right, body: `${right.body.slice(0, 99)}A${right.body.slice(100)}` }],
    [altered, { ...right, body: right.body.slice(0, -4) }],
    ["the server does not give the record of its epoch", { ...right, epoch: 7 }],
    ["the server names another sender than the message does", { ...right, from: "carol" }],
    ["its sender is not a member in its epoch", await scene.message(1, { from: eve })],
    ["the signature is not right", await scene.message(1, { from: forged })],
    [
      "its sender is not a member in its epoch",
      await scene.message(1, { from: { ...eve, user: "alice" } }),
    ],
  ];
  for (const [at, [, entry]] of wrong.entries()) scene.filed.push({ ...entry, id: at + 2 });
  const { epoch: _epoch, ...timeless } = right;
  scene.filed.push(right, { ...timeless, id: 40 }, await scene.message(50, { n: 2 }));
  deepStrictEqual(await scene.reads(), [
    "alice: m1",
    ...wrong.map(([reason, { from }]) => notShown(reason, from)),
    notShown(altered),
    "alice: m2",
  ]);
  strictEqual(team.epoch, 0);
  deepStrictEqual(scene.desk.failures, []);
});

Deno.test("row 109: a direct message belongs between its two: filed elsewhere it is not shown", async () => {
  const scene = await Scene.open();
  const { server, people: { alice, bob } } = scene;
  const direct = await sealedDirect({ realm: REALM, by: alice, to: bob });
  server.stores(direct);
  const right = await entryOf(direct, { from: alice, text: "for bob", id: 1 });
  const { conversation } = scene.team;
  const wrong: readonly MessageEntry[] = [
    { ...right, from: "carol" },
    { ...right, to: "carol" },
    { ...right, conversation },
    { ...right, conversation: "" },
    { ...right, kind: "group", to: "team" },
    { ...right, from: "alice", to: "alice" },
  ];
  for (const entry of wrong) {
    const [line = "", ...more] = await scene.hears({ ...entry, id: 2 });
    strictEqual(line.startsWith("[not shown]: message from "), true, line);
    deepStrictEqual(more, []);
  }
  deepStrictEqual(await scene.hears(right), ["[DM from alice]: for bob"]);
});

Deno.test("a body that is no text, or controls a terminal, is marked or shown escaped", async () => {
  const scene = await Scene.open();
  const evil = await scene.message(1, { text: "a\u001b[2J\u202eb\nc" });
  deepStrictEqual(await scene.hears(evil), ["alice: a\\x1b[2Jb", "| c"]);
  for (const [at, text] of ["", "\u200d\u0301", "x".repeat(4_001)].entries()) {
    const none = await scene.message(2 + at, { text, n: 2 + at });
    deepStrictEqual(await scene.hears(none), [notShown("its text is none that may be sent")]);
  }
});

Deno.test("a key that has not come is complained about once, and the message shown when it has", async () => {
  const scene = await Scene.open();
  const { server, team, people: { bob }, desk } = scene;
  server.setWrap(team, "bob", null);
  const reason = "its key has not come yet; others were asked for it";
  const entries = [await scene.message(1), await scene.message(2, { n: 2 })];
  for (const entry of entries) deepStrictEqual(await scene.hears(entry), [notShown(reason)]);
  const { conversation } = team;
  deepStrictEqual(server.complaints.map(({ conversation, epoch }) => [conversation, epoch]), [
    [conversation, 0],
  ]);
  server.setWrap(team, "bob", await team.wrapFor(bob));
  await desk.parts.complaints.fetch({ t: "rewrapped", conversation, epoch: 0 });
  scene.filed.push(...entries);
  deepStrictEqual(await scene.reads(), ["alice: m1", "alice: m2"]);
});

Deno.test("a hundred messages of many epochs and senders open together, in their order", async () => {
  const scene = await Scene.open();
  const { team, server, people: { alice, carol } } = scene;
  const expected: string[] = [];
  for (let n = 1; n <= 130; n++) {
    if (n % 20 === 0) {
      await team.rotate();
      server.stores(team);
    }
    const from = n % 2 === 0 ? alice : carol;
    scene.filed.push(await scene.message(n, { from, n: 1, device: n, text: `number ${n}` }));
    expected.push(`${from.user}: number ${n}`);
  }
  deepStrictEqual(await scene.reads(), expected);
  // The chain was fetched with the first of them, and no more.
  deepStrictEqual(scene.desk.parts.chains.find(team.conversation)?.head?.epoch, 6);
});

Deno.test("changes of groups are told by their records, not by the server", async () => {
  const scene = await Scene.open();
  const { team, server, people: { alice, carol } } = scene;
  const dave = await server.newcomer("dave");
  await team.add([dave]);
  server.stores(team);
  await team.remove([carol]);
  server.stores(team);
  const base = { t: "change", at: NOW, conversation: team.conversation, group: "team" } as const;
  const members = { ...base, change: "members", by: "alice" } as const;
  const lies: readonly ChangeEntry[] = [
    { ...base, id: 1, change: "created", by: "eve", members: ["eve"], epoch: 0 },
    { ...members, id: 2, added: ["eve"], removed: ["bob"], epoch: 1 },
    { ...members, id: 3, added: [], removed: ["bob"], epoch: 2 },
  ];
  const told: string[] = [];
  for (const entry of lies) told.push(...await scene.hears(entry));
  deepStrictEqual(told, [
    "Group team created with members: bob, carol, alice",
    "Group team: alice added dave",
    "Group team: alice removed carol",
  ]);
  const { note } = await team.leave(alice);
  const inventions: readonly ChangeEntry[] = [
    { ...base, id: 4, change: "deleted", by: "alice", epoch: 2 },
    { ...base, id: 5, change: "owner", owner: "eve", epoch: 2 },
    { ...base, id: 6, change: "owner", owner: "eve" },
    { ...members, id: 7, added: ["eve"], removed: [], epoch: 9 },
    { ...members, id: 8, added: ["eve"], removed: [], epoch: 0 },
    { ...base, id: 9, change: "left", by: "bob", note },
    { ...base, id: 10, change: "left", by: "alice", note: "" },
  ];
  for (const entry of inventions) {
    const [line = ""] = await scene.hears(entry);
    strictEqual(line.startsWith("[not shown]: a change of group team: "), true, line);
  }
  const left = { ...base, id: 11, change: "left", by: "alice", note } as const;
  deepStrictEqual(await scene.hears(left), ["Group team: alice left"]);
  const again = await scene.hears({ ...left, id: 12 });
  deepStrictEqual(again, [
    "[not shown]: a change of group team: the server tells an earlier change once more",
  ]);
});

/** What bob has done to the team's list. */
const CHANGE = {
  t: "change",
  at: NOW,
  conversation: "A".repeat(43),
  group: "team",
  epoch: 1,
  change: "members",
  by: "bob",
} as const;

/** A reader of a team whose list is another from epoch 1 on; keys are none of its business. */
function readerOfLists(before: readonly string[], after: readonly string[]): Reader {
  const lists = [before, after].map((names) => {
    const list = [...names, "bob"].map((name): [string, Member] => {
      return [name, { name, fingerprint: new Uint8Array(32), role: ROLE.member }];
    });
    return new Map(list);
  });
  const chain = {
    record: (epoch: number) => ({ change: "replace", epoch, signer: "bob" }),
    membersAt: (epoch: number) => lists[epoch],
    leaversOf: () => new Set(),
  };
  return new Reader({
    chains: { upTo: () => Promise.resolve(chain), find: () => undefined } as never,
    me: { user: "carol" },
    opener: null as never,
    saw: () => {},
  });
}

Deno.test("a replacement of more than 1,001 names is told in one or in two, each name once, without an alarm", async () => {
  const names = (letter: string) => Array.from({ length: 502 }, (_, n) => `${letter}${n}`);
  const [removed, added] = [names("a"), names("b")];
  const tells = async (entries: readonly ChangeEntry[]) => {
    const reader = readerOfLists(removed, added);
    const read: OpenedEntry[] = [];
    for (const entry of entries) read.push(await reader.live(entry));
    return linesOf(read);
  };
  const [out, come] = [removed.join(", "), added.join(", ")];
  const once = await tells([{ ...CHANGE, id: 1, added, removed }]);
  deepStrictEqual(once, [`Group team: bob added ${come}, removed ${out}`]);
  const halves: readonly ChangeEntry[] = [
    { ...CHANGE, id: 1, added: [], removed },
    { ...CHANGE, id: 2, added, removed: [] },
  ];
  const twice = [`Group team: bob removed ${out}`, `Group team: bob added ${come}`];
  deepStrictEqual(await tells(halves), twice);
  // What the server names is not what is told.
  const lies = halves.map((half): ChangeEntry => {
    const side = "added" in half && half.added.length > 0 ? "added" : "removed";
    return { ...half, [side]: ["eve"] } as ChangeEntry;
  });
  deepStrictEqual(await tells(lies), twice);
  // Neither half is told again.
  const again = await tells([...halves, ...halves.map((half) => ({ ...half, id: half.id + 2 }))]);
  const repeated =
    "[not shown]: a change of group team: the server tells an earlier change once more";
  deepStrictEqual(again, [...twice, repeated, repeated]);
});

Deno.test("half of a change of few names is told whole, and only once", async () => {
  const reader = readerOfLists(["alice"], ["eve"]);
  const halves: readonly ChangeEntry[] = [
    { ...CHANGE, id: 1, added: [], removed: ["alice"] },
    { ...CHANGE, id: 2, added: ["eve"], removed: [] },
  ];
  const read: OpenedEntry[] = [];
  for (const half of halves) read.push(await reader.live(half));
  deepStrictEqual(linesOf(read), [
    "Group team: bob added eve, removed alice",
    "[not shown]: a change of group team: the server tells an earlier change once more",
  ]);
});
