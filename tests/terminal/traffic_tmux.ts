import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Scene } from "../testing/scene.ts";
import type { Tmux } from "../testing/tmux.ts";
import { bobAndAlice, lastLine } from "./chat_shell.ts";

const numbered = (count: number, first = 1) =>
  Array.from({ length: count }, (_, n) => `message ${first + n}`);

/** The lines from the first message on, scrollback and screen. */
async function fromFirst(terminal: Tmux): Promise<string[]> {
  const lines = (await terminal.capture({ part: "all" })).split("\n");
  return lines.slice(lines.indexOf("[alice]: message 1"));
}

Deno.test("200 messages arriving while a line is edited leave the line intact, and the scrollback complete and in order", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene, { columns: 80, rows: 24 });
  await using _shell = sh;
  const { terminal } = sh;
  const said = alice.types(...numbered(200));
  await terminal.waitFor("[alice]: message 1");
  // Typed, moved in, deleted from, while they arrive.
  for (const word of ["the ", "quick ", "red ", "fox"]) await terminal.type(word);
  await terminal.sendKeys("M-b", "M-b", "M-d");
  await terminal.type("brown");
  await terminal.sendKeys("End");
  await terminal.type(" jumps");
  await terminal.sendKeys("C-a", "Right", "Right", "BSpace", "C-e");
  await said;
  await terminal.waitFor(/^\[alice\]: message 200\nlobby> te quick brown fox jumps$/m);
  const expected = [
    ...numbered(200).map((text) => `[alice]: ${text}`),
    "lobby> te quick brown fox jumps",
  ];
  deepStrictEqual(await fromFirst(terminal), expected);
  await terminal.type("\n");
  await alice.out.until("[bob]: te quick brown fox jumps");
});

Deno.test("from 120 columns to 40 and back: nothing is lost, nothing is left over", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene, { columns: 120, rows: 30 });
  await using _shell = sh;
  const { terminal } = sh;
  const long = `message 1 ${"is a long one ".repeat(6)}end`;
  await alice.types("message 1", long, ...numbered(30, 2));
  const draft = `a draft ${"that goes on ".repeat(10)}`.trimEnd();
  await terminal.type(draft);
  await terminal.waitFor(/^\[alice\]: message 31$/m);
  const dense = (text: string) => text.replaceAll(/\s/g, "");
  const typed = (screen: string) => dense(screen).endsWith(dense(`lobby> ${draft}`));
  await terminal.waitFor(typed);
  const before = await fromFirst(terminal);
  for (const [columns, next] of [[40, "while narrow"], [120, "while wide"]] as const) {
    await terminal.resize(columns, 30);
    await terminal.waitFor(typed);
    await alice.types(next);
    await terminal.waitFor(`[alice]: ${next}`);
    await terminal.waitFor(typed);
  }
  const rows = before.findIndex((line) => line.startsWith("lobby>"));
  // The new width may be heard of after the last message.
  const block = before.slice(rows).join("\n");
  await terminal.waitFor((screen) => screen.trimEnd().endsWith(block));
  const after = await fromFirst(terminal);
  deepStrictEqual(after, [
    ...before.slice(0, rows),
    "[alice]: while narrow",
    "[alice]: while wide",
    ...before.slice(rows),
  ]);
  // The cursor is where it was: behind the text.
  await terminal.type("!");
  await terminal.waitFor((screen) => screen.endsWith("!"));
  await terminal.type("\n");
  await alice.out.until(`[bob]: ${draft}!`);
});

Deno.test("a terminal that changes its size again and again while messages arrive loses none", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene, { columns: 100, rows: 30 });
  await using _shell = sh;
  const { terminal } = sh;
  await terminal.type("a draft");
  const said = alice.types(...numbered(200));
  for (const columns of [60, 100, 50, 90, 70]) await terminal.resize(columns, 30);
  await said;
  const screen = await terminal.waitFor(/^\[alice\]: message 200\nlobby> a draft$/m, {
    part: "all",
  });
  const shown = screen.split("\n").filter((line) => line.startsWith("[alice]: message"));
  deepStrictEqual(shown, numbered(200).map((text) => `[alice]: ${text}`));
  await lastLine(terminal, "lobby> a draft");
});

Deno.test("a server that is killed while something is typed: the text stays, a message waits and goes out once", async () => {
  await using scene = await Scene.open();
  const { sh } = await bobAndAlice(scene);
  await using _shell = sh;
  const { terminal } = sh;
  await terminal.type("a draft");
  await lastLine(terminal, "lobby> a draft");
  await scene.server.kill();
  await terminal.waitFor(/^Not connected, next try in \d+ s\nlobby> a draft$/m);
  await terminal.type(" is sent\nanother");
  await terminal.waitFor(/^\(waiting\) lobby: a draft is sent\n.+\nlobby> another$/m);
  await scene.restart();
  await terminal.waitFor(/^\[bob\]: a draft is sent\n+lobby> another$/m, { timeout: 30_000 });
  const all = await terminal.capture({ part: "all" });
  strictEqual(all.match(/a draft is sent/g)?.length, 1, all);
});
