/**
 * All scenarios by name.
 *
 * @module
 */

import { channel, DURATION, type FanOut, group, pairs, steady } from "./fan_out.ts";
import { FernTarget } from "./fern_target.ts";
import { catchUp, type HistoryOptions, lastPage } from "./history.ts";
import { idleSessions } from "./idle_sessions.ts";
import { logins } from "./logins.ts";
import { type Result, resultOf } from "./result.ts";
import { startUp } from "./start_up.ts";

/** What a scenario can be told. */
export type ScenarioOptions = Omit<HistoryOptions, "folder">;

/** Measures one thing. */
export interface Scenario {
  /** One line for `--help`. */
  readonly about: string;
  /** Runs it. */
  readonly run: (options: ScenarioOptions) => Promise<Result>;
}

/** Loads that IRC servers can be given as well. */
export const COMPARABLE = {
  "lobby-8": channel(8),
  "lobby-256": channel(256),
  "group-8": group(8),
  "group-256": group(256),
  "pairs": pairs(),
  "pair": pairs(1),
  "steady": steady(),
} as const satisfies Record<string, FanOut>;

/** One of the loads that can be compared. */
export type Comparable = keyof typeof COMPARABLE;

/** Everything that `deno task load` measures. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "lobby-8": fanOut("100 in the lobby, 4 senders, 8 messages of each in flight", channel(8)),
  "lobby-256": fanOut("the same with 256 in flight", channel(256)),
  "lobby-1000": fanOut("1,000 in the lobby, 256 in flight", channel(256, 1_000)),
  "group-8": fanOut("a group of 100, encrypted end to end, 8 in flight", COMPARABLE["group-8"]),
  "group-256": fanOut("the same with 256 in flight", COMPARABLE["group-256"]),
  "pairs": fanOut("50 pairs play ping-pong in direct messages", pairs()),
  "pair": fanOut("one pair: p50 is the time of one way", pairs(1)),
  "steady": fanOut("100 messages a second to 100 members", steady()),
  "idle": { about: "10,000 silent sessions: memory, and a message to all", run: idleSessions },
  "logins": { about: "1,000 logins", run: logins },
  "history": { about: "the last 50 of a million messages", run: lastPage },
  "catch-up": { about: "10,000 missed messages", run: catchUp },
  "start": { about: "start of the server and of the client", run: startUp },
};

function fanOut(about: string, load: FanOut): Scenario {
  return {
    about,
    run: async (options) => {
      await using target = await FernTarget.start(options);
      return resultOf(await load(target, DURATION));
    },
  };
}
