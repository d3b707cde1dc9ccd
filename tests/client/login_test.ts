import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { checkKeyRecord } from "../../cipher/key_record.ts";
import { deriveLogin, verifyLogin, verifyRegister } from "../../cipher/login.ts";
import { openVault } from "../../cipher/vault.ts";
import { Credentials, NoCredentials } from "../../client/credentials.ts";
import { login, type LoginOutcome } from "../../client/login.ts";
import type { FrameObject } from "../../protocol/frame.ts";
import { LinkError } from "../../transport/link_error.ts";
import { FakeFace } from "./fake_face.ts";
import { FakeLink } from "./fake_link.ts";

const none = { permissions: "none" } as const;
const SALT = new Uint8Array(16).fill(3);
const PASSWORD = "correct horse battery";

interface Attempt {
  readonly link: FakeLink;
  readonly face: FakeFace;
  readonly outcome: Promise<LoginOutcome>;
}

function attempt(
  answer: (frame: FrameObject, link: FakeLink) => unknown,
  face: FakeFace,
  given: { user?: string; password?: string; unknown?: "refuse" } = {},
): Attempt {
  const link = new FakeLink(answer);
  const { unknown = "register", ...rest } = given;
  const outcome = login(link, {
    frames: link.frames(),
    credentials: new Credentials(face, rest),
    unknown,
    now: () => 1_700_000_000,
  });
  return { link, face, outcome };
}

/** A server that knows bob, and lets everybody register. */
async function server(frame: FrameObject, { session }: FakeLink): Promise<unknown> {
  const text = (field: string) => String(frame[field]);
  const octets = (field: string) => decodeBase64Url(text(field));
  const { realm } = session;
  if (frame.t === "auth") {
    const user = text("user");
    return user === "bob"
      ? { t: "auth", user, known: true, kdf: 1, salt: encodeBase64Url(SALT) }
      : { t: "auth", user, known: false };
  }
  if (frame.t === "login") {
    const { publicKey } = await deriveLogin(PASSWORD, { realm, salt: SALT, user: "bob" });
    const right = await verifyLogin(octets("sig"), { ...session, user: "bob", publicKey });
    return right ? welcome("bob") : { t: "error", code: "bad_login", msg: "No." };
  }
  const user = "newbie";
  const login = { ...session, user, salt: octets("salt"), publicKey: octets("pk") };
  ok(await verifyRegister(octets("sig"), login));
  const record = await checkKeyRecord(octets("keys"), { realm, user });
  strictEqual(record.created, 1_700_000_000);
  const { vaultKey } = await deriveLogin(PASSWORD, { realm, salt: login.salt, user });
  strictEqual((await openVault(vaultKey, text("vault"), { realm, user })).length, 32);
  return welcome(user);
}

function welcome(user: string): FrameObject {
  return { t: "welcome", user, salt: "", time: 1, vault: "", cursor: 4, last: 5 };
}

Deno.test("a known name and the right password open a session", none, async () => {
  const { outcome, link } = attempt(server, new FakeFace("pipe", ["Bob", PASSWORD]));
  const opened = await outcome;
  ok(opened.type === "open");
  const { account, ...rest } = opened;
  deepStrictEqual(rest, { type: "open", welcome: welcome("bob"), isNew: false });
  deepStrictEqual([account.user, account.proof.salt], ["bob", SALT]);
  deepStrictEqual(link.sent.map(({ t }) => t), ["auth", "login"]);
});

Deno.test("an unknown name becomes an account with login, key record and vault", none, async () => {
  const { outcome, face, link } = attempt(
    server,
    new FakeFace("pipe", ["newbie", PASSWORD, "a message"]),
  );
  const opened = await outcome;
  ok(opened.type === "open");
  const { account, ...rest } = opened;
  deepStrictEqual(rest, { type: "open", welcome: welcome("newbie"), isNew: true });
  const field = (name: string) => String(link.sent[1]?.[name]);
  const scope = { realm: link.session.realm, salt: decodeBase64Url(field("salt")), user: "newbie" };
  const { vaultKey } = await deriveLogin(PASSWORD, scope);
  deepStrictEqual(account.root, await openVault(vaultKey, field("vault"), scope));
  deepStrictEqual(face.questions, []);
  strictEqual(await face.line(), "a message");
});

Deno.test("a person confirms a new name and types the password twice", none, async () => {
  const answers = ["newbie", "yes", "short", PASSWORD, "something else", PASSWORD, PASSWORD];
  const { outcome, face } = attempt(server, new FakeFace("person", answers));
  strictEqual((await outcome).type, "open");
  deepStrictEqual(face.lines, [
    "ERROR: Password too short: at least 8 characters. It is the only key to your history.",
    "ERROR: The passwords differ.",
  ]);
  strictEqual(face.questions.length, 7);
});

Deno.test("declining a new name asks for the name again, over a new connection", none, async () => {
  const face = new FakeFace("person", ["newbie", "", "bob"]);
  const credentials = new Credentials(face, {});
  const link = new FakeLink(server);
  const options = {
    frames: link.frames(),
    credentials,
    unknown: "register",
    now: Date.now,
  } as const;
  deepStrictEqual(await login(link, options), { type: "again" });
  deepStrictEqual(link.sent.map(({ t }) => t), ["auth"]);
  strictEqual(await credentials.name(), "bob");
});

Deno.test("--no-register makes no account", none, async () => {
  const { outcome, link } = attempt(server, new FakeFace("pipe"), {
    user: "zed",
    unknown: "refuse",
  });
  deepStrictEqual(await outcome, { type: "failed", text: "User zed does not exist." });
  deepStrictEqual(link.sent.map(({ t }) => t), ["auth"]);
});

Deno.test("a person may try three passwords", none, async () => {
  const face = new FakeFace("person", ["bob", "wrong one", "wrong two", "wrong three"]);
  const { outcome } = attempt(server, face);
  deepStrictEqual(await outcome, { type: "failed", text: "Incorrect password." });
  deepStrictEqual(face.lines, ["ERROR: Incorrect password.", "ERROR: Incorrect password."]);
});

Deno.test(
  "a try that comes too soon counts as one of three, and names the time once",
  none,
  async () => {
    const face = new FakeFace("person", ["bob", "wrong one", "wrong two", "wrong three"]);
    const msg = "Too many tries. Try again in 14 s.";
    const { outcome } = attempt(async (frame, link) => {
      const isFirst = link.ofType("login").length === 1;
      return frame.t === "auth" || isFirst
        ? await server(frame, link)
        : { t: "error", code: "try_later", msg, after: 13.5 };
    }, face);
    deepStrictEqual(await outcome, { type: "failed", text: msg });
    deepStrictEqual(face.lines, ["ERROR: Incorrect password.", `ERROR: ${msg}`]);
  },
);

Deno.test("a wrong password may be followed by the right one", none, async () => {
  const { outcome } = attempt(server, new FakeFace("person", ["bob", "wrong one", PASSWORD]));
  strictEqual((await outcome).type, "open");
});

Deno.test("a pipe has one try, and its messages are not taken for passwords", none, async () => {
  const { outcome, face } = attempt(
    server,
    new FakeFace("pipe", ["bob", "wrong one", "hello all"]),
  );
  deepStrictEqual(await outcome, { type: "failed", text: "Incorrect password." });
  strictEqual(await face.line(), "hello all");
});

Deno.test("a name that cannot be is refused before anything is sent", none, async () => {
  for (const name of ["a b", "../etc", "Ólafur", "admin", "x".repeat(33), "@bob", ""]) {
    const { outcome, link, face } = attempt(server, new FakeFace("pipe", [name]));
    await rejects(outcome, NoCredentials);
    deepStrictEqual(link.sent, []);
    ok(face.lines[0]?.startsWith("ERROR: "));
  }
});

Deno.test("a person who mistypes a name is asked again", none, async () => {
  const { outcome, face } = attempt(server, new FakeFace("person", ["b b", "", "bob", PASSWORD]));
  strictEqual((await outcome).type, "open");
  strictEqual(face.lines.length, 1);
});

Deno.test("an input that ends too early says what was missing", none, async () => {
  for (const [lines, what] of [[[null], "a user name"], [["bob", null], "a password"]] as const) {
    const { outcome, face } = attempt(server, new FakeFace("pipe", lines));
    await rejects(outcome, NoCredentials);
    ok(face.lines[0]?.startsWith(`ERROR: The input has ended without ${what}.`));
  }
});

Deno.test("a person who leaves at a question is not scolded", none, async () => {
  for (const answers of [[null], ["bob", null], ["newbie", null], ["newbie", "y", null]]) {
    const { outcome, face } = attempt(server, new FakeFace("person", answers));
    await rejects(outcome, NoCredentials);
    deepStrictEqual(face.lines, []);
  }
});

Deno.test("a server that asks for another derivation gets no signature", none, async () => {
  const salt = encodeBase64Url(SALT);
  const answers: readonly unknown[] = [
    { t: "auth", user: "bob", known: true, kdf: 2, salt },
    { t: "auth", user: "bob", known: true, kdf: 1, salt: "AAAAAA" },
    { t: "auth", user: "bob", known: true, kdf: 1 },
    { t: "auth", user: "bob", known: true, salt },
    { t: "auth", user: "eve", known: true, kdf: 1, salt },
    { t: "auth", user: "Bob", known: true, kdf: 1, salt },
    { t: "auth", user: "bob", known: "yes", kdf: 1, salt },
    { t: "welcome", user: "bob", salt, time: 1, vault: "", cursor: 0, last: 0 },
  ];
  for (const answer of answers) {
    const { outcome, link } = attempt(() => answer, new FakeFace("pipe", ["bob", PASSWORD]));
    await rejects(outcome, (error) => error instanceof LinkError && error.code === "bad_frame");
    deepStrictEqual(link.sent.map(({ t }) => t), ["auth"]);
  }
});

Deno.test("what a client does not know is ignored", none, async () => {
  const answer = async (frame: FrameObject, link: FakeLink) => [
    { t: "advert", text: "buy" },
    { t: "ping" },
    await server(frame, link),
  ];
  const { outcome } = attempt(answer, new FakeFace("pipe", ["bob", PASSWORD]));
  strictEqual((await outcome).type, "open");
});

Deno.test("limits and closed registration are told as the server says", none, async () => {
  const refusing = (code: string, after?: number) => (frame: FrameObject, link: FakeLink) =>
    frame.t === "auth" ? server(frame, link) : { t: "error", code, msg: "Not now.", after };
  const closed = attempt(refusing("closed"), new FakeFace("pipe", ["newbie", PASSWORD]));
  deepStrictEqual(await closed.outcome, { type: "failed", text: "Not now." });
  const later = attempt(refusing("try_later", 15), new FakeFace("pipe", ["bob", PASSWORD]));
  deepStrictEqual(await later.outcome, { type: "failed", text: "Not now. (in 15 s)" });
});

Deno.test(
  "a goodbye during the login is explained; who typed too long begins anew",
  none,
  async () => {
    const bye = (reason: string) => (frame: FrameObject, link: FakeLink) =>
      frame.t === "auth" ? server(frame, link) : { t: "bye", reason };
    const shut = attempt(bye("shutdown"), new FakeFace("pipe", ["bob", PASSWORD]));
    deepStrictEqual(await shut.outcome, {
      type: "failed",
      text: "The server has shut down.",
    });
    const slow = attempt(bye("timeout"), new FakeFace("person", ["bob", PASSWORD]));
    deepStrictEqual(await slow.outcome, { type: "again" });
    const given = { user: "bob", password: PASSWORD };
    const unasked = attempt(bye("timeout"), new FakeFace("person"), given);
    strictEqual((await unasked.outcome).type, "failed");
  },
);

Deno.test("the end of the stream during the login is a lost connection", none, async () => {
  const { outcome } = attempt(() => null, new FakeFace("pipe", ["bob", PASSWORD]));
  await rejects(outcome, (error) => error instanceof LinkError && error.code === "truncated");
});

Deno.test(
  "a weak password of a new account gets a warning, on an old account it does not",
  none,
  async () => {
    const fresh = new FakeFace("pipe");
    await new Credentials(fresh, { password: "kx8#qLp2" }).newPassword("newbie");
    strictEqual(fresh.notices.length, 1);
    const old = new FakeFace("pipe");
    await new Credentials(old, { password: "pw" }).password("bob");
    strictEqual(old.notices.length, 0);
  },
);
