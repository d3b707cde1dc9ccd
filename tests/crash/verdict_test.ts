import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { judge, type Record, type RunRecord, type Stored, type Verdict } from "./verdict.ts";
import { ACCOUNTS, isOrdinary, lineFor, mayRead, type Said } from "./words.ts";

const pure = { permissions: "none" } as const;

/** Six messages with the ids 1 to 6. */
const SAID: readonly Said[] = [
  { from: "alice", number: 1, to: "lobby" },
  { from: "bob", number: 1, to: "team" },
  { from: "alice", number: 2, to: "bob" },
  { from: "dave", number: 1, to: "lobby" },
  { from: "alice", number: 3, to: "team" },
  { from: "carol", number: 1, to: "lobby" },
];

const STORED: readonly Stored[] = SAID.map((said, n) => ({ id: n + 1, said }));

/** A process that shows these ids. */
function run(account: string, ids: readonly number[], more: Partial<RunRecord> = {}): RunRecord {
  const shown = ids.flatMap((id) => {
    const said = SAID[id - 1];
    return said === undefined ? [] : [{ said, line: lineFor(account, said) }];
  });
  return { shown, extraordinary: [], typed: [], fate: "left", confirmed: null, ...more };
}

/** A run without a fault: one process for each account, which shows and is told what it may read. */
function clean(): {
  stored: Stored[];
  histories: Map<string, Stored[]>;
  runs: Map<string, RunRecord[]>;
} {
  const readable = (account: string) => STORED.filter(({ said }) => mayRead(account, said));
  return {
    stored: [...STORED],
    histories: new Map(ACCOUNTS.map((account) => [account, readable(account)])),
    runs: new Map(ACCOUNTS.map((account) => [
      account,
      [run(account, readable(account).map(({ id }) => id), {
        typed: SAID.filter(({ from }) => from === account),
      })],
    ])),
  };
}

/** How much of what a run with a planted fault counts. */
function counts(record: Record): { readonly [what in keyof Verdict]: number } {
  const verdict = judge(record);
  return {
    messages: verdict.messages,
    lost: verdict.lost.length,
    doubled: verdict.doubled.length,
    reordered: verdict.reordered.length,
    repeated: verdict.repeated,
    wrong: verdict.wrong.length,
  };
}

const NOTHING = { messages: 6, lost: 0, doubled: 0, reordered: 0, repeated: 0, wrong: 0 };

Deno.test("a run without a fault is clean", pure, () => {
  deepStrictEqual(counts(clean()), NOTHING);
});

const FAULTS: readonly {
  readonly name: string;
  readonly plant: (record: ReturnType<typeof clean>) => void;
  readonly found: Partial<typeof NOTHING>;
}[] = [
  {
    name: "stored twice",
    plant: ({ stored, histories }) => {
      stored.push({ id: 7, said: { from: "alice", number: 2, to: "bob" } });
      for (const account of ["alice", "bob"]) histories.get(account)?.push(...stored.slice(6));
    },
    found: { messages: 7, doubled: 1 },
  },
  {
    name: "acknowledged and not stored",
    plant: ({ stored, histories }) => {
      stored.splice(3, 1);
      for (const history of histories.values()) {
        history.splice(history.findIndex(({ id }) => id === 4), 1);
      }
    },
    // Six processes show what is not there, one of them had been told to say it.
    found: { messages: 5, lost: 7 },
  },
  {
    name: "missing in a history",
    plant: ({ histories }) => void histories.get("erin")?.shift(),
    found: { lost: 1 },
  },
  {
    name: "twice in a history",
    plant: ({ histories }) => void histories.get("erin")?.unshift(...STORED.slice(0, 1)),
    found: { doubled: 1 },
  },
  {
    name: "a history in another order",
    plant: ({ histories }) => void histories.get("erin")?.reverse(),
    found: { reordered: 1 },
  },
  {
    name: "told to somebody who may not read it",
    plant: ({ histories }) => void histories.get("frank")?.splice(1, 0, ...STORED.slice(1, 2)),
    found: { wrong: 1 },
  },
  {
    name: "shown twice by one process",
    plant: ({ runs }) => void runs.set("frank", [run("frank", [1, 4, 4, 6])]),
    found: { doubled: 1 },
  },
  {
    name: "not shown by a process that lived",
    plant: ({ runs }) => void runs.set("frank", [run("frank", [1, 4])]),
    found: { lost: 1 },
  },
  {
    name: "shown in another order than it is stored",
    plant: ({ runs }) => void runs.set("frank", [run("frank", [1, 6, 4])]),
    found: { reordered: 1 },
  },
  {
    name: "another order between two conversations, which nobody promises",
    plant: ({ runs }) => void runs.set("erin", [run("erin", [2, 1, 4, 5, 6])]),
    found: {},
  },
  {
    name: "skipped between two processes",
    plant: ({ runs }) =>
      void runs.set("frank", [run("frank", [1], { fate: "killed" }), run("frank", [6])]),
    found: { lost: 1 },
  },
  {
    name: "skipped by a process that showed nothing",
    plant: ({ runs }) =>
      void runs.set("frank", [run("frank", [1, 4], { fate: "killed" }), run("frank", [])]),
    found: { lost: 1 },
  },
  {
    name: "shown again after a kill, not confirmed before",
    plant: ({ runs }) =>
      void runs.set("frank", [
        run("frank", [1, 4], { fate: "killed", confirmed: 3 }),
        run("frank", [4, 6]),
      ]),
    found: { repeated: 1 },
  },
  {
    name: "shown again though it had been confirmed",
    plant: ({ runs }) =>
      void runs.set("frank", [
        run("frank", [1, 4], { fate: "killed", confirmed: 4 }),
        run("frank", [4, 6]),
      ]),
    found: { repeated: 1, doubled: 1 },
  },
  {
    name: "killed again before it had shown all that comes again",
    plant: ({ runs }) =>
      void runs.set("frank", [
        run("frank", [1, 4], { fate: "killed", confirmed: 0 }),
        run("frank", [1], { fate: "killed", confirmed: 0 }),
        run("frank", [1, 4, 6]),
      ]),
    found: { repeated: 3 },
  },
  {
    name: "typed into a process that lived, and not stored",
    plant: ({ runs }) => {
      const typed = [{ from: "frank", number: 1, to: "lobby" }];
      runs.set("frank", [run("frank", [1, 4, 6], { typed })]);
    },
    found: { lost: 1 },
  },
  {
    name: "the last lines of a process that was killed, unread",
    plant: ({ runs }) => {
      const typed = [...SAID.slice(3, 4), { from: "dave", number: 2, to: "lobby" }];
      runs.set("dave", [run("dave", [1], { typed, fate: "killed" }), run("dave", [4, 6])]);
    },
    found: {},
  },
  {
    name: "a line of a process that was killed, older than one that is stored",
    plant: ({ runs }) => {
      const typed = [{ from: "dave", number: 2, to: "lobby" }, ...SAID.slice(3, 4)];
      runs.set("dave", [run("dave", [1], { typed, fate: "killed" }), run("dave", [4, 6])]);
    },
    found: { lost: 1 },
  },
  {
    name: "stored in another order than it was typed",
    plant: ({ runs }) => {
      const typed = [SAID[2], SAID[0], SAID[4]].filter((said) => said !== undefined);
      runs.set("alice", [run("alice", [1, 2, 3, 4, 5, 6], { typed })]);
    },
    found: { reordered: 1 },
  },
  {
    name: "shown under another heading",
    plant: ({ runs }) => {
      const [first] = run("erin", [1]).shown;
      const { shown } = run("erin", [2, 4, 5, 6]);
      if (first === undefined) return;
      const wrong = { ...first, line: "[DM from alice]: alice 1 lobby" };
      runs.set("erin", [{ ...run("erin", []), shown: [wrong, ...shown] }]);
    },
    found: { wrong: 1 },
  },
  {
    name: "a line that says that a message is missing",
    plant: ({ runs }) => {
      const extraordinary = ["--- 1 message from alice is missing here ---"];
      runs.set("frank", [run("frank", [1, 4, 6], { extraordinary })]);
    },
    found: { wrong: 1 },
  },
];

for (const { name, plant, found } of FAULTS) {
  Deno.test(`the count finds: ${name}`, pure, () => {
    const record = clean();
    plant(record);
    deepStrictEqual(counts(record), { ...NOTHING, ...found });
  });
}

Deno.test(
  "every account reads and shows something in the run that the faults are planted in",
  pure,
  () => {
    const { histories } = clean();
    strictEqual([...histories.values()].every((history) => history.length >= 3), true);
  },
);

Deno.test("lines about missing or wrong messages, keys and errors are extraordinary", pure, () => {
  const lines = [
    "--- 1 message from carol is missing here ---",
    "--- 2 messages from carol are missing here ---",
    "[not shown]: message from bob to alice: the signature is not right",
    "2026-11-22 18:03 [not shown]: message from bob in team: its key has not come yet",
    "2026-11-22 18:03 [damaged]: the server cannot read this entry any more",
    "[DM from bob]: bob 1 alice (late)",
    "WARNING: bob has a new key that the old one does not confirm",
    "NOTICE: bob has a new key, confirmed by the old one.",
    "ERROR: The key of this conversation is missing.",
  ];
  deepStrictEqual(lines.filter(isOrdinary), []);
});

Deno.test("what a client shows of a talk that goes well is ordinary", pure, () => {
  const lines = [
    'New account "bob" created.',
    "Welcome to the chatroom, bob!",
    "--- 3 messages while you were away ---",
    "2026-11-22 18:03 [DM from bob]: bob 1 alice",
    "2026-11-22 18:03 Group team: alice added guest",
    "--- now ---",
    "[DM to dave]: alice 1 dave (offline, will be delivered)",
    "[Group: team] alice: alice 2 team",
    "* carol has joined the chat *",
    "Goodbye!",
  ];
  deepStrictEqual(lines.filter((line) => !isOrdinary(line)), []);
});
