import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin, type LoginKeys, verifyPasswd } from "../../cipher/login.ts";
import { openVault, sealVault } from "../../cipher/vault.ts";
import { Credentials } from "../../client/credentials.ts";
import { pause } from "../../client/pause.ts";
import { fakeIdentity } from "../testing/fake_server.ts";
import { FakeFace } from "./fake_face.ts";
import { says } from "./fake_server.ts";
import {
  admit,
  cutOff,
  goodbye,
  heard,
  leave,
  PASSWORD,
  type Script,
  ScriptedServer,
  stay,
  until,
} from "./scripted_server.ts";

const LOBBY_IS_OPEN =
  "Direct and group messages are encrypted end to end. The server can read the lobby.";

const LOST = "Connection lost (the server did not say goodbye).";

function after(face: FakeFace): string[] {
  // The data folder is left out in these tests, and said to be.
  return face.notices.slice(1).filter((notice) =>
    !notice.startsWith("Messages that are not sent") && notice !== LOBBY_IS_OPEN
  );
}

Deno.test("a connection that is lost comes again, and nobody is asked anything", async () => {
  const face = new FakeFace("person");
  await using server = new ScriptedServer([cutOff, cutOff, async (peer) => {
    face.types("hello");
    await stay()(peer);
  }]);
  const code = server.run(face);
  await until(() => face.lines.includes("[bob]: hello"));
  face.types("@quit");
  strictEqual(await code, 0);
  deepStrictEqual(face.lines, ["Welcome to the chatroom, bob!", "[bob]: hello", "Goodbye!"]);
  deepStrictEqual(after(face), [
    `${LOST} Trying again in 1 s.`,
    "Connected again.",
    `${LOST} Trying again in 2 s.`,
    "Connected again.",
  ]);
  deepStrictEqual([server.pauses, face.questions], [[1, 2], []]);
  // Said once in each run, however many connections there are.
  strictEqual(face.notices.filter((notice) => notice === LOBBY_IS_OPEN).length, 1);
});

Deno.test("goodbyes: shutdown and rekey as a lost connection, flood after a minute", async () => {
  const face = new FakeFace("pipe");
  const reasons = ["shutdown", "rekey", "slow", "timeout", "flood"];
  await using server = new ScriptedServer([
    ...reasons.map((reason) => goodbye(reason)),
    leave(face),
  ]);
  strictEqual(await server.run(face, { timeout: 3_600 }), 0);
  deepStrictEqual(server.pauses, [1, 2, 4, 8, 60]);
  deepStrictEqual(face.lines, ["Welcome to the chatroom, bob!", "SERVER SHUTTING DOWN. Goodbye!"]);
});

Deno.test("what ends an account at the server ends the client, and nothing is registered", async () => {
  const refused =
    (answer: { t: string; code?: string; known?: boolean }): Script => async (peer) => {
      await peer.answerHello();
      await peer.frame();
      await peer.send({ user: "bob", msg: "Blocked, you are.", ...answer });

      deepStrictEqual((await peer.frame())?.t, "bye");
    };
  const cases: readonly (readonly [Script, RegExp])[] = [
    [refused({ t: "auth", known: false }), /^There is no account bob at this server any more\./],
    [refused({ t: "error", code: "blocked" }), /^Blocked, you are\.$/],
    [refused({ t: "error", code: "closed" }), /^Blocked, you are\.$/],
  ];
  for (const [script, text] of cases) {
    const face = new FakeFace("person");
    await using server = new ScriptedServer([cutOff, script]);
    strictEqual(await server.run(face), 1);
    match(face.notices.at(-1) ?? "", text);
  }
  for (const reason of ["blocked", "deleted"]) {
    const face = new FakeFace("person");
    await using server = new ScriptedServer([goodbye(reason)]);
    strictEqual(await server.run(face), 1);
    match(face.notices.at(-1) ?? "", /^The operator of the server has (blocked|deleted)/);
  }
});

Deno.test("another key or another database on the way back: nothing is sent, exit 1", async () => {
  for (
    const [identity, text] of [
      [await fakeIdentity(7, 6), /^THE SERVER'S IDENTITY HAS CHANGED\./],
      [await fakeIdentity(5, 7), /^Not connected: .* another database than before/],
    ] as const
  ) {
    const face = new FakeFace("person");
    await using server = new ScriptedServer([cutOff, async (peer) => {
      await peer.answerHello({ identity });
      strictEqual(await peer.linesToTheEnd(), 0);
    }]);
    strictEqual(await server.run(face), 1);
    match(face.notices.at(-1) ?? "", text);
  }
});

Deno.test("a password that was changed elsewhere: a person is asked, and what he types is not lost", async () => {
  const face = new FakeFace("person");
  const changed = { password: "another password", salt: 9 };
  await using server = new ScriptedServer([goodbye("passwd"), stay(changed)]);
  const code = server.run(face);
  await until(() => face.questions.length === 1);
  face.types("a wrong one");
  await until(() => face.questions.length === 2);
  face.types("another password");
  await until(() => face.notices.includes("Connected again."));
  face.types("hello");
  await until(() => face.lines.includes("[bob]: hello"));
  face.types(null);
  strictEqual(await code, 0);
  deepStrictEqual(face.questions, ["Password for bob: ", "Password for bob: "]);
  ok(face.lines.includes("ERROR: Incorrect password."));
});

Deno.test("a password that was changed elsewhere ends a pipe with 1, or 3 for what is not stored", async () => {
  for (
    const [script, expected] of [
      [[goodbye("passwd")], 1],
      [[cutOff, refuseSalt], 1],
      [[refuseAfterSend, refuseSalt], 3],
    ] as const
  ) {
    const face = new FakeFace("pipe", expected === 3 ? ["hello"] : []);
    await using server = new ScriptedServer(script);
    strictEqual(await server.run(face), expected);
    match(face.notices.join("\n"), /^The password of this account was changed\. Start/m);
  }
});

Deno.test("a server that is busy, or cannot store, is tried again", async () => {
  const face = new FakeFace("person");
  const later: Script = async (peer) => {
    await peer.answerHello();
    await peer.frame();
    await peer.send({ t: "error", code: "try_later", msg: "Too many tries.", after: 15 });
    await peer.linesToTheEnd();
  };
  await using server = new ScriptedServer([cutOff, later, leave(face)]);
  strictEqual(await server.run(face), 0);
  deepStrictEqual(server.pauses, [1, 15]);
  ok(face.notices.includes("Too many tries. Trying again in 15 s."));
});

Deno.test("what refuses the client on its way back is said in one line, nothing of it raw", async () => {
  const refusing = (code: string): Script => async (peer) => {
    await peer.answerHello();
    await peer.frame();
    await peer.send({ t: "error", code, msg: "No.\x1b[2J\nConnected again." });
    await peer.linesToTheEnd();
  };
  const face = new FakeFace("person");
  await using server = new ScriptedServer([cutOff, refusing("try_later"), refusing("closed")]);
  strictEqual(await server.run(face), 1);
  deepStrictEqual(face.notices.slice(-2), [
    "No.\\x1b[2J\\x0aConnected again. Trying again in 2 s.",
    "No.\\x1b[2J\\x0aConnected again.",
  ]);
});

Deno.test("at the start a pipe tries until its server is there, a person is told at once", async () => {
  let refusals = 3;
  const dial = ({ host, port }: { host: string; port: number }, signal: AbortSignal) => {
    if (refusals-- > 0) return Promise.reject(new Deno.errors.ConnectionRefused());
    return Deno.connect({ hostname: host, port, signal });
  };
  const pipe = new FakeFace("pipe", [null]);
  await using server = new ScriptedServer([stay()]);
  strictEqual(await server.run(pipe, { dial }), 0);
  deepStrictEqual(server.pauses, [1, 2, 4]);
  const person = new FakeFace("person");
  refusals = 1;
  strictEqual(await server.run(person, { dial }), 1);
  match(
    person.notices.join("\n"),
    /^Cannot connect to 127\.0\.0\.1 port \d+: connection refused\. .*$/,
  );
});

Deno.test("a pipe gives up: at the start, and later with 3 for what is not stored", async () => {
  const dial = () => Promise.reject(new Deno.errors.ConnectionRefused());
  const never = new FakeFace("pipe");
  await using nowhere = new ScriptedServer([]);
  strictEqual(await nowhere.run(never, { dial, timeout: 10 }), 1);
  deepStrictEqual(nowhere.pauses, [1, 2, 4, 3]);
  strictEqual(never.notices.length, 1);
  for (const [lines, expected] of [[["hello"], 3], [[], 1]] as const) {
    let dials = 0;
    const face = new FakeFace("pipe", lines);
    await using server = new ScriptedServer([expected === 3 ? refuseAfterSend : cutOff]);
    const once: Parameters<typeof server.run>[1] = {
      timeout: 5,
      dial: ({ host, port }, signal) =>
        dials++ > 0 ? dial() : Deno.connect({ hostname: host, port, signal }),
    };
    strictEqual(await server.run(face, once), expected);
    deepStrictEqual(server.pauses, [1, 2, 2]);
    match(face.notices.join("\n"), /^Cannot connect to .* Given up after 5 s\.$/m);
  }
});

Deno.test("while there is no connection @quit leaves at once", async () => {
  const face = new FakeFace("person");
  await using server = new ScriptedServer([cutOff]);
  const code = server.run(face, {
    pause: (_seconds, signal) => {
      face.types("@quit");
      return pause(1_000, signal);
    },
  });
  strictEqual(await code, 0);
  deepStrictEqual(face.lines.at(-1), "Goodbye!");
});

Deno.test("what @quit could not send is kept, and sent by the next run", async () => {
  const data = await Deno.makeTempDir();
  try {
    const face = new FakeFace("person", ["hello"]);
    await using server = new ScriptedServer([refuseAfterSend]);
    await server.run(face, {
      data,
      pause: (_seconds, signal) => {
        face.types("@quit");
        return pause(1_000, signal);
      },
    });
    deepStrictEqual(face.notices.at(-1), "1 message is kept for the next time.");
    const next = new FakeFace("pipe", [null]);
    await using again = new ScriptedServer([stay()]);
    strictEqual(await again.run(next, { data }), 0);
    deepStrictEqual(next.lines, ["Welcome to the chatroom, bob!", "[bob]: hello"]);
    ok(next.notices.includes("Sending 1 message of an earlier run."));
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a machine that has slept connects anew at once", async () => {
  const face = new FakeFace("person", ["hello"]);
  let slept = 0;
  await using server = new ScriptedServer([async (peer) => {
    await refuseAfterSend(peer);
    slept = 3_600_000;
    await peer.linesToTheEnd();
  }, leave(face)]);
  // The wait would be for ever, were it not for the waking.
  const code = server.run(face, {
    now: () => Date.now() + slept,
    pause: (_seconds, signal) => pause(100_000, signal),
  });
  strictEqual(await code, 0);
});

Deno.test("@password changes the password, and the run goes on with the new one", async () => {
  const { publicKey } = await keysOf(PASSWORD, 3);
  const face = new FakeFace("person", [
    "@password",
    PASSWORD,
    "a better password",
    "a better password",
  ]);
  let salt: Uint8Array = new Uint8Array();
  await using server = new ScriptedServer([async (peer) => {
    await admit(peer);
    const frame = await heard(peer);
    strictEqual(frame?.t, "passwd");
    const field = (name: string) => decodeBase64Url(String(frame[name]));
    salt = field("salt");
    const { realm, channelBinding } = peer.session;
    const login = { realm, channelBinding, user: "bob", salt, publicKey: field("pk") };
    ok(await verifyPasswd(field("old"), login, { signer: publicKey }));
    ok(await verifyPasswd(field("new"), login, { signer: field("pk") }));
    const { vaultKey } = await deriveLogin("a better password", { realm, salt, user: "bob" });
    const root = await openVault(vaultKey, String(frame["vault"]), { realm, user: "bob" });
    deepStrictEqual(root, new Uint8Array(32).fill(4));
    // The answer is lost with the connection: the salt will tell.
  }, async (peer) => {
    await admit(peer, { password: "a better password", salt });
    await until(() => face.lines.includes("Password changed."));
    face.types(null);
    strictEqual((await heard(peer))?.t, "bye");
    await peer.send({ t: "bye" });
  }]);
  strictEqual(await server.run(face), 0);
  deepStrictEqual(face.questions, [
    "Present password for bob: ",
    "New password for bob: ",
    "The same password again: ",
  ]);
});

Deno.test("@password wants the present password", async () => {
  const person = new FakeFace("person", ["@password", "a wrong one", null]);
  await using server = new ScriptedServer([stay()]);
  const code = server.run(person);
  await until(() => person.lines.at(-1) === "ERROR: The password was not changed.");
  person.types("@quit");
  strictEqual(await code, 0);
  deepStrictEqual(person.lines.slice(1), [
    "ERROR: Incorrect password.",
    "ERROR: The password was not changed.",
    "Goodbye!",
  ]);
});

Deno.test("@password in a pipe ends the run with 3: the passwords behind it are not sent", async () => {
  const pipe = new FakeFace("pipe", ["before", "@password", "secret1", "@quit", null]);
  await using server = new ScriptedServer([stay()]);
  strictEqual(await server.run(pipe), 3);
  strictEqual(await pipe.line(), "secret1");
  match(pipe.lines.join("\n"), /^ERROR: The password can be changed only .* in a terminal\.$/m);
  deepStrictEqual(pipe.lines.filter((line) => line.startsWith("[")), ["[bob]: before"]);
});

Deno.test("who mistypes at @password is asked again, and no password gets into the lobby", async () => {
  const wrong = ["wrong one", "wrong two", "wrong three"];
  const face = new FakeFace("person", ["@password", ...wrong, "new secret", "new secret"]);
  await using server = new ScriptedServer([stay()]);
  const code = server.run(face);
  const end = "ERROR: Incorrect password. The password was not changed.";
  await until(() => face.lines.includes(end));
  const tries = ["@password", PASSWORD, "short", "new secret one", "new secret two"];
  for (const line of tries) face.types(line);
  await until(() => face.questions.length === 8);
  face.types(null);
  await until(() => face.lines.at(-1) === "ERROR: The password was not changed.");
  face.types("@quit");
  strictEqual(await code, 0);
  deepStrictEqual(face.lines.slice(1), [
    "ERROR: Incorrect password.",
    "ERROR: Incorrect password.",
    end,
    "ERROR: Password too short: at least 8 characters. It is the only key to your history.",
    "ERROR: The passwords differ.",
    "ERROR: The password was not changed.",
    "Goodbye!",
  ]);
});

Deno.test("who types longer than the server waits is connected again without a word", async () => {
  for (const last of [{ t: "bye", reason: "timeout" }, null]) {
    const face = new FakeFace("person", ["bob"]);
    await using server = new ScriptedServer([async (peer) => {
      await peer.answerHello();
      await peer.frame();
      const salt = encodeBase64Url(new Uint8Array(16).fill(3));
      await peer.send({ t: "auth", user: "bob", known: true, kdf: 1, salt });
      await until(() => face.questions.length === 2);
      await peer.send({ t: "ping" });
      if (last !== null) await peer.send(last);
    }, async (peer) => {
      face.types(null);
      await stay()(peer);
    }]);
    const code = server.run(face, { credentials: new Credentials(face, {}) });
    await until(() => face.questions.length === 2);
    face.types(PASSWORD);
    strictEqual(await code, 0);
    deepStrictEqual(face.questions, ["User name: ", "Password for bob: "]);
    deepStrictEqual(face.lines, ["Welcome to the chatroom, bob!", "Goodbye!"]);
    strictEqual(face.notices.some((notice) => /tampered|lost/.test(notice)), false);
  }
});

Deno.test("row 105: a vault that does not open is said once, and the lobby goes on without keys", async () => {
  for (const vault of ["damaged", await foreignVault("eve"), await foreignVault("bob", 9)]) {
    const face = new FakeFace("pipe", ["hello", "@alice a secret", "@trust", null]);
    const wire: string[] = [];
    await using server = new ScriptedServer([async (peer) => {
      await admit(peer, { vault });
      for (let frame = await heard(peer); frame !== null; frame = await heard(peer)) {
        wire.push(JSON.stringify(frame));
        if (frame.t === "bye") return await peer.send({ t: "bye" });
        if (frame.t !== "send") continue;
        await peer.send({ t: "ack", re: frame["id"], id: 9, at: 0 });
        await peer.send(says("bob", String(frame["body"]), { id: 9 }));
      }
    }]);
    // What was typed for alice is not stored.
    strictEqual(await server.run(face, { data: "/nowhere" }), 3);
    strictEqual(face.notices.filter((notice) => /vault/.test(notice)).length, 1);
    deepStrictEqual(face.lines.slice(1, 4), [
      "[bob]: hello",
      "ERROR: Not done: the vault of this account cannot be opened.",
      "ERROR: Not done: the vault of this account cannot be opened.",
    ]);
    strictEqual(wire.some((frame) => frame.includes("secret")), false);
  }
});

/** A vault that opens, with something else in it than bob's root at this server. */
async function foreignVault(user: string, realm?: number): Promise<string> {
  const { vaultKey } = await keysOf(PASSWORD, 3);
  const identity = await fakeIdentity();
  const scope = {
    user,
    realm: realm === undefined ? identity.realm : new Uint8Array(16).fill(realm),
  };
  return await sealVault(vaultKey, { ...scope, root: new Uint8Array(32).fill(4) });
}

/** Lets bob in, waits for a message and hangs up. */
async function refuseAfterSend(peer: Parameters<Script>[0]): Promise<void> {
  await admit(peer);
  strictEqual((await heard(peer))?.t, "send");
}

/** Names a salt that is not the one of the run. */
async function refuseSalt(peer: Parameters<Script>[0]): Promise<void> {
  await peer.answerHello();
  await peer.frame();
  const salt = encodeBase64Url(new Uint8Array(16).fill(9));
  await peer.send({ t: "auth", user: "bob", known: true, kdf: 1, salt });
  strictEqual((await peer.frame())?.t, "bye");
}

async function keysOf(password: string, octet: number): Promise<LoginKeys> {
  const { realm } = await fakeIdentity();
  return await deriveLogin(password, { realm, salt: new Uint8Array(16).fill(octet), user: "bob" });
}
