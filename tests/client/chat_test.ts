import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Chat } from "../../client/chat.ts";
import type { LinkEnding, UserEnding } from "../../client/ending.ts";
import type { PendingMessage } from "../../client/pending_message.ts";
import { Session } from "../../client/session.ts";
import { type SessionSettings, settingsInMemory } from "../../client/settings.ts";
import { takeLines } from "../../client/typing.ts";
import type { FrameObject } from "../../protocol/frame.ts";
import { LinkError } from "../../transport/link_error.ts";
import { FakeFace } from "./fake_face.ts";
import { FakeLink } from "./fake_link.ts";
import { AT, says } from "./fake_server.ts";
import { PassThrough } from "./pass_through.ts";

const none = { permissions: "none" } as const;

/** A journal that writes down what is done to it. */
class FakeJournal {
  readonly log: string[] = [];
  readonly messages = new Map<string, PendingMessage>();
  get kept(): number {
    return this.messages.size;
  }
  keep(message: PendingMessage): void {
    this.log.push(`keep ${message.id}`);
    this.messages.set(message.id, message);
  }
  settle(id: string): void {
    this.log.push(`settle ${id}`);
    this.messages.delete(id);
  }
  stored(): Promise<void> {
    this.log.push("stored");
    return Promise.resolve();
  }
}

interface Scene extends Disposable {
  /** Goes forward when a test says so. */
  readonly clock: { now: number };
  readonly link: FakeLink;
  readonly face: FakeFace;
  readonly chat: Chat<FakeLink>;
  readonly journal: FakeJournal;
  readonly result: Promise<LinkEnding | UserEnding>;
  readonly stop: AbortController;
}

/** Answers `bye` with `bye`, and a message with its acknowledgement and its entry. */
function server(frame: FrameObject): unknown {
  if (frame.t === "bye") return { t: "bye" };
  if (frame.t !== "send") return undefined;
  const { id: re, body } = frame;
  return [{ t: "ack", re, id: 6, at: 0 }, says("bob", String(body), { id: 6 })];
}

function begin(
  face: FakeFace,
  answer: (frame: FrameObject) => unknown = server,
  settings: SessionSettings = settingsInMemory(),
): Scene {
  const link = new FakeLink(answer);
  const stop = new AbortController();
  const journal = new FakeJournal();
  const clock = { now: AT };
  let id = 0;
  const session = new Session({
    welcome: { cursor: 5, last: 5 },
    isNew: false,
    missed: "all",
    newId: () => `id${++id}`,
    now: () => clock.now,
    settings,
  });
  face.loggedIn("bob");
  const sealing = new PassThrough();
  const chat = new Chat<FakeLink>({ session, face, journal, sealing, signal: stop.signal });
  void takeLines({
    face,
    session,
    chat,
    journal,
    old: [],
    changePassword: () => Promise.resolve(null),
    now: () => clock.now,
  });
  const result = chat.converse({ link, frames: link.frames(), last: 5 });
  return {
    clock,
    link,
    face,
    chat,
    journal,
    stop,
    result,
    [Symbol.dispose]: () => chat[Symbol.dispose](),
  };
}

/** Lets everything happen that waits for no timer. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

function types({ link }: Scene): string[] {
  return link.sent.map(({ t }) => t);
}

Deno.test(
  "a piped input is sent, shown, reported as seen, and ends with goodbye",
  none,
  async () => {
    using scene = begin(new FakeFace("pipe", ["hello", null]));
    deepStrictEqual(await scene.result, { type: "end_of_input" });
    deepStrictEqual(scene.chat.unstored, { pending: 0, refused: 0, kept: 0 });
    deepStrictEqual(scene.face.lines, ["[bob]: hello"]);
    deepStrictEqual(types(scene), ["send", "seen", "bye"]);
    strictEqual(scene.link.sent[1]?.["upto"], 6);
    strictEqual(scene.link.closed, "said goodbye");
  },
);

Deno.test("@quit ends the session, whatever else the pipe holds", none, async () => {
  using scene = begin(new FakeFace("pipe", ["@quit", "more", null]));
  strictEqual((await scene.result).type, "quit");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("a person who ends the input quits", none, async () => {
  using scene = begin(new FakeFace("person", [null]));
  strictEqual((await scene.result).type, "quit");
});

Deno.test("the server's goodbye ends the connection, not the chat", none, async () => {
  using scene = begin(
    new FakeFace("pipe", ["hello", null]),
    ({ t }) => t === "send" ? { t: "bye", reason: "shutdown" } : undefined,
  );
  deepStrictEqual(await scene.result, { type: "bye", reason: "shutdown" });
  deepStrictEqual(scene.chat.unstored, { pending: 1, refused: 0, kept: 1 });
});

Deno.test("a signal ends the session with goodbye", none, async () => {
  using scene = begin(new FakeFace("person"));
  scene.stop.abort();
  strictEqual((await scene.result).type, "signal");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("a broken connection is told apart from a goodbye", none, async () => {
  using scene = begin(new FakeFace("person"));
  scene.link.receives(new LinkError("truncated"));
  const ending = await scene.result;
  strictEqual(ending.type === "failed" && ending.error.code, "truncated");
});

Deno.test(
  "a known event with wrong fields is a faulty server, an unknown one is nothing",
  none,
  async () => {
    using scene = begin(new FakeFace("person"));
    scene.link.receives({ t: "advert" });
    scene.link.receives({ t: "joined", user: 5 });
    const ending = await scene.result;
    strictEqual(ending.type === "failed" && ending.error.code, "bad_frame");
  },
);

Deno.test("what could not be written out is not reported as seen", none, async () => {
  const face = new FakeFace("person");
  face.show = () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe"));
  using scene = begin(face);
  scene.link.receives({ ...says("al", "hi", { id: 9 }) });
  strictEqual((await scene.result).type, "output_closed");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("an error that is no failure of the system comes out", none, async () => {
  const face = new FakeFace("person");
  face.show = () => Promise.reject(new TypeError("a bug"));
  using scene = begin(face);
  scene.link.receives({ ...says("al", "hi", { id: 9 }) });
  await rejects(scene.result, TypeError);
});

Deno.test("the prompt follows the current conversation", none, async () => {
  using scene = begin(
    new FakeFace("person", ["@al", null]),
    (frame) =>
      frame.t === "lookup"
        ? { t: "found", re: frame["id"], name: "al", kind: "user" }
        : server(frame),
  );
  await scene.result;
  deepStrictEqual(scene.face.conversation, { kind: "user", name: "al" });
});

Deno.test(
  "a message is on the disk before it is sent, and off it when it is answered",
  none,
  async () => {
    using scene = begin(new FakeFace("pipe", ["hello", null]), (frame) => {
      if (frame.t === "send") scene.journal.log.push("sent");
      return server(frame);
    });
    await scene.result;
    deepStrictEqual(scene.journal.log, ["keep id1", "stored", "sent", "settle id1"]);
  },
);

Deno.test(
  "what was not answered goes out once more on the next connection, under the same id",
  none,
  async () => {
    using scene = begin(new FakeFace("pipe", ["one", "two"]), () => undefined);
    await settled();
    scene.link.receives(new LinkError("truncated"));
    strictEqual((await scene.result).type, "failed");
    strictEqual(scene.chat.unstored.pending, 2);
    const link = new FakeLink(server);
    const again = scene.chat.converse({ link, frames: link.frames(), last: 5 });
    await settled();
    scene.face.types(null);
    strictEqual((await again).type, "end_of_input");
    deepStrictEqual(scene.link.ofType("send").map(({ id }) => id), ["id1"]);
    deepStrictEqual(link.ofType("send").map(({ id, body }) => `${id} ${body}`), [
      "id1 one",
      "id2 two",
    ]);
    strictEqual(scene.chat.unstored.kept, 0);
  },
);

Deno.test(
  "the server is told again what was shown, since it may have been lost",
  none,
  async () => {
    using scene = begin(new FakeFace("person"));
    scene.link.receives(says("al", "hi", { id: 9 }));
    await settled();
    scene.link.receives(new LinkError("truncated"));
    await scene.result;
    const link = new FakeLink(server);
    void scene.chat.converse({ link, frames: link.frames(), last: 9 });
    await settled();
    deepStrictEqual(link.ofType("seen").map(({ upto }) => upto), [9]);
    scene.stop.abort();
    await scene.chat.ended;
    await settled();
  },
);

Deno.test(
  "without a connection @quit, a closed terminal and a signal leave at once",
  none,
  async () => {
    const ways: readonly (readonly [string, (scene: Scene) => void])[] = [
      ["quit", ({ face }) => face.types("@quit")],
      ["quit", ({ face }) => face.types(null)],
      ["signal", ({ stop }) => stop.abort()],
    ];
    for (const [type, leave] of ways) {
      using scene = begin(new FakeFace("person"));
      scene.link.receives(new LinkError("truncated"));
      await scene.result;
      scene.face.types("later");
      await settled();
      leave(scene);
      strictEqual((await scene.chat.ended).type, type);
      ok(scene.chat.left.aborted);
      strictEqual(scene.chat.unstored.kept, 1);
    }
  },
);

Deno.test(
  "a pipe that ends while there is no connection stays for what is pending, and no longer",
  none,
  async () => {
    using idle = begin(new FakeFace("pipe"));
    using busy = begin(new FakeFace("pipe", ["hello"]), () => undefined);
    for (const scene of [idle, busy]) {
      await settled();
      scene.link.receives(new LinkError("truncated"));
      await scene.result;
      scene.face.types(null);
      await settled();
    }
    deepStrictEqual([idle.chat.left.aborted, busy.chat.left.aborted], [true, false]);
  },
);

Deno.test("a connection that this side has ended for its age is no lost one", none, async () => {
  using scene = begin(new FakeFace("person"));
  scene.link.ending = "rekey";
  scene.link.receives(new LinkError("truncated"));
  deepStrictEqual(await scene.result, { type: "bye", reason: "rekey" });
});

Deno.test(
  "when nothing can be sent any more, the run fails instead of going silent",
  none,
  async () => {
    using scene = begin(new FakeFace("person"));
    scene.journal.stored = () => Promise.reject(new TypeError("a bug"));
    scene.face.types("hello");
    await rejects(scene.result, TypeError);
  },
);

/** A message is sent, its answer is lost, and the next connection comes eight days later. */
async function afterEightDays(scene: Scene): Promise<FakeLink> {
  await settled();
  scene.link.receives(new LinkError("truncated"));
  await scene.result;
  scene.clock.now += 8 * 86_400_000;
  return new FakeLink(server);
}

Deno.test(
  "a person is asked about what got old in the run, and his answer holds",
  none,
  async () => {
    const cases = [["y", ["id1"], 0], ["d", [], 0], ["", [], 1]] as const;
    for (const [answer, sent, kept] of cases) {
      using scene = begin(new FakeFace("person", ["hello"]), ({ t }) => t === "bye" ? { t } : null);
      const link = await afterEightDays(scene);
      const ending = scene.chat.converse({ link, frames: link.frames(), last: 5 });
      await settled();
      deepStrictEqual(scene.face.notices, [
        "1 message is more than six days old and kept. Press Enter to decide.",
      ]);
      deepStrictEqual(link.ofType("send"), []);
      scene.face.types("");
      await settled();
      ok(scene.face.questions[0]?.endsWith('"hello". Send it now? [y/N, d deletes it] '));
      scene.face.types(answer);
      await settled();
      deepStrictEqual(link.ofType("send").map(({ id }) => id), sent);
      scene.face.types(null);
      strictEqual((await ending).type, "quit");
      deepStrictEqual([scene.chat.unstored.kept, scene.face.questions.length], [kept, 1]);
    }
  },
);

Deno.test("a pipe is told what got old in the run; it is not stored, and kept", none, async () => {
  using scene = begin(new FakeFace("pipe", ["hello"]), () => undefined);
  const link = await afterEightDays(scene);
  const ending = scene.chat.converse({ link, frames: link.frames(), last: 5 });
  await settled();
  scene.face.types(null);
  strictEqual((await ending).type, "end_of_input");
  deepStrictEqual(link.ofType("send"), []);
  deepStrictEqual(scene.chat.unstored, { pending: 1, refused: 0, kept: 1 });
  match(scene.face.notices[0] ?? "", /^1 message is more than six days old and kept\. Start /);
});

Deno.test(
  "what is not shown of ignored people is reported as seen all the same",
  none,
  async () => {
    const settings = settingsInMemory();
    settings.ignore("eve");
    const answer = ({ t }: FrameObject) => t === "bye" ? { t: "bye" } : undefined;
    using scene = begin(new FakeFace("pipe"), answer, settings);
    scene.link.receives(says("eve", "buy now", { id: 9 }));
    await settled();
    scene.face.types(null);
    deepStrictEqual(await scene.result, { type: "end_of_input" });
    deepStrictEqual(scene.face.lines, []);
    deepStrictEqual(scene.link.sent.map(({ t, upto }) => [t, upto]), [["seen", 9], [
      "bye",
      undefined,
    ]]);
  },
);
