import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { InputText } from "../../client/input_text.ts";
import { PlainFace } from "../../client/plain_face.ts";
import type { Stream, Streams } from "../../client/streams.ts";
import { LineEditor } from "../../client/terminal/line_editor.ts";

const none = { permissions: "none" } as const;

/** A pipe, or a terminal, that writes down what it gets. */
class FakeStreams implements Streams {
  readonly written: Record<Stream, string> = { out: "", err: "" };
  mode: "keys" | "lines" = "lines";
  readonly modes: string[] = [];
  readonly #pieces: (Uint8Array | null)[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(readonly isTyped: boolean) {}

  types(text: string | null): void {
    this.#pieces.push(text === null ? null : new TextEncoder().encode(text));
    this.#wake.resolve();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    return this.#pieces.shift() ?? null;
  }

  write(stream: Stream, text: string): Promise<void> {
    this.written[stream] += text;
    return Promise.resolve();
  }

  setMode(mode: "keys" | "lines"): void {
    this.mode = mode;
    this.modes.push(mode);
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("lines are the same however the input is cut", none, async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.nat(5), async (text, cut) => {
      const octets = new TextEncoder().encode(`${text}\nrest`);
      const pieces: (Uint8Array | null)[] = [];
      for (let at = 0; at < octets.length; at += cut + 1) {
        pieces.push(octets.slice(at, at + cut + 1));
      }
      const input = new InputText(() => Promise.resolve(pieces.shift() ?? null));
      const lines: string[] = [];
      for (let line = await input.line(); line !== null; line = await input.line()) {
        lines.push(line);
      }
      deepStrictEqual(lines, `${text}\nrest`.split("\n"));
    }),
  );
});

Deno.test("a line without an end is cut instead of filling the memory", none, async () => {
  let left = 40;
  const octets = new Uint8Array(65_536).fill(0x78);
  const input = new InputText(() => Promise.resolve(left-- > 0 ? octets : null));
  strictEqual((await input.line())?.length, 1_048_576);
  strictEqual(await input.line(), null);
});

Deno.test("keys make a line", none, () => {
  const cases: readonly (readonly [string, string])[] = [
    ["hello\r", "hello"],
    ["hellp\x7fo\n", "hello"],
    ["e\u0301\x7fa\r", "a"],
    ["👩‍👩‍👧\x7fa\r", "a"],
    ["one two\x17three\r", "one three"],
    ["wrong\x15right\r", "right"],
    ["wrong\x03right\r", "right"],
    ["a\x1b[A\x1b[1;5Cb\x1bOPc\x1bbd\te\r", "abcde"],
    ["a\x04b\r", "ab"],
  ];
  for (const [keys, text] of cases) {
    deepStrictEqual(new LineEditor().feed(keys), { type: "line", text, rest: "" }, keys);
  }
});

Deno.test("Ctrl-C and Ctrl-D leave when nothing is typed", none, () => {
  for (const key of ["\x03", "\x04", "ab\x03\x03", "ab\x7f\x7f\x04"]) {
    deepStrictEqual(new LineEditor().feed(`${key}more`), { type: "leave", text: "", rest: "more" });
  }
});

Deno.test("keys mean the same however they come in", none, () => {
  const keys = fc.array(fc.constantFrom("a", "ü", "👋", "\x7f", "\x15", "\x17", "\x1b[C", "\t"));
  fc.assert(fc.property(keys, (typed) => {
    const whole = new LineEditor();
    const oneByOne = new LineEditor();
    whole.feed(typed.join(""));
    for (const key of typed) oneByOne.feed(key);
    strictEqual(oneByOne.text, whole.text);
  }));
});

Deno.test("carriage return and line feed together are one Enter", none, () => {
  const editor = new LineEditor();
  strictEqual(editor.feed("a\r\nb\r\n")?.rest, "\nb\r\n");
  deepStrictEqual(editor.feed("\nb\r\n"), { type: "line", text: "b", rest: "\n" });
});

Deno.test("no notice acts on the terminal, whatever has got into it", none, async () => {
  const streams = new FakeStreams(false);
  const face = new PlainFace(streams);
  await face.notice("one\x1b]52;c;aGk=\x07\ntwo\x9b2J\u202e");
  strictEqual(streams.written.err, `one\\x1b]52;c;aGk=\\x07\ntwo\\x9b2J\n`);
  await face.close();
});

Deno.test("the plain face takes the lines of a pipe without asking", none, async () => {
  const streams = new FakeStreams(false);
  const face = new PlainFace(streams);
  streams.types("bob\r\nsecret\nlast");
  streams.types(null);
  strictEqual(await face.ask("User name: "), "bob");
  strictEqual(await face.askHidden("Password: "), "secret");
  strictEqual(await face.line(), "last");
  strictEqual(await face.line(), null);
  await face.show({ type: "goodbye" });
  await face.show({ type: "chosen", conversation: { kind: "lobby" } });
  await face.close();
  deepStrictEqual(streams.written, { out: "Goodbye!\n", err: "Now talking to the lobby.\n" });
});

Deno.test(
  "on a terminal the plain face asks in whole lines, and hides a password",
  none,
  async () => {
    const streams = new FakeStreams(true);
    const face = new PlainFace(streams);
    streams.types("bob\n");
    strictEqual(await face.ask("User name: "), "bob");
    const password = face.askHidden("Password: ");
    await settled();
    strictEqual(streams.mode, "keys");
    streams.types("secret\rhello\n");
    strictEqual(await password, "secret");
    strictEqual(streams.mode, "lines");
    strictEqual(await face.line(), "hello");
    const left = face.askHidden("Password: ");
    streams.types("\x03");
    strictEqual(await left, null);
    strictEqual(streams.mode, "lines");
    deepStrictEqual(streams.written, { out: "", err: "User name:\nPassword:\nPassword:\n" });
  },
);

Deno.test("the plain face asks for a password while a line is being awaited", none, async () => {
  const streams = new FakeStreams(true);
  const face = new PlainFace(streams);
  const line = face.line();
  const password = face.askHidden("Password: ");
  await settled();
  strictEqual(streams.mode, "keys");
  streams.types("sec");
  await settled();
  streams.types("ret\rhello\n");
  deepStrictEqual([await password, await line], ["secret", "hello"]);
  strictEqual(streams.mode, "lines");
  const both = [face.line(), face.askHidden("Password: ")];
  await settled();
  streams.types(null);
  deepStrictEqual(await Promise.all(both), [null, null]);
});

Deno.test("the plain face forgets what was typed ahead when it is told to", none, async () => {
  const typed = new FakeStreams(true);
  const plain = new PlainFace(typed);
  const hidden = plain.askHidden("Password: ");
  typed.types("wrong\rsecret\r");
  strictEqual(await hidden, "wrong");
  plain.discardTyped();
  typed.types("hello\n");
  strictEqual(await plain.line(), "hello");
});
