import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { PendingMessage } from "../../client/pending_message.ts";
import { ask, type Request, show } from "../../client/request.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Entry, Event } from "../../protocol/event.ts";
import { AT, says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;
const stamp = "2026-11-22 18:03";

type Sent<T extends CommandInput["t"]> = Extract<CommandInput, { t: T }> & { id: string | number };

function messages(count: number, first = 1): Entry[] {
  return Array.from({ length: count }, (_, i) => says("al", `m${first + i}`, { id: first + i }));
}

function pending(id: string, body: string, to = "lobby"): PendingMessage {
  return { id, to, body, at: AT };
}

Deno.test("after a lost connection it goes on behind the last entry that was shown", none, () => {
  const scene = new Scene({}, messages(2)).start().hears(says("al", "m3", { id: 3 }));
  scene.entries.push(...messages(4, 3));
  scene.loses().reconnects().hears(says("al", "m7", { id: 7 }));
  deepStrictEqual(scene.lines, [
    "--- 2 messages while you were away ---",
    `${stamp} [al]: m1`,
    `${stamp} [al]: m2`,
    "--- now ---",
    "[al]: m3",
    "--- 3 messages while you were away ---",
    `${stamp} [al]: m4`,
    `${stamp} [al]: m5`,
    `${stamp} [al]: m6`,
    "--- now ---",
    "[al]: m7",
  ]);
  strictEqual(scene.upto, 7);
});

Deno.test("when nothing was missed, a new connection says nothing", none, () => {
  const scene = new Scene().start().hears(says("al", "hi", { id: 3 })).loses();
  deepStrictEqual(scene.reconnects().lines, ["[al]: hi"]);
});

Deno.test("a terminal shows all of what came while the connection was lost", none, () => {
  const scene = new Scene({ missed: 3 }).start().loses();
  scene.entries.push(...messages(10));
  strictEqual(scene.reconnects().lines.length, 12);
});

Deno.test("a message that was stored, but whose answers were lost, is shown once", none, () => {
  const scene = new Scene().start().pauses().types("hello");
  const [sent] = scene.commands("send");
  if (sent !== undefined) scene.stores(sent);
  strictEqual(scene.loses().session.pending, 1);
  scene.reconnects();
  deepStrictEqual(scene.lines, [
    "--- 1 message while you were away ---",
    `${stamp} [bob]: hello`,
    "--- now ---",
  ]);
  deepStrictEqual([scene.session.pending, scene.kept.size, scene.entries.length], [0, 0, 1]);
  deepStrictEqual(scene.commands("send").map(({ id }) => id), ["id1", "id1"]);
});

Deno.test(
  "a message that was not stored goes out once more, and what waits behind it follows",
  none,
  () => {
    const scene = new Scene().start().pauses().types("one").loses().types("two", "@history 5");
    strictEqual(scene.sent.length, 1);
    scene.reconnects();
    deepStrictEqual(scene.lines, [
      "[bob]: one",
      "[bob]: two",
      "--- Last 2 Messages ---",
      `${stamp} [bob]: one`,
      `${stamp} [bob]: two`,
    ]);
  },
);

Deno.test(
  "when the acknowledgement came but the entry did not, nothing is sent again",
  none,
  () => {
    const scene = new Scene().answering("send", ({ id: re }: Sent<"send">) => ({
      t: "ack",
      re,
      id: 7,
      at: 0,
    })).start().types("hello", "@quit").loses();
    scene.entries.push(says("bob", "hello", { id: 7 }));
    scene.reconnects();
    strictEqual(scene.commands("send").length, 1);
    deepStrictEqual([scene.lines[1], scene.hasLeft], [`${stamp} [bob]: hello`, true]);
  },
);

Deno.test(
  "a connection lost while catching up fails begins again at what was shown",
  none,
  () => {
    const scene = new Scene({}, messages(2)).answering(
      "history",
      ({ id: re }: Sent<"history">) => ({
        t: "error",
        re,
        code: "storage",
        msg: "No disk.",
      }),
    ).start().hears(says("al", "m3", { id: 3 })).loses();
    scene.entries.push(...messages(1, 3));
    const { entries } = scene;
    scene.answering("history", ({ id: re }: Sent<"history">) => ({
      t: "history",
      re,
      entries,
      more: false,
      total: 3,
    })).reconnects().retries();
    deepStrictEqual(scene.lines.slice(1), [
      "--- 3 messages while you were away ---",
      ...[1, 2, 3].map((i) => `${stamp} [al]: m${i}`),
      "--- now ---",
    ]);
    strictEqual(scene.upto, 3);
  },
);

Deno.test(
  "a message whose id the server may have forgotten meanwhile is set aside, not sent again",
  none,
  () => {
    let time = AT;
    const scene = new Scene({ now: () => time })
      .answering(
        "names",
        ({ id: re }: Sent<"names">) => ({ t: "names", re, users: [], more: false }),
      )
      .start().pauses().types("one");
    scene.loses().types("two", "@names");
    time += 8 * 86_400_000;
    scene.types("three").reconnects();
    deepStrictEqual(scene.commands("send").map(({ body }) => body), ["one", "three"]);
    strictEqual(scene.commands("names").length, 1);
    deepStrictEqual([scene.setAside, scene.session.pending, scene.kept.size], [[2], 2, 2]);
    const aside = scene.session.takeAside();
    deepStrictEqual(aside.map(({ body }) => body), ["one", "two"]);
    deepStrictEqual([scene.session.takeAside(), scene.session.pending], [[], 0]);
  },
);

Deno.test("what was acknowledged gets never old", none, () => {
  let time = AT;
  const scene = new Scene({ now: () => time }).answering("send", ({ id: re }: Sent<"send">) => ({
    t: "ack",
    re,
    id: 7,
    at: 0,
  })).start().types("hello").loses();
  time += 8 * 86_400_000;
  scene.entries.push(says("bob", "hello", { id: 7 }));
  scene.reconnects();
  deepStrictEqual([scene.setAside, scene.session.pending, scene.session.waiting], [[], 0, 0]);
});

Deno.test("a request that was not answered is asked again", none, () => {
  const scene = new Scene().answering("names", ({ id: re }: Sent<"names">) => ({
    t: "names",
    re,
    users: ["al"],
    more: false,
  })).start().pauses().types("@names").loses();
  deepStrictEqual(scene.reconnects().lines, ["Online users: al"]);
});

Deno.test(
  "a connection that is lost while catching up is taken up behind what was shown",
  none,
  () => {
    const scene = new Scene({}, messages(5));
    let pages = 0;
    scene.answering("history", ({ id: re, after = 0 }: Sent<"history">): Event | null => {
      if (++pages === 2) return null;
      const entries = scene.entries.filter(({ id }) => id > after).slice(0, 2);
      return { t: "history", re, entries, more: (entries.at(-1)?.id ?? 5) < 5, total: 5 - after };
    });
    scene.start().loses().reconnects();
    deepStrictEqual(
      scene.lines.filter((line) => line.includes("[al]")),
      [1, 2, 3, 4, 5].map((i) => `${stamp} [al]: m${i}`),
    );
  },
);

Deno.test("however connections are lost, each entry is shown once and in order", none, () => {
  const step = fc.constantFrom("live", "missed", "cut", "typed");
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const scene = new Scene().start();
    let isConnected = true;
    for (const one of steps) {
      const last = scene.entries.at(-1)?.id ?? 1_000;
      const entry = says("al", `m${last + 1}`, { id: last + 1 });
      if (one === "typed") scene.types("typed");
      else if (one === "cut") {
        if (isConnected) scene.loses();
        else scene.reconnects();
        isConnected = !isConnected;
      } else {
        scene.entries.push(entry);
        if (isConnected && one === "live") scene.hears(entry);
        else if (isConnected) {
          scene.loses();
          isConnected = false;
        }
      }
    }
    if (!isConnected) scene.reconnects();
    const shown = scene.lines.filter((line) => line.includes("]: "))
      .map((line) => line.replace(/^.*\]: /, ""));
    deepStrictEqual(
      shown,
      scene.entries.map((entry) => entry.t === "message" ? entry.body : ""),
    );
    deepStrictEqual([scene.session.pending, scene.kept.size], [0, 0]);
  }));
});

Deno.test("a message has its receiver from the moment it is typed", none, () => {
  const scene = new Scene().answering("lookup", ({ id: re, name }: Sent<"lookup">): Event => {
    return name === "nmaes"
      ? { t: "error", re, code: "no_user", msg: "No." }
      : { t: "found", re, name, kind: "group" };
  }).start().loses().types("@team", "one", "@al two", "@lobby", "three", "@nmaes", "four");
  const kept = () => [...scene.kept.values()].map(({ to, body }) => `${to} ${body}`);
  deepStrictEqual(kept(), ["team one", "al two", "lobby three", "nmaes four"]);
  scene.pauses().reconnects();
  // A mistyped command was no conversation after all.
  scene.resumes();
  deepStrictEqual(scene.commands("send").map(({ to, kind }) => [to, kind]), [
    ["team", "group"],
    ["al", undefined],
    ["lobby", undefined],
    ["lobby", undefined],
  ]);
  deepStrictEqual(kept(), []);
});

Deno.test("what an earlier run has left goes out first, in order, under its ids", none, () => {
  const scene = new Scene().restores(pending("a", "first"), pending("b", "second", "al"))
    .start().types("third");
  deepStrictEqual(scene.commands("send").map(({ id, to, body }) => `${id} ${to} ${body}`), [
    "a lobby first",
    "b al second",
    "id1 lobby third",
  ]);
});

Deno.test(
  "what an earlier run has left and the server refuses is shown, and not kept",
  none,
  () => {
    const scene = new Scene().answering("send", ({ id: re }: Sent<"send">) => ({
      t: "error",
      re,
      code: "no_user",
      msg: "User zed does not exist.",
    })).restores(pending("a", "hello", "zed")).start();
    deepStrictEqual(scene.lines, ["ERROR: User zed does not exist. Not sent: hello"]);
  },
);

Deno.test("without a connection the end of the input is the end, where nothing waits", none, () => {
  strictEqual(new Scene().start().loses().finishes().hasLeft, true);
  const scene = new Scene().start().loses().types("hello").finishes();
  strictEqual(scene.hasLeft, false);
  strictEqual(scene.reconnects().hasLeft, true);
});

Deno.test("a wait that the server asked for is over with its connection", none, () => {
  const scene = new Scene().answering("send", ({ id: re }: Sent<"send">): Event => ({
    t: "error",
    re,
    code: "rate",
    msg: "Too fast.",
    after: 2,
  })).start().types("one").loses().retries();
  strictEqual(scene.commands("send").length, 1);
  strictEqual(scene.reconnects().commands("send").length, 2);
});

Deno.test(
  "a change of the password is not asked again: it was signed for the lost connection",
  none,
  () => {
    const scene = new Scene().start().pauses().requests(function* (): Request {
      const command = {
        t: "passwd",
        kdf: 1,
        salt: "",
        pk: "",
        old: "",
        new: "",
        vault: "",
      } as const;
      const answer = yield* ask(command);
      yield* show({ type: "done", text: answer.t === "error" ? answer.code : answer.t });
      return "done";
    }()).loses().reconnects();
    deepStrictEqual([scene.commands("passwd").length, scene.lines], [1, ["cut_off"]]);
  },
);

Deno.test("more lines than can be kept are refused, not forgotten", none, () => {
  const scene = new Scene().start().loses();
  scene.types(...Array.from({ length: 501 }, (_, n) => `line ${n}`));
  deepStrictEqual(scene.lines, ["ERROR: Not done: too many lines wait for the server."]);
  deepStrictEqual([scene.kept.size, scene.session.refused], [500, 1]);
});
