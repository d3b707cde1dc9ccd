// docs/PROTOCOL.md, "Log in": `quiet`, for somebody who only sends.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { Presence, type Receiver } from "../../server/presence.ts";
import { chatWith } from "../testing/chat.ts";
import { RawPeer } from "../testing/raw_peer.ts";
import { loginSignature, type TestAccount, testAccount } from "../testing/test_account.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";
import { arrivalAt, bob, chatWithBob } from "./admission_scene.ts";

const pure = { permissions: "none" } as const;

/** Logs in, quietly. */
async function quietly(server: TestServer, account: TestAccount): Promise<RawPeer> {
  const peer = await RawPeer.handshaken(server);
  await peer.ask({ t: "auth", user: account.user });
  const sig = await loginSignature(account, peer.session);
  strictEqual((await peer.ask({ t: "login", sig, quiet: true })).t, "welcome");
  return peer;
}

/** Makes an account and leaves. */
async function registered(server: TestServer, account: TestAccount): Promise<void> {
  using peer = await RawPeer.registered(server, account);
  await peer.leave();
  await server.served(0);
}

Deno.test("a quiet session sends, is told of nothing, and nobody is told of it", async () => {
  await using server = await startTestServer();
  const bob = await testAccount("bob");
  await registered(server, bob);
  using alice = await RawPeer.named(server, "alice");
  using quiet = await quietly(server, bob);
  const names = await alice.ask({ t: "names", id: 1 });
  deepStrictEqual(names["users"], ["alice"]);
  await alice.ask({ t: "send", id: "a", to: "lobby", body: "first" });
  strictEqual((await alice.frame())?.["body"], "first");
  // What comes next at the quiet one is his own acknowledgement, and nothing after it but an answer.
  strictEqual((await quiet.ask({ t: "send", id: "b", to: "lobby", body: "second" })).t, "ack");
  strictEqual((await quiet.ask({ t: "ping", id: 2 })).t, "pong");
  strictEqual((await alice.frame())?.["body"], "second");
  await quiet.leave();
  await server.served(1);
  strictEqual((await alice.ask({ t: "ping", id: 3 })).t, "pong");
  await alice.leave();
});

Deno.test("a quiet session that is cut off leaves nobody behind as present", async () => {
  await using server = await startTestServer();
  const bob = await testAccount("bob");
  await registered(server, bob);
  using quiet = await quietly(server, bob);
  strictEqual(server.shared.service.presence.count("bob"), 1);
  quiet[Symbol.dispose]();
  await server.served(0);
  const { presence } = server.shared.service;
  deepStrictEqual([presence.count("bob"), presence.total, presence.users()], [0, 0, []]);
});

Deno.test("a quiet session counts as one: no account has more than it may", async () => {
  await using server = await startTestServer({ policy: { sessionsPerAccount: 1 } });
  const bob = await testAccount("bob");
  await registered(server, bob);
  using quiet = await quietly(server, bob);
  using other = await RawPeer.handshaken(server);
  await other.ask({ t: "auth", user: "bob" });
  const sig = await loginSignature(bob, other.session);
  strictEqual((await other.ask({ t: "login", sig }))["code"], "too_many");
  await quiet.leave();
});

/** A session that keeps what it is told. */
function receiver(): Receiver & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    send: (text) => heard.push(new TextDecoder().decode(text)),
    close: () => Promise.resolve(),
  };
}

Deno.test("beside a quiet session, comings and goings are news as ever", pure, () => {
  const presence = new Presence(DEFAULT_POLICY);
  const [quiet, loud] = [receiver(), receiver()];
  presence.enterQuietly("bob", quiet);
  deepStrictEqual([presence.isOnline("bob"), presence.isHere("bob")], [false, false]);
  strictEqual(presence.enter("bob", loud, 0), "joined");
  deepStrictEqual([presence.count("bob"), presence.total], [2, 2]);
  deepStrictEqual(presence.sessionsOf("bob"), [loud, quiet]);
  presence.deliver(new TextEncoder().encode("hi"));
  presence.deliver(new TextEncoder().encode("you"), ["bob"]);
  deepStrictEqual([loud.heard, quiet.heard], [["hi", "you"], []]);
  strictEqual(presence.leave("bob", loud, { saidBye: true, now: 0 }), "left");
  strictEqual(presence.leave("bob", quiet, { saidBye: false, now: 0 }), "silent");
  strictEqual(presence.isOnline("bob"), false);
  deepStrictEqual([presence.count("bob"), presence.total], [0, 0]);
});

Deno.test(
  "a message for somebody who is only quietly there is stored as for one who is offline",
  pure,
  async () => {
    await using chat = await chatWith({ users: ["alice", "bob"], directs: [["alice", "bob"]] });
    chat.service.roster.enterQuietly("bob", receiver());
    const alice = chat.login("alice");
    await alice.says("bob", "hi");
    deepStrictEqual(alice.events.flatMap((event) => event.t === "message" ? [event.offline] : []), [
      true,
    ]);
  },
);

Deno.test("quiet is true or left out; a registration is never quiet", pure, async () => {
  await using chat = await chatWithBob();
  const login = async (quiet: unknown) => {
    const arrival = arrivalAt(chat);
    await arrival.auth("bob");
    return await arrival.step({ ...await bob.login(arrival.channel), quiet });
  };
  const admitted = await login(true);
  strictEqual("admitted" in admitted && admitted.presence, "quiet");
  const usual = await login(undefined);
  strictEqual("admitted" in usual && usual.presence, "shown");
  for (const wrong of [false, 1, "true", null]) {
    deepStrictEqual(await login(wrong), {
      end: "bad_frame",
    });
  }
});
