/**
 * What a run is printed as: one flat object on one line.
 *
 * @module
 */

import type { Outcome } from "./run_load.ts";

/** Numbers and words by name; the names say the unit. */
export type Result = Readonly<Record<string, number | string>>;

/** Decimal places of what is printed. */
const PLACES = 3;

/**
 * Describes the outcome of a load.
 *
 * @param outcome What came out; nothing was lost, or there would be none.
 */
export function resultOf(outcome: Outcome): Result {
  const { deliveries, messages, seconds, latency, serverCpuS, generatorCpuS } = outcome;
  return {
    deliveriesPerSecond: Math.round(deliveries / seconds),
    messagesPerSecond: Math.round(messages / seconds),
    p50Ms: round(latency.percentile(0.5)),
    p99Ms: round(latency.percentile(0.99)),
    serverCpuShare: round(serverCpuS / seconds),
    generatorCpuShare: round(generatorCpuS / seconds),
    serverCpuSPerMillion: round(serverCpuS / deliveries * 1_000_000),
    serverMiB: Math.round(outcome.serverKiB / 1_024),
    lost: 0,
  };
}

/** Rounds to three places. */
export function round(value: number): number {
  return Number(value.toFixed(PLACES));
}

/** The one in the middle; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
