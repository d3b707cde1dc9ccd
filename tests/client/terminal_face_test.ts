import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { FaceStatus } from "../../client/face.ts";
import type { PendingMessage } from "../../client/pending_message.ts";
import { DEFAULT_SETTINGS } from "../../client/settings.ts";
import { TerminalFace } from "../../client/terminal/terminal_face.ts";
import { FakeTerminal } from "../testing/fake_terminal.ts";
import { says } from "./fake_server.ts";

const none = { permissions: "none" } as const;

const NOW = Date.UTC(2026, 10, 26, 12);

const DOWN = "\x1b[B";
const UP = "\x1b[A";

const SETTINGS = { ...DEFAULT_SETTINGS, time: "off", hints: "off" } as const;

/** A face for bob, and what there is to watch. */
function scene(options: Partial<ConstructorParameters<typeof TerminalFace>[1]> = {}) {
  const terminal = new FakeTerminal(40, 24);
  const interrupted: number[] = [];
  const face = new TerminalFace(terminal, {
    interrupted: () => interrupted.push(1),
    now: () => NOW,
    hasLooks: false,
    ...options,
  });
  face.configure(SETTINGS);
  return {
    terminal,
    face,
    interrupted,
    types: async (text: string) => {
      terminal.types(text);
      await settled();
    },
    end: async () => {
      terminal.types(null);
      await settled();
      await face.close();
    },
  };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

const live = (from: string, body: string, id: number, more: object = {}) => ({
  type: "entry" as const,
  entry: { ...says(from, body, { id }), at: NOW, ...more },
});

const direct = { kind: "direct" as const, to: "bob" };

const waits = (body: string, to = "lobby"): PendingMessage => ({ id: body, to, body, at: NOW });

const ON: FaceStatus = { connection: { state: "on" }, pending: [], unread: [] };

Deno.test("what comes in is written above what is being typed", none, async () => {
  const { terminal, face, types, end } = scene();
  face.loggedIn("bob");
  const line = face.line();
  await types("hel");
  await face.show(live("al", "one\ntwo", 1));
  await face.notice("a notice");
  deepStrictEqual(terminal.lines, ["[al]: one", "| two", "a notice", "lobby> hel"]);
  await types("lo\r");
  strictEqual(await line, "hello");
  await settled();
  strictEqual(terminal.lines.at(-1), "lobby>");
  await end();
  deepStrictEqual(terminal.lines, ["[al]: one", "| two", "a notice", ""]);
  deepStrictEqual(terminal.modes, ["keys", "lines"]);
  // deno-lint-ignore no-control-regex -- what a terminal is told
  match(terminal.written.out, /\x1b\[\?2004h[^]*\x1b\[\?2004l/);
});

Deno.test("what comes in one moment is one write, and keeps its order", none, async () => {
  const { terminal, face, types, end } = scene();
  void face.line();
  await types("typing");
  const before = terminal.writes;
  await Promise.all(Array.from({ length: 200 }, (_, n) => face.show(live("al", `m${n}`, n))));
  ok(terminal.writes - before <= 2, `${terminal.writes - before} writes`);
  const lines = Array.from({ length: 200 }, (_, n) => `[al]: m${n}`);
  deepStrictEqual(terminal.lines, [...lines, "lobby> typing"]);
  await end();
});

Deno.test("a slow terminal gets what is newest, and every line", none, async () => {
  const { terminal, face, types, end } = scene();
  void face.line();
  await settled();
  const held = Promise.withResolvers<void>();
  terminal.slow = () => held.promise;
  const first = face.show(live("al", "first", 1));
  await settled();
  for (const key of "hello") await types(key);
  const second = face.show(live("al", "second", 2));
  const before = terminal.writes;
  held.resolve();
  await Promise.all([first, second]);
  ok(terminal.writes - before <= 2);
  deepStrictEqual(terminal.lines, ["[al]: first", "[al]: second", "lobby> hello"]);
  await end();
});

Deno.test("no notice acts on the terminal, whatever has got into it", none, async () => {
  const { terminal, face } = scene();
  await face.notice("one\x1b]52;c;aGk=\x07\ntwo\x9b2J\u202e");
  strictEqual(terminal.written.err, "one\\x1b]52;c;aGk=\\x07\r\ntwo\\x9b2J\r\n");
  await face.close();
});

Deno.test("the prompt names the current conversation", none, async () => {
  const { terminal, face, types } = scene();
  const line = face.line();
  face.current({ kind: "group", name: "team" });
  await settled();
  strictEqual(terminal.lines.at(-1), "team>");
  await types("\x04");
  strictEqual(await line, null);
  await face.close();
  terminal.types(null);
});

Deno.test("a password is never written, and no arrow brings it back", none, async () => {
  const { terminal, face, types, end } = scene();
  const answer = face.askHidden("Password: ");
  await types("secret");
  strictEqual(terminal.lines.at(-1), "Password:");
  await types("\r");
  strictEqual(await answer, "secret");
  strictEqual(terminal.written.out.includes("secret"), false);
  strictEqual(terminal.lines[0], "Password:");
  void face.line();
  await types(UP);
  strictEqual(terminal.lines.at(-1), "lobby>");
  await end();
});

Deno.test("Ctrl-C while nothing is asked interrupts", none, async () => {
  const { terminal, face, types, interrupted, end } = scene();
  const name = face.ask("User name: ");
  await types("bob\r");
  strictEqual(await name, "bob");
  await types("\x03");
  deepStrictEqual(interrupted, [1]);
  await end();
  deepStrictEqual(terminal.lines, ["User name: bob", ""]);
});

Deno.test("Ctrl-C clears the line, warns, and leaves at the second time", none, async () => {
  const { terminal, face, types, end } = scene();
  const line = face.line();
  await types("not this\x03");
  strictEqual(terminal.lines.at(-1), "lobby>");
  await types("x\x7f\x03");
  ok(terminal.lines.includes("Press Ctrl-C once more to leave."));
  await types("\x03");
  strictEqual(await line, null);
  await end();
});

Deno.test("Ctrl-C stops what takes long, and leaves what is typed", none, async () => {
  const { terminal, face, types, end } = scene();
  let searches = 1;
  face.listen({ interrupted: () => searches-- > 0, away: () => {}, returned: () => {} });
  void face.line();
  await types("draft\x03");
  strictEqual(terminal.lines.at(-1), "lobby> draft");
  await types("\x03");
  strictEqual(terminal.lines.at(-1), "lobby>");
  await end();
});

Deno.test("a hundred lines typed ahead are kept, in order", none, async () => {
  const { terminal, face, end } = scene();
  const first = face.line();
  const lines = Array.from({ length: 150 }, (_, i) => `line ${i}`);
  terminal.types(lines.map((line) => `${line}\r`).join(""));
  const read = [await first];
  while (read.length < lines.length) read.push(await face.line());
  deepStrictEqual(read, lines);
  await end();
});

Deno.test("a question that cannot wait leaves what is being typed as it was", none, async () => {
  const { terminal, face, types } = scene();
  const line = face.line();
  await types("half a ");
  const password = face.askHidden("Password: ");
  await settled();
  strictEqual(terminal.lines.at(-1), "Password:");
  await types("secret\r");
  strictEqual(await password, "secret");
  await settled();
  strictEqual(terminal.lines.at(-1), "lobby> half a");
  await types("line\r");
  strictEqual(await line, "half a line");
  strictEqual(terminal.written.out.includes("secret"), false);
  const both = [face.line(), face.askHidden("Password: ")];
  await settled();
  terminal.types(null);
  deepStrictEqual(await Promise.all(both), [null, null]);
  await face.close();
});

Deno.test("what was typed ahead can be forgotten, whole lines and half of one", none, async () => {
  const { face, types, end } = scene();
  const answer = face.askHidden("Password: ");
  await types("wrong\rsecret\rsec");
  strictEqual(await answer, "wrong");
  face.discardTyped();
  const line = face.line();
  await types("hello\r");
  strictEqual(await line, "hello");
  await end();
});

Deno.test(
  "a password typed too early is forgotten, what was in the line before stays",
  none,
  async () => {
    const { terminal, face, types, end } = scene();
    const line = face.line();
    await types("draft");
    const password = face.askHidden("Password: ");
    await types("wrong\r");
    strictEqual(await password, "wrong");
    await types("right");
    face.discardTyped();
    await settled();
    strictEqual(terminal.lines.at(-1), "lobby> draft");
    await types("\r");
    strictEqual(await line, "draft");
    await end();
  },
);

Deno.test(
  "what is typed while nobody asks is not shown before it is known for what",
  none,
  async () => {
    const { terminal, face, types, end } = scene();
    const line = face.line();
    await types("@password\r");
    strictEqual(await line, "@password");
    await types("secret");
    strictEqual(terminal.lines.at(-1), "lobby>");
    const answer = face.askHidden("Present password: ");
    await types("\r");
    strictEqual(await answer, "secret");
    strictEqual(terminal.written.out.includes("secret"), false);
    await end();
  },
);

Deno.test(
  "a lobby that nobody chose is a notice, a chosen one is in the prompt alone",
  none,
  async () => {
    const { terminal, face } = scene();
    const conversation = { kind: "lobby" } as const;
    await face.show({ type: "chosen", conversation });
    await face.show({ type: "chosen", conversation, isFallback: true });
    strictEqual(terminal.written.err, "Now talking to the lobby.\r\n");
    await face.close();
  },
);

Deno.test("a message of one's own waits in the block and goes up once", none, async () => {
  const { terminal, face, types, end } = scene();
  face.loggedIn("bob");
  void face.line();
  await types("hi\r");
  face.status({ ...ON, pending: [waits("hi"), waits("one\ntwo", "alice")] });
  await settled();
  deepStrictEqual(terminal.lines, ["(sending) lobby: hi", "(sending) alice: one ↵ two", "lobby>"]);
  face.status({ ...ON, pending: [waits("one\ntwo", "alice")] });
  await face.show(live("bob", "hi", 1));
  deepStrictEqual(terminal.lines, ["[bob]: hi", "(sending) alice: one ↵ two", "lobby>"]);
  await end();
});

Deno.test("a text that was refused is back in the input, or when that is free", none, async () => {
  const { terminal, face, types, end } = scene();
  const refused = (typed: string) => face.show({ type: "refused", text: "No.", typed });
  let line = face.line();
  await types("@nobody hi\r");
  strictEqual(await line, "@nobody hi");
  line = face.line();
  await refused("@nobody hi");
  await settled();
  strictEqual(terminal.lines.at(-1), "lobby> @nobody hi");
  await refused("another");
  await settled();
  strictEqual(terminal.lines.at(-1), "lobby> @nobody hi");
  await types("\r");
  strictEqual(await line, "@nobody hi");
  line = face.line();
  await settled();
  strictEqual(terminal.lines.at(-1), "lobby> another");
  await types("\r");
  strictEqual(await line, "another");
  await end();
});

Deno.test(
  "the status says what is unread and when the next try is; the title counts",
  none,
  async () => {
    const { terminal, face, end } = scene();
    face.loggedIn("bob");
    void face.line();
    const unread = [
      { conversation: { kind: "user", name: "alice" }, count: 2, mentions: 0 },
      { conversation: { kind: "group", name: "team" }, count: 1, mentions: 1 },
    ] as const;
    face.status({ ...ON, unread });
    await settled();
    deepStrictEqual(terminal.lines, ["Unread: 1:alice 2, 2:#team 1!", "lobby>"]);
    face.status({ ...ON, connection: { state: "off", nextTryAt: NOW + 3_400 } });
    await settled();
    deepStrictEqual(terminal.lines, ["Not connected, next try in 4 s", "lobby>"]);
    face.status({ ...ON, connection: { state: "off", nextTryAt: null } });
    await settled();
    deepStrictEqual(terminal.lines, ["Connecting…", "lobby>"]);
    deepStrictEqual(terminal.titles, ["Fernchat", "(3) Fernchat", "Fernchat"]);
    await end();
    ok(terminal.written.out.endsWith("\x1b[?2026l"));
    ok(terminal.written.out.includes("\x1b[23;2t"));
  },
);

Deno.test("the terminal rings as it is set, once until somebody is there", none, async () => {
  const { terminal, face, types, end } = scene();
  face.loggedIn("bob");
  void face.line();
  const bells = async (
    bell: "off" | "dm" | "mention" | "all",
    ...shown: ReturnType<typeof live>[]
  ) => {
    face.configure({ ...SETTINGS, bell });
    await types("x");
    const before = terminal.bells;
    for (const one of shown) await face.show(one);
    return terminal.bells - before;
  };
  const said = live("al", "hi", 1);
  const toMe = live("al", "hi", 2, direct);
  const mention = live("al", "hi, Bob!", 3);
  strictEqual(await bells("off", said, toMe, mention), 0);
  strictEqual(await bells("dm", said, mention), 0);
  strictEqual(await bells("dm", toMe, toMe, toMe), 1);
  strictEqual(await bells("mention", said), 0);
  strictEqual(await bells("mention", mention, toMe), 1);
  strictEqual(await bells("all", said, said), 1);
  strictEqual(await bells("all", live("bob", "my own", 4)), 0);
  strictEqual(await bells("all", { ...said, type: "past" } as never), 0);
  await end();
});

Deno.test("Tab completes, a hint says what a command takes", none, async () => {
  const { terminal, face, types, end } = scene();
  face.configure({ ...SETTINGS, hints: "on" });
  face.complete({ users: ["alice", "alan"], groups: [] });
  void face.line();
  await types("@hist\t");
  strictEqual(terminal.lines.at(-1), "lobby> @history");
  ok(
    terminal.lines.some((line) => line.startsWith("@history n [name]")),
    terminal.lines.join("\n"),
  );
  await types("\x15@a\t");
  strictEqual(terminal.lines.at(-1), "lobby> @al");
  await types("\t");
  ok(terminal.lines.includes("@alan  @alice"), terminal.lines.join("\n"));
  await types("i\t");
  strictEqual(terminal.lines.at(-1), "lobby> @alice");
  await end();
});

Deno.test(
  "Alt and a number go to an unread conversation and leave what is typed",
  none,
  async () => {
    const { terminal, face, types, end } = scene();
    const line = face.line();
    await types("draft\x1b2");
    strictEqual(await line, "@next 2");
    void face.line();
    await settled();
    strictEqual(terminal.lines.at(-1), "lobby> draft");
    await types(`\x15${UP}`);
    strictEqual(terminal.lines.at(-1), "lobby>");
    await end();
  },
);

Deno.test(
  "the arrow up brings lines of earlier runs, and each new line is kept",
  none,
  async () => {
    const { terminal, face, types, end } = scene();
    const kept: string[] = [];
    face.recall(["one", "two"], (line) => kept.push(line));
    let line = face.line();
    await types(`${UP}${UP}`);
    strictEqual(terminal.lines.at(-1), "lobby> one");
    await types(`${DOWN}!\r`);
    strictEqual(await line, "two!");
    line = face.line();
    await types(`${UP}`);
    strictEqual(terminal.lines.at(-1), "lobby> two!");
    deepStrictEqual(kept, ["two!"]);
    await end();
  },
);

Deno.test("Ctrl-Z gives the terminal back, and takes it again where it goes on", none, async () => {
  const { terminal, face, types, end } = scene();
  face.loggedIn("bob");
  void face.line();
  await types("draft\x1a");
  strictEqual(terminal.stops, 1);
  deepStrictEqual(terminal.modes, ["keys", "lines", "lines", "keys"]);
  deepStrictEqual(terminal.lines, ["lobby> draft"]);
  // deno-lint-ignore no-control-regex -- what a terminal is told
  match(terminal.written.out, /\x1b\[\?2004l\x1b\[23;2t[^]*\x1b\[\?2004h/);
  await end();
});

Deno.test("Ctrl-L puts the block on an empty screen and loses nothing", none, async () => {
  const { terminal, face, types } = scene();
  terminal.takes = () => {};
  void face.line();
  await types("draft\x0c");
  // deno-lint-ignore no-control-regex -- what a terminal is told
  match(terminal.written.out, /\x1b\[24B\n{23}\x1b\[H/);
  terminal.types(null);
  await face.close();
});

Deno.test("where nobody looks, what comes is marked when somebody does", none, async () => {
  const { terminal, face, types, end } = scene();
  face.loggedIn("bob");
  const told: string[] = [];
  face.listen({
    interrupted: () => false,
    away: () => told.push("away"),
    returned: () => told.push("returned"),
  });
  void face.line();
  await types("\x1b[O");
  await face.show(live("al", "one", 1));
  await face.show(live("al", "two", 2));
  await types("\x1b[I");
  await face.show(live("al", "three", 3));
  deepStrictEqual(told, ["away", "returned"]);
  deepStrictEqual(terminal.lines, [
    "--- new since you were here ---",
    "[al]: one",
    "[al]: two",
    "[al]: three",
    "lobby>",
  ]);
  await end();
});

Deno.test("a paste of fifty lines is one message", none, async () => {
  const { face, types, end } = scene();
  const lines = Array.from({ length: 50 }, (_, n) => `line ${n}`);
  const line = face.line();
  await types(`\x1b[200~${lines.join("\r")}\x1b[201~\r`);
  strictEqual(await line, lines.join("\n"));
  await end();
});
