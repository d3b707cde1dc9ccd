// FTC1 §3.10: each limit with a value that a test can reach; those of hellos are in hello_test.ts.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { loginSignature, registerFrame, testAccount } from "../testing/test_account.ts";
import { startTestServer } from "../testing/test_server.ts";
import { underAttack } from "../testing/under_attack.ts";

const TICK = { tickMs: 20 } as const;

/** Reads to the end of the stream. */
async function framesUntilEnd(peer: RawPeer): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let frame = await peer.frame(); frame !== null; frame = await peer.frame()) {
    frames.push(frame);
  }
  return frames;
}

/** Asks a session for an answer. */
async function expectServed(peer: RawPeer): Promise<void> {
  strictEqual((await peer.request({ t: "ping", id: "served?" })).t, "pong");
}

Deno.test("a login that is not complete in time ends with bye timeout, at whatever step it is", async () => {
  await underAttack(async ({ server }) => {
    using silent = await RawPeer.handshaken(server);
    using half = await RawPeer.handshaken(server);
    strictEqual((await half.ask({ t: "auth", user: "witness" }))["known"], true);
    const began = performance.now();
    await silent.expectFatal("timeout");
    ok(performance.now() - began > 100, "closed before its time");
    await half.expectFatal("timeout");
  }, { policy: { loginMs: 400 } });
});

Deno.test("a line that has begun must be complete in time: bye timeout", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    const line = await user.seal('{"t":"ping"}');
    let at = 0;
    // Dripping is no excuse.
    const dripping = setInterval(() => void user.write(line.charAt(at++)), 30);
    const began = performance.now();
    strictEqual((await user.next("bye"))["reason"], "timeout");
    clearInterval(dripping);
    ok(at > 3 && performance.now() - began >= 250, "closed before its time");
    await expectServed(witness);
  }, { ...TICK, policy: { lineMs: 300 } });
});

Deno.test("a silent session is pinged, and cut off without a word if it stays silent", async () => {
  await using server = await startTestServer({
    ...TICK,
    policy: { pingMs: 150, silenceMs: 600 },
  });
  using living = await RawPeer.named(server, "living");
  using silent = await RawPeer.named(server, "silent");
  const answering = (async () => {
    for (let pings = 0; pings < 6; pings++) {
      await living.next("ping");
      await living.send({ t: "pong" });
    }
  })();
  const began = performance.now();
  const heard = await framesUntilEnd(silent);
  const took = performance.now() - began;
  ok(took >= 550 && took < 3_000, `cut off after ${took} ms`);
  deepStrictEqual(heard.at(-1), { t: "ping" });
  await answering;
  // Cut off, he counts as present for a while yet.
  const { users } = await living.request({ t: "names", id: "names" });
  deepStrictEqual(users, ["living", "silent"]);
});

Deno.test("who is cut off and does not come back has left after a while", async () => {
  await underAttack(async ({ server, witness }) => {
    {
      using user = await RawPeer.named(server, "user");
      await expectServed(user);
    }
    deepStrictEqual(await witness.next("joined"), { t: "joined", user: "user" });
    const began = performance.now();
    deepStrictEqual(await witness.next("left"), { t: "left", user: "user" });
    ok(performance.now() - began >= 250, "left before its time");
  }, { ...TICK, policy: { awayMs: 300 } });
});

Deno.test("a connection that is too old ends with bye rekey, and the next one goes on", async () => {
  await using server = await startTestServer({ ...TICK, policy: { lifetimeMs: 300 } });
  const account = await testAccount("user");
  using user = await RawPeer.registered(server, account);
  await expectServed(user);
  strictEqual((await user.next("bye"))["reason"], "rekey");
  await user.expectSilentEnd();
  using again = await RawPeer.loggedIn(server, account);
  await expectServed(again);
});

Deno.test("a connection that has had its frames ends with bye rekey", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    for (let n = 0; n < 50; n++) await user.send({ t: "pong" });
    strictEqual((await user.next("bye"))["reason"], "rekey");
  }, { ...TICK, policy: { lifetimeFrames: 50 } });
});

Deno.test("an account has so many sessions, and a further one is error too_many", async () => {
  await underAttack(async ({ server }) => {
    const account = await testAccount("user");
    using first = await RawPeer.registered(server, account);
    using second = await RawPeer.loggedIn(server, account);
    using third = await refused(server, account);
    strictEqual((await third.frame())?.["code"], "too_many");
    await third.expectFatal("too_many");
    await first.leave();
    await server.served(2);
    using again = await RawPeer.loggedIn(server, account);
    for (const peer of [second, again]) await expectServed(peer);
  }, { policy: { sessionsPerAccount: 2 } });
});

Deno.test("a server has so many sessions in total", async () => {
  await underAttack(async ({ server }) => {
    using first = await RawPeer.named(server, "first");
    using third = await refused(server, await testAccount("third"));
    strictEqual((await third.frame())?.["code"], "too_many");
    await third.expectFatal("too_many");
    await first.leave();
    await server.served(1);
  }, { policy: { sessionsTotal: 2 } });
});

/** Proves who it is, and reads no further. */
async function refused(
  server: { readonly port: number },
  account: Awaited<ReturnType<typeof testAccount>>,
): Promise<RawPeer> {
  const peer = await RawPeer.handshaken(server);
  const { known } = await peer.ask({ t: "auth", user: account.user });
  await peer.send(
    known === true
      ? { t: "login", sig: await loginSignature(account, peer.session) }
      : await registerFrame(account, peer.session),
  );
  return peer;
}

Deno.test("reads beyond the rate are error rate, and come through after the time that is told", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    const read = (id: string) => ({ t: "history", id, limit: 1 });
    for (const id of ["1", "2", "3"]) strictEqual((await user.request(read(id))).t, "history");
    const refused = await user.request(read("4"));
    deepStrictEqual([refused.t, refused["code"]], ["error", "rate"]);
    const after = Number(refused["after"]);
    ok(after > 0 && after <= 0.25, `${after} s`);
    // Reads and writes do not stand in each other's way, nor do accounts.
    strictEqual((await user.request({ t: "send", id: "w", to: "lobby", body: "hi" })).t, "ack");
    strictEqual((await witness.request(read("w"))).t, "history");
    await passing(after);
    strictEqual((await user.request(read("4"))).t, "history");
  }, { policy: { readBurst: 3, readsPerSecond: 4 } });
});

Deno.test("over the quota of the day nothing more is stored for the account, and for others it is", async () => {
  await underAttack(async ({ server, witness }) => {
    using user = await RawPeer.named(server, "user");
    const send = (id: string) => ({ t: "send", id, to: "lobby", body: "x".repeat(900) });
    strictEqual((await user.request(send("1"))).t, "ack");
    strictEqual((await user.request(send("2"))).t, "ack");
    const refused = await user.request(send("3"));
    deepStrictEqual([refused.t, refused["code"]], ["error", "quota"]);
    const after = Number(refused["after"]);
    ok(after > 0 && after <= 86_400, `${after} s`);
    // What is sealed counts like what is not, keys and the state of the account as well.
    const octets = "A".repeat(2_000);
    const others: readonly Frame[] = [
      { t: "send", id: "d", to: "witness", body: octets },
      { t: "wraps", id: "w", record: octets, m: [{ user: "witness", fp: "", wrap: "" }] },
      { t: "epoch", id: "e", record: octets, group: "team" },
      { t: "leave", id: "l", conversation: "x", note: octets },
      { t: "set_state", id: "s", m: [{ entry: "x", counter: 1, value: octets }] },
    ];
    for (const frame of others) strictEqual((await user.request(frame))["code"], "quota", frame.t);
    // Whoever complains over and over must not use up what others may store.
    const rewrap = { t: "rewrap", id: "r", conversation: "x", epoch: 0, user: "witness" };
    strictEqual((await user.request({ ...rewrap, wrap: octets }))["code"], "bad_request");
    strictEqual((await witness.request(send("1"))).t, "ack");
    const { entries } = await witness.request({ t: "history", id: "h", limit: 9 });
    strictEqual((entries as Frame[]).length, 3);
  }, { policy: { octetsPerDay: 2_000 } });
});

Deno.test("row 95: who paces himself as he is told is never cut off, and all he says is stored", async () => {
  await underAttack(async ({ server }) => {
    using user = await RawPeer.named(server, "user");
    const began = performance.now();
    let refusals = 0;
    for (let n = 0; n < 60; n++) {
      const send = { t: "send", id: `${n}`, to: "lobby", body: `m${n}` };
      for (;;) {
        const answer = await user.request(send);
        if (answer.t === "ack") break;
        strictEqual(answer["code"], "rate");
        refusals++;
        await passing(Number(answer["after"]));
      }
    }
    ok(refusals > 20 && performance.now() - began > 1_000, `${refusals} refusals`);
  }, { policy: { requestBurst: 10, requestsPerSecond: 40, floodMs: 300 } });
});

Deno.test("row 95: who goes on over the rate ends with bye flood, and only he", async () => {
  await underAttack(async ({ server, witness }) => {
    const account = await testAccount("flooder");
    using flooder = await RawPeer.registered(server, account);
    const began = performance.now();
    let over = false;
    const flood = (async () => {
      for (let n = 0; !over; n++) {
        await flooder.send({ t: "send", id: `${n}`, to: "lobby", body: "x" });
      }
    })();
    const ended = flooder.next("bye").finally(() => over = true);
    for (let n = 0; n < 10; n++) {
      const send = { t: "send", id: `w${n}`, to: "lobby", body: "me too" };
      strictEqual((await witness.request(send)).t, "ack");
    }
    strictEqual((await ended)["reason"], "flood");
    ok(performance.now() - began >= 290, "cut off before its time");
    await flood;
    // The account is not locked out for it.
    using again = await RawPeer.loggedIn(server, account);
    strictEqual((await again.request({ t: "history", id: 1, limit: 1 })).t, "history");
  }, { policy: { requestBurst: 20, requestsPerSecond: 20, floodMs: 300 } });
});

function passing(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
