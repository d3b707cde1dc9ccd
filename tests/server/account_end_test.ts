// FTC1 §9 row 81, and what an operator's order means on real connections.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Operator } from "../../server/operator.ts";
import { type Frame, RawPeer } from "../testing/raw_peer.ts";
import { loginSignature, registerFrame, testAccount } from "../testing/test_account.ts";
import { startTestServer, type TestServer } from "../testing/test_server.ts";

/** How the end of an account and a login lie in time, and how often that is tried. */
const MEETINGS = { "end first": 5, "at once": 20, "login first": 5 } as const;

/** Gives the code of an error, else the type of the frame, else `end`. */
function outcomeOf(frame: Frame | null): string {
  return frame?.t === "error" ? String(frame["code"]) : frame?.t ?? "end";
}

for (const what of ["delete", "reset"] as const) {
  Deno.test(`row 81: a login while the account is being ended (${what}) makes no half account`, async () => {
    await using server = await startTestServer({ store: "disk" });
    const { service } = server.shared;
    const end = async (user: string) => {
      const ended = await new Operator(service)[what](user);
      ok("text" in ended, JSON.stringify(ended));
    };
    let users = 0;
    for (const [meeting, rounds] of Object.entries(MEETINGS)) {
      for (let round = 0; round < rounds; round++) {
        const account = await testAccount(`bob${users++}`);
        using first = await RawPeer.registered(server, account);
        await first.leave();
        using peer = await RawPeer.handshaken(server);
        strictEqual((await peer.ask({ t: "auth", user: account.user }))["known"], true);
        const sig = await loginSignature(account, peer.session);
        if (meeting === "end first") await end(account.user);
        await peer.send({ t: "login", sig });
        const ending = meeting === "at once" ? end(account.user) : Promise.resolve();
        const outcome = outcomeOf(await peer.frame());
        if (meeting === "login first") strictEqual(outcome, "welcome");
        if (meeting === "login first") await end(account.user);
        await ending;
        if (meeting === "end first") strictEqual(outcome, "deleted");
        // A session that was quicker than the end is told; the end of any is fatal.
        if (outcome === "welcome") strictEqual((await peer.next("error"))["code"], "deleted");
        else strictEqual(outcome, "deleted");
        strictEqual((await peer.next("bye"))["reason"], "deleted");
        strictEqual(service.presence.count(account.user), 0);
        strictEqual(service.directory.hasUser(account.user), false);
        strictEqual(await service.accounts.get(account.user), null);
      }
    }
  });
}

Deno.test("a reset name registers anew, with a fresh cursor, although registration is closed", async () => {
  await using server = await startTestServer({ store: "disk", registration: "closed" });
  const operator = new Operator(server.shared.service);
  deepStrictEqual(await operator.allow("bob"), { text: "bob may register." });
  const old = await testAccount("bob");
  using bob = await RawPeer.registered(server, old);
  await bob.request({ t: "send", id: "a", to: "lobby", body: "by the old one" });
  await bob.send({ t: "seen", upto: 1 });
  await operator.reset("bob");
  strictEqual((await bob.next("error"))["code"], "deleted");
  strictEqual((await bob.next("bye"))["reason"], "deleted");
  using anew = await RawPeer.handshaken(server);
  strictEqual((await anew.ask({ t: "auth", user: "bob" }))["known"], false);
  const welcome = await anew.ask(await registerFrame(await testAccount("bob"), anew.session));
  strictEqual(welcome.t, "welcome");
  strictEqual(welcome["cursor"], welcome["last"]);
  // The old key is no key any more.
  strictEqual(await loginOutcome(server, old), "bad_login");
  // And the name was allowed for one registration, not for ever.
  strictEqual(server.shared.service.accounts.isAllowed("bob"), false);
});

Deno.test("a name that nobody has allowed is refused while registration is closed", async () => {
  await using server = await startTestServer({ registration: "closed" });
  using peer = await RawPeer.handshaken(server);
  const answer = await peer.ask({ t: "auth", user: "bob" });
  deepStrictEqual([answer.t, answer["code"]], ["error", "closed"]);
});

Deno.test("a blocked account hears so after a right signature, and a wrong one is only wrong", async () => {
  await using server = await startTestServer();
  const operator = new Operator(server.shared.service);
  const account = await testAccount("bob");
  using bob = await RawPeer.registered(server, account);
  await operator.block("bob");
  strictEqual((await bob.next("error"))["code"], "blocked");
  strictEqual((await bob.next("bye"))["reason"], "blocked");
  strictEqual(await loginOutcome(server, account), "blocked");
  strictEqual(await loginOutcome(server, await testAccount("bob")), "bad_login");
  await operator.unblock("bob");
  strictEqual(await loginOutcome(server, account), "welcome");
});

async function loginOutcome(
  server: TestServer,
  account: Awaited<ReturnType<typeof testAccount>>,
): Promise<string> {
  using peer = await RawPeer.handshaken(server);
  strictEqual((await peer.ask({ t: "auth", user: account.user }))["known"], true);
  await peer.send({ t: "login", sig: await loginSignature(account, peer.session) });
  return outcomeOf(await peer.frame());
}
