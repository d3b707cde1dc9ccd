import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin, signLogin, signRegister } from "../../cipher/login.ts";
import { BadPassword, preparePassword } from "../../cipher/password.ts";
import { importServerIdentity } from "../../cipher/server_identity.ts";
import type { Credentials } from "../../client/credentials.ts";
import { login, type LoginOutcome } from "../../client/login.ts";
import { makeRegistration } from "../../client/registration.ts";
import { keyOf } from "../../server/tables.ts";
import { openClientLink } from "../../transport/client_link.ts";
import { FakeServer, universalSignature } from "../testing/fake_server.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { loginSignature, registerFrame, testAccount } from "../testing/test_account.ts";
import type { TestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

/** Sends one frame over a new handshaken connection; it must be fatal. */
async function expectFatalFirst(server: TestServer, frame: Frame, reason: string): Promise<void> {
  using peer = await RawPeer.handshaken(server);
  await peer.send(frame);
  await peer.expectFatal(reason);
}

/** A connection that has said who wants to log in. */
async function askedFor(server: { readonly port: number }, user: string): Promise<RawPeer> {
  const peer = await RawPeer.handshaken(server);
  strictEqual((await peer.ask({ t: "auth", user })).t, "auth");
  return peer;
}

/** Whether the server has an account of this name. */
async function hasAccount(server: TestServer, user: string): Promise<boolean> {
  const { service } = server.shared;
  const stored = await service.options.store.get(keyOf.account(user));
  strictEqual(service.directory.hasUser(user), stored !== null);
  return stored !== null;
}

Deno.test("row 63: an application frame, login or register before auth is fatal", async () => {
  await underAttack(async ({ server }) => {
    const stranger = await testAccount("stranger");
    const channel = { channelBinding: new Uint8Array(32), realm: server.identity.realm };
    const frames: Frame[] = [
      { t: "send", id: "1", to: "lobby", body: "hi" },
      { t: "history", id: 1, limit: 1 },
      { t: "names", id: 1 },
      { t: "ping" },
      { t: "login", sig: "A".repeat(86) },
      await registerFrame(stranger, channel),
    ];
    for (const frame of frames) await expectFatalFirst(server, frame, "bad_state");
    strictEqual(await hasAccount(server, "stranger"), false);
  });
});

Deno.test("row 64: a second auth in place of the proof is fatal", async () => {
  await underAttack(async ({ server }) => {
    for (const user of ["witness", "nobody"]) {
      using peer = await askedFor(server, user);
      await peer.send({ t: "auth", user: "witness" });
      await peer.expectFatal("bad_state");
    }
  });
});

Deno.test("rows 63, 64: the proof that does not belong to the name is fatal", async () => {
  await underAttack(async ({ server }) => {
    using unknown = await askedFor(server, "nobody");
    await unknown.send({ t: "login", sig: "A".repeat(86) });
    await unknown.expectFatal("bad_state");
    for (const frame of [{ t: "send", id: "1", to: "lobby", body: "hi" }, { t: "ping" }]) {
      using known = await askedFor(server, "witness");
      await known.send(frame);
      await known.expectFatal("bad_state");
    }
  });
});

Deno.test("row 65: auth, login and register after welcome are fatal", async () => {
  await underAttack(async ({ server }) => {
    const frames: Frame[] = [
      { t: "auth", user: "witness" },
      { t: "auth" },
      { t: "login", sig: "A".repeat(86) },
      { t: "register", kdf: 1 },
    ];
    for (const [i, frame] of frames.entries()) {
      using peer = await RawPeer.named(server, `eve${i}`);
      await peer.send(frame);
      await peer.expectFatal("bad_state");
    }
  });
});

Deno.test("row 66: a login signature that is none is bad_login, one that is no text is fatal", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    (await RawPeer.registered(server, account))[Symbol.dispose]();
    for (const sig of [null, 1, [], {}, true, undefined]) {
      using peer = await askedFor(server, "alice");
      await peer.send({ t: "login", sig });
      await peer.expectFatal("bad_frame");
    }
    const spoilt: ((sig: string) => string)[] = [
      () => "A".repeat(86),
      () => "",
      (sig) => encodeBase64Url(decodeBase64Url(sig).subarray(1)),
      (sig) => encodeBase64Url(Uint8Array.of(...decodeBase64Url(sig), 0)),
      (sig) => `${sig}==`,
      (sig) => decodeBase64Url(sig).toBase64({ omitPadding: true }).replace(/^./, "+"),
      (sig) => `${sig.slice(0, -1)}${sig.endsWith("A") ? "B" : nextLetter(sig.slice(-1))}`,
      (sig) => ` ${sig}`,
      (sig) => encodeBase64Url(decodeBase64Url(sig).with(63, 0xff)),
    ];
    for (const spoil of spoilt) {
      using peer = await askedFor(server, "alice");
      const sig = spoil(await loginSignature(account, peer.session));
      const answer = await peer.ask({ t: "login", sig });
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_login"]);
    }
    using alice = await RawPeer.loggedIn(server, account);
    strictEqual((await alice.ask({ t: "ping", id: 1 })).t, "pong");
  });
});

/** Sets a bit behind the last one that counts. */
function nextLetter(letter: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet.charAt(alphabet.indexOf(letter) + 1);
}

Deno.test("row 67: a signature from another connection is bad_login", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    using other = await RawPeer.registered(server, account);
    const sig = await loginSignature(account, other.session);
    using peer = await askedFor(server, "alice");
    strictEqual((await peer.ask({ t: "login", sig }))["code"], "bad_login");
  });
});

Deno.test("row 68: a signature over the register text is bad_login", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    (await RawPeer.registered(server, account))[Symbol.dispose]();
    using peer = await askedFor(server, "alice");
    const { sig } = await registerFrame(account, peer.session);
    strictEqual((await peer.ask({ t: "login", sig }))["code"], "bad_login");
  });
});

/** Tries to register with a frame that has been changed. */
async function tryToRegister(
  server: TestServer,
  user: string,
  change: (right: Frame, peer: RawPeer) => Frame | Promise<Frame>,
): Promise<Frame> {
  using peer = await askedFor(server, user);
  const right = await registerFrame(await testAccount(user), peer.session);
  const answer = await peer.ask(await change(right, peer));
  strictEqual(await hasAccount(server, user), false);
  return answer;
}

Deno.test("row 71: a registration with a wrong field is refused, and no account is made", async () => {
  await underAttack(async ({ server }) => {
    const octets = (n: number) => encodeBase64Url(crypto.getRandomValues(new Uint8Array(n)));
    const other = await registerFrame(await testAccount("mallory"), await witnessSession(server));
    const cases: readonly [code: string, change: (right: Frame) => Frame][] = [
      ["bad_request", (right) => ({ ...right, salt: octets(15) })],
      ["bad_request", (right) => ({ ...right, salt: octets(17) })],
      ["bad_request", (right) => ({ ...right, salt: `${right["salt"]}==` })],
      ["bad_login", (right) => ({ ...right, salt: octets(16) })],
      ["bad_request", (right) => ({ ...right, pk: octets(31) })],
      ["bad_request", (right) => ({ ...right, pk: octets(33) })],
      ["bad_login", (right) => ({ ...right, pk: other["pk"] })],
      ["bad_login", (right) => ({ ...right, sig: other["sig"] })],
      ["bad_login", (right) => ({ ...right, sig: "" })],
      ["bad_request", (right) => ({ ...right, keys: other["keys"] })],
      ["bad_request", (right) => ({ ...right, keys: "" })],
      ["bad_request", (right) => ({ ...right, keys: String(right["keys"]).slice(4) })],
      ["bad_request", (right) => ({ ...right, vault: "" })],
      ["bad_request", (right) => ({ ...right, vault: "gAAAA\u001b[2J" })],
      ["bad_request", (right) => ({ ...right, vault: `gAAAA${"A".repeat(1_000)}` })],
      ["bad_frame", ({ salt: _, ...right }) => right],
      ["bad_frame", (right) => ({ ...right, salt: null })],
      ["bad_frame", (right) => ({ ...right, kdf: 0 })],
      ["bad_frame", (right) => ({ ...right, kdf: 2 })],
      ["bad_frame", (right) => ({ ...right, kdf: "1" })],
      ["bad_frame", (right) => ({ ...right, pk: {} })],
      ["bad_frame", (right) => ({ ...right, vault: [] })],
    ];
    for (const [expected, change] of cases) {
      const answer = await tryToRegister(server, "eve", change);
      strictEqual(answer.t === "bye" ? answer["reason"] : answer["code"], expected);
    }
  });
});

/** The session of a connection, for signatures that fit no other one. */
async function witnessSession(server: TestServer): Promise<RawPeer["session"]> {
  using peer = await RawPeer.handshaken(server);
  return peer.session;
}

Deno.test("row 72: a key of small order with a universal signature makes no account", async () => {
  await underAttack(async ({ server }) => {
    for (const sign of [0, 0x80] as const) {
      const { publicKey, signature } = universalSignature(sign);
      const answer = await tryToRegister(server, "eve", (right) => ({
        ...right,
        pk: encodeBase64Url(publicKey),
        sig: encodeBase64Url(signature),
      }));
      deepStrictEqual([answer.t, answer["code"]], ["error", "bad_login"]);
    }
  });
});

Deno.test("row 73: a registration signed for another name makes no account", async () => {
  await underAttack(async ({ server }) => {
    const answer = await tryToRegister(server, "eve", async (right, { session }) => {
      const { login, salt } = await testAccount("mallory");
      const sig = await signRegister(login.privateKey, {
        channelBinding: session.channelBinding,
        realm: session.realm,
        user: "mallory",
        salt,
        publicKey: login.publicKey,
      });
      return {
        ...right,
        salt: encodeBase64Url(salt),
        pk: encodeBase64Url(login.publicKey),
        sig: encodeBase64Url(sig),
      };
    });
    deepStrictEqual([answer.t, answer["code"]], ["error", "bad_login"]);
    strictEqual(await hasAccount(server, "mallory"), false);
  });
});

Deno.test("row 74: a registration for an existing name is fatal, and the old key still works", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    (await RawPeer.registered(server, account))[Symbol.dispose]();
    using thief = await askedFor(server, "ALICE");
    await thief.send(await registerFrame(await testAccount("alice"), thief.session));
    await thief.expectFatal("bad_state");
    using alice = await RawPeer.loggedIn(server, account);
    strictEqual((await alice.ask({ t: "ping", id: 1 })).t, "pong");
  }, { store: "disk" });
});

Deno.test("row 75: of six registrations of one name at once exactly one wins, and its key works", async () => {
  await underAttack(async ({ server }) => {
    using stack = new DisposableStack();
    const rivals = await Promise.all(Array.from({ length: 6 }, async () => {
      const account = await testAccount("alice");
      const peer = stack.use(await askedFor(server, "alice"));
      return { account, peer, frame: await registerFrame(account, peer.session) };
    }));
    const answers = await Promise.all(rivals.map(({ peer, frame }) => peer.ask(frame)));
    const winners = rivals.filter((_, i) => answers[i]?.t === "welcome");
    strictEqual(winners.length, 1);
    const codes = answers.filter(({ t }) => t !== "welcome").map((answer) => answer["code"]);
    deepStrictEqual(codes, Array.from({ length: 5 }, () => "name_taken"));
    for (const { account, peer } of winners) {
      peer[Symbol.dispose]();
      using again = await RawPeer.loggedIn(server, account);
      strictEqual((await again.ask({ t: "ping", id: 1 })).t, "pong");
    }
  }, { store: "disk" });
});

Deno.test("row 75: of many logins of one account at once no more win than it may have sessions", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("alice");
    using first = await RawPeer.registered(server, account);
    using stack = new DisposableStack();
    const peers = await Promise.all(
      Array.from({ length: 6 }, async () => stack.use(await askedFor(server, "alice"))),
    );
    const answers = await Promise.all(peers.map(async (peer) => {
      return await peer.ask({ t: "login", sig: await loginSignature(account, peer.session) });
    }));
    strictEqual(answers.filter(({ t }) => t === "welcome").length, 2);
    strictEqual(answers.filter((answer) => answer["code"] === "too_many").length, 4);
    strictEqual((await first.ask({ t: "ping", id: 1 })).t, "pong");
  }, { store: "disk", policy: { sessionsPerAccount: 3 } });
});

/** Credentials that answer at once, as from `--user` and `--password-file`. */
function credentials(user: string, password: string): Credentials {
  const given: Partial<Credentials> = {
    input: "pipe",
    name: () => Promise.resolve(user),
    password: () => Promise.resolve(password),
    newPassword: () => Promise.resolve(password),
    isMeant: () => Promise.resolve(true),
  };
  return given as Credentials;
}

/** Runs the login of the client against a server. */
async function logIn(
  server: { readonly port: number },
  who: { readonly user: string; readonly password: string },
): Promise<LoginOutcome> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const link = await openClientLink(conn);
  try {
    return await login(link, {
      frames: link.receive(),
      credentials: credentials(who.user, who.password),
      unknown: "register",
      now: () => 1_700_000_000,
    });
  } finally {
    link.abort();
  }
}

Deno.test("row 77: an answer with another kdf, salt or name makes the client sign nothing", async () => {
  const right = { t: "auth", user: "alice", known: true, kdf: 1, salt: "A".repeat(22) };
  const answers: Frame[] = [
    { ...right, kdf: 2 },
    { ...right, kdf: 0 },
    { ...right, kdf: "1" },
    { ...right, salt: "AAAAAA" },
    { ...right, salt: `${right.salt}AA` },
    { ...right, salt: `${right.salt}==` },
    { ...right, salt: 16 },
    { ...right, user: "bob" },
    { ...right, user: "Alice" },
    { ...right, user: "alice\u200b" },
    { ...right, known: "yes" },
    { t: "auth", user: "bob", known: false },
    { t: "auth", user: "alice", known: true },
    { t: "welcome", user: "alice", salt: "", time: 0, vault: "", cursor: 0, last: 0 },
    { t: "ok" },
  ];
  for (const answer of answers) {
    await using server = new FakeServer(async (peer) => {
      await peer.answerHello();
      deepStrictEqual(await peer.frame(), { t: "auth", user: "alice" });
      await peer.send(answer);
      strictEqual(await peer.linesToTheEnd(), 0);
    });
    const who = { user: "alice", password: "correct horse" };
    await rejects(logIn(server, who), { name: "LinkError", code: "bad_frame" });
    await server.done();
  }
});

Deno.test("row 78: a password that is empty, too long or has control characters is refused in the client", async () => {
  const bad = [
    "",
    "x".repeat(1_025),
    "é".repeat(513),
    "tab\there",
    "a\u0000b",
    "a\u0085b",
    "\u007f",
  ];
  for (const password of bad) {
    const session = { channelBinding: new Uint8Array(32), realm: new Uint8Array(16) };
    await rejects(
      makeRegistration(password, { ...session, user: "alice" }, { now: 0 }),
      BadPassword,
    );
    const scope = { realm: session.realm, salt: new Uint8Array(16), user: "alice" };
    await rejects(deriveLogin(password, scope), BadPassword);
  }
  strictEqual(preparePassword("x".repeat(1_024)).length, 1_024);
});

Deno.test("row 78: the client sends no proof for a password that it refuses", async () => {
  await using server = new FakeServer(async (peer) => {
    await peer.answerHello();
    strictEqual((await peer.frame())?.t, "auth");
    await peer.send({ t: "auth", user: "alice", known: true, kdf: 1, salt: "A".repeat(22) });
    strictEqual(await peer.linesToTheEnd(), 0);
  });
  await rejects(logIn(server, { user: "alice", password: "a\u001bb" }), BadPassword);
  await server.done();
});

Deno.test("row 79: one password, composed or decomposed and with any blank, is one key", async () => {
  await underAttack(async ({ server }) => {
    const spellings = [
      "Cr\u00e8me br\u00fbl\u00e9e 12",
      "Cre\u0300me\u00a0bru\u0302le\u0301e\u200312",
    ];
    const outcomes: LoginOutcome[] = [];
    for (const password of spellings) {
      outcomes.push(await logIn(server, { user: "alice", password }));
    }
    deepStrictEqual(outcomes.map((one) => one.type === "open" && one.isNew), [true, false]);
    const other = await logIn(server, { user: "alice", password: "creme brulee 12" });
    deepStrictEqual(other, { type: "failed", text: "Incorrect password." });
  });
});

Deno.test("row 40: a login signature relayed by a first-contact attacker is bad_login at the real server", async () => {
  await underAttack(async ({ server: real }) => {
    const password = "correct horse battery";
    strictEqual((await logIn(real, { user: "alice", password })).type, "open");
    const { realm } = real.identity;
    let relayed: Frame | null = null;
    await using attacker = new FakeServer(async (victim) => {
      // His own identity, but the realm and the salt of the real server.
      const identity = await importServerIdentity(new Uint8Array(32).fill(1), realm);
      await victim.answerHello({ identity });
      using toReal = await RawPeer.handshaken(real);
      const asked = await victim.frame();
      ok(asked !== null);
      await victim.send(await toReal.ask(asked));
      const proof = await victim.frame();
      strictEqual(proof?.t, "login");
      relayed = await toReal.ask(proof);
      await victim.send(relayed);
      await victim.linesToTheEnd();
    });
    const outcome = await logIn(attacker, { user: "alice", password });
    deepStrictEqual(outcome, { type: "failed", text: "Incorrect password." });
    await attacker.done();
    const { code } = relayed ?? { code: null };
    strictEqual(code, "bad_login");
  });
});

Deno.test("row 40: the key that was signed with is the right one: made for the real channel it logs in", async () => {
  await underAttack(async ({ server }) => {
    const password = "correct horse battery";
    strictEqual((await logIn(server, { user: "alice", password })).type, "open");
    using peer = await RawPeer.handshaken(server);
    const auth = await peer.ask({ t: "auth", user: "alice" });
    const { realm, channelBinding } = peer.session;
    const salt = decodeBase64Url(String(auth["salt"]));
    const { signKey } = await deriveLogin(password, { realm, salt, user: "alice" });
    const sig = await signLogin(signKey, { realm, channelBinding, user: "alice" });
    strictEqual((await peer.ask({ t: "login", sig: encodeBase64Url(sig) })).t, "welcome");
  });
});
