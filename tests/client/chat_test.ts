import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { chat, type ChatResult } from "../../client/chat.ts";
import { Session } from "../../client/session.ts";
import type { FrameObject } from "../../protocol/frame.ts";
import { LinkError } from "../../transport/link_error.ts";
import { FakeFace } from "./fake_face.ts";
import { FakeLink } from "./fake_link.ts";
import { says } from "./fake_server.ts";

const none = { permissions: "none" } as const;

interface Scene {
  readonly link: FakeLink;
  readonly face: FakeFace;
  readonly result: Promise<ChatResult>;
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
): Scene {
  const link = new FakeLink(answer);
  const stop = new AbortController();
  let id = 0;
  const welcome = { cursor: 5, last: 5 };
  const newId = () => `id${++id}`;
  const session = new Session({ welcome, isNew: false, missed: "all", newId });
  face.loggedIn("bob");
  const result = chat({ link, frames: link.frames(), session, face, signal: stop.signal });
  return { link, face, stop, result };
}

function types({ link }: Scene): string[] {
  return link.sent.map(({ t }) => t);
}

Deno.test(
  "a piped input is sent, shown, reported as seen, and ends with goodbye",
  none,
  async () => {
    const scene = begin(new FakeFace("pipe", ["hello", null]));
    deepStrictEqual(await scene.result, {
      ending: { type: "end_of_input" },
      unstored: { pending: 0, refused: 0 },
    });
    deepStrictEqual(scene.face.lines, ["[bob]: hello"]);
    deepStrictEqual(types(scene), ["send", "seen", "bye"]);
    strictEqual(scene.link.sent[1]?.["upto"], 6);
    strictEqual(scene.link.closed, "said goodbye");
  },
);

Deno.test("@quit ends the session, whatever else the pipe holds", none, async () => {
  const scene = begin(new FakeFace("pipe", ["@quit", "more", null]));
  strictEqual((await scene.result).ending.type, "quit");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("a person who ends the input quits", none, async () => {
  strictEqual((await begin(new FakeFace("person", [null])).result).ending.type, "quit");
});

Deno.test("the server's goodbye ends the session and says what is not stored", none, async () => {
  const scene = begin(
    new FakeFace("pipe", ["hello", null]),
    ({ t }) => t === "send" ? { t: "bye", reason: "shutdown" } : undefined,
  );
  deepStrictEqual(await scene.result, {
    ending: { type: "bye", reason: "shutdown" },
    unstored: { pending: 1, refused: 0 },
  });
});

Deno.test("a signal ends the session with goodbye", none, async () => {
  const scene = begin(new FakeFace("person"));
  scene.stop.abort();
  strictEqual((await scene.result).ending.type, "signal");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("a broken connection is told apart from a goodbye", none, async () => {
  const scene = begin(new FakeFace("person"));
  scene.link.receives(new LinkError("truncated"));
  const { ending } = await scene.result;
  strictEqual(ending.type === "failed" && ending.error.code, "truncated");
});

Deno.test(
  "a known event with wrong fields is a faulty server, an unknown one is nothing",
  none,
  async () => {
    const scene = begin(new FakeFace("person"));
    scene.link.receives({ t: "advert" });
    scene.link.receives({ t: "joined", user: 5 });
    const { ending } = await scene.result;
    strictEqual(ending.type === "failed" && ending.error.code, "bad_frame");
  },
);

Deno.test("what could not be written out is not reported as seen", none, async () => {
  const face = new FakeFace("person");
  face.show = () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe"));
  const scene = begin(face);
  scene.link.receives({ ...says("al", "hi", { id: 9 }) });
  strictEqual((await scene.result).ending.type, "output_closed");
  deepStrictEqual(types(scene), ["bye"]);
});

Deno.test("an error that is no failure of the system comes out", none, async () => {
  const face = new FakeFace("person");
  face.show = () => Promise.reject(new TypeError("a bug"));
  const scene = begin(face);
  scene.link.receives({ ...says("al", "hi", { id: 9 }) });
  await rejects(scene.result, TypeError);
});

Deno.test("the prompt follows the current conversation", none, async () => {
  const scene = begin(
    new FakeFace("person", ["@al", null]),
    (frame) =>
      frame.t === "lookup"
        ? { t: "found", re: frame["id"], name: "al", kind: "user" }
        : server(frame),
  );
  await scene.result;
  deepStrictEqual(scene.face.conversation, { kind: "user", name: "al" });
});
