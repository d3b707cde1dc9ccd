import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { watchKeyboard } from "../../server/keyboard.ts";
import { type KeyboardEvent, type KeyboardInput, parseStat } from "../../server/standard_input.ts";

/** Standard input whose terminal, foreground and events are in the hands of the test. */
class FakeInput implements KeyboardInput {
  readonly terminal: boolean;
  owned: boolean | undefined = true;
  hasStty = true;
  quits = 0;
  readonly calls: string[] = [];
  #onBytes: ((bytes: Uint8Array) => void) | undefined;
  #onEvent: ((event: KeyboardEvent) => void) | undefined;

  constructor(kind: "terminal" | "pipe") {
    this.terminal = kind === "terminal";
  }

  readonly onQuit = (): void => void this.quits++;

  foreground(): boolean | undefined {
    return this.owned;
  }
  setMode(mode: "keys" | "lines"): boolean {
    // The kernel would stop the process here.
    if (this.owned !== true) this.calls.push("SIGTTOU");
    if (this.hasStty) this.calls.push(mode);
    return this.hasStty;
  }
  listen(onBytes: (bytes: Uint8Array) => void): void {
    this.calls.push("listen");
    this.#onBytes = onBytes;
  }
  pause(): void {
    this.calls.push("pause");
    this.#onBytes = undefined;
  }
  watch(onEvent: (event: KeyboardEvent) => void): Disposable {
    this.#onEvent = onEvent;
    return { [Symbol.dispose]: () => this.#onEvent = undefined };
  }

  types(text: string | Uint8Array): void {
    this.#onBytes?.(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }
  happens(event: KeyboardEvent): void {
    this.#onEvent?.(event);
  }
}

Deno.test("on a terminal one key is enough, small or capital, and others mean nothing", () => {
  const input = new FakeInput("terminal");
  using keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.types("xyz \n\x04");
  strictEqual(input.quits, 0);
  input.types("q");
  strictEqual(input.quits, 1);
  input.types("Q");
  strictEqual(input.quits, 2);
  strictEqual(keyboard.notice, undefined);
});

Deno.test("the letter inside of a function key is not a key", () => {
  const input = new FakeInput("terminal");
  using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.types("\x1bOq");
  strictEqual(input.quits, 0);
  input.types("q");
  strictEqual(input.quits, 1);
});

Deno.test("the mode of the terminal is restored once, at the end", () => {
  const input = new FakeInput("terminal");
  const keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  keyboard[Symbol.dispose]();
  keyboard[Symbol.dispose]();
  deepStrictEqual(input.calls, ["keys", "listen", "pause", "lines"]);
});

Deno.test("the end of the process restores the mode where nobody disposed", () => {
  const input = new FakeInput("terminal");
  watchKeyboard({ onQuit: input.onQuit, input });
  input.happens("exiting");
  deepStrictEqual(input.calls, ["keys", "listen", "pause", "lines"]);
});

Deno.test("in the background the terminal is not touched until it is ours", () => {
  const input = new FakeInput("terminal");
  input.owned = false;
  using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.happens("tick");
  input.happens("continued");
  deepStrictEqual(input.calls, []);
  input.owned = true;
  input.happens("tick");
  deepStrictEqual(input.calls, ["keys", "listen"]);
  input.types("q");
  strictEqual(input.quits, 1);
});

Deno.test("a server that ends in the background leaves the mode to the shell", () => {
  const input = new FakeInput("terminal");
  const keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.owned = false;
  keyboard[Symbol.dispose]();
  deepStrictEqual(input.calls, ["keys", "listen", "pause"]);
});

Deno.test("Ctrl-Z takes the read back and restores the mode before it takes effect; fg begins anew", () => {
  const input = new FakeInput("terminal");
  using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.happens("stopping");
  deepStrictEqual(input.calls.splice(0), ["keys", "listen", "pause", "lines"]);
  input.owned = false;
  input.happens("continued");
  input.types("q");
  deepStrictEqual(input.calls, []);
  strictEqual(input.quits, 0);
  input.owned = true;
  input.happens("continued");
  deepStrictEqual(input.calls, ["keys", "listen"]);
});

Deno.test("continued in the foreground, it sets the mode again and reads on", () => {
  const input = new FakeInput("terminal");
  using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.happens("continued");
  deepStrictEqual(input.calls, ["keys", "listen", "keys"]);
});

Deno.test("a look now and then costs nothing in the foreground", () => {
  const input = new FakeInput("terminal");
  using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  input.happens("tick");
  deepStrictEqual(input.calls, ["keys", "listen"]);
});

Deno.test("where the foreground cannot be known, the terminal is left alone and the notice says so", () => {
  const input = new FakeInput("terminal");
  input.owned = undefined;
  using keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  deepStrictEqual(input.calls, []);
  strictEqual(keyboard.notice?.includes("SIGTERM"), true);
});

Deno.test("where single keys cannot be had, a line is asked for", () => {
  const input = new FakeInput("terminal");
  input.hasStty = false;
  using keyboard = watchKeyboard({ onQuit: input.onQuit, input });
  strictEqual(keyboard.notice?.includes("q and Enter"), true);
  input.types("quiet please\n");
  strictEqual(input.quits, 0);
  input.types("q\n");
  strictEqual(input.quits, 1);
});

for (
  const [text, quits] of [
    ["q\n", 1],
    ["Q\r\n", 1],
    ["  q \n", 1],
    ["hello\nq\nQ\n", 2],
    ["q", 0],
    ["", 0],
    ["\n", 0],
    ["qq\n", 0],
    ["quit\n", 0],
    ["say q\n", 0],
    [`q${" ".repeat(100)}x\n`, 0],
    [`${"x".repeat(100_000)}q\nq\n`, 1],
  ] as const
) {
  Deno.test(`without a terminal ${JSON.stringify(text.slice(0, 20))} means ${quits} times the end`, () => {
    const input = new FakeInput("pipe");
    using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
    input.types(text);
    strictEqual(input.quits, quits);
    deepStrictEqual(input.calls, ["listen"]);
  });
}

Deno.test("without a terminal lines count the same however the stream is cut", () => {
  const line = fc.constantFrom("q", "Q", "", "qq", "\u00e9q", " q\r", "some longer line than that");
  fc.assert(fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
    const input = new FakeInput("pipe");
    using _keyboard = watchKeyboard({ onQuit: input.onQuit, input });
    const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(""));
    for (let at = 0; at < bytes.length; at += size) input.types(bytes.subarray(at, at + size));
    strictEqual(input.quits, lines.filter((text) => /^[qQ]$/.test(text.trim())).length);
  }));
});

for (
  const [where, stat, job] of [
    ["a foreground job", "7 (deno) S 5 7 5 34816 7 4194304", { foreground: true, ofShell: true }],
    ["a background job", "7 (deno) S 5 7 5 34816 5 4194304", { foreground: false, ofShell: true }],
    ["a process with a name of its own", "7 (a) S 1 (b c) S 5 7 5 34816 7 4194304", {
      foreground: true,
      ofShell: true,
    }],
    ["a session of its own", "7 (deno) S 5 7 7 34816 7 4194304", {
      foreground: true,
      ofShell: false,
    }],
    ["a process without a terminal", "7 (deno) S 1 7 7 0 -1 4194304", {
      foreground: false,
      ofShell: false,
    }],
    ["a group outside of the namespace", "7 (deno) S 0 0 0 34816 0 4194304", {
      foreground: false,
      ofShell: false,
    }],
    ["an empty file", "", { foreground: false, ofShell: false }],
  ] as const
) {
  Deno.test(`/proc/self/stat of ${where} says ${JSON.stringify(job)}`, () => {
    deepStrictEqual(parseStat(stat), job);
  });
}
