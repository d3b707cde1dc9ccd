import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { askFor, CutOff, type Question } from "../../../client/end_to_end/asker.ts";
import { Inquiry } from "../../../client/end_to_end/inquiry.ts";
import type { CommandInput } from "../../../protocol/command.ts";
import type { Event } from "../../../protocol/event.ts";
import { fakeTimers } from "../../testing/timers.ts";

const none = { permissions: "none" } as const;

const GROUPS: Question = { t: "groups" };

/** An inquiry whose commands are written down. */
class Desk {
  readonly sent: CommandInput[] = [];
  #ids = 0;
  readonly inquiry: Inquiry = new Inquiry(() => `q${++this.#ids}`);

  static connected(): Desk {
    const desk = new Desk();
    desk.connect();
    return desk;
  }

  connect(): void {
    this.inquiry.connected((command) => this.sent.push(command));
  }

  hears(event: Event): boolean {
    return this.inquiry.takes(event);
  }

  get ids(): unknown[] {
    return this.sent.map((command) => "id" in command ? command.id : undefined);
  }
}

function rate(re: string, after?: number): Event {
  const error = { t: "error", re, code: "rate", msg: "Too fast." } as const;
  return after === undefined ? error : { ...error, after };
}

/** Whether a promise settles without anything more being done. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSo = false;
  const done = () => void (isSo = true);
  void promise.then(done, done);
  for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  return isSo;
}

Deno.test(
  "questions are asked side by side, each gets the answer to its own id",
  none,
  async () => {
    const desk = Desk.connected();
    const answers = [desk.inquiry.ask(GROUPS), desk.inquiry.ask({ t: "names" })];
    deepStrictEqual(desk.sent, [{ t: "groups", id: "q1" }, { t: "names", id: "q2" }]);
    strictEqual(desk.hears({ t: "names", re: "q2", users: [], more: false }), true);
    strictEqual(desk.hears({ t: "ok", re: "q1", text: "first" }), true);
    deepStrictEqual((await Promise.all(answers)).map(({ t }) => t), ["ok", "names"]);
  },
);

Deno.test("a message is asked under its own id", none, async () => {
  const desk = Desk.connected();
  const answer = desk.inquiry.ask({ t: "send", id: "m1", to: "bob", body: "gAAAAA" });
  strictEqual(desk.hears({ t: "ack", re: "m1", id: 5, at: 0 }), true);
  strictEqual((await answer).t, "ack");
});

Deno.test("what answers nothing asked here is left to others", none, async () => {
  const desk = Desk.connected();
  const answer = desk.inquiry.ask(GROUPS);
  const others: readonly Event[] = [
    { t: "ok", re: "q2" },
    { t: "ok", re: 1 },
    { t: "ok" },
    { t: "pong" },
    { t: "joined", user: "q1" },
    { t: "error", code: "storage", msg: "No disk." },
  ];
  for (const event of others) strictEqual(desk.hears(event), false);
  strictEqual(desk.hears({ t: "ok", re: "q1" }), true);
  await answer;
  // A second answer is nobody's.
  strictEqual(desk.hears({ t: "ok", re: "q1" }), false);
});

Deno.test(
  "a server that asks for patience is asked the same again after it, under the same id",
  none,
  async () => {
    using timers = fakeTimers();
    const desk = Desk.connected();
    const answer = desk.inquiry.ask(GROUPS);
    strictEqual(desk.hears(rate("q1", 2.5)), true);
    timers.pass(2_499);
    deepStrictEqual([desk.ids, await isSettled(answer)], [["q1"], false]);
    timers.pass(1);
    deepStrictEqual(desk.sent, [{ t: "groups", id: "q1" }, { t: "groups", id: "q1" }]);
    desk.hears(rate("q1"));
    timers.pass(1_000);
    deepStrictEqual(desk.ids, ["q1", "q1", "q1"]);
    desk.hears({ t: "ok", re: "q1" });
    strictEqual((await answer).t, "ok");
    strictEqual(timers.waiting, 0);
  },
);

Deno.test("where a server wants more than a minute, that is the answer", none, async () => {
  using timers = fakeTimers();
  const desk = Desk.connected();
  const answer = desk.inquiry.ask(GROUPS);
  desk.hears(rate("q1", 61));
  deepStrictEqual([await answer, timers.waiting], [rate("q1", 61), 0]);
});

Deno.test("for an epoch nobody waits longer than five seconds", none, async () => {
  using timers = fakeTimers();
  const desk = Desk.connected();
  const epoch: Question = { t: "epoch", record: "AAAA" };
  const patient = desk.inquiry.ask(epoch);
  desk.hears(rate("q1", 5));
  timers.pass(5_000);
  deepStrictEqual(desk.ids, ["q1", "q1"]);
  desk.hears({ t: "ok", re: "q1" });
  strictEqual((await patient).t, "ok");
  const answer = desk.inquiry.ask(epoch);
  desk.hears(rate("q2", 6));
  deepStrictEqual([await answer, timers.waiting], [rate("q2", 6), 0]);
});

Deno.test(
  "a lost connection cuts off all questions, also those that wait their turn",
  none,
  async () => {
    using timers = fakeTimers();
    const desk = Desk.connected();
    const answers = [desk.inquiry.ask(GROUPS), desk.inquiry.ask(GROUPS)];
    desk.hears(rate("q1", 5));
    desk.inquiry.disconnected();
    for (const answer of answers) await rejects(answer, CutOff);
    desk.connect();
    timers.pass(10_000);
    // Nothing of before is asked on the new connection, and a late answer is nobody's.
    deepStrictEqual([desk.sent.length, timers.waiting], [2, 0]);
    strictEqual(desk.hears({ t: "ok", re: "q1" }), false);
  },
);

Deno.test("without a connection a question is cut off at once", none, async () => {
  const desk = new Desk();
  await rejects(desk.inquiry.ask(GROUPS), CutOff);
  desk.connect();
  desk.inquiry.disconnected();
  await rejects(desk.inquiry.ask(GROUPS), CutOff);
  strictEqual(desk.sent.length, 0);
});

Deno.test(
  "whoever reads learns that an answer is waited for, and when there is none any more",
  none,
  async () => {
    const desk = Desk.connected();
    strictEqual(await isSettled(desk.inquiry.asked), false);
    const answers = [desk.inquiry.ask(GROUPS), desk.inquiry.ask(GROUPS)];
    strictEqual(await isSettled(desk.inquiry.asked), true);
    desk.hears({ t: "ok", re: "q2" });
    strictEqual(await isSettled(desk.inquiry.asked), true);
    desk.hears({ t: "ok", re: "q1" });
    strictEqual(await isSettled(desk.inquiry.asked), false);
    await Promise.all(answers);
    // Also somebody who waited before it was asked.
    const early = desk.inquiry.asked;
    const cut = desk.inquiry.ask(GROUPS);
    strictEqual(await isSettled(early), true);
    desk.inquiry.disconnected();
    await rejects(cut, CutOff);
    strictEqual(await isSettled(desk.inquiry.asked), false);
  },
);

Deno.test(
  "an answer of another type is a refusal: the server's own, or that it makes no sense",
  none,
  async () => {
    const desk = Desk.connected();
    const wanted = () => askFor(desk.inquiry, GROUPS, "groups");
    const refused = wanted();
    desk.hears({ t: "error", re: "q1", code: "storage", msg: "No disk." });
    await rejects(refused, { name: "Refused", code: "storage", message: "No disk." });
    const odd = wanted();
    desk.hears({ t: "ok", re: "q2" });
    await rejects(odd, { name: "Refused", code: "bad_frame" });
  },
);
