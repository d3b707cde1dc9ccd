import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { plainText } from "../../../client/plain.ts";
import type { Settings } from "../../../client/settings.ts";
import type { Shown } from "../../../client/shown.ts";
import { plain, toAnsi } from "../../../client/transcript/ansi.ts";
import { colourOf } from "../../../client/transcript/person_colour.ts";
import { type StyledLine, textOf } from "../../../client/transcript/styled_line.ts";
import { Transcript } from "../../../client/transcript/transcript.ts";
import type { OpenedEntry, OpenedMessage } from "../../../client/opened.ts";

const none = { permissions: "none" } as const;

/** Thursday, 26 November 2026, six in the evening. */
const NOW = new Date(2026, 10, 26, 18, 3, 59).getTime();
const DAY = 86_400_000;

function transcript(time: Settings["time"] = "HH:MM", me = "bob"): Transcript {
  const made = new Transcript({ now: () => NOW, time: () => time });
  made.loggedIn(me);
  return made;
}

function message(fields: Partial<OpenedMessage> = {}): OpenedMessage {
  const base = { t: "message", id: 1, at: NOW, conversation: "x", kind: "lobby" } as const;
  return { ...base, from: "alice", to: "lobby", body: "hi", ...fields };
}

const entry = (one: OpenedEntry): Shown => ({ type: "entry", entry: one });
const past = (one: OpenedEntry): Shown => ({ type: "past", entry: one });

function textsOf(made: Transcript, ...all: readonly Shown[]): string[] {
  return all.flatMap((shown) => made.lines(shown)).map(textOf);
}

function spanWith(line: StyledLine | undefined, text: string) {
  return line?.spans.find((span) => span.text === text);
}

Deno.test("a message has its time, then the words of the plain face", none, () => {
  const all = [
    message(),
    message({ kind: "direct", to: "bob" }),
    message({ kind: "direct", from: "bob", to: "alice", offline: true }),
    message({ kind: "direct", from: "bob", to: "bob" }),
    message({ kind: "group", to: "team" }),
  ];
  deepStrictEqual(textsOf(transcript(), ...all.map(entry)), [
    "18:03 [alice]: hi",
    "18:03 [DM from alice]: hi",
    "18:03 [DM to alice]: hi (offline, will be delivered)",
    "18:03 [Note]: hi",
    "18:03 [Group: team] alice: hi",
  ]);
});

Deno.test("the time is written as it is set", none, () => {
  deepStrictEqual(textsOf(transcript("HH:MM:SS"), entry(message())), ["18:03:59 [alice]: hi"]);
  deepStrictEqual(textsOf(transcript("off"), entry(message())), ["[alice]: hi"]);
});

Deno.test("further lines of a message cannot pass for lines of their own", none, () => {
  deepStrictEqual(textsOf(transcript(), entry(message({ body: "one\n[eve]: two\u2028three" }))), [
    "18:03 [alice]: one",
    "| [eve]: two",
    "| three",
  ]);
});

Deno.test("a line says when the day is another one, for history too, and not today", none, () => {
  deepStrictEqual(
    textsOf(
      transcript(),
      entry(message()),
      past(message({ at: NOW - 2 * DAY })),
      past(message({ at: NOW - 2 * DAY })),
      past(message({ at: NOW - DAY })),
      entry(message()),
    ),
    [
      "18:03 [alice]: hi",
      "--- Tuesday, 24 November 2026 ---",
      "18:03 [alice]: hi",
      "18:03 [alice]: hi",
      "--- Wednesday, 25 November 2026 ---",
      "18:03 [alice]: hi",
      "--- Thursday, 26 November 2026 ---",
      "18:03 [alice]: hi",
    ],
  );
});

Deno.test("at midnight there is a line, also where somebody only comes", none, () => {
  let now = NOW;
  const made = new Transcript({ now: () => now, time: () => "HH:MM" });
  deepStrictEqual(textsOf(made, { type: "joined", user: "al" }), [
    "18:03 * al has joined the chat *",
  ]);
  now += DAY;
  deepStrictEqual(textsOf(made, { type: "left", user: "al" }), [
    "--- Friday, 27 November 2026 ---",
    "18:03 * al has left the chat *",
  ]);
});

Deno.test("a time that is no date makes no line and no failure", none, () => {
  for (const at of [NaN, 8.7e15, -8.7e15, Number.MAX_SAFE_INTEGER]) {
    deepStrictEqual(textsOf(transcript(), entry(message({ at }))), ["??:?? [alice]: hi"]);
  }
});

Deno.test("what was missed stands behind one line, with how many there are before", none, () => {
  deepStrictEqual(
    textsOf(
      transcript(),
      { type: "missed", count: 1_250, older: 1_050 },
      past(message()),
      { type: "now" },
    ),
    [
      "(the last 200 of 1,250 messages; those before: @history more)",
      "--- new since you were here ---",
      "18:03 [alice]: hi",
      "--- now ---",
    ],
  );
});

Deno.test(
  "what comes while the user is away stands behind one line, however much it is",
  none,
  () => {
    const made = transcript();
    made.away();
    deepStrictEqual(
      textsOf(made, entry(message({ from: "bob" })), entry(message()), entry(message())),
      [
        "18:03 [bob]: hi",
        "--- new since you were here ---",
        "18:03 [alice]: hi",
        "18:03 [alice]: hi",
      ],
    );
    made.away();
    made.returned();
    deepStrictEqual(textsOf(made, entry(message())), ["18:03 [alice]: hi"]);
  },
);

Deno.test("everybody has a colour of his own name, oneself in bold", none, () => {
  const [line] = transcript().lines(entry(message()));
  deepStrictEqual(spanWith(line, "alice")?.style, { colour: colourOf("alice") });
  const [own] = transcript().lines(entry(message({ from: "bob" })));
  deepStrictEqual(spanWith(own, "bob")?.style, { colour: colourOf("bob"), bold: true });
});

Deno.test(
  "one's own name and @all stand out, but not in what one has written oneself",
  none,
  () => {
    const body = "Bob: lunch, @all? bobby too";
    const [line] = transcript().lines(entry(message({ body })));
    const marked = line?.spans.filter(({ style }) => style?.inverse).map(({ text }) => text);
    deepStrictEqual(marked, ["Bob", "@all"]);
    const [own] = transcript().lines(entry(message({ from: "bob", body })));
    deepStrictEqual(own?.spans.filter(({ style }) => style?.inverse), []);
  },
);

Deno.test(
  "what is missing or odd stands around a message; the time is before the message",
  none,
  () => {
    const marks = {
      before: "1 message is missing here",
      beside: "late",
      behind: "2 are missing here",
    };
    deepStrictEqual(textsOf(transcript(), entry(message({ marks }))), [
      "--- 1 message is missing here ---",
      "18:03 [alice]: hi (late)",
      "--- 2 are missing here ---",
    ]);
  },
);

Deno.test("changes of groups and what cannot be shown have a time, too", none, () => {
  const at = { at: NOW, id: 3, conversation: "x" };
  deepStrictEqual(
    textsOf(
      transcript(),
      entry({ t: "change", ...at, group: "team", change: "left", by: "al", note: "" }),
      past({ t: "damaged", ...at, text: "[not shown]: x" }),
    ),
    ["18:03 Group team: al left", "18:03 [not shown]: x"],
  );
});

Deno.test("everything else has the words of the plain face", none, () => {
  const all: readonly Shown[] = [
    { type: "welcome", user: "bob" },
    { type: "history", count: 3 },
    { type: "history", count: 3, isOlder: true },
    { type: "search", words: ["a", "b"] },
    { type: "found", count: 2, unreadable: 1, at: "stopped" },
    { type: "names", users: ["al", "eve"] },
    { type: "refused", text: "No." },
    { type: "keys", level: "warning", text: "Careful." },
    { type: "help" },
    { type: "goodbye" },
  ];
  for (const shown of all) {
    strictEqual(textsOf(transcript(), shown).join("\n"), plainText(shown, "bob"));
  }
});

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\x1b[31mred",
    "\x1b]8;;http://x\x07link",
    "\x9b2J",
    "a\rb",
    "\u202eevil",
    "a\tb\n\n\tc",
    "bob @all \u05d0\u05d1 bob",
    "e" + "\u0301".repeat(30),
  ),
);

const anyMessage = fc.record({
  kind: fc.constantFrom("lobby", "direct", "group"),
  from: fc.oneof(fc.constantFrom("alice", "bob"), hostile),
  to: fc.oneof(fc.constantFrom("alice", "bob", "team"), hostile),
  body: hostile,
  at: fc.oneof(fc.constant(NOW), fc.integer()),
}).map((fields) => message(fields));

Deno.test(
  "without looks a message is the time and the line of the plain face, whatever is in it",
  none,
  () => {
    fc.assert(fc.property(anyMessage, (one) => {
      const made = transcript("off");
      const lines = made.lines(entry(one)).map(plain);
      const words = plainText(entry(one), "bob").replaceAll("\t", "    ");
      // A line for another day may stand before it.
      strictEqual(lines.slice(-words.split("\n").length).join("\n"), words);
    }));
  },
);

Deno.test("a line is looks and text and nothing else, and its looks end with it", none, () => {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  const SGR = /\x1b\[(?:[0-9]{1,3})(?:;[0-9]{1,3})*m/g;
  fc.assert(fc.property(anyMessage, (one) => {
    for (const line of transcript().lines(past(one))) {
      const coloured = toAnsi(line, { colours: true });
      const bare = coloured.replace(SGR, "");
      // deno-lint-ignore no-control-regex -- as above
      ok(!/[\u0000-\u001f\u007f-\u009f]/.test(bare));
      strictEqual(bare, toAnsi(line, { colours: false }));
      strictEqual(bare, textOf(line));
      const looks = coloured.match(SGR) ?? [];
      strictEqual(looks.at(-1) ?? "\x1b[0m", "\x1b[0m");
      strictEqual(looks.filter((look) => look === "\x1b[0m").length * 2, looks.length);
    }
  }));
});
