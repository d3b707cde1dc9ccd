import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { complete } from "../../client/terminal/completion.ts";
import { EditBuffer, LONGEST_TEXT } from "../../client/terminal/edit_buffer.ts";
import { type Edited, Editor } from "../../client/terminal/editor.ts";
import { InputHistory } from "../../client/terminal/input_history.ts";
import { KeyReader } from "../../client/terminal/keys.ts";
import * as motions from "../../client/terminal/motions.ts";

const none = { permissions: "none" } as const;

/** Presses keys and returns what the last one did. */
function press(editor: Editor, octets: string): Edited | undefined {
  return new KeyReader().feed(octets).map((key) => editor.press(key)).at(-1);
}

function typed(octets: string): string {
  const editor = new Editor({ history: new InputHistory() });
  press(editor, octets);
  return `${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`;
}

const LEFT = "\x1b[D";
const RIGHT = "\x1b[C";
const UP = "\x1b[A";
const DOWN = "\x1b[B";

Deno.test("every key edits as in a shell", none, () => {
  const cases: readonly (readonly [string, string])[] = [
    ["abc", "abc|"],
    [`abc${LEFT}`, "ab|c"],
    [`abc${LEFT}${LEFT}x`, "ax|bc"],
    [`abc\x02\x02\x06x`, "abx|c"],
    ["abc\x01x", "x|abc"],
    ["abc\x1b[Hx", "x|abc"],
    ["abc\x01\x05x", "abcx|"],
    ["abc\x1b[H\x1b[Fx", "abcx|"],
    ["abc\x7f", "ab|"],
    ["abc\x01\x1b[3~", "|bc"],
    ["abc\x01\x04", "|bc"],
    ["one two, three\x1bb", "one two, |three"],
    ["one two, three\x1bb\x1bb", "one |two, three"],
    ["one two, three\x1b[1;5D", "one two, |three"],
    ["one two\x01\x1bf", "one| two"],
    ["one two\x01\x1b[1;5C\x1b[1;5C", "one two|"],
    ["one two-three\x17", "one |"],
    ["one two-three\x1b\x7f", "one two-|"],
    ["one two\x01\x1bd", "| two"],
    [`one two${LEFT}${LEFT}${LEFT}\x0b`, "one |"],
    [`one two${LEFT}${LEFT}${LEFT}\x15`, "|two"],
    ["one two\x17\x01\x19", "two|one "],
    ["one two three\x17\x17\x19", "one two three|"],
    ["wrong\x03", "|"],
    ["wrong\x03\x19", "wrong|"],
    ["one\x1b\rtwo", "one\ntwo|"],
    [`one\x1b\rtwo${UP}`, "one|\ntwo"],
    [`one\x1b\rtwo${LEFT}${UP}${DOWN}`, "one\ntw|o"],
    [`one\x1b\rtwo\x01\x7f`, "one|two"],
    ["one\x1b\rtwo\x1b[1;5H", "|one\ntwo"],
    [`e\u0301${LEFT}`, "|e\u0301"],
    ["e\u0301\x7fa", "a|"],
    [`👩‍👩‍👧🇩🇪${LEFT}`, "👩‍👩‍👧|🇩🇪"],
    ["👩‍👩‍👧\x7fa", "a|"],
    ["中文字\x1bb", "|中文字"],
    [`שלום${LEFT}x`, "שלוx|ם"],
    ["a\x1bzb", "azb|"],
    ["\x1b[200~one\rtwo\r\x1b[201~", "one\ntwo|"],
    ["a\x1b[5~\x1bOPb", "ab|"],
  ];
  for (const [octets, result] of cases) strictEqual(typed(octets), result, JSON.stringify(octets));
});

Deno.test("Enter sends, and what concerns more than the text comes out", none, () => {
  const editor = new Editor({ history: new InputHistory() });
  deepStrictEqual(press(editor, "hello\r"), { type: "sent", text: "hello" });
  strictEqual(editor.text, "");
  deepStrictEqual(press(editor, "\x03"), { type: "empty", key: "C-c" });
  deepStrictEqual(press(editor, "\x04"), { type: "empty", key: "C-d" });
  for (const [octets, key] of [["\t", "Tab"], ["\x0c", "C-l"], ["\x1a", "C-z"], ["\x1b1", "M-1"]]) {
    deepStrictEqual(press(editor, octets ?? ""), { type: "other", key });
  }
});

Deno.test("a password is one line, whatever is pasted, and remembers nothing", none, () => {
  const editor = new Editor();
  deepStrictEqual(press(editor, "\x1b[200~secret\r\x1b[201~\x1b\r\x1b[A\r"), {
    type: "sent",
    text: "secret",
  });
  strictEqual(editor.text, "");
});

Deno.test("the arrow up brings what was sent, and what was changed on the way stays", none, () => {
  const history = new InputHistory();
  const editor = new Editor({ history });
  for (const line of ["one", "two", "two", " ", "three"]) history.add(line);
  deepStrictEqual(history.lines, ["one", "two", "three"]);
  const steps: string[] = [];
  for (const octets of ["draft", UP, UP, "!", UP, UP, DOWN, DOWN, DOWN, DOWN]) {
    press(editor, octets);
    steps.push(editor.text);
  }
  deepStrictEqual(steps, [
    "draft",
    "three",
    "two",
    "two!",
    "one",
    "one",
    "two!",
    "three",
    "draft",
    "draft",
  ]);
  history.add("two!");
  press(editor, UP);
  strictEqual(editor.text, "two!");
});

Deno.test("what is too long for any message is not taken, nor cut", none, () => {
  const buffer = new EditBuffer();
  ok(buffer.insert("x".repeat(LONGEST_TEXT)));
  ok(!buffer.insert("y"));
  strictEqual(buffer.text.length, LONGEST_TEXT);
});

const parts = fc.constantFrom(
  "a",
  "b ",
  "-",
  "e\u0301",
  "\u0301",
  "👩",
  "\u200d",
  "👧",
  "🇩",
  "🇪",
  "中",
  "ש",
  "क",
  "्",
  "\n",
);

const keys = fc.array(fc.oneof(
  parts,
  fc.constantFrom(LEFT, RIGHT, UP, DOWN, "\x01", "\x05", "\x0b", "\x15", "\x17", "\x19", "\x7f"),
  fc.constantFrom("\x04", "\x1bb", "\x1bf", "\x1bd", "\x1b\x7f", "\x1b[3~", "\x1b\r"),
));

Deno.test("the cursor is never within a character", none, () => {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  fc.assert(fc.property(keys, (keys) => {
    const editor = new Editor({ history: new InputHistory() });
    for (const key of keys) {
      press(editor, key);
      const places = [...segmenter.segment(editor.text)].map(({ index }) => index);
      ok([...places, editor.text.length].includes(editor.cursor));
      ok(editor.text.isWellFormed());
    }
  }));
});

Deno.test("what was cut comes back in its place", none, () => {
  const cuts = ["\x0b", "\x15", "\x17", "\x1bd", "\x1b\x7f"];
  const motion = fc.constantFrom(LEFT, UP, "\x1bb");
  const text = fc.array(fc.constantFrom("a", "b c", "é", "中", "\n"), { minLength: 1 });
  fc.assert(fc.property(text, fc.array(motion), fc.constantFrom(...cuts), (text, moves, cut) => {
    const editor = new Editor({ history: new InputHistory() });
    editor.set(text.join(""));
    for (const move of moves) press(editor, move);
    const before = editor.text;
    press(editor, cut);
    if (editor.text !== before) press(editor, "\x19");
    strictEqual(editor.text, before);
  }));
});

Deno.test("one character to the left and one to the right lead back", none, () => {
  fc.assert(fc.property(fc.array(parts), fc.nat(), (parts, n) => {
    const text = parts.join("");
    const at = motions.boundary(text, n % (text.length + 1));
    const left = motions.characterLeft(text, at);
    if (at > 0) strictEqual(motions.characterRight(text, left), at);
    else strictEqual(left, 0);
  }));
});

const names = { users: ["alice", "alan", "bob"], groups: ["team", "allies"] };

/** What the input is after Tab, `|` at the cursor; the choices where it is not decided. */
function tab(typed: string): string | readonly string[] {
  const cursor = typed.indexOf("|");
  const text = typed.replace("|", "");
  const { insert, from, choices } = complete({ text, cursor }, names);
  if (insert === null) return choices;
  return `${text.slice(0, from)}${insert}|${text.slice(cursor)}`;
}

Deno.test("Tab completes commands, users, groups and what commands take", none, () => {
  const cases: readonly (readonly [string, string | readonly string[]])[] = [
    ["@nam|", "@names |"],
    ["@te|", "@team |"],
    ["@al|", ["@alan", "@alice", "@allies"]],
    ["@ali|", "@alice |"],
    ["@ALI|", "@alice |"],
    ["@hist|", "@history |"],
    ["@history 5|", "@history 50 |"],
    ["@history m|", "@history more |"],
    ["@history 20 te|", "@history 20 team |"],
    ["@history 20 lo|", "@history 20 lobby |"],
    ["@help hi|", "@help history |"],
    ["@help group se|", ["send", "set"]],
    ["@group le|", "@group leave |"],
    ["@group leave t|", "@group leave team |"],
    ["@group set team b|", "@group set team bob|"],
    ["@group set team bob,ali|", "@group set team bob,alice|"],
    ["@group set team bob,alice,b|", []],
    ["@group send team hi b|", "@group send team hi bob |"],
    ["@verify bo|", "@verify bob |"],
    ["@set be|", "@set bell |"],
    ["@set bell m|", "@set bell mention |"],
    ["hello bo|", "hello bob |"],
    ["hello @bo|, you", "hello @bob |, you"],
    ["ali| how", "alice| how"],
    ["hello |", []],
    ["hello xyz|", []],
    ["@@na|", []],
    ["|", []],
  ];
  for (const [typed, result] of cases) deepStrictEqual(tab(typed), result, typed);
});

Deno.test("Tab only adds, at the place of the cursor", none, () => {
  const input = fc.array(
    fc.constantFrom("@", "a", "al", "group ", "history ", " ", ",", "set ", "中", "\n"),
  );
  fc.assert(fc.property(input, fc.nat(), (parts, n) => {
    const text = parts.join("");
    const cursor = n % (text.length + 1);
    const { insert, from, choices } = complete({ text, cursor }, names);
    ok(from <= cursor);
    for (const word of insert === null ? choices : [insert]) {
      ok(word.toLowerCase().startsWith(text.slice(from, cursor).toLowerCase()));
    }
  }));
});
