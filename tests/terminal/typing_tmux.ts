import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Scene } from "../testing/scene.ts";
import type { Tmux } from "../testing/tmux.ts";
import { bobAndAlice, lastLine, logIn, shell } from "./chat_shell.ts";

/** Text without what closes right-to-left text and without blanks at the ends of rows. */
const bare = (screen: string) => screen.replaceAll(/[\u2068\u2069]/g, "");

/** Presses keys, and waits until the input is this, with the cursor in this column. */
async function edits(
  terminal: Tmux,
  keys: readonly string[],
  [input, column]: readonly [string, number],
): Promise<void> {
  await terminal.sendKeys(...keys);
  await lastLine(terminal, `lobby> ${input}`.trimEnd());
  await terminal.waitForCursor("lobby> ".length + column);
}

Deno.test("every key edits as in a shell", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene);
  await using _shell = sh;
  const { terminal } = sh;
  await terminal.type("one two three");
  await edits(terminal, [], ["one two three", 13]);
  await edits(terminal, ["Left", "Left"], ["one two three", 11]);
  await edits(terminal, ["Right", "BSpace"], ["one two thre", 11]);
  await edits(terminal, ["DC"], ["one two thr", 11]);
  await edits(terminal, ["Home"], ["one two thr", 0]);
  await edits(terminal, ["End"], ["one two thr", 11]);
  await edits(terminal, ["C-a"], ["one two thr", 0]);
  await edits(terminal, ["C-e"], ["one two thr", 11]);
  await edits(terminal, ["C-Left"], ["one two thr", 8]);
  await edits(terminal, ["M-b"], ["one two thr", 4]);
  await edits(terminal, ["C-Right"], ["one two thr", 7]);
  await edits(terminal, ["M-f"], ["one two thr", 11]);
  await edits(terminal, ["C-w"], ["one two ", 8]);
  await edits(terminal, ["C-y"], ["one two thr", 11]);
  await edits(terminal, ["C-a", "M-d"], [" two thr", 0]);
  await edits(terminal, ["C-y"], ["one two thr", 3]);
  await edits(terminal, ["C-k"], ["one", 3]);
  await edits(terminal, ["C-y"], ["one two thr", 11]);
  await edits(terminal, ["M-BSpace"], ["one two ", 8]);
  await edits(terminal, ["C-e", "C-u"], ["", 0]);
  await edits(terminal, ["C-y"], ["one two ", 8]);
  await edits(terminal, ["C-b", "C-b", "C-d"], ["one tw ", 6]);
  await edits(terminal, ["C-f", "C-h"], ["one tw", 6]);
  // Sent, and back with the arrow up; what stood there before is at the end.
  await terminal.sendKeys("Enter");
  await terminal.waitFor(/^\[bob\]: one tw\nlobby>$/m);
  await terminal.type("second\ndraft");
  await terminal.waitFor(/^\[bob\]: second\nlobby> draft$/m);
  await edits(terminal, ["Up"], ["second", 6]);
  await edits(terminal, ["Up"], ["one tw", 6]);
  await edits(terminal, ["Down"], ["second", 6]);
  await edits(terminal, ["Down"], ["draft", 5]);
  await edits(terminal, ["C-p"], ["second", 6]);
  await edits(terminal, ["C-n"], ["draft", 5]);
  await edits(terminal, ["C-c"], ["", 0]);
  // Alt-Enter begins a line; arrows go from line to line.
  await terminal.type("first");
  await terminal.sendKeys("M-Enter");
  await terminal.type("last");
  await terminal.waitFor(/^lobby> first\n\| last$/m);
  await terminal.sendKeys("Up", "Home");
  await terminal.type("at ");
  await terminal.waitFor(/^lobby> at first\n\| last$/m);
  await terminal.sendKeys("Down", "End", "Enter");
  await terminal.waitFor(/^\[bob\]: at first\n\| last\n+lobby>$/m);
  await alice.out.until("[bob]: at first");
  await alice.sees("| last");
  // Tab completes, and a hint says what a command takes.
  await terminal.type("@hist");
  await terminal.sendKeys("Tab");
  await terminal.type("2 ali");
  await terminal.sendKeys("Tab");
  await terminal.waitFor(/^@history n \[name\].*\n(.*\n)?lobby> @history 2 alice$/m);
  await terminal.sendKeys("C-u");
  await lastLine(terminal, "lobby>");
  // Alt and a number go to what is unread; the draft stays.
  await alice.types("@bob psst");
  await terminal.waitFor(/^\[DM from alice\]: psst\nUnread: 1:alice 1\nlobby>$/m);
  await terminal.type("draft");
  await terminal.sendKeys("M-1");
  await lastLine(terminal, "alice> draft");
  await terminal.sendKeys("C-u");
  await terminal.type("@lobby\n");
  await lastLine(terminal, "lobby>");
  // An empty screen; what was on it is in the scrollback.
  await terminal.type("draft");
  await lastLine(terminal, "lobby> draft");
  await terminal.sendKeys("C-l");
  await terminal.waitFor((screen) => screen === "lobby> draft");
  match(await terminal.capture({ part: "all" }), /^\[bob\]: one tw$/m);
  await terminal.sendKeys("C-u", "C-d");
  await sh.endsWith(0);
});

Deno.test("Ctrl-C clears, warns, and leaves at the second time", async () => {
  await using scene = await Scene.open();
  const { sh } = await bobAndAlice(scene);
  await using _shell = sh;
  const { terminal } = sh;
  await terminal.sendKeys("C-c");
  await terminal.waitFor(/^Press Ctrl-C once more to leave\.\nlobby>$/m);
  await terminal.type("x");
  await terminal.waitFor((screen) => screen.endsWith("\nlobby> x") && !screen.includes("Press"));
  await terminal.sendKeys("C-c", "C-c");
  await sh.endsWith(0);
});

Deno.test("what was typed comes back with the arrow up in the next run", async () => {
  await using scene = await Scene.open();
  const { sh } = await bobAndAlice(scene);
  await using _shell = sh;
  await sh.terminal.type("remember this\n");
  await sh.terminal.waitFor(/^\[bob\]: remember this$/m);
  await sh.terminal.type("@quit\n");
  await sh.endsWith(0);
  await using again = await shell(scene);
  await logIn(again, "bob");
  await again.terminal.sendKeys("Up", "Up");
  await lastLine(again.terminal, "lobby> remember this");
});

Deno.test("a paste of 50 lines arrives as one message", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene);
  await using _shell = sh;
  const { terminal } = sh;
  const lines = Array.from({ length: 50 }, (_, n) => `pasted line ${n + 1}`);
  await terminal.type("look: ");
  await terminal.paste(`${lines.join("\n")}\n`);
  await lastLine(terminal, "| pasted line 50");
  // The block has half of the rows.
  const screen = await terminal.capture();
  strictEqual(screen.match(/pasted line/g)?.length, 15, screen);
  await terminal.sendKeys("Enter");
  await terminal.waitFor(/^\| pasted line 50\n+lobby>$/m);
  await alice.out.until("[bob]: look: pasted line 1");
  await alice.sees(...lines.slice(1).map((line) => `| ${line}`));
  const all = await terminal.capture({ part: "all" });
  strictEqual(all.match(/pasted line 25$/gm)?.length, 1, all);
});

Deno.test("a line of 4,000 characters is edited and sent whole", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene, { columns: 80, rows: 24 });
  await using _shell = sh;
  const { terminal } = sh;
  const text = Array.from({ length: 571 }, (_, n) => `w${String(n).padStart(5, "0")}`).join(" ");
  await terminal.type(text);
  await terminal.waitFor((screen) => screen.replaceAll("\n", "").endsWith("w00570"));
  await terminal.sendKeys("Home");
  await terminal.waitFor((screen) => /lobby> w00000/.test(screen));
  await terminal.type("yes");
  await terminal.waitFor((screen) => /lobby> yesw00000/.test(screen));
  await terminal.sendKeys("Enter");
  await alice.out.until(`[bob]: yes${text}`);
  // While it waits to be acknowledged it is one line that is cut; then it stands there whole.
  await terminal.waitFor(/w00570\n+lobby>$/);
  const all = await terminal.capture({ part: "all" });
  strictEqual(all.match(/yesw00000/g)?.length, 1);
  strictEqual(all.match(/w00285/g)?.length, 1);
  // One character more than a message may have: refused, and back in the input.
  await terminal.type(`@alice ${"x".repeat(4_001)}\n`);
  await terminal.waitFor(/^ERROR: Message too long \(4,001 of 4,000 characters\)\./m);
  await terminal.waitFor((screen) => /x{60}$/.test(screen));
  await terminal.sendKeys("BSpace", "Enter");
  await alice.out.until(`[DM from bob]: ${"x".repeat(4_000)}`);
});

Deno.test("wide, joined, combining and right-to-left characters", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene, { columns: 60, rows: 24 });
  await using _shell = sh;
  const { terminal } = sh;
  const typed = "日本語 e\u0301 👩‍👩‍👧 🇩🇪 👍🏽 שלום عالم";
  await terminal.type(typed);
  await terminal.waitFor((screen) => bare(screen).endsWith(`\nlobby> ${typed}`));
  await alice.types("one", "二つ目", "👩‍👩‍👧", "שלום");
  await terminal.waitFor((screen) =>
    bare(screen).endsWith(
      `\n[alice]: one\n[alice]: 二つ目\n[alice]: 👩‍👩‍👧\n[alice]: שלום\nlobby> ${typed}`,
    )
  );
  // A character as people see it is one for the keys, however many it is made of.
  await terminal.sendKeys("Home", "Right", "Right", "BSpace", "End", "M-b", "M-b");
  for (let n = 0; n < 2; n++) await terminal.sendKeys("BSpace", "BSpace");
  const edited = "日語 e\u0301 👩‍👩‍👧 🇩🇪 שלום عالم".replace("👩‍👩‍👧 🇩🇪 ", "👩‍👩‍👧 ");
  await terminal.waitFor((screen) => bare(screen).endsWith(`\nlobby> ${edited}`));
  await terminal.sendKeys("Enter");
  await alice.out.until(`[bob]: \u2068${edited}\u2069`);
  // Wide characters at the end of a row.
  const wide = "中".repeat(100);
  await terminal.type(wide);
  await terminal.waitFor((screen) => screen.replaceAll("\n", "").endsWith(`lobby> ${wide}`));
  await terminal.resize(41, 24);
  await alice.types("narrow");
  await terminal.waitFor((screen) =>
    screen.replaceAll("\n", "").endsWith(`[alice]: narrowlobby> ${wide}`)
  );
});

Deno.test("Ctrl-Z gives the shell its terminal, fg brings the line back", async () => {
  await using scene = await Scene.open();
  const { sh, alice } = await bobAndAlice(scene);
  await using _shell = sh;
  const { terminal } = sh;
  await terminal.type("half of a li");
  await lastLine(terminal, "lobby> half of a li");
  await terminal.sendKeys("C-z");
  await terminal.waitFor(/Stopped[^]*\$$/);
  const screen = await terminal.capture();
  ok(!screen.includes("half of a li"), screen);
  await terminal.type("stty -a | grep -c ' icanon'\n");
  await terminal.waitFor(/^1$/m);
  await alice.types("while you were out");
  await terminal.type("fg\n");
  await terminal.waitFor(/^\[alice\]: while you were out\n+lobby> half of a li$/m);
  await terminal.type("ne\n");
  await alice.out.until("[bob]: half of a line");
  const shown = (await terminal.capture({ part: "all" })).match(/while you were out/g);
  deepStrictEqual(shown?.length, 1);
  await terminal.type("@quit\n");
  await terminal.waitFor(/^Goodbye!$/m);
});
