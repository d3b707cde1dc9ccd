import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { COMMANDS } from "../../protocol/command.ts";
import { chatWith } from "../testing/chat.ts";
import { sentence } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;
const users = ["alice", "bob", "carol"] as const;

for (const t of ["auth", "login", "register"]) {
  Deno.test(`${t} after the login ends the connection, whatever is in it`, pure, async () => {
    await using chat = await chatWith({ users });
    const bob = chat.login("bob");
    strictEqual(await bob.handles({ t }), "bad_state");
    strictEqual(await bob.handles({ t, user: "bob", sig: "AAAA" }), "bad_state");
    deepStrictEqual(bob.events, []);
  });
}

Deno.test("an unknown type is an error, and the session goes on", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  for (const t of ["nope", "__proto__", "toString", "", "batch", "x".repeat(5_000)]) {
    strictEqual(await bob.handles({ t, id: 7 }), null);
  }
  const error = {
    t: "error",
    re: 7,
    code: "unknown_type",
    msg: "This server does not know that.",
  } as const;
  deepStrictEqual(bob.events, Array(6).fill(error));
});

Deno.test("a malformed command is an error, with the id where it is one", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  const error = {
    t: "error",
    code: "bad_request",
    msg: "The request is not well-formed.",
  } as const;
  await bob.handles({ t: "names", id: {} });
  await bob.handles({ t: "history", id: "h", limit: 0 });
  await bob.handles({ t: "send", id: 5, to: "alice", body: "hi" });
  deepStrictEqual(bob.events, [error, { ...error, re: "h" }, { ...error, re: 5 }]);
});

Deno.test("a ping is answered, a pong and a bye are not", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  for (const frame of [{ t: "ping" }, { t: "ping", id: "p" }, { t: "pong" }, { t: "bye" }]) {
    strictEqual(await bob.handles(frame), null);
  }
  deepStrictEqual(bob.events, [{ t: "pong" }, { t: "pong", re: "p" }]);
});

Deno.test("who is online is told sorted, each once", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  for (const user of ["carol", "alice", "bob"]) chat.login(user);
  deepStrictEqual(await bob.asks({ t: "names", id: 1 }), {
    t: "names",
    re: 1,
    users: ["alice", "bob", "carol"],
    more: false,
  });
  deepStrictEqual(await bob.asks({ t: "names", id: 2, after: "alice" }), {
    t: "names",
    re: 2,
    users: ["bob", "carol"],
    more: false,
  });
});

Deno.test("long lists come in pages", pure, async () => {
  const crowd = Array.from({ length: 2_000 }, (_, n) => `u${`${n}`.padStart(31, "0")}`);
  await using chat = await chatWith({ users: crowd });
  for (const user of crowd) chat.login(user);
  const [first = ""] = crowd;
  const reader = chat.login(first);
  const seen: string[] = [];
  for (let after: string | undefined, more = true; more;) {
    const page = await reader.asks({ t: "names", ...(after === undefined ? {} : { after }) });
    if (page.t !== "names") throw new Error(`Cannot read names: ${sentence(page)}`);
    strictEqual(JSON.stringify(page.users).length <= 49_152, true);
    seen.push(...page.users);
    after = page.users.at(-1);
    more = page.more;
  }
  deepStrictEqual(seen, crowd);
});

Deno.test("a name is a user, a group of one's own, or unknown", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
  const lookup = async (user: string, name: string) => {
    const answer = await chat.login(user).asks({ t: "lookup", name });
    return answer.t === "found" ? `${answer.kind} ${answer.name}` : sentence(answer);
  };
  strictEqual(await lookup("bob", "ALICE"), "user alice");
  strictEqual(await lookup("bob", "Team"), "group team");
  strictEqual(await lookup("carol", "team"), "no_user: User team does not exist.");
  strictEqual(
    await lookup("bob", "alcie"),
    "no_user: User alcie does not exist. Did you mean alice?",
  );
  strictEqual(await lookup("bob", "a b"), "no_user: User a b does not exist.");
});

Deno.test("what cannot be read is a storage error, and the session goes on", pure, async () => {
  await using chat = await chatWith({ users });
  const bob = chat.login("bob");
  await bob.says("lobby", "hi");
  await chat.store[Symbol.asyncDispose]();
  const answer = await bob.asks({ t: "history", limit: 5 });
  strictEqual(answer.t === "error" && answer.code, "storage");
  strictEqual(chat.failures.length, 1);
  strictEqual((await bob.asks({ t: "names" })).t, "names");
});

Deno.test("requests beyond the rate are told when to come again", pure, async () => {
  const policy = { requestBurst: 2, requestsPerSecond: 1 };
  await using chat = await chatWith({ users, policy });
  const bob = chat.login("bob");
  const answers = [await bob.says("lobby", "1"), await bob.says("lobby", "2")];
  const third = await bob.says("lobby", "3");
  deepStrictEqual(answers.map(({ t }) => t), ["ack", "ack"]);
  deepStrictEqual([third.t === "error" && third.code, third.t === "error" && third.after], [
    "rate",
    1,
  ]);
  strictEqual((await bob.asks({ t: "names" })).t, "names");
  chat.uptime += 1_000;
  strictEqual((await bob.says("lobby", "3")).t, "ack");
  deepStrictEqual(bob.sees(), ["[bob]: 1", "[bob]: 2", "[bob]: 3"]);
});

Deno.test("any frame is answered or ignored, never a failure of the server", pure, async () => {
  await using chat = await chatWith({ users, groups: { team: ["alice", "bob"] } });
  const bob = chat.login("bob");
  const { conversation } = chat.clients.group(bob, "team");
  const [hash, wrap] = [32, 1_225].map((length) => encodeBase64Url(new Uint8Array(length)));
  const sealed = chat.clients.conversation(conversation);
  const token = (await sealed.seal(await chat.clients.person("bob"), "hi")).body;
  const value = fc.oneof(
    fc.constantFrom(
      "team",
      "alice",
      "bob",
      "lobby",
      "zoe",
      "",
      "a b",
      0,
      1,
      20,
      "oldest",
      "all",
      1,
    ),
    fc.constant(["alice", "zoe"]),
    fc.constantFrom(conversation, "AAAA", token, hash, wrap),
    fc.constant([{ user: "alice", fp: hash, wrap }]),
    fc.constant([{ entry: "index", counter: 1, value: "x" }]),
    fc.constant({ entry: "index", counter: 1 }),
    fc.jsonValue(),
  );
  const fields = fc.dictionary(
    fc.constantFrom(
      "id",
      "to",
      "body",
      "of",
      "after",
      "upto",
      "limit",
      "from",
      "kinds",
      "group",
      "members",
      "name",
      "kind",
      "conversation",
      "epoch",
      "piece",
      "record",
      "m",
      "user",
      "note",
      "wrap",
      "fp",
      "unless",
    ),
    value,
  );
  const types = Object.keys(COMMANDS).filter((t) => t !== "passwd");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...types), fields, async (t, fields) => {
      const end = await bob.handles({ ...fields, t });
      strictEqual(end, ["auth", "login", "register"].includes(t) ? "bad_state" : null);
      deepStrictEqual(chat.failures, []);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what was seen counts also over the rate, since it is never said again", async () => {
  const policy = { requestBurst: 1, requestsPerSecond: 0.001 };
  await using chat = await chatWith({ users: ["bob"], policy });
  const bob = chat.login("bob");
  const ack = await bob.says("lobby", "hi");
  const id = ack.t === "ack" ? ack.id : NaN;
  strictEqual(sentence(await bob.says("lobby", "too fast")).startsWith("rate: "), true);
  await bob.handles({ t: "seen", upto: id });
  strictEqual(await chat.service.cursors.get("bob"), id);
});
