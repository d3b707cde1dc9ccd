import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Key, KeyReader, LONGEST_PASTE } from "../../client/terminal/keys.ts";

const none = { permissions: "none" } as const;

/** Keys as short texts: what was typed, `<name>`, `[paste]`. */
function read(...pieces: readonly string[]): string {
  const reader = new KeyReader();
  return pieces.flatMap((piece) => reader.feed(piece)).map(brief).join("");
}

function brief(key: Key): string {
  if (key.type === "text") return key.text;
  return key.type === "paste" ? `[${key.text}]` : `<${key.name}>`;
}

Deno.test("each key has a name, however a terminal sends it", none, () => {
  const cases: readonly (readonly [string, string])[] = [
    ["hi", "hi"],
    ["\r", "<Enter>"],
    ["\n", "<Enter>"],
    ["a\r\nb\r\n", "a<Enter>b<Enter>"],
    ["\t\x1b[Z", "<Tab><S-Tab>"],
    ["\x7f\b", "<Backspace><Backspace>"],
    ["\x01\x0b\x1a\x00", "<C-a><C-k><C-z><C-Space>"],
    ["\x1b[A\x1bOA\x1b[B\x1b[C\x1b[D", "<Up><Up><Down><Right><Left>"],
    ["\x1b[H\x1b[1~\x1b[7~\x1bOH", "<Home><Home><Home><Home>"],
    ["\x1b[F\x1b[4~\x1b[8~\x1b[3~", "<End><End><End><Delete>"],
    ["\x1b[1;5C\x1b[1;3D\x1b[1;2A\x1bOd", "<C-Right><M-Left><S-Up><C-Left>"],
    ["\x1b[3;5~\x1b[1;7C", "<C-Delete><C-M-Right>"],
    ["\x1bb\x1bf\x1b1\x1b\x7f\x1b\r", "<M-b><M-f><M-1><M-Backspace><M-Enter>"],
    ["\x1b\x1b[D\x1b\x1bOC", "<M-Left><M-Right>"],
    ["\x1b[13;3u\x1b[13;2u\x1b[27;5;13~\x1b[98;3u\x1b[97u", "<M-Enter><S-Enter><C-Enter><M-b>a"],
    ["\x1b[I\x1b[O", "<FocusIn><FocusOut>"],
    ["\x1bOP\x1b[15~\x1b[[Ax", "x"],
    ["\x1b[200~one\rtwo\r\nthree\x1b[201~x", "[one\ntwo\nthree]x"],
    ["\x1b[200~\x1b[201~x", "x"],
    ["\x1b[200~a\x1b[2J\x07\tb\x1b[201~", "[a[2J\tb]"],
    ["\x1b[12\rx", "<Enter>x"],
    ["\x1b[1ü", "ü"],
    ["\x1b[<0;1;2Mx", "x"],
    ["\u0085\u009b1", "1"],
  ];
  for (const [octets, keys] of cases) strictEqual(read(octets), keys, JSON.stringify(octets));
});

Deno.test("a sequence may come in any number of pieces", none, () => {
  strictEqual(
    read("\x1b", "[", "1;5", "C", "\x1b[20", "0~a", "b\x1b[2", "01~", "c"),
    "<C-Right>[ab]c",
  );
});

Deno.test("Escape before a letter means Alt, and no more than that letter", none, () => {
  strictEqual(read("\x1b", "hello"), "<M-h>ello");
});

const typed = fc.array(fc.constantFrom(
  "a",
  "ü",
  "👋",
  "\r",
  "\x7f",
  "\x1b",
  "\x1b[A",
  "\x1b[1;5C",
  "\x1bOP",
  "\x1bb",
  "\x1b[200~",
  "one\ntwo",
  "\x1b[201~",
  "\x1b[",
  "\x9b",
));

Deno.test("keys are the same however they come in", none, () => {
  fc.assert(fc.property(typed, (parts) => {
    const whole = parts.join("");
    const inPieces = new KeyReader();
    const keys = [...whole].flatMap((piece) => inPieces.feed(piece));
    strictEqual(keys.map(brief).join(""), read(whole));
  }));
});

Deno.test(
  "whatever comes in, nothing that acts on a terminal comes out, and the next line is read",
  none,
  () => {
    const noise = fc.oneof(fc.string({ unit: "binary" }), typed.map((parts) => parts.join("")));
    fc.assert(
      fc.property(noise, (noise) => {
        const reader = new KeyReader();
        const keys = [...reader.feed(noise), ...reader.feed("\x1b[201~\x18")];
        for (const key of keys) {
          if (key.type === "text") ok(!/\p{Cc}/u.test(key.text));
          // deno-lint-ignore no-control-regex -- control characters are what is looked for
          else if (key.type === "paste") ok(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(key.text));
          else ok(/^(C-)?(M-)?(S-)?(\P{C}|[A-Z][A-Za-z]+)$/u.test(key.name), key.name);
        }
        deepStrictEqual(reader.feed("hi\r").map(brief).join(""), "hi<Enter>");
      }),
      { numRuns: 300 },
    );
  },
);

Deno.test("a paste without an end does not fill the memory", none, () => {
  const reader = new KeyReader();
  reader.feed("\x1b[200~");
  const piece = "x".repeat(65_536);
  for (let n = 0; n < 40; n++) deepStrictEqual(reader.feed(piece), []);
  const [key] = reader.feed("\x1b[201~");
  strictEqual(key?.type === "paste" ? key.text.length : 0, LONGEST_PASTE);
});
