import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import stringWidth from "string-width";
import { inputRows } from "../../client/terminal/input_rows.ts";
import { layOut } from "../../client/terminal/live_block.ts";
import { Screen } from "../../client/terminal/screen.ts";
import { FakeTerminal } from "../testing/fake_terminal.ts";

const none = { permissions: "none" } as const;

/** What people type: letters, wide and combining ones, emoji with joiners, right-to-left, line breaks. */
const text = fc.array(
  fc.constantFrom("a", "bc", " ", "é", "e\u0301", "中", "👩‍👩‍👧", "🇩🇪", "שלום", "\n", "\t"),
  { maxLength: 40 },
).map((parts) => parts.join(""));

Deno.test("a short text is one row behind the prompt", none, () => {
  deepStrictEqual(inputRows({ prompt: "lobby> ", text: "hi", cursor: 1 }, 20), {
    rows: ["lobby> hi"],
    row: 0,
    before: "lobby> h",
  });
});

Deno.test(
  "a long text goes on in the next rows, none of which reaches the last column",
  none,
  () => {
    deepStrictEqual(inputRows({ prompt: "lobby> ", text: "abcdefghijklmnop", cursor: 16 }, 15), {
      rows: ["lobby> abcdefg", "hijklmnop"],
      row: 1,
      before: "hijklmnop",
    });
    // The place behind the last character of a full row is in that row; before the next one, in the next.
    strictEqual(inputRows({ prompt: "> ", text: "abcd", cursor: 4 }, 7).row, 0);
    strictEqual(inputRows({ prompt: "> ", text: "abcde", cursor: 4 }, 7).row, 1);
  },
);

Deno.test("a line break begins a row with a mark", none, () => {
  deepStrictEqual(inputRows({ prompt: "> ", text: "one\ntwo", cursor: 4 }, 20), {
    rows: ["> one", "| two"],
    row: 1,
    before: "| ",
  });
});

Deno.test(
  "nothing that acts on a terminal is in a row, and right-to-left text is closed",
  none,
  () => {
    const { rows } = inputRows({ prompt: "> ", text: "a\x1b[2J\u202eb", cursor: 0 }, 40);
    deepStrictEqual(rows, ["> a\\x1b[2Jb"]);
    deepStrictEqual(inputRows({ prompt: "> ", text: "שלום", cursor: 0 }, 40).rows, [
      "> \u2068שלום\u2069",
    ]);
  },
);

Deno.test("rows are narrower than the terminal, and all of the text is in them", none, () => {
  fc.assert(fc.property(text, fc.integer({ min: 8, max: 40 }), fc.nat(), (text, columns, n) => {
    const cursor = n % (text.length + 1);
    const { rows, row, before } = inputRows({ prompt: "> ", text, cursor }, columns);
    ok(rows.every((one) => stringWidth(one) < columns), JSON.stringify(rows));
    ok(rows[row]?.replaceAll("\u2069", "").startsWith(before.replaceAll("\u2069", "")));
    const shown = rows.map((one, at) => one.replace(at === 0 ? "> " : /^\| (?=)/, "")).join("");
    const letters = (all: string) => all.replace(/[\s\u2068\u2069|]/g, "");
    strictEqual(letters(shown), letters(text));
  }));
});

Deno.test(
  "the block takes half of the rows, however much is in it, and shows the cursor",
  none,
  () => {
    const content = fc.record({
      pending: fc.array(fc.constantFrom("(sending) lobby: a", "(sending) bob: 中中中"), {
        maxLength: 9,
      }),
      hint: fc.constantFrom(null, "a hint"),
      status: fc.constantFrom(null, "Unread: 1:alice 3"),
      text,
      at: fc.nat(),
    });
    const size = fc.record({
      columns: fc.integer({ min: 8, max: 60 }),
      rows: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(fc.property(content, size, ({ text, at, ...content }, size) => {
      const input = { prompt: "lobby> ", text, cursor: at % (text.length + 1) };
      const { rows, row, before } = layOut({ ...content, input }, size);
      ok(rows.length >= 1 && rows.length <= Math.max(1, Math.floor(size.rows / 2)));
      ok(rows.every(({ text }) => stringWidth(text) < Math.max(size.columns, 2)));
      strictEqual(rows[row]?.part, "input");
      ok(rows[row]?.text.replaceAll("\u2069", "").startsWith(before.replaceAll("\u2069", "")));
      strictEqual(rows.at(-1)?.part, "input");
    }));
  },
);

Deno.test("what waits is shown oldest first, and how much more there is", none, () => {
  const { rows } = layOut({
    pending: Array.from({ length: 9 }, (_, n) => `message ${n}`),
    hint: "hint",
    status: "status",
    input: { prompt: "> ", text: "", cursor: 0 },
  }, { columns: 40, rows: 24 });
  deepStrictEqual(rows.map(({ text }) => text), [
    "message 0",
    "message 1",
    "message 2",
    "message 3",
    "(5 more waiting)",
    "hint",
    "status",
    "> ",
  ]);
});

Deno.test("of a text that is too long, the part around the cursor is shown", none, () => {
  const text = Array.from({ length: 60 }, (_, n) => `line ${n}`).join("\n");
  const input = { prompt: "> ", text, cursor: text.indexOf("line 30") };
  const { rows, row } = layOut({ pending: [], hint: null, status: null, input }, {
    columns: 40,
    rows: 24,
  });
  strictEqual(rows.length, 12);
  strictEqual(rows[row]?.text, "| line 30");
});

type Step =
  | { readonly type: "said"; readonly lines: readonly string[] }
  | { readonly type: "typed"; readonly text: string; readonly at: number }
  | { readonly type: "status"; readonly status: string | null }
  | { readonly type: "resized"; readonly columns: number };

const said = fc.array(
  fc.constantFrom(
    "[alice]: hi",
    "[bob]: a line that is long enough to be wrapped somewhere",
    "[al]: 中文字",
  ),
  { minLength: 1, maxLength: 3 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("said" as const), lines: said }),
  fc.record({ type: fc.constant("typed" as const), text, at: fc.nat() }),
  fc.record({
    type: fc.constant("status" as const),
    status: fc.constantFrom(null, "Unread: 1:al 3"),
  }),
  fc.record({ type: fc.constant("resized" as const), columns: fc.integer({ min: 20, max: 120 }) }),
);

Deno.test(
  "whatever happens, every line is in the scrollback once, in order, and one block below",
  none,
  () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const terminal = new FakeTerminal(80, 24);
      const screen = new Screen();
      const lines: string[] = [];
      let input = { prompt: "lobby> ", text: "", cursor: 0 };
      let status: string | null = null;
      for (const step of steps) {
        let above: string | null = null;
        if (step.type === "said") lines.push(...step.lines);
        if (step.type === "said") above = step.lines.join("\n");
        if (step.type === "typed") {
          input = { ...input, text: step.text, cursor: step.at % (step.text.length + 1) };
        }
        if (step.type === "status") {
          status = step.status;
        }
        if (step.type === "resized") terminal.resize(step.columns);
        const size = terminal.size();
        const block = layOut({ pending: [], hint: null, status, input }, size);
        terminal.takes(screen.draw({ above, block, size }));
        deepStrictEqual(terminal.lines.slice(0, lines.length), lines);
        const below = terminal.lines.slice(lines.length);
        const rows = block.rows.map(({ text }) => text.replace(/[\u2068\u2069]/g, "").trimEnd());
        deepStrictEqual(below.slice(-rows.length), rows);
        // Only empty rows stand between.
        strictEqual(below.slice(0, -rows.length).join(""), "");
        strictEqual(terminal.cursorFromEnd, rows.length - 1 - block.row);
        strictEqual(terminal.beforeCursor, block.before.replace(/[\u2068\u2069]/g, ""));
      }
    }));
  },
);

Deno.test("where a terminal cuts its rows off, each is still one", none, () => {
  const input = { prompt: "> ", text: "x".repeat(60), cursor: 60 };
  const tops = (["wraps", "cuts"] as const).map((rewrapping) => {
    const screen = new Screen(rewrapping);
    const wide = { columns: 80, rows: 24 };
    const block = layOut({ pending: [], hint: null, status: "s".repeat(70), input }, wide);
    screen.draw({ above: null, block, size: wide });
    const narrow = screen.draw({ above: null, block: null, size: { columns: 20, rows: 24 } });
    return narrow.split("\r")[0]?.slice("\x1b[?2026h".length);
  });
  deepStrictEqual(tops, ["\x1b[7A", "\x1b[1A"]);
});

Deno.test("the input stays in its row when something above it goes", none, () => {
  const terminal = new FakeTerminal(40, 24);
  const screen = new Screen();
  const size = terminal.size();
  const input = { prompt: "> ", text: "", cursor: 0 };
  const draw = (status: string | null, above: string | null) => {
    const block = layOut({ pending: [], hint: null, status, input }, size);
    terminal.takes(screen.draw({ above, block, size }));
  };
  draw("Unread: 1:al 1", "one");
  draw(null, null);
  deepStrictEqual(terminal.lines, ["one", "", ">"]);
  draw(null, "two");
  deepStrictEqual(terminal.lines, ["one", "two", ">"]);
});
