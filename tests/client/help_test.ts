import { match, strictEqual } from "node:assert/strict";
import { COMMANDS } from "../../client/commands.ts";
import { helpDetail, helpScreen } from "../../client/help.ts";
import { parseLine } from "../../client/input.ts";

const none = { permissions: "none" } as const;

Deno.test(
  "@help fits on one screen of 80 columns and 24 rows, with four for the input",
  none,
  () => {
    const lines = helpScreen().split("\n");
    strictEqual(lines.length <= 20, true);
    for (const line of lines) strictEqual(line.length < 80, true, line);
  },
);

Deno.test("@help names every command", none, () => {
  for (const { usage } of COMMANDS) strictEqual(helpScreen().includes(usage), true, usage);
});

Deno.test("the example of every command is a line that is understood", none, () => {
  for (const { example, word } of COMMANDS) {
    const { type } = parseLine(example);
    strictEqual(["refused", "usage", "nothing"].includes(type), false, word);
  }
});

Deno.test("a command is explained with its example", none, () => {
  match(
    helpDetail(COMMANDS.slice(1, 2)),
    /^@history n \[name\]: .*\n {2}Example: @history 20 alice$/,
  );
});
