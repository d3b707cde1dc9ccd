import { strictEqual } from "node:assert/strict";
import { firstSteps } from "../../client/first_steps.ts";
import { parseLine } from "../../client/input.ts";

const pure = { permissions: "none" } as const;

Deno.test("a new user gets three lines that fit into a terminal", pure, () => {
  for (const user of ["alice", "bob"]) {
    const lines = firstSteps(user);
    strictEqual(lines.length, 3);
    for (const line of lines) strictEqual(line.length < 80, true, line);
  }
});

Deno.test("what the first lines tell to type is understood", pure, () => {
  const typed = firstSteps("alice").flatMap((line) => line.match(/@\w+( hello)?/g) ?? []);
  strictEqual(typed.length, 6);
  for (const line of typed) {
    strictEqual(["refused", "usage", "nothing"].includes(parseLine(line).type), false, line);
  }
});

Deno.test("nobody is told to write to himself", pure, () => {
  for (const user of ["alice", "bob"]) {
    strictEqual(firstSteps(user).some((line) => line.includes(`@${user} `)), false);
  }
});
