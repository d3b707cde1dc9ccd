import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { fakeTimers } from "../testing/timers.ts";
import { TestSession } from "../testing/test_session.ts";
import type { Person } from "./person.ts";
import { FirstKeys } from "./keyring.ts";
import { LONG_MS, PowerCutScene } from "./power_cut_scene.ts";

const pure = { permissions: "none" } as const;
const USERS = ["alice", "bob", "carol", "dave"] as const;
const SPEAKERS = 3;
const GROUP = { name: "team", members: ["bob", "carol"] };
const KEYS = await FirstKeys.draw({ users: USERS, speakers: SPEAKERS, group: GROUP });
const RECEIVERS = ["lobby", "team", ...USERS];

type Step =
  | { readonly do: "say"; readonly who: number; readonly to: string }
  | { readonly do: "say again" | "confirm" | "invite" | "dismiss"; readonly who: number }
  | {
    readonly do:
      | "sync"
      | "answer"
      | "fail"
      | "write lazily"
      | "catch up"
      | "move away"
      | "move back";
  }
  | { readonly do: "cut power"; readonly survivors: number };

const speaker = fc.nat(SPEAKERS - 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      who: speaker,
      to: fc.constantFrom(...RECEIVERS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("say again" as const, "confirm"), who: speaker }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("invite" as const, "dismiss"),
      // Sometimes by somebody who may not.
      who: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("sync" as const, "answer", "sync", "answer", "fail", "write lazily"),
    }),
  },
  // The disk works for a while: a change of the group takes two commits.
  { weight: 3, arbitrary: fc.constant({ do: "catch up" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("move away" as const, "move back") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("cut power" as const), survivors: fc.nat(2) }),
  },
);

Deno.test(
  "whatever was acknowledged survives a power cut at any point, and everybody shows all of it once",
  pure,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.nat(2),
        async (steps, survivors) => {
          using timers = fakeTimers();
          await using scene = await PowerCutScene.open(KEYS, { timers });
          scene.store.hold();
          for (const one of steps) {
            await play(one, { scene, timers });
            await scene.settle();
          }
          await scene.cutPower(survivors);
          await scene.store.release();
          for (let n = 0; scene.people.some(({ pending }) => pending.length > 0); n++) {
            ok(n < 10, "what is pending is never acknowledged");
            for (const person of scene.people) await person.saysAgain();
            await scene.settle();
          }
          for (const person of scene.people) await expectWhole(scene, person);
          expectOneList(scene);
        },
      ),
      { numRuns: 150 },
    );
  },
);

Deno.test(
  "a cursor does not survive a power cut before it was written, and is never ahead",
  pure,
  async () => {
    using timers = fakeTimers();
    await using scene = await PowerCutScene.open(KEYS, { timers });
    const [alice] = scene.people;
    ok(alice !== undefined);
    await alice.says("lobby");
    await scene.settle();
    await alice.confirms();
    const before = alice.seen;
    await scene.cutPower(0);
    strictEqual(await scene.service.cursors.get("alice"), 0);
    await alice.confirms();
    timers.pass(LONG_MS);
    await scene.settle();
    await scene.cutPower(0);
    strictEqual(await scene.service.cursors.get("alice"), before);
  },
);

async function play(
  one: Step,
  { scene, timers }: {
    readonly scene: PowerCutScene;
    readonly timers: { pass(milliseconds: number): void };
  },
): Promise<void> {
  switch (one.do) {
    case "sync":
      return await scene.store.sync();
    case "answer":
      return scene.store.answer();
    case "fail":
      return scene.store.fail();
    case "move away":
      return scene.store.moveAway();
    case "move back":
      return scene.store.moveBack();
    case "catch up":
      for (let n = 0; n < 3; n++) {
        await scene.store.sync();
        scene.store.answer();
        await scene.settle();
      }
      return;
    case "write lazily":
      return timers.pass(LONG_MS);
    case "cut power":
      await scene.cutPower(one.survivors);
      return scene.store.hold();
  }
  const person = scene.people[one.who];
  if (person === undefined) return;
  if (one.do === "say") await person.says(one.to);
  if (one.do === "say again") await person.saysAgain();
  if (one.do === "confirm") await person.confirms();
  if (one.do === "invite") await person.changes("add", GROUP.name, "dave");
  if (one.do === "dismiss") await person.changes("remove", GROUP.name, "dave");
}

/** What somebody showed is what is stored for him: nothing less, nothing twice, in that order. */
async function expectWhole(scene: PowerCutScene, person: Person): Promise<void> {
  const session = new TestSession(scene.service, person.user);
  const { entries, more, total } = await session.reads({ kinds: "all" });
  session.leave();
  strictEqual(more, false);
  strictEqual(total, entries.length);
  deepStrictEqual(person.shown, entries);
  const ids = entries.map(({ id }) => id);
  deepStrictEqual(ids, [...new Set(ids)].toSorted((a, b) => a - b));
  for (const [id, entry] of person.acknowledged) {
    ok(ids.includes(entry), `${id} was acknowledged as ${entry} and is not stored`);
  }
  const own = entries.filter((entry) => entry.t === "message" && entry.from === person.user);
  strictEqual(own.length, person.acknowledged.size);
  ok(await scene.service.cursors.get(person.user) <= person.seen);
}

/** The members by the entries are those that the newest record of the chain lists. */
function expectOneList({ service: { conversations, chains } }: PowerCutScene): void {
  const group = conversations.groupOf(GROUP.name, USERS[0]);
  const listed = chains.get(group?.id ?? "")?.head?.members.keys() ?? [];
  deepStrictEqual([...group?.members.keys() ?? []].sort(), [...listed].sort());
}
