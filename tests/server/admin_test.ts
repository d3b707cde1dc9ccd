// The admin socket on a real Unix socket: who may speak, what is said, and that it takes nothing down.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { encodeAdminLine } from "../../server/admin_protocol.ts";
import { connectAdmin } from "../../server/admin_client.ts";
import { openAdminServer } from "../../server/admin_server.ts";
import { listenAdmin } from "../../server/admin_socket.ts";
import { openLog } from "../../server/log.ts";
import { Operator } from "../../server/operator.ts";
import { writeAll } from "../../transport/write_all.ts";
import { LineReader } from "../../transport/line_reader.ts";
import { type Chat, chatWith } from "../testing/chat.ts";
import { tempFolder } from "./temp_folder.ts";

/** There are none on Windows, and the server says so: the last test. */
const ignore = Deno.build.os === "windows";

interface Scene extends AsyncDisposable {
  readonly path: string;
  readonly chat: Chat;
  readonly log: readonly string[];
  readonly stops: () => number;
}

async function scene(users: readonly string[] = ["alice", "bob"]): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const chat = stack.use(await chatWith({ users }));
  const log: string[] = [];
  const logging = stack.use(
    await openLog({ format: "text", debug: true, write: (line) => log.push(line) }),
  );
  let stops = 0;
  const path = join(folder.path, "admin.sock");
  stack.use(
    await openAdminServer(path, {
      operator: new Operator(chat.service),
      status: () => Promise.resolve(["all is well", "größer"]),
      stop: () => {
        stops++;
        return { text: "Stopping." };
      },
      log: logging.log,
    }),
  );
  const dispose = () => stack.disposeAsync();
  return { path, chat, log, stops: () => stops, [Symbol.asyncDispose]: dispose };
}

async function connected(path: string) {
  const link = await connectAdmin(path);
  ok(link !== null);
  return link;
}

/** Says something by hand; gives the lines that come back, up to the end or the number asked for. */
async function says(path: string, text: string, lines: number): Promise<(string | null)[]> {
  using conn = await Deno.connect({ transport: "unix", path });
  const reader = new LineReader(conn, 1_048_576);
  await writeAll(conn, new TextEncoder().encode(text)).catch(() => {});
  const answers: (string | null)[] = [];
  // A connection that is cut with something unread is reset.
  for (let i = 0; i < lines; i++) answers.push(await reader.next().catch(() => null));
  return answers;
}

Deno.test({
  name: "only its owner can reach the socket, and it goes with the server",
  ignore,
  fn: async () => {
    let path = "";
    {
      await using server = await scene();
      path = server.path;
      const { mode, isSocket } = await Deno.lstat(path);
      deepStrictEqual([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
    }
    await rejects(Deno.lstat(path), Deno.errors.NotFound);
    strictEqual(await connectAdmin(path), null);
  },
});

Deno.test({
  name: "orders are carried out one after the other, and each is in the log",
  ignore,
  fn: async () => {
    await using server = await scene();
    await using link = await connected(server.path);
    deepStrictEqual(await link.ask({ do: "status" }), {
      ok: true,
      lines: ["all is well", "größer"],
    });
    deepStrictEqual(await link.ask({ do: "block", name: "bob" }), {
      ok: true,
      lines: ["bob is blocked. Sessions ended: 0."],
    });
    deepStrictEqual(await link.ask({ do: "unblock", name: "alice" }), {
      ok: false,
      error: "the account alice is not blocked",
    });
    deepStrictEqual(await link.ask({ do: "stop" }), { ok: true, lines: ["Stopping."] });
    strictEqual(server.stops(), 1);
    const orders = server.log.filter((line) => line.includes("operator"))
      .map((line) => /order=.*/.exec(line)?.[0]);
    deepStrictEqual(orders, [
      "order=block user=bob done=true",
      "order=unblock user=alice done=false",
      "order=stop done=true",
    ]);
  },
});

Deno.test({
  name: "the list comes in pages that are asked for one by one",
  ignore,
  fn: async () => {
    const users = Array.from({ length: 250 }, (_, i) => `user${String(i).padStart(3, "0")}`);
    await using server = await scene(users);
    await using link = await connected(server.path);
    const first = await link.ask({ do: "list", after: "" });
    ok(first.ok);
    strictEqual(first.lines.length, 200);
    strictEqual(first.more, "user199");
    const second = await link.ask({ do: "list", after: "user199" });
    ok(second.ok);
    deepStrictEqual([second.lines.length, second.more], [50, undefined]);
  },
});

Deno.test({
  name: "what is no request gets an error, and the next one an answer",
  ignore,
  fn: async () => {
    await using server = await scene();
    const wrong = [
      "",
      "status",
      "{}",
      "[]",
      '{"do":"rm"}',
      '{"do":"block"}',
      '{"do":"block","name":"BOB"}',
      '{"do":"block","name":"../x"}',
      '{"do":"__proto__"}',
      `{"do":"list","after":"${"x".repeat(65)}"}`,
    ];
    const lines = await says(server.path, [...wrong, '{"do":"status"}', ""].join("\n"), 11);
    const refused = '{"ok":false,"error":"the request is not well-formed"}';
    deepStrictEqual(lines.slice(0, -1), wrong.map(() => refused));
    strictEqual(lines.at(-1), '{"ok":true,"lines":["all is well","gr\\u00f6\\u00dfer"]}');
  },
});

Deno.test({
  name: "a line without end closes its connection, and the others go on",
  ignore,
  fn: async () => {
    await using server = await scene();
    deepStrictEqual(await says(server.path, "x".repeat(100_000), 1), [null]);
    await using link = await connected(server.path);
    strictEqual((await link.ask({ do: "status" })).ok, true);
  },
});

Deno.test({
  name: "eight operators at once, no more, and a place is free again when one leaves",
  ignore,
  fn: async () => {
    await using server = await scene();
    {
      await using stack = new AsyncDisposableStack();
      for (let i = 0; i < 8; i++) {
        const link = stack.use(await connected(server.path));
        strictEqual((await link.ask({ do: "status" })).ok, true);
      }
      await using ninth = await connected(server.path);
      await rejects(ninth.ask({ do: "status" }), /^StartError: Cannot read an answer/);
    }
    // The server sees their ends in its own time.
    for (let isIn = false; !isIn;) {
      await using link = await connected(server.path);
      isIn = await link.ask({ do: "status" }).then((answer) => answer.ok, () => false);
    }
  },
});

Deno.test({
  name: "a failing store is said to the operator in one line, and the rest to the log",
  ignore,
  fn: async () => {
    await using server = await scene();
    await using link = await connected(server.path);
    server.chat.store.fail(new Error("disk I/O error"));
    deepStrictEqual(await link.ask({ do: "block", name: "bob" }), {
      ok: false,
      error: "the server could not store or read that; see its log",
    });
    ok(server.log.some((line) => line.includes("disk I/O error")));
    strictEqual((await link.ask({ do: "status" })).ok, true);
  },
});

Deno.test({
  name: "the socket file of a killed server is replaced; any other file is not",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, "admin.sock");
    // Renamed away and back, it outlives its listener like that of a killed server.
    const killed = Deno.listen({ transport: "unix", path });
    await Deno.rename(path, `${path}.kept`);
    killed.close();
    await Deno.rename(`${path}.kept`, path);
    strictEqual(await connectAdmin(path), null);
    const listener = await listenAdmin(path);
    ok(!("notice" in listener));
    listener.close();
    await Deno.writeTextFile(path, "precious");
    const refused = await listenAdmin(path);
    ok("notice" in refused);
    match(refused.notice, /^No admin socket at .*admin\.sock \(/);
    strictEqual(await Deno.readTextFile(path), "precious");
  },
});

Deno.test("without permission, too long a path, or on Windows, there is a notice and no socket", async (t) => {
  await t.step("Windows", async () => {
    const refused = await listenAdmin("C:\\data\\admin.sock", { os: "windows" });
    ok("notice" in refused);
    match(refused.notice, /^No admin socket on Windows: /);
  });
  await t.step({
    name: "too long a path",
    ignore,
    fn: async () => {
      const refused = await listenAdmin(`/tmp/${"x".repeat(120)}/admin.sock`);
      ok("notice" in refused);
      match(refused.notice, /^No admin socket at /);
    },
  });
});

Deno.test({
  name: "no permission to listen there",
  ignore,
  permissions: { net: ["127.0.0.1"], read: true, write: true },
  fn: async () => {
    const refused = await listenAdmin("/tmp/fernchat-nowhere/admin.sock");
    ok("notice" in refused);
    match(refused.notice, /^No admin socket without --allow-net=unix:\/tmp\/fernchat-nowhere\//);
  },
});

Deno.test("a line is ASCII, whatever is in it", () => {
  const octets = encodeAdminLine({ ok: false, error: "größer \u2028 𝄞 \x7f" });
  ok(octets.every((octet) => octet < 0x7f));
  const text = new TextDecoder().decode(octets);
  ok(text.endsWith("\n") && text.indexOf("\n") === text.length - 1);
  deepStrictEqual(JSON.parse(text), { ok: false, error: "größer \u2028 𝄞 \x7f" });
});
