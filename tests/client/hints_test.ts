import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { COMMANDS } from "../../client/commands.ts";
import { hintFor } from "../../client/hints.ts";

const none = { permissions: "none" } as const;

Deno.test("a hint says what the command that is being typed takes", none, () => {
  const cases: Readonly<Record<string, string | null>> = {
    "@": "a command or a name; Tab completes, @help explains",
    "@h": "@history  @help",
    "@hi": "@history n [name]: last n messages (1 to 1,000), of all or of one",
    "@history 5 al": "@history n [name]: last n messages (1 to 1,000), of all or of one",
    "@history m": "@history more: messages before those that @history has shown last",
    "@group": "@group set|send|add|remove|leave|delete|list|info …",
    "@group s": "@group set|send|add|remove|leave|delete|list|info …",
    "@group inf": "@group info G: owner and members of a group",
    "@group set team a,": "@group set G a,b,c: create G, or replace the members of your G",
    "@set ": "@set bell|colours|time|joins|hints VALUE",
    "@set b": "@set bell VALUE",
    "@set bell": "@set bell VALUE",
    "@set bell ": "@set bell off|dm|mention|all: for which messages the terminal rings",
    "@search": "@search words: messages with all these words, newest first; Ctrl-C stops",
    "@@": "a text that begins with @",
    "@a/b": "no such command: @help lists all, @@ begins a text with @",
    "@a/b c": "no such command: @help lists all, @@ begins a text with @",
  };
  for (const [typed, hint] of Object.entries(cases)) strictEqual(hintFor(typed), hint, typed);
});

Deno.test("a text, and a message to somebody, need no hint", none, () => {
  for (const typed of ["", "hello", "mail me@home", "@alice", "@alice hi", " "]) {
    strictEqual(hintFor(typed), null, typed);
  }
});

Deno.test("every command has its usage as a hint once it is typed", none, () => {
  for (const { usage, example } of COMMANDS) {
    const [head] = usage.split(/[ [|]/);
    const hint = hintFor(example);
    ok(hint?.startsWith(head ?? "@") === true, `${example}: ${hint}`);
  }
});

Deno.test("a hint is one short line of the client's own words, whatever is typed", none, () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(
      fc.constantFrom("@", "group", "set", "history", " ", "\n", "m", "bell", "\x1b[2J", "/"),
    )
      .map((parts) => parts.join("")),
  );
  fc.assert(fc.property(typed, (text) => {
    const hint = hintFor(text);
    if (hint !== null) ok(/^[ -~…]{1,100}$/.test(hint), hint);
  }));
});
