import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { Presence, type Receiver } from "../../server/presence.ts";

const pure = { permissions: "none" } as const;
const BYE = { saidBye: true, now: 0 } as const;

/** A session that keeps what it is told. */
function sessionOf(): Receiver & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    send: (text) => heard.push(new TextDecoder().decode(text)),
    close: () => Promise.resolve(),
  };
}

const presenceOf = () => new Presence(DEFAULT_POLICY);
const text = new TextEncoder().encode("hi");

Deno.test("the first session of a user is news, and the end of the last one", pure, () => {
  const presence = presenceOf();
  const [one, other] = [sessionOf(), sessionOf()];
  strictEqual(presence.enter("bob", one, 0), "joined");
  strictEqual(presence.enter("bob", other, 0), "silent");
  deepStrictEqual([presence.count("bob"), presence.total], [2, 2]);
  strictEqual(presence.leave("bob", one, BYE), "silent");
  strictEqual(presence.isOnline("bob"), true);
  strictEqual(presence.leave("bob", other, BYE), "left");
  strictEqual(presence.isOnline("bob"), false);
  deepStrictEqual([presence.count("bob"), presence.total], [0, 0]);
});

Deno.test("a session counts once, and leaves once", pure, () => {
  const presence = presenceOf();
  const [one, stranger] = [sessionOf(), sessionOf()];
  presence.enter("bob", one, 0);
  presence.enter("bob", one, 0);
  strictEqual(presence.total, 1);
  strictEqual(presence.leave("bob", stranger, BYE), "silent");
  strictEqual(presence.leave("eve", one, BYE), "silent");
  strictEqual(presence.leave("bob", one, BYE), "left");
  strictEqual(presence.leave("bob", one, BYE), "silent");
  strictEqual(presence.total, 0);
});

Deno.test("users are listed once each, sorted", pure, () => {
  const presence = presenceOf();
  for (const user of ["carol", "bob", "alice", "bob"]) presence.enter(user, sessionOf(), 0);
  deepStrictEqual(presence.users(), ["alice", "bob", "carol"]);
});

Deno.test(
  "who is cut off stays present for 15 seconds, and a return in them is silent",
  pure,
  () => {
    const presence = presenceOf();
    const session = sessionOf();
    presence.enter("bob", session, 0);
    strictEqual(presence.leave("bob", session, { saidBye: false, now: 1_000 }), "silent");
    deepStrictEqual([presence.users(), presence.isOnline("bob")], [["bob"], true]);
    deepStrictEqual(presence.sweep(15_999), { left: [], missed: [] });
    strictEqual(presence.enter("bob", session, 15_999), "silent");
    deepStrictEqual(presence.sweep(99_999), { left: [], missed: [] });
  },
);

Deno.test("who does not come back within 15 seconds has left, once", pure, () => {
  const presence = presenceOf();
  const session = sessionOf();
  presence.enter("bob", session, 0);
  presence.leave("bob", session, { saidBye: false, now: 1_000 });
  deepStrictEqual(presence.sweep(16_000), { left: ["bob"], missed: [] });
  deepStrictEqual(presence.sweep(16_001), { left: [], missed: [] });
  strictEqual(presence.isOnline("bob"), false);
  strictEqual(presence.enter("bob", session, 16_001), "joined");
});

Deno.test("for 60 seconds after a start, returns of those who were online are silent", pure, () => {
  const presence = presenceOf();
  presence.expect(["alice", "bob", "carol"], 1_000);
  deepStrictEqual(presence.users(), []);
  strictEqual(presence.enter("alice", sessionOf(), 60_999), "silent");
  strictEqual(presence.enter("bob", sessionOf(), 61_000), "joined");
  deepStrictEqual(presence.sweep(61_000), { left: [], missed: ["carol"] });
  strictEqual(presence.enter("carol", sessionOf(), 61_001), "joined");
});

Deno.test("an event reaches every session of some, of all, or of all but one", pure, () => {
  const presence = presenceOf();
  const [bob, bobAgain, alice, eve] = [sessionOf(), sessionOf(), sessionOf(), sessionOf()];
  for (const session of [bob, bobAgain]) presence.enter("bob", session, 0);
  presence.enter("alice", alice, 0);
  presence.enter("eve", eve, 0);
  const heard = () => [bob, bobAgain, alice, eve].map((session) => session.heard.splice(0).length);
  presence.deliver(text, ["bob", "alice", "nobody"]);
  deepStrictEqual(heard(), [1, 1, 1, 0]);
  presence.deliver(text);
  deepStrictEqual(heard(), [1, 1, 1, 1]);
  presence.deliverExcept("bob", text);
  deepStrictEqual(heard(), [0, 0, 1, 1]);
  deepStrictEqual(presence.sessionsOf("bob"), [bob, bobAgain]);
  deepStrictEqual(presence.sessionsOf("nobody"), []);
});
