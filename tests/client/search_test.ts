import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { OpenedEvent } from "../../client/opened.ts";
import { folded, holdsAll, searchWords } from "../../client/search.ts";
import { settingsInMemory } from "../../client/settings.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Entry, Event } from "../../protocol/event.ts";
import { says, Scene } from "./fake_server.ts";

const none = { permissions: "none" } as const;

type History = Extract<CommandInput, { t: "history" }>;

function texts(...bodies: readonly string[]): Entry[] {
  return bodies.map((body, at) => says("al", body, { id: at + 1 }));
}

/** Bob at a terminal, who has seen everything there is. */
function person(entries: readonly (Entry | ReturnType<typeof damaged>)[], page = 2): Scene {
  const last = entries.at(-1)?.id ?? 0;
  const scene = new Scene({ person: "bob", welcome: { cursor: last, last } }, entries);
  scene.page = page;
  return scene.start();
}

function damaged(id: number) {
  return { t: "damaged", id, at: 0, conversation: "x", text: "[not shown]: lunch" } as const;
}

function bodiesIn(scene: Scene): string[] {
  return scene.lines.flatMap((line) => / \[al\]: (.*)$/.exec(line)?.[1] ?? []);
}

Deno.test("@search shows what holds all words, newest first, and how many there are", none, () => {
  const scene = person(texts("lunch on friday", "lunch", "Friday's LUNCH", "dinner on friday"))
    .types("@search lunch friday");
  deepStrictEqual(scene.lines, [
    '--- Messages with "lunch friday", newest first ---',
    "2026-11-22 18:03 [al]: Friday's LUNCH",
    "2026-11-22 18:03 [al]: lunch on friday",
    "--- 2 messages found ---",
  ]);
});

Deno.test(
  "a search asks for page after page, each behind the one before, to the beginning",
  none,
  () => {
    const scene = person(texts("a", "b", "c", "d", "e")).types("@search zzz");
    deepStrictEqual(
      scene.commands("history").map(({ upto, of, kinds }) => [upto, of, kinds]),
      [[Number.MAX_SAFE_INTEGER, undefined, undefined], [3, undefined, undefined], [
        1,
        undefined,
        undefined,
      ]],
    );
    strictEqual(scene.lines.at(-1), "--- 0 messages found ---");
  },
);

Deno.test("what is found in a page is shown before the next page has come", none, () => {
  const scene = person(texts("lunch 1", "lunch 2", "lunch 3", "lunch 4"));
  const pages: History[] = [];
  scene.answering("history", (command: History) => {
    pages.push(command);
    return null;
  }).types("@search lunch");
  deepStrictEqual(bodiesIn(scene), []);
  scene.hears(pageFor(scene, pages[0]));
  deepStrictEqual(bodiesIn(scene), ["lunch 4", "lunch 3"]);
  strictEqual(pages.length, 2);
});

function pageFor(scene: Scene, command: History | undefined): OpenedEvent {
  ok(command !== undefined);
  const { id: re, upto = Infinity } = command;
  const all = scene.entries.filter(({ id }) => id <= upto);
  return { t: "history", re, entries: all.slice(-scene.page), more: all.length > scene.page };
}

Deno.test("while it searches, a person goes on talking and going elsewhere", none, () => {
  const scene = person(texts("lunch 1", "lunch 2", "lunch 3"));
  scene.answering("history", () => null).types("@search lunch", "hello", "@lobby");
  deepStrictEqual(scene.commands("send").map(({ body }) => body), ["hello"]);
  strictEqual(scene.lines.includes("[bob]: hello"), true);
});

Deno.test(
  "the lines of a pipe keep their order: what follows a search waits for its end",
  none,
  () => {
    const scene = new Scene({ welcome: { cursor: 3, last: 3 } }, texts("lunch", "x", "y")).start();
    scene.page = 1;
    scene.pauses().types("@search lunch", "hello").finishes();
    deepStrictEqual(scene.commands("send"), []);
    scene.resumes();
    deepStrictEqual(scene.lines.slice(-2), ["--- 1 message found ---", "[bob]: hello"]);
    strictEqual(scene.hasLeft, true);
  },
);

Deno.test("a search that is stopped says how far it came, and asks no more", none, () => {
  const scene = person(texts("lunch 1", "b", "c", "lunch 2"));
  const pages: History[] = [];
  scene.answering("history", (command: History) => {
    pages.push(command);
    return null;
  }).types("@search lunch").hears(pageFor(scene, pages[0]));
  deepStrictEqual(scene.interrupts(), true);
  strictEqual(scene.lines.at(-1), "--- 1 message found, stopped before the first message ---");
  // The page that was asked for comes too late.
  scene.hears(pageFor(scene, pages[1]));
  strictEqual(pages.length, 2);
  deepStrictEqual(bodiesIn(scene), ["lunch 2"]);
  deepStrictEqual(scene.interrupts(), false);
});

Deno.test("Ctrl-C is nothing to a session where nothing takes long", none, () => {
  const scene = person(texts("a")).pauses().types("hello");
  deepStrictEqual(scene.session.interrupt(), []);
  strictEqual(scene.session.pending, 1);
});

Deno.test(
  "a list that is being fetched is stopped, and what was typed behind it goes on",
  none,
  () => {
    const scene = person(texts("a", "b"));
    scene.answering("history", () => null).types("@history 10", "hello");
    deepStrictEqual(scene.commands("send"), []);
    deepStrictEqual(scene.interrupts(), true);
    deepStrictEqual(scene.lines, ["Stopped.", "[bob]: hello"]);
  },
);

Deno.test("another search takes the place of the one that goes on", none, () => {
  const scene = person(texts("lunch", "dinner")).pauses().types("@search lunch", "@search dinner");
  scene.resumes();
  deepStrictEqual(scene.lines, [
    '--- Messages with "lunch", newest first ---',
    "--- 0 messages found, stopped before the first message ---",
    '--- Messages with "dinner", newest first ---',
    "2026-11-22 18:03 [al]: dinner",
    "--- 1 message found ---",
  ]);
});

Deno.test(
  "a search goes on over a connection that is lost meanwhile, and finds nothing twice",
  none,
  () => {
    const scene = person(texts("lunch 1", "lunch 2", "lunch 3", "lunch 4"));
    const pages: History[] = [];
    scene.answering("history", (command: History) => {
      pages.push(command);
      return null;
    }).types("@search lunch").hears(pageFor(scene, pages[0]));
    scene.loses().reconnects();
    strictEqual(pages.length, 3);
    strictEqual(pages[2]?.upto, 2);
    scene.hears(pageFor(scene, pages[2]));
    deepStrictEqual(bodiesIn(scene), ["lunch 4", "lunch 3", "lunch 2", "lunch 1"]);
    strictEqual(scene.lines.at(-1), "--- 4 messages found ---");
  },
);

Deno.test("a search that is typed without a connection begins on the next one", none, () => {
  const scene = person(texts("lunch")).loses().types("@search lunch");
  deepStrictEqual(scene.lines, []);
  scene.reconnects();
  strictEqual(scene.lines.at(-1), "--- 1 message found ---");
});

Deno.test("a page that the server refuses ends the search, which says so", none, () => {
  const refuse = ({ id: re }: History): Event => ({
    t: "error",
    re,
    code: "storage",
    msg: "No disk.",
  });
  const scene = person(texts("lunch")).answering("history", refuse).types("@search lunch");
  deepStrictEqual(scene.lines.slice(1), [
    "ERROR: No disk.",
    "--- 0 messages found, stopped before the first message ---",
  ]);
  deepStrictEqual(scene.interrupts(), false);
});

Deno.test("where the server asks for patience, the page is asked for again", none, () => {
  let isBusy = true;
  const scene = person(texts("lunch"));
  scene.answering(
    "history",
    (command: History): Event =>
      isBusy
        ? { t: "error", re: command.id, code: "rate", msg: "Too fast.", after: 3 }
        : pageFor(scene, command) as Event,
  ).types("@search lunch");
  deepStrictEqual(scene.waits, [3]);
  isBusy = false;
  strictEqual(scene.retries().lines.at(-1), "--- 1 message found ---");
});

Deno.test("a server that says more and gives nothing new is not followed", none, () => {
  for (const entries of [[], [says("al", "lunch", { id: 9 })]]) {
    const scene = person(texts("lunch")).answering("history", ({ id: re }: History): Event => ({
      t: "history",
      re,
      entries,
      more: true,
    })).types("@search lunch");
    strictEqual(scene.commands("history").length, entries.length + 1);
    strictEqual(scene.lines.filter((line) => line.endsWith("[al]: lunch")).length, entries.length);
    ok(scene.lines.at(-1)?.includes("stopped before the first message"));
  }
});

Deno.test("what cannot be opened is not searched, and counted", none, () => {
  const scene = person([...texts("lunch"), damaged(2), damaged(3)]);
  // A page of messages has them, too.
  scene.answering("history", (command: History) => pageFor(scene, command) as Event)
    .types("@search lunch");
  deepStrictEqual(scene.lines.slice(-1), ["--- 1 message found; 2 could not be read ---"]);
});

Deno.test("what an ignored person has said is not found", none, () => {
  const settings = settingsInMemory();
  settings.ignore("al");
  const entries = [says("al", "lunch", { id: 1 }), says("eve", "lunch", { id: 2 })];
  const scene = new Scene({ person: "bob", settings, welcome: { cursor: 2, last: 2 } }, entries);
  scene.start().types("@search lunch");
  deepStrictEqual(scene.lines.slice(1), [
    "2026-11-22 18:03 [eve]: lunch",
    "--- 1 message found ---",
  ]);
});

Deno.test(
  "words are found in the names of sender, receiver and group, not in that of the lobby",
  none,
  () => {
    const lobby = says("al", "hi", { id: 1 });
    const group = says("al", "hi", { id: 2, kind: "group", to: "Team" });
    const direct = says("bob", "hi", { id: 3, kind: "direct", to: "carol" });
    const found = (word: string) => [lobby, group, direct].filter((one) => holdsAll(one, [word]));
    deepStrictEqual(found("al"), [lobby, group]);
    deepStrictEqual(found("team"), [group]);
    deepStrictEqual(found("carol"), [direct]);
    deepStrictEqual(found("lobby"), []);
    // A word is not found across the end of a name.
    deepStrictEqual(found("alhi"), []);
  },
);

Deno.test("how a letter is written does not matter: composed or not, in any case", none, () => {
  const cases: readonly (readonly [string, string])[] = [
    ["CAFE\u0301", "caf\u00e9"],
    ["stra\u00dfe", "STRASSE"],
    ["\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"],
    ["\u0130stanbul", "i\u0307stanbul"],
    ["\ufb01n", "FIN"],
  ];
  for (const [body, word] of cases) {
    ok(holdsAll(says("al", `x ${body} y`, { id: 1 }), searchWords(word)), `${body} ${word}`);
    ok(holdsAll(says("al", `x ${word} y`, { id: 1 }), searchWords(body)), `${word} ${body}`);
  }
  // Another letter is another letter.
  strictEqual(holdsAll(says("al", "cafe", { id: 1 }), searchWords("caf\u00e9")), false);
});

Deno.test(
  "words are told apart by blanks, each counts once, and there are not too many",
  none,
  () => {
    deepStrictEqual(searchWords("  Lunch\tlunch \n friday\u00a0"), ["lunch", "friday"]);
    deepStrictEqual(searchWords(" \u2003 "), []);
    strictEqual(searchWords(Array.from({ length: 99 }, (_, n) => `w${n}`).join(" ")).length, 16);
  },
);

Deno.test("folding twice is folding once, and forgets how a text was composed", none, () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    strictEqual(folded(folded(text)), folded(text));
    strictEqual(folded(text.normalize("NFD")), folded(text));
  }));
});

Deno.test("a message is found by each of its own words, in any case", none, () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (body) => {
    const message = says("al", body, { id: 1 });
    for (const word of searchWords(body)) {
      ok(holdsAll(message, [word]));
      ok(holdsAll(message, searchWords(word.toUpperCase())));
    }
  }));
});

Deno.test(
  "every search finds exactly what holds its words, in descending order, however pages are cut",
  none,
  () => {
    const word = fc.constantFrom("lunch", "friday", "noon");
    const body = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
    fc.assert(fc.property(
      fc.array(body, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      fc.uniqueArray(word, { minLength: 1 }),
      (bodies, page, words) => {
        const scene = person(texts(...bodies), page).types(`@search ${words.join(" ")}`);
        const expected = bodies.filter((text) => words.every((one) => text.includes(one)))
          .reverse();
        deepStrictEqual(bodiesIn(scene), expected);
        ok(scene.lines.at(-1)?.startsWith(`--- ${expected.length} message`));
      },
    ));
  },
);

Deno.test("a history of any length is searched to its beginning, a page at a time", none, () => {
  const pages = 3_000;
  const { session } = person([]);
  let outputs = session.type("@search needle");
  const found: number[] = [];
  let asked = 0;
  while (true) {
    let command: History | null = null;
    for (const output of outputs) {
      if (output.type === "send" && output.command.t === "history") command = output.command;
      if (output.type === "show" && "entry" in output.shown) found.push(output.shown.entry.id);
    }
    // Never more than what one page has brought.
    ok(outputs.length <= 4);
    if (command === null) break;
    const at = pages - asked++;
    const entries = [says("al", "hay", { id: 2 * at }), says("al", "needle", { id: 2 * at + 1 })];
    outputs = session.receive({ t: "history", re: command.id, entries, more: at > 1 });
  }
  strictEqual(asked, pages);
  deepStrictEqual(found, Array.from({ length: pages }, (_, n) => 2 * (pages - n) + 1));
});
