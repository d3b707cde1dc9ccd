// FTC1 §3.11, §4.4; §9 row 75: who gets a name, and who does not.

import { deepStrictEqual, notDeepStrictEqual, strictEqual } from "node:assert/strict";
import { newcomer } from "../testing/newcomer.ts";
import { TEST_REALM } from "../testing/test_session.ts";
import { alice, arrivalAt, bob, chatWithBob, inShort } from "./admission_scene.ts";

const pure = { permissions: "none" } as const;

Deno.test("of six registrations of one name at once, exactly one wins", pure, async () => {
  await using chat = await chatWithBob();
  const six = await Promise.all(Array.from({ length: 6 }, () => newcomer("alice", TEST_REALM)));
  const arrivals = six.map((who) => ({ who, ...arrivalAt(chat) }));
  for (const { auth } of arrivals) strictEqual(inShort(await auth("alice")), "auth");
  const steps = await Promise.all(arrivals.map(({ who, registers }) => registers(who)));
  const outcomes = steps.map(inShort);
  deepStrictEqual(outcomes.toSorted(), ["created alice", ...Array(5).fill("name_taken")]);
  const winner = six[outcomes.indexOf("created alice")];
  // The winner first: five wrong proofs from one address make the sixth wait, right or wrong.
  for (const who of six.toSorted((a, b) => Number(b === winner) - Number(a === winner))) {
    const arrival = arrivalAt(chat);
    await arrival.auth("alice");
    strictEqual(inShort(await arrival.logsIn(who)), who === winner ? "in alice" : "bad_login");
  }
});

Deno.test("who lost a name goes on with another one", pure, async () => {
  await using chat = await chatWithBob();
  const late = arrivalAt(chat);
  await late.auth("alice");
  const early = arrivalAt(chat);
  await early.auth("alice");
  await early.registers(alice);
  const step = await late.registers(await newcomer("alice", TEST_REALM));
  deepStrictEqual(step, {
    answer: { t: "error", code: "name_taken", msg: "The name alice is taken." },
  });
  await late.auth("bob");
  strictEqual(inShort(await late.logsIn(bob)), "in bob");
});

Deno.test("the name of a group cannot be registered, before or after auth", pure, async () => {
  await using chat = await chatWithBob();
  strictEqual(inShort(await arrivalAt(chat).auth("team")), "name_taken");
  const late = arrivalAt(chat);
  await late.auth("club");
  await chat.login("carol").groups("set", "club", ["dave"]);
  strictEqual(inShort(await late.registers(await newcomer("club", TEST_REALM))), "name_taken");
  strictEqual(chat.service.directory.hasUser("club"), false);
});

Deno.test("a server that makes no new accounts says so, and lets the others in", pure, async () => {
  await using chat = await chatWithBob();
  const arrival = arrivalAt(chat, { registration: "closed" });
  strictEqual(inShort(await arrival.auth("alice")), "closed");
  strictEqual(inShort(await arrival.auth("bob")), "auth");
  strictEqual(inShort(await arrival.logsIn(bob)), "in bob");
});

Deno.test("what follows from a registration is not said to anybody else", pure, async () => {
  await using chat = await chatWithBob();
  const known = await arrivalAt(chat).auth("bob");
  const other = await arrivalAt(chat).auth("alice");
  notDeepStrictEqual(known, other);
  deepStrictEqual(other, { answer: { t: "auth", user: "alice", known: false } });
});
