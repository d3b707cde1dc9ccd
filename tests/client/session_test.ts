import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { CommandInput } from "../../protocol/command.ts";
import type { Entry, Event } from "../../protocol/event.ts";
import { type Intent, INTENTS } from "../../client/intent.ts";
import type { Output } from "../../client/session.ts";
import { AT, says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;

type Sent<T extends (CommandInput | Intent)["t"]> =
  & Extract<CommandInput | Intent, { t: T }>
  & { id: string | number };

function messages(count: number, first = 1): Entry[] {
  return Array.from({ length: count }, (_, i) => says("al", `m${first + i}`, { id: first + i }));
}

function noUser(closest?: string) {
  return (command: Sent<"send" | "lookup">): Event => {
    const name = command.t === "send" ? command.to : command.name;
    const meant = closest === undefined ? "" : ` Did you mean ${closest}?`;
    return {
      t: "error",
      re: command.id,
      code: "no_user",
      msg: `User ${name} does not exist.${meant}`,
      ...(closest === undefined ? {} : { closest }),
    };
  };
}

function found(kind: "user" | "group") {
  return ({ id: re, name }: Sent<"lookup">): Event => ({ t: "found", re, name, kind });
}

const stamp = "2026-11-22 18:03";

Deno.test("with nothing missed a session says nothing and shows what comes", none, () => {
  const scene = new Scene().start().hears(says("al", "hi", { id: 7 }), { t: "joined", user: "al" });
  deepStrictEqual(scene.lines, ["[al]: hi", "* al has joined the chat *"]);
  deepStrictEqual(scene.sent, []);
  strictEqual(scene.upto, 7);
});

Deno.test("all that was missed is shown between two lines, page by page", none, () => {
  const scene = new Scene({}, messages(5));
  scene.page = 2;
  scene.start();
  deepStrictEqual(scene.lines, [
    "--- 5 messages while you were away ---",
    ...[1, 2, 3, 4, 5].map((i) => `${stamp} [al]: m${i}`),
    "--- now ---",
  ]);
  strictEqual(scene.commands("history").length, 3);
  strictEqual(scene.upto, 5);
});

Deno.test("one missed message is not plural", none, () => {
  strictEqual(
    new Scene({}, messages(1)).start().lines[0],
    "--- 1 message while you were away ---",
  );
});

Deno.test("only what lies behind the cursor was missed", none, () => {
  const scene = new Scene({ welcome: { cursor: 3, last: 5 } }, messages(5)).start();
  deepStrictEqual(scene.lines.slice(1, -1), [`${stamp} [al]: m4`, `${stamp} [al]: m5`]);
});

Deno.test("a range without anything for this user is no news", none, () => {
  deepStrictEqual(new Scene({ welcome: { cursor: 3, last: 900 } }).start().lines, []);
});

Deno.test("what happens while catching up waits, and nothing is shown twice", none, () => {
  const scene = new Scene({}, messages(3)).pauses().start()
    .hears(says("al", "m3", { id: 3 }), says("eve", "new", { id: 4 }), { t: "left", user: "al" });
  deepStrictEqual(scene.lines, []);
  scene.resumes().hears(says("eve", "new", { id: 4 }));
  deepStrictEqual(scene.lines.slice(-4), [
    `${stamp} [al]: m3`,
    "--- now ---",
    "[eve]: new",
    "* al has left the chat *",
  ]);
});

Deno.test("too much of it is fetched like the rest instead of being kept", none, () => {
  const scene = new Scene({}, messages(2)).pauses().start();
  const live = messages(1_500, 3);
  scene.entries.push(...live);
  scene.hears(...live).resumes();
  deepStrictEqual(
    scene.lines.filter((line) => line.includes("[al]")).map((line) => line.replace(/^.*: /, "")),
    messages(1_502).map((entry) => entry.t === "message" ? entry.body : ""),
  );
  strictEqual(scene.upto, 1_502);
});

Deno.test("a terminal shows the last missed ones and says how many there are before", none, () => {
  const scene = new Scene({ missed: 3 }, messages(10));
  scene.page = 2;
  scene.start();
  deepStrictEqual(scene.lines, [
    "--- 10 messages while you were away ---",
    "(7 older not shown: see @help history)",
    ...[8, 9, 10].map((i) => `${stamp} [al]: m${i}`),
    "--- now ---",
  ]);
  strictEqual(scene.upto, 10);
});

/** Refuses some requests for history, by their numbers from 1; the others are answered two by two. */
function refusing(scene: Scene, refused: readonly number[]): Scene {
  let requests = 0;
  return scene.answering("history", (command: Sent<"history">): Event => {
    const { id: re, after = 0, upto = 0, from } = command;
    if (refused.includes(++requests)) return { t: "error", re, code: "storage", msg: "No disk." };
    const all = scene.entries.filter(({ id }) => id > after && id <= upto);
    const entries = from === "oldest" ? all.slice(0, 2) : all.slice(-2);
    return { t: "history", re, entries, more: entries.length < all.length, total: all.length };
  });
}

Deno.test(
  "when catching up fails, later entries wait, and nothing is lost or skipped",
  none,
  () => {
    for (const missed of ["all", 200] as const) {
      for (const refused of [[1, 2, 3], [2, 3, 4], [1], [2]]) {
        const scene = refusing(new Scene({ missed }, messages(4)), refused).start()
          .hears(says("eve", "new", { id: 9 }), { t: "joined", user: "zoe" });
        strictEqual(scene.lines.includes("[eve]: new"), false);
        strictEqual(scene.upto < 9, true);
        while (scene.lines.at(-1) !== "* zoe has joined the chat *") scene.retries();
        deepStrictEqual(scene.waits, [1, 2, 4].slice(0, refused.length));
        const error = "ERROR: No disk. What was missed is asked for again.";
        // Said once; without it all is as if nothing had failed.
        strictEqual(scene.lines.filter((line) => line === error).length, 1);
        deepStrictEqual(scene.lines.filter((line) => line !== error), [
          "--- 4 messages while you were away ---",
          ...[1, 2, 3, 4].map((i) => `${stamp} [al]: m${i}`),
          "--- now ---",
          "[eve]: new",
          "* zoe has joined the chat *",
        ]);
        strictEqual(scene.upto, 9);
        strictEqual(scene.hears(says("eve", "more", { id: 10 })).upto, 10);
      }
    }
  },
);

Deno.test(
  "a wait while catching up is a minute at the most, or what the server asks for",
  none,
  () => {
    let after: { after?: number } = {};
    const scene = new Scene({}, messages(1)).answering(
      "history",
      ({ id: re }: Sent<"history">) => ({
        t: "error",
        re,
        code: "storage",
        msg: "No disk.",
        ...after,
      }),
    ).start();
    for (let n = 0; n < 7; n++) scene.retries();
    after = { after: 300 };
    scene.retries();
    deepStrictEqual(scene.waits, [1, 2, 4, 8, 16, 32, 60, 60, 300]);
  },
);

Deno.test("what is typed while catching up fails is done as soon as it succeeds", none, () => {
  const scene = refusing(new Scene({}, messages(1)), [1]).start().types("hello");
  deepStrictEqual(scene.commands("send"), []);
  deepStrictEqual(scene.retries().lines.slice(-2), ["--- now ---", "[bob]: hello"]);
});

Deno.test("a new account sees the last twenty of the lobby, if there are any", none, () => {
  const welcome = { cursor: 30, last: 30 };
  const scene = new Scene({ isNew: true, welcome }, messages(30)).start();
  strictEqual(scene.lines[0], "--- Last 20 Messages ---");
  strictEqual(scene.lines.length, 21);
  strictEqual(scene.lines.at(-1), `${stamp} [al]: m30`);
  deepStrictEqual(new Scene({ isNew: true }).start().lines, []);
});

Deno.test(
  "a text goes to the current conversation, a name before it decides otherwise",
  none,
  () => {
    const scene = new Scene().answering("lookup", found("group")).start()
      .types("one", "@al two", "@team", "three", "@lobby four", "@lobby", "five");
    deepStrictEqual(
      scene.commands("send").map(({ to, kind, body }) => [to, kind, body]),
      [
        ["lobby", undefined, "one"],
        ["al", undefined, "two"],
        ["team", "group", "three"],
        ["lobby", undefined, "four"],
        ["lobby", undefined, "five"],
      ],
    );
    deepStrictEqual(scene.session.current, { kind: "lobby" });
  },
);

Deno.test("a message is shown once, when the server has stored it", none, () => {
  const scene = new Scene().start().pauses().types("hello");
  deepStrictEqual([scene.lines, scene.session.pending], [[], 1]);
  scene.resumes();
  deepStrictEqual([scene.lines, scene.session.pending], [["[bob]: hello"], 0]);
});

Deno.test("lines take effect in their order: each waits for the answers before it", none, () => {
  const scene = new Scene().start().pauses().types("one", "two", "@history 5");
  strictEqual(scene.sent.length, 1);
  scene.resumes();
  deepStrictEqual(scene.lines, [
    "[bob]: one",
    "[bob]: two",
    "--- Last 2 Messages ---",
    `${stamp} [bob]: one`,
    `${stamp} [bob]: two`,
  ]);
});

Deno.test("leaving waits until one's own last message has been shown", none, () => {
  const scene = new Scene().answering("send", ({ id: re }: Sent<"send">) => ({
    t: "ack",
    re,
    id: 5,
    at: 0,
  })).start().types("hello", "@quit");
  strictEqual(scene.hasLeft, false);
  strictEqual(scene.session.pending, 0);
  scene.hears(says("bob", "hello", { id: 5 }));
  deepStrictEqual([scene.lines, scene.hasLeft], [["[bob]: hello"], true]);
});

Deno.test("when the server asks for patience, the same message is sent again later", none, () => {
  let busy = true;
  const scene = new Scene().answering(
    "send",
    ({ id: re }: Sent<"send">): Event =>
      busy
        ? { t: "error", re, code: "rate", msg: "Too fast.", after: 2 }
        : { t: "ack", re, id: 5, at: 0 },
  ).start().types("one", "two");
  deepStrictEqual([scene.lines, scene.waits], [[], [2]]);
  busy = false;
  scene.retries().hears(says("bob", "one", { id: 5 }));
  deepStrictEqual(scene.commands("send").map(({ id, body }) => `${id} ${body}`), [
    "id1 one",
    "id1 one",
    "id2 two",
  ]);
});

Deno.test("an unknown receiver: the closest name, among users and commands", none, () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ["@alcie hi", "alice", "ERROR: User alcie does not exist. Did you mean alice?"],
    ["@zed hi", undefined, "ERROR: User zed does not exist."],
    ["@zed", undefined, "ERROR: Unknown command @zed."],
    ["@nmaes", undefined, "ERROR: Unknown command @nmaes. Did you mean @names?"],
    ["@nmaes hi", "nmaesx", "ERROR: User nmaes does not exist. Did you mean nmaesx?"],
    ["@histry 5", "harry", "ERROR: Unknown command @histry. Did you mean @history?"],
    ["@alcie", "alice", "ERROR: User alcie does not exist. Did you mean alice?"],
  ];
  for (const [line, closest, text] of cases) {
    const scene = new Scene().answering("send", noUser(closest)).answering(
      "lookup",
      noUser(closest),
    );
    deepStrictEqual(scene.start().types(line).lines, [text], line);
  }
});

Deno.test("what was typed for a name that does not exist does not go elsewhere", none, () => {
  const scene = new Scene().answering("lookup", noUser("alice")).start()
    .pauses().types("@alcie", "secret", "@lobby", "hello").resumes();
  deepStrictEqual(scene.commands("send").map(({ body }) => body), ["hello"]);
  deepStrictEqual(scene.lines.slice(0, 2), [
    "ERROR: User alcie does not exist. Did you mean alice?",
    "ERROR: Not sent: it was typed for alcie, which could not be chosen.",
  ]);
  strictEqual(scene.session.refused, 1);
  strictEqual(scene.types("later").commands("send").at(-1)?.body, "later");
});

Deno.test("a mistyped command holds nothing back", none, () => {
  const scene = new Scene().answering("lookup", noUser()).start()
    .pauses().types("@nmaes", "hello").resumes();
  deepStrictEqual(scene.commands("send").map(({ body }) => body), ["hello"]);
});

Deno.test("a server that answers with another name changes no conversation", none, () => {
  const scene = new Scene().answering("lookup", ({ id: re }: Sent<"lookup">) => ({
    t: "found",
    re,
    name: "eve",
    kind: "user",
  })).start().types("@alice");
  deepStrictEqual(scene.lines, ["ERROR: The server's answer makes no sense."]);
  deepStrictEqual(scene.session.current, { kind: "lobby" });
});

Deno.test("@names collects all pages, sorted, each name once", none, () => {
  const scene = new Scene().answering("names", ({ id: re, after }: Sent<"names">) => ({
    t: "names",
    re,
    users: after === undefined ? ["alice", "bob"] : ["bob", "carol"],
    more: after === undefined,
  })).start().types("@names");
  deepStrictEqual(scene.lines, ["Online users: alice, bob, carol"]);
});

Deno.test("@history brings as many as there are, from as many pages as it takes", none, () => {
  const scene = new Scene({ welcome: { cursor: 9, last: 9 } }, messages(9)).start();
  scene.page = 2;
  scene.types("@history 5", "@history 100 lobby", "@history 3 zed");
  strictEqual(scene.lines[0], "--- Last 5 Messages ---");
  strictEqual(scene.lines[1], `${stamp} [al]: m5`);
  strictEqual(scene.lines[6], "--- Last 9 Messages ---");
  strictEqual(scene.lines.at(-1), "--- Last 0 Messages ---");
});

Deno.test("a server that repeats a page for ever is not followed", none, () => {
  const scene = new Scene({ welcome: { cursor: 9, last: 9 } })
    .answering("history", ({ id: re }: Sent<"history">) => ({
      t: "history",
      re,
      entries: messages(2, 5),
      more: true,
    })).start().types("@history 100");
  strictEqual(scene.lines[0], "--- Last 2 Messages ---");
  strictEqual(scene.commands("history").length, 2);
});

Deno.test("groups: what is asked, and what the answers show", none, () => {
  const scene = new Scene().start()
    .answering("group_set", ({ id: re }: Sent<"group_set">) => ({
      t: "error",
      re,
      code: "unknown_users",
      msg: "Unknown users: x, y. Nothing created.",
    }))
    .answering("group_leave", ({ id: re }: Sent<"group_leave">) => ({ t: "ok", re }))
    .answering("group_add", ({ id: re }: Sent<"group_add">) => ({
      t: "ok",
      re,
      text: "Nothing to change.",
    }))
    .answering("groups", ({ id: re }: Sent<"groups">) => ({
      t: "groups",
      re,
      groups: [{ name: "team", owner: "bob", members: 2, since: AT }],
      more: false,
    }))
    .answering("group_info", ({ id: re, after }: Sent<"group_info">) => ({
      t: "group_info",
      re,
      group: "team",
      owner: "bob",
      since: AT,
      members: [{ name: after === undefined ? "al" : "bob", since: AT }],
      more: after === undefined,
    }))
    .types(
      "@group set G x,y",
      "@group leave G",
      "@group add G al",
      "@group list",
      "@group info Team",
    );
  deepStrictEqual(scene.lines, [
    "ERROR: Unknown users: x, y. Nothing created.",
    "Nothing to change.",
    "Your groups: team",
    `Group team: owner bob, since ${stamp}`,
    "Members of team: al, bob",
  ]);
});

Deno.test(
  "what is done with keys is asked for as it was typed, and each line of the answer shown",
  none,
  () => {
    const lines = ["12345 67890 12345 67890", "Compare it, then: @verify al ok"];
    const scene = new Scene().start()
      .answering("verify", ({ id: re, compared }: Sent<"verify">) => ({
        t: "ok",
        re,
        text: compared ? "al is verified." : lines.join("\n"),
      }))
      .answering("trust", ({ id: re, name }: Sent<"trust">): Event => {
        if (name === "zed") return { t: "error", re, code: "no_user", msg: "No such user." };
        return { t: "ok", re };
      })
      .types("@verify Al", "@verify al ok", "@trust al", "@trust", "@trust zed");
    deepStrictEqual(scene.commands("verify").map(({ name, compared }) => [name, compared]), [
      ["al", false],
      ["al", true],
    ]);
    deepStrictEqual(scene.commands("trust").map(({ name }) => name), ["al", null, "zed"]);
    deepStrictEqual(scene.lines, [...lines, "al is verified.", "ERROR: No such user."]);
  },
);

Deno.test(
  "groups are changed by intents: what they become on the wire is not a session's business",
  none,
  () => {
    const done = ({ id: re }: { id: string | number }): Event => ({ t: "ok", re });
    const scene = new Scene().start();
    for (const type of ["group_set", "group_add", "group_remove", "group_delete"] as const) {
      scene.answering(type, done);
    }
    scene.types("@group set G al,eve", "@group add G zoe", "@group remove G al", "@group delete G");
    deepStrictEqual(scene.sent.map(({ t }) => [t, INTENTS.has(t)]), [
      ["group_set", true],
      ["group_add", true],
      ["group_remove", true],
      ["group_delete", true],
    ]);
    deepStrictEqual([scene.commands("group_set")[0]?.members, scene.lines], [["al", "eve"], []]);
  },
);

Deno.test("an entry that cannot be opened is shown in its place, and counts as shown", none, () => {
  const text = "[not shown]: message from al to bob: the signature is not right";
  const marked = { t: "damaged", id: 2, at: AT, conversation: "x", text } as const;
  const live = new Scene().start().hears(says("al", "m1", { id: 1 }), marked, marked);
  deepStrictEqual([live.lines, live.upto], [["[al]: m1", text], 2]);
  const missed = new Scene({}, [says("al", "m1", { id: 1 }), marked]);
  missed.answering("history", ({ id: re }: Sent<"history">) => ({
    t: "history",
    re,
    entries: missed.entries,
    more: false,
    total: 2,
  } as Event)).start();
  deepStrictEqual(missed.lines.slice(1, -1), [`${stamp} [al]: m1`, `${stamp} ${text}`]);
  strictEqual(missed.upto, 2);
});

Deno.test("what is said beside a message is shown with it, live and in history", none, () => {
  const marks = { before: "1 message from al is missing here", beside: "late" };
  const entry = { ...says("al", "hi", { id: 5, kind: "direct", to: "bob" }), marks };
  const scene = new Scene().start().hears(entry);
  deepStrictEqual(scene.lines, [
    "--- 1 message from al is missing here ---",
    "[DM from al]: hi (late)",
  ]);
});

Deno.test("@rekey asks for a new password, and is no request yet", none, () => {
  deepStrictEqual(new Scene().start().session.type("@rekey"), [{ type: "rekey" }]);
});

Deno.test("refused messages are counted, refused commands are not", none, () => {
  const scene = new Scene().answering("send", noUser()).start()
    .types("x".repeat(4_001), "@al hi", "@foo/bar hi", "@foo/bar", "@history 0");
  strictEqual(scene.session.refused, 3);
});

Deno.test("a ping is answered at once", none, () => {
  const scene = new Scene().start().hears({ t: "ping", id: 4 }, { t: "ping" });
  deepStrictEqual(scene.sent, [{ t: "pong", re: 4 }, { t: "pong" }]);
});

Deno.test("an error that answers nothing is shown, answers to nothing are not", none, () => {
  const scene = new Scene().start().hears(
    { t: "error", code: "storage", msg: "No disk." },
    { t: "error", re: "other", code: "rate", msg: "Not mine." },
    { t: "ok", re: "other" },
    { t: "pong" },
  );
  deepStrictEqual(scene.lines, ["ERROR: No disk."]);
});

Deno.test("at the end of input it leaves when everything has been answered", none, () => {
  const scene = new Scene().start().pauses().types("hello", "@history 1").finishes();
  strictEqual(scene.hasLeft, false);
  strictEqual(scene.resumes().hasLeft, true);
});

/** Bob in the group G, where his first message is not answered yet. */
function inGroup(person?: string): Scene {
  const at = { at: AT, conversation: "G", group: "g" };
  return new Scene({ person }).answering("lookup", found("group")).start()
    .types("@g").hears({ t: "change", id: 3, ...at, change: "left", by: "al", note: "" })
    .pauses().types("one", "two", "@g three");
}

Deno.test(
  "when the current group is gone the lobby is current, and gets nothing of it",
  none,
  () => {
    const at = { t: "change", id: 7, at: AT, conversation: "G", group: "g" } as const;
    const ends: readonly Event[] = [
      { ...at, change: "deleted", by: "al" },
      { ...at, change: "left", by: "bob", note: "" },
      { ...at, change: "members", by: "al", added: [], removed: ["bob"] },
      { t: "error", re: "id2", code: "no_group", msg: "No group g that you are in." },
    ];
    for (const end of ends) {
      const scene = inGroup("bob").hears(end);
      deepStrictEqual(scene.session.current, { kind: "lobby" });
      const refusal = { code: "no_group", msg: "No group g that you are in." };
      scene.answering("send", ({ id: re }: Sent<"send">) => ({ t: "error", re, ...refusal }))
        .resumes();
      deepStrictEqual(scene.commands("send").map(({ to }) => to), ["g", "g"]);
      const notices = scene.lines.filter((line) => line === "Now talking to the lobby.");
      strictEqual(notices.length, 1);
      strictEqual(scene.session.refused, 3);
    }
  },
);

Deno.test(
  "the lines of a pipe for a group that is gone are refused, never said in the lobby",
  none,
  () => {
    const refusal = { code: "no_group", msg: "No group g that you are in." };
    const scene = inGroup().answering("send", ({ id: re }: Sent<"send">) => ({
      t: "error",
      re,
      ...refusal,
    })).resumes();
    deepStrictEqual(scene.commands("send").map(({ to }) => to), ["g", "g", "g"]);
    strictEqual(scene.session.refused, 3);
  },
);

Deno.test("the error before a goodbye that says the same is not shown", none, () => {
  const scene = new Scene().start();
  for (const code of ["blocked", "deleted", "other"]) scene.hears({ t: "error", code, msg: code });
  deepStrictEqual(scene.lines, ["ERROR: other"]);
});

Deno.test(
  "@history more goes on before what was listed last, in the same conversation, to the beginning",
  none,
  () => {
    const scene = new Scene({ welcome: { cursor: 9, last: 9 } }, messages(9)).start();
    scene.page = 2;
    scene.types("@history 4", "@history more", "@history more", "@history more");
    deepStrictEqual(scene.lines.map((line) => line.replace(/^.*: /, "")), [
      "--- Last 4 Messages ---",
      ...["m6", "m7", "m8", "m9"],
      "--- 4 Older Messages ---",
      ...["m2", "m3", "m4", "m5"],
      "--- 1 Older Message ---",
      "m1",
      "--- 0 Older Messages ---",
    ]);
  },
);

Deno.test("@history more keeps to the conversation that was listed", none, () => {
  const scene = new Scene({ welcome: { cursor: 9, last: 9 } }, messages(9)).start()
    .types("@history 2 lobby", "@history more");
  deepStrictEqual(scene.commands("history").map(({ of, upto }) => [of, upto]), [
    ["lobby", Number.MAX_SAFE_INTEGER],
    ["lobby", 7],
  ]);
});

Deno.test("without a listing @history more goes on before what was shown first", none, () => {
  const scene = new Scene({ missed: 3 }, messages(10)).start().types("@history more");
  strictEqual(scene.commands("history").at(-1)?.upto, 7);
  deepStrictEqual(scene.lines.slice(-8).map((line) => line.replace(/^.*: /, "")), [
    "--- 7 Older Messages ---",
    ...["m1", "m2", "m3", "m4", "m5", "m6", "m7"],
  ]);
  // Nothing was shown yet: the newest.
  const fresh = new Scene({ welcome: { cursor: 2, last: 2 } }, messages(2)).start();
  deepStrictEqual(fresh.types("@history more").lines[0], "--- Last 2 Messages ---");
});

Deno.test("a history that was refused changes nothing about what comes before", none, () => {
  const scene = new Scene({ welcome: { cursor: 9, last: 9 } }, messages(9)).start()
    .types("@history 2");
  const refusing = ({ id: re }: Sent<"history">): Event => ({
    t: "error",
    re,
    code: "storage",
    msg: "No.",
  });
  scene.answering("history", refusing).types("@history 3", "@history more");
  strictEqual(scene.commands("history").at(-1)?.upto, 7);
});

Deno.test("what is typed is pending, in order, until its entry is shown", none, () => {
  const scene = new Scene({ person: "bob" }).start().pauses()
    .types("one", "@al two", "@names", "three");
  const bodies = () => scene.session.pendingMessages.map(({ body }) => body);
  deepStrictEqual(bodies(), ["one", "two", "three"]);
  const [first] = scene.commands("send");
  scene.hears({ t: "ack", re: first?.id ?? "", id: 50, at: AT });
  // Stored, but nowhere to be seen yet.
  deepStrictEqual([bodies(), scene.session.pending], [["one", "two", "three"], 2]);
  scene.hears(says("bob", "one", { id: 50 }));
  deepStrictEqual([bodies(), scene.lines], [["two", "three"], ["[bob]: one"]]);
});

Deno.test("a message that is refused comes back as it was typed, to be typed again", none, () => {
  const refusals: (readonly [string, string | undefined])[] = [];
  const scene = new Scene({ person: "bob" }).answering("send", noUser()).answering(
    "lookup",
    noUser(),
  )
    .start().pauses();
  const type = (line: string) => {
    for (const output of scene.session.type(line)) {
      if (output.type === "show" && output.shown.type === "refused") {
        refusals.push([line, output.shown.typed]);
      }
    }
  };
  const long = "x".repeat(4_001);
  for (const line of [long, `@al ${long}`, "@a/b hi", "@a/b", "@history 0", "@group send a/b hi"]) {
    type(line);
  }
  deepStrictEqual(refusals, [
    [long, long],
    [`@al ${long}`, `@al ${long}`],
    ["@a/b hi", "@a/b hi"],
    ["@a/b", undefined],
    ["@group send a/b hi", "@group send a/b hi"],
  ]);
});

/** The lines that refusals gave back, in an outcome of a session. */
function givenBack(outputs: readonly Output[]): string[] {
  return outputs.flatMap((output) =>
    output.type === "show" && output.shown.type === "refused" ? output.shown.typed ?? [] : []
  );
}

Deno.test(
  "also one that the server refuses, or that was typed for nobody, comes back",
  none,
  () => {
    const { session } = new Scene({ person: "bob" }).start();
    const typed = ["@zed hello ", "@@all of you"];
    const outputs = typed.flatMap((line) => session.type(line));
    const ids = outputs.flatMap((output) => output.type === "keep" ? output.message.id : []);
    const refused = ids.flatMap((re) =>
      session.receive({ t: "error", re, code: "no_user", msg: "User zed does not exist." })
    );
    deepStrictEqual(givenBack(refused), typed);
    const [lookup] = session.type("@zed");
    session.type("secret");
    const re = lookup?.type === "send" && "id" in lookup.command ? lookup.command.id ?? "" : "";
    const msg = "User zed does not exist.";
    const found = session.receive({ t: "error", re, code: "no_user", msg, closest: "zeb" });
    deepStrictEqual([session.refused, givenBack(found)], [3, ["secret"]]);
  },
);

Deno.test(
  "a text of several lines is one message, whatever its first line begins with",
  none,
  () => {
    const scene = new Scene().start().types("one\n@names\n@quit", "@al\nhi\nthere");
    deepStrictEqual(scene.commands("send").map(({ to, body }) => [to, body]), [
      ["lobby", "one\n@names\n@quit"],
      ["al", "hi\nthere"],
    ]);
  },
);
