/**
 * All scenarios by name.
 *
 * @module
 */

import { channel, DURATION, type FanOut, group, pairs, steady } from "./fan_out.ts";
import { type FernOptions, FernTarget } from "./fern_target.ts";
import { type Result, resultOf } from "./result.ts";

/** What a scenario can be told. */
export type ScenarioOptions = Omit<FernOptions, "folder">;

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
  "group-8": fanOut("a group of 100, encrypted end to end, 8 in flight", group(8)),
  "group-256": fanOut("the same with 256 in flight", group(256)),
  "pairs": fanOut("50 pairs play ping-pong in direct messages", pairs()),
  "pair": fanOut("one pair: p50 is the time of one way", pairs(1)),
  "steady": fanOut("100 messages a second to 100 members", steady()),
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
