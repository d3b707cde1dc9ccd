// FTC1 §7.7: small entries that only their owner reads, written by compare-and-set.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Operator } from "../../server/operator.ts";
import { chatWith } from "../testing/chat.ts";
import { sentence, type TestSession } from "../testing/test_session.ts";

const pure = { permissions: "none" } as const;

type Writing = readonly [entry: string, counter: number, value: string | null];

/** Writes entries; gives the code of what came of it. */
async function writes(session: TestSession, ...writings: readonly Writing[]): Promise<string> {
  const m = writings.map(([entry, counter, value]) => ({ entry, counter, value }));
  return sentence(await session.asks({ t: "set_state", m })).split(":")[0] ?? "";
}

/** All entries, page by page: name, counter and length. */
async function reads(session: TestSession): Promise<[string, number, string][]> {
  const all: [string, number, string][] = [];
  while (true) {
    const after = all.at(-1)?.[0];
    const page = await session.asks({ t: "state", ...(after === undefined ? {} : { after }) });
    if (page.t !== "state") throw new Error(`Cannot read state: ${sentence(page)}`);
    ok(JSON.stringify(page.m).length <= 49_152 + 2);
    all.push(
      ...page.m.map((
        { entry, counter, value },
      ): [string, number, string] => [entry, counter, value]),
    );
    if (!page.more) return all;
  }
}

const scene = () => chatWith({ users: ["alice", "bob"] });

Deno.test(
  "entries are written with the next counter, read sorted, and deleted with the next one",
  pure,
  async () => {
    await using chat = await scene();
    const [bob, alice] = [chat.login("bob"), chat.login("alice")];
    strictEqual(await writes(bob, ["b", 1, "one"], ["a", 1, "two"]), "ok");
    strictEqual(await writes(bob, ["b", 2, "three"]), "ok");
    deepStrictEqual(await reads(bob), [["a", 1, "two"], ["b", 2, "three"]]);
    deepStrictEqual(await reads(alice), []);
    strictEqual(await writes(bob, ["b", 3, null], ["c", 1, "four"]), "ok");
    await chat.restart();
    deepStrictEqual(await reads(chat.login("bob")), [["a", 1, "two"], ["c", 1, "four"]]);
    // Where nothing stands, it begins anew.
    strictEqual(await writes(chat.login("bob"), ["b", 1, "five"]), "ok");
  },
);

Deno.test("one wrong counter, and nothing is written", pure, async () => {
  await using chat = await scene();
  const bob = chat.login("bob");
  await writes(bob, ["a", 1, "one"]);
  for (const counter of [0, 1, 3]) {
    const code = counter === 0 ? "bad_request" : "conflict";
    strictEqual(await writes(bob, ["b", 1, "new"], ["a", counter, "two"]), code);
  }
  strictEqual(await writes(bob, ["gone", 2, null]), "conflict");
  deepStrictEqual(await reads(bob), [["a", 1, "one"]]);
});

const MALFORMED: { readonly [what: string]: Writing } = {
  "an empty name": ["", 1, "x"],
  "a name of 65 characters": ["x".repeat(65), 1, "x"],
  "a name with a blank": ["a b", 1, "x"],
  "a name with a zero": ["a\0", 1, "x"],
  "a value that is too long": ["a", 1, "x".repeat(5_601)],
};

for (const [what, writing] of Object.entries(MALFORMED)) {
  Deno.test(`${what} is malformed`, pure, async () => {
    await using chat = await scene();
    strictEqual(await writes(chat.login("bob"), writing), "bad_request");
    deepStrictEqual([await reads(chat.login("bob")), chat.failures], [[], []]);
  });
}

Deno.test("the same entry twice in one request is malformed", pure, async () => {
  await using chat = await scene();
  strictEqual(await writes(chat.login("bob"), ["a", 1, "x"], ["a", 2, "y"]), "bad_request");
});

Deno.test(
  "of two sessions that write the same entry at once one wins; other entries do not matter",
  pure,
  async () => {
    await using chat = await scene();
    const [one, two] = [chat.login("bob"), chat.login("bob")];
    const outcomes = await Promise.all([writes(one, ["a", 1, "1"]), writes(two, ["a", 1, "2"])]);
    deepStrictEqual(outcomes.toSorted(), ["conflict", "ok"]);
    const both = await Promise.all([writes(one, ["b", 1, "1"]), writes(two, ["c", 1, "2"])]);
    deepStrictEqual(both, ["ok", "ok"]);
    strictEqual((await reads(one)).length, 3);
  },
);

Deno.test(
  "four hundred entries in one request, and as many as a frame holds, come back in pages",
  pure,
  async () => {
    await using chat = await scene();
    const bob = chat.login("bob");
    const name = (n: number) => `${n}`.padStart(22, "0");
    const many = Array.from({ length: 400 }, (_, n): Writing => [name(n), 1, "x".repeat(40)]);
    strictEqual(await writes(bob, ...many), "ok");
    for (let n = 400; n < 440; n += 10) {
      const large = Array.from(
        { length: 10 },
        (_, i): Writing => [name(n + i), 1, "y".repeat(5_600)],
      );
      strictEqual(await writes(bob, ...large), "ok");
    }
    deepStrictEqual(
      (await reads(bob)).map(([entry]) => entry),
      Array.from({ length: 440 }, (_, n) => name(n)),
    );
    deepStrictEqual(chat.failures, []);
  },
);

Deno.test("an entry that has not changed saves the answer", pure, async () => {
  await using chat = await scene();
  const bob = chat.login("bob");
  const ask = (counter: number) =>
    bob.asks({ t: "state", id: 1, unless: { entry: "index", counter } });
  await writes(bob, ["index", 1, "x"], ["a", 1, "y"]);
  deepStrictEqual(await ask(1), { t: "state", re: 1, m: [], more: false, same: true });
  const other = await ask(2);
  strictEqual(other.t === "state" && other.m.length, 2);
});

for (const after of ["a\0", "\ud800".toWellFormed(), "x".repeat(3_000)]) {
  Deno.test(`a page after ${JSON.stringify(after.slice(0, 5))} is malformed`, pure, async () => {
    await using chat = await scene();
    const answer = await chat.login("bob").asks({ t: "state", after });
    strictEqual(answer.t === "error" && answer.code, "bad_request");
    deepStrictEqual(chat.failures, []);
  });
}

Deno.test("a writing that failed although it was done is answered with ok", pure, async () => {
  await using chat = await scene();
  const bob = chat.login("bob");
  chat.store.fail(new Error("disk full"));
  strictEqual(await writes(bob, ["a", 1, "x"]), "storage");
  chat.store.heal();
  strictEqual(await writes(bob, ["a", 1, "x"]), "ok");
  const commit = chat.store.commit.bind(chat.store);
  chat.store.commit = async (batch) => {
    chat.store.commit = commit;
    await commit(batch);
    throw new Error("connection to the disk lost");
  };
  strictEqual(await writes(bob, ["a", 2, "y"]), "ok");
  chat.store.failAfterwards(new Error("connection to the disk lost"));
  // Reads fail as well: what is not known is not acknowledged.
  strictEqual(await writes(bob, ["a", 3, "z"]), "storage");
  chat.store.heal();
  deepStrictEqual(await reads(bob), [["a", 3, "z"]]);
});

for (const what of ["delete", "reset"] as const) {
  Deno.test(
    `${what}: the state goes with the account, and a new one of the name has none`,
    pure,
    async () => {
      await using chat = await scene();
      const bob = chat.login("bob");
      for (let n = 0; n < 3; n++) {
        const some = Array.from({ length: 400 }, (_, i): Writing => [`${n}-${i}`, 1, "x"]);
        strictEqual(await writes(bob, ...some), "ok");
      }
      ok("text" in await new Operator(chat.service)[what]("bob"));
      for (const table of ["state", "states"]) {
        deepStrictEqual(await Array.fromAsync(chat.store.scan([table])), []);
      }
      await chat.addAccount("bob");
      const fresh = chat.login("bob");
      deepStrictEqual(await reads(fresh), []);
      strictEqual(await writes(fresh, ["a", 1, "x"]), "ok");
      // What is left of an end that was cut short goes at the next start, and nothing else.
      await chat.store.commit({
        sets: [{ key: ["state", "bob", "old", "a"], value: new Uint8Array(20) }],
      });
      await chat.restart();
      strictEqual(await chat.store.get(["state", "bob", "old", "a"]), null);
      deepStrictEqual(await reads(chat.login("bob")), [["a", 1, "x"]]);
    },
  );
}
