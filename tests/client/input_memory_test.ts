import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { InputMemory } from "../../client/terminal/input_memory.ts";
import { MOST_LINES } from "../../client/terminal/input_history.ts";

const realm = new Uint8Array(16).fill(1);

/** An account whose root can be another one. */
function account(root: number | null = 7) {
  return { user: "bob", realm, root: root === null ? null : new Uint8Array(32).fill(root) };
}

async function inFolder(use: (data: string) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "fernchat-input-" });
  try {
    await use(data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

/** The one file below the folder. */
async function fileIn(data: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(join(data, "input")), ({ name }) => name);
  strictEqual(names.length, 1, names.join());
  return join(data, "input", names[0] ?? "");
}

async function keep(memory: InputMemory, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) memory.keep(line);
  await memory.kept;
}

Deno.test("what was typed comes back in the next run, and is closed on the disk", async () => {
  await inFolder(async (data) => {
    const first = await InputMemory.of(data, account());
    deepStrictEqual(await first.read(), []);
    await keep(first, "hello", "two\nlines", "@alice 你好");
    const path = await fileIn(data);
    if (Deno.build.os !== "windows") {
      strictEqual(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    }
    const text = await Deno.readTextFile(path);
    ok(!text.includes("hello") && !path.includes("bob"));
    const second = await InputMemory.of(data, account());
    deepStrictEqual(await second.read(), ["hello", "two\nlines", "@alice 你好"]);
  });
});

Deno.test("sessions at once add to one file", async () => {
  await inFolder(async (data) => {
    const both = await Promise.all([0, 1].map(() => InputMemory.of(data, account())));
    await Promise.all(both.map((memory, n) => keep(memory, `one of ${n}`, `two of ${n}`)));
    const lines = await (await InputMemory.of(data, account())).read();
    deepStrictEqual([...lines].sort(), ["one of 0", "one of 1", "two of 0", "two of 1"]);
  });
});

Deno.test("a file that has grown to twice its bound is written anew without the oldest", async () => {
  await inFolder(async (data) => {
    const memory = await InputMemory.of(data, account());
    const lines = Array.from({ length: 2 * MOST_LINES + 5 }, (_, n) => `line ${n}`);
    await keep(memory, ...lines);
    const tokens = (await Deno.readTextFile(await fileIn(data))).split("\n").length - 1;
    ok(tokens < 2 * MOST_LINES, `${tokens}`);
    const again = await (await InputMemory.of(data, account())).read();
    deepStrictEqual(again, lines.slice(-MOST_LINES));
  });
});

Deno.test("with another root everything is closed anew; without one nothing is kept", async () => {
  await inFolder(async (data) => {
    const owner: { user: string; realm: Uint8Array; root: Uint8Array | null } = account(7);
    const memory = await InputMemory.of(data, owner);
    await keep(memory, "before");
    owner.root = new Uint8Array(32).fill(8);
    await keep(memory, "after");
    deepStrictEqual(await (await InputMemory.of(data, account(7))).read(), []);
    deepStrictEqual(await (await InputMemory.of(data, account(8))).read(), ["before", "after"]);
    const locked = await InputMemory.of(data, { ...account(null), user: "eve" });
    await keep(locked, "secret");
    deepStrictEqual(await locked.read(), []);
    await fileIn(data);
  });
});

Deno.test("what is damaged is left out, and a folder that cannot be written does no harm", async () => {
  await inFolder(async (data) => {
    const memory = await InputMemory.of(data, account());
    await keep(memory, "one", "two", "three");
    const path = await fileIn(data);
    const [first, , third] = (await Deno.readTextFile(path)).split("\n");
    await Deno.writeTextFile(path, `${first}\nnonsense\n${third}\n${first?.slice(0, 40)}`);
    deepStrictEqual(await (await InputMemory.of(data, account())).read(), ["one", "three"]);
    const nowhere = await InputMemory.of(join(path, "below a file"), account());
    await keep(nowhere, "one");
    deepStrictEqual(await nowhere.read(), []);
  });
});
