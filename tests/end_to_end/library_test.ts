// docs/BOTS.md: the library, against a real server in this process.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { generateSharedSecret, parseSharedSecret } from "../../cipher/shared_secret.ts";
import { type ChatClient, ChatError, connect, type ConnectOptions } from "../../mod.ts";
import { type TempFolder, tempFolder } from "../server/temp_folder.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";

/** A server, and a folder for what its bots remember. */
interface Place {
  readonly server: TestServer;
  readonly folder: TempFolder;
}

/** Logs a bot in. */
async function botAt(
  { server, folder }: Place,
  user: string,
  options: Partial<ConnectOptions> = {},
): Promise<ChatClient> {
  return await connect({
    server: `127.0.0.1 ${server.port}`,
    user,
    password: `Krummhorn-${user}-7391`,
    register: true,
    folder: folder.path,
    ...options,
  });
}

/** The texts up to one, which is the last that is taken. */
async function textsUpTo(chat: ChatClient, last: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of chat) {
    if (event.t !== "message") continue;
    texts.push(event.body);
    if (event.body === last) break;
  }
  return texts;
}

Deno.test("what has been taken counts as seen, what only waits comes again", async () => {
  await using server = await startTestServer();
  await using folder = await tempFolder();
  const place = { server, folder };
  await using alice = await botAt(place, "alice");
  const bot = await botAt(place, "bot");
  for (const text of ["one", "two", "three"]) await alice.send("bot", text);
  deepStrictEqual(await textsUpTo(bot, "two"), ["one", "two"]);
  const { last } = bot;
  await bot.close();
  const again = await botAt(place, "bot");
  deepStrictEqual(await textsUpTo(again, "three"), ["three"]);
  ok(again.last > last);
  await again.close();
  await using since = await botAt(place, "bot", { since: last });
  deepStrictEqual(await textsUpTo(since, "three"), ["three"]);
});

Deno.test("what is sent within the loop is acknowledged, however much waits to be taken", async () => {
  await using server = await startTestServer({ policy: { readBurst: 1e6, requestBurst: 1e6 } });
  await using folder = await tempFolder();
  const place = { server, folder };
  await using alice = await botAt(place, "alice");
  await using bot = await botAt(place, "bot");
  for (let n = 0; n < 1_100; n++) await alice.send("lobby", `${n}`);
  const texts: string[] = [];
  for await (const event of bot) {
    if (event.t !== "message" || event.from !== "alice") continue;
    texts.push(event.body);
    if (event.body === "0") await bot.send("alice", "I have begun");
    if (event.body === "1099") break;
  }
  deepStrictEqual(texts, Array.from({ length: 1_100 }, (_, n) => `${n}`));
});

Deno.test("a refusal is an error with its code, and ends nothing", async () => {
  await using server = await startTestServer();
  await using folder = await tempFolder();
  await using bot = await botAt({ server, folder }, "Bot");
  strictEqual(bot.user, "bot");
  await rejects(bot.send("nobody9", "hi"), { name: "ChatError", code: "no_user" });
  await rejects(bot.send("lobby", " "), { name: "ChatError", code: "bad_command" });
  await rejects(bot.ask({ t: "group_info", group: "team" }), { code: "no_group" });
  const both = [bot.send("lobby", "a", { id: "x" }), bot.send("lobby", "a", { id: "x" })];
  const [first, second] = await Promise.allSettled(both);
  deepStrictEqual([first?.status, second?.status], ["fulfilled", "rejected"]);
  // Later the same id is no error, and no second message.
  const again = await bot.send("lobby", "a", { id: "x" });
  const entries = await bot.ask({ t: "history", of: "lobby" });
  deepStrictEqual(entries.map((entry) => entry.t === "message" && entry.id), [again.id]);
});

Deno.test("a closed chat has no more events, and sends nothing", async () => {
  await using server = await startTestServer();
  await using folder = await tempFolder();
  const bot = await botAt({ server, folder }, "bot");
  await rejects(bot.send("nobody9", "hi"), ChatError);
  await bot.close();
  await bot.close();
  for await (const { t } of bot) ok(["account_created", "welcome", "ready", "goodbye"].includes(t));
  await rejects(bot.send("lobby", "hi"), { code: "closed", message: "The chat is closed." });
});

Deno.test("who cannot connect or log in is told why", async () => {
  await using server = await startTestServer();
  await using folder = await tempFolder();
  const place = { server, folder };
  await (await botAt(place, "bot")).close();
  const wrong: readonly (readonly [Partial<ConnectOptions>, object])[] = [
    [{ server: "somewhere" }, { name: "TypeError" }],
    [{ server: "chat://127.0.0.1:1#ftc1:short" }, { name: "TypeError" }],
    [{ password: "another password" }, { code: "closed", message: "Incorrect password." }],
    [{ user: "carol", register: false }, { message: "User carol does not exist." }],
    [{ since: Number.MAX_SAFE_INTEGER }, { message: /^Cannot go on after entry \d+: / }],
    [{ server: "127.0.0.1 1", timeout: 1 }, { message: /^Cannot connect to 127\.0\.0\.1 port 1/ }],
  ];
  for (const [options, error] of wrong) await rejects(botAt(place, "bot", options), error);
});

Deno.test("a shared secret, and sentences about the connection", async () => {
  const secret = parseSharedSecret(generateSharedSecret());
  await using server = await startTestServer({ secret });
  await using folder = await tempFolder();
  const notices: string[] = [];
  await using _bot = await botAt({ server, folder }, "bot", {
    secret,
    notice: (text) => notices.push(text),
  });
  strictEqual(notices[1], `Connected to 127.0.0.1 port ${server.port}.`);
});
