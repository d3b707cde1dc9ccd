// PRODUCT §5, docs/JSON.md: the real program, spoken to by a program.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { FaultyProxy } from "../crash/proxy.ts";
import type { Program } from "../testing/processes.ts";
import { type ClientOptions, Scene } from "../testing/scene.ts";

/** An object of JSON, in or out. */
type Line = Readonly<Record<string, unknown>>;

/** A program behind a client. */
class Bot {
  /** All that it was told. */
  readonly events: Line[] = [];

  private constructor(readonly client: Program) {}

  static async at(
    scene: Scene,
    user: string,
    { flags = [], ...place }: ClientOptions = {},
  ): Promise<Bot> {
    return new Bot(await scene.client(user, { flags: ["--json", ...flags], ...place }));
  }

  /** Starts one and waits until it is ready. */
  static async ready(scene: Scene, user: string, options?: ClientOptions): Promise<Bot> {
    const bot = await Bot.at(scene, user, options);
    await bot.hears({ t: "ready" });
    return bot;
  }

  async says(...commands: readonly Line[]): Promise<void> {
    await this.client.types(...commands.map((command) => JSON.stringify(command)));
  }

  /** Takes events up to one that has these fields. */
  async hears(wanted: Line): Promise<Line> {
    while (true) {
      const event: Line = JSON.parse(await this.client.out.until(/^/));
      this.events.push(event);
      if (Object.entries(wanted).every(([field, value]) => event[field] === value)) return event;
    }
  }

  /** Says a command and gives what belongs to it, without its end. */
  async asks(command: Line): Promise<readonly Line[]> {
    const { id } = command;
    const begun = this.events.length;
    await this.says(command);
    await this.hears({ t: "ok", re: id });
    return this.events.slice(begun).filter(({ re, t }) => re === id && t !== "ok");
  }

  /** Ends the input and gives the exit code. */
  async ends(): Promise<number> {
    await this.client.endsInput();
    return await this.client.ended();
  }

  /** What was said, in the order it came. */
  get texts(): readonly unknown[] {
    return this.events.filter(({ t }) => t === "message").map(({ body }) => body);
  }
}

Deno.test("a message is acknowledged under its id, and comes once, in its place", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bot = await Bot.ready(scene, "bot");
  await alice.out.until("* bot has joined the chat *");
  await bot.says(
    { t: "send", id: "one", to: "lobby", body: "hello, all" },
    { t: "send", id: "two", to: "alice", body: "hello,\nalice" },
  );
  const one = await bot.hears({ t: "ack", re: "one" });
  const own = await bot.hears({ t: "message", body: "hello, all" });
  strictEqual(own["id"], one["id"]);
  const two = await bot.hears({ t: "ack", re: "two" });
  ok(Number(two["id"]) > Number(one["id"]));
  deepStrictEqual(await bot.hears({ t: "message", id: two["id"] }), {
    t: "message",
    id: two["id"],
    at: two["at"],
    conversation: bot.events.at(-1)?.["conversation"],
    kind: "direct",
    from: "bot",
    to: "alice",
    body: "hello,\nalice",
  });
  await alice.sees("[bot]: hello, all", "[DM from bot]: hello,", "| alice");
  await alice.types("@bot hi");
  strictEqual((await bot.hears({ t: "message", from: "alice" }))["body"], "hi");
  strictEqual(await bot.ends(), 0);
  await alice.out.until("* bot has left the chat *");
});

Deno.test("every command ends with ok or an error under its id", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  const bot = await Bot.ready(scene, "bot");
  deepStrictEqual(await bot.asks({ t: "names", id: 1 }), [
    { t: "names", users: ["alice", "bot"], re: 1 },
  ]);
  await bot.asks({ t: "group_set", id: 2, group: "Team", members: ["alice"] });
  deepStrictEqual(await bot.asks({ t: "groups", id: 3 }), [
    { t: "groups", groups: ["team"], re: 3 },
  ]);
  const [info] = await bot.asks({ t: "group_info", id: 4, group: "team" });
  deepStrictEqual([info?.["owner"], info?.["members"]], ["bot", ["alice", "bot"]]);
  await bot.says({ t: "send", id: "m", to: "team", kind: "group", body: "hi, team" });
  await bot.hears({ t: "message", to: "team" });
  const past = await bot.asks({ t: "history", id: "h", of: "team" });
  deepStrictEqual(past.map(({ t, past, re }) => [t, past, re]), [
    ["change", true, "h"],
    ["message", true, "h"],
  ]);
  for (
    const [command, code] of [
      [{ t: "group_info", id: 5, group: "nothing" }, "no_group"],
      [{ t: "group_add", id: 6, group: "team", members: ["nobody9"] }, "unknown_users"],
      [{ t: "send", id: "to nobody", to: "nobody9", body: "hi" }, "no_user"],
      [{ t: "history", id: 7, limit: 0 }, "bad_command"],
      [{ t: "dance", id: 8 }, "unknown_type"],
    ] as const
  ) {
    await bot.says(command);
    strictEqual((await bot.hears({ t: "error", re: command.id }))["code"], code);
  }
  await bot.client.types("no JSON");
  strictEqual((await bot.hears({ t: "error" }))["code"], "bad_json");
  await bot.says({ t: "quit" });
  await bot.hears({ t: "goodbye" });
  // One message was not stored.
  await bot.client.endsWith(3);
  await alice.out.until("* bot has left the chat *");
});

Deno.test("a program gets no history that it has not asked for, but what it missed", async () => {
  await using scene = await Scene.open();
  const alice = await scene.loggedIn("alice");
  await alice.types("before there was a bot");
  await alice.out.until("[alice]: before there was a bot");
  const first = await Bot.ready(scene, "bot");
  deepStrictEqual(first.events.map(({ t }) => t), ["account_created", "welcome", "ready"]);
  strictEqual(await first.ends(), 0);
  await alice.types("while it was away", "@bot and for you");
  await alice.out.until(/^\[DM to bot\]: and for you/);
  const second = await Bot.ready(scene, "bot");
  deepStrictEqual(second.events.map(({ t, body, past }) => [t, body, past]), [
    ["welcome", undefined, undefined],
    ["message", "while it was away", true],
    ["message", "and for you", true],
    ["ready", undefined, undefined],
  ]);
  strictEqual(second.events.at(-1)?.["last"], second.events.at(-2)?.["id"]);
  strictEqual(await second.ends(), 0);
  const third = await Bot.ready(scene, "bot");
  deepStrictEqual(third.texts, []);
  strictEqual(await third.ends(), 0);
});

Deno.test("--since begins behind an entry, whatever has been shown; or now", async () => {
  await using scene = await Scene.open();
  const bot = await Bot.ready(scene, "bot");
  for (const body of ["one", "two", "three"]) {
    await bot.says({ t: "send", id: body, to: "lobby", body });
    await bot.hears({ t: "message", body });
  }
  strictEqual(await bot.ends(), 0);
  const { id } = bot.events.find(({ body }) => body === "one") ?? {};
  const again = await Bot.ready(scene, "bot", { flags: ["--since", String(id)] });
  deepStrictEqual(again.texts, ["two", "three"]);
  strictEqual(await again.ends(), 0);
  const all = await Bot.ready(scene, "bot", { flags: ["--since", "0"] });
  deepStrictEqual(all.texts, ["one", "two", "three"]);
  strictEqual(await all.ends(), 0);
  const alice = await scene.loggedIn("alice");
  await alice.types("missed, and not wanted");
  await alice.out.until("[alice]: missed, and not wanted");
  const now = await Bot.ready(scene, "bot", { flags: ["--since", "now"] });
  deepStrictEqual(now.texts, []);
  strictEqual(await now.ends(), 0);
});

Deno.test("--since an entry that this server has not made ends with 1 and says why", async () => {
  await using scene = await Scene.open();
  const bot = await Bot.at(scene, "bot", { flags: ["--since", "9007199254740991"] });
  await bot.client.endsWith(1);
  match(bot.client.err.text, /^Cannot go on after entry 9007199254740991: .* leave out --since/m);
});

for (const lost of ["the message", "its acknowledgement"] as const) {
  Deno.test(
    `kill -9 of the server between send and ack, ${lost} lost: acknowledged once, nothing doubled`,
    async () => {
      await using scene = await Scene.open();
      await using proxy = await FaultyProxy.open(() => scene.server.port);
      const witness = await Bot.ready(scene, "witness");
      const bot = await Bot.ready(scene, "bot", { port: proxy.port });
      await witness.hears({ t: "joined", user: "bot" });
      await bot.says({ t: "send", id: "before", to: "witness", body: "before" });
      await bot.hears({ t: "message", body: "before" });
      const since = String(bot.events.at(-1)?.["id"]);
      if (lost === "the message") {
        scene.server.signal("SIGSTOP");
        await bot.says({ t: "send", id: "m", to: "witness", body: "the one" });
      } else {
        // What the server says next is the acknowledgement, and goes to nobody.
        proxy.plan([{ kind: "swallow", direction: "down", after: 1, ms: 0 }]);
        await bot.says({ t: "send", id: "m", to: "witness", body: "the one" });
        await witness.hears({ t: "message", body: "the one" });
      }
      await scene.server.kill();
      await scene.restart();
      await bot.hears({ t: "connection", state: "on" });
      ok(bot.events.some(({ t, state }) => t === "connection" && state === "off"));
      await bot.hears({ t: "ready" });
      const { id } = await bot.hears({ t: "ack", re: "m" });
      await bot.says({ t: "send", id: "behind", to: "witness", body: "behind" });
      await bot.hears({ t: "message", body: "behind" });
      strictEqual(await bot.ends(), 0);
      deepStrictEqual(bot.events.filter(({ re }) => re === "m").map(({ t }) => t), ["ack"]);
      deepStrictEqual(bot.texts, ["before", "the one", "behind"]);
      await witness.hears({ t: "message", body: "behind" });
      deepStrictEqual(witness.texts, ["before", "the one", "behind"]);
      // Another run goes on where this one has been, and asks for the same once more.
      const again = await Bot.ready(scene, "bot", { flags: ["--since", since] });
      deepStrictEqual(again.texts, ["the one", "behind"]);
      await again.says(
        { t: "send", id: "first", to: "witness", body: "first" },
        { t: "send", id: "m", to: "witness", body: "the one" },
      );
      strictEqual((await again.hears({ t: "ack", re: "m" }))["id"], id);
      await again.says({ t: "send", id: "last", to: "witness", body: "last" });
      await again.hears({ t: "message", body: "last" });
      strictEqual(await again.ends(), 0);
      const last = await witness.hears({ t: "message", body: "last" });
      // What was not stored again leaves no hole in what the sender counts (FTC1 §7.6).
      strictEqual(last["marks"], undefined);
      deepStrictEqual(witness.texts, ["before", "the one", "behind", "first", "last"]);
      strictEqual(await witness.ends(), 0);
    },
  );
}

Deno.test("what a killed client had not sent is sent by the next run, and acknowledged there", async () => {
  await using scene = await Scene.open();
  const witness = await Bot.ready(scene, "witness");
  const bot = await Bot.ready(scene, "bot");
  // The folder is there from now on.
  await bot.says({ t: "send", to: "lobby", body: "before" });
  await bot.hears({ t: "message", body: "before" });
  // So long that it cannot be taken for what is written about the message before.
  const one = "the one".padEnd(3_000, ".");
  const isKept = pendingIn(scene, { octets: one.length });
  scene.server.signal("SIGSTOP");
  await bot.says({ t: "send", id: "m", to: "lobby", body: one });
  await isKept;
  bot.client.signal("SIGKILL");
  await bot.client.ended();
  scene.server.signal("SIGCONT");
  const again = await Bot.at(scene, "bot");
  // It may have reached the server after all; then the same id stores nothing.
  await again.hears({ t: "ack", re: "m" });
  strictEqual(await again.ends(), 0);
  await witness.says({ t: "send", to: "lobby", body: "the end" });
  await witness.hears({ t: "message", body: "the end" });
  deepStrictEqual(witness.texts, ["before", one, "the end"]);
  strictEqual(await witness.ends(), 0);
});

/** Resolves when so much is on the disk of a client for the next run. */
async function pendingIn(
  scene: Scene,
  { octets }: { readonly octets: number },
): Promise<void> {
  const watcher = Deno.watchFs(scene.config, { recursive: true });
  for await (const { paths } of watcher) {
    const files = paths.filter((path) => path.includes("pending"));
    const infos = await Promise.all(files.map((path) => Deno.stat(path).catch(() => null)));
    if (infos.some((info) => info?.isFile && info.size > octets)) return;
  }
}

Deno.test("whatever others send, a program reads lines of ASCII", async () => {
  await using scene = await Scene.open();
  const bot = await Bot.ready(scene, "bot");
  const alice = await scene.loggedIn("alice");
  const texts = ["שלום \u202etfel", "a\u200bb\u2028c", "\u{1f468}\u200d\u{1f469}\u200d\u{1f466}"];
  await alice.types(...texts, "the end");
  await bot.hears({ t: "message", body: "the end" });
  deepStrictEqual(bot.texts, [...texts, "the end"]);
  strictEqual(await bot.ends(), 0);
  match(bot.client.out.text, /^[\x20-\x7e\n]*$/);
});
