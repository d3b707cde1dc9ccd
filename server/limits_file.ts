/**
 * The file of `--limits`: JSON, an object with names of the policy module (FTC1 §3.10).
 *
 *     { "requestsPerSecond": 1000, "loopbackExempt": false }
 *
 * @module
 */

import { closestName } from "../protocol/name.ts";
import { DEFAULT_POLICY, type Policy } from "./policy.ts";
import { StartError } from "./start_error.ts";

/**
 * Reads the text of a limits file.
 *
 * @param text JSON.
 * @param path Where it came from, for the error.
 * @returns The default policy with what the file changes.
 * @throws {StartError} Where it is no JSON object, names no limit, or gives one that cannot be.
 */
export function parseLimits(text: string, path: string): Policy {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw new StartError(`Cannot read limits ${path}: not JSON. Expected {"name": number, …}.`);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new StartError(`Cannot read limits ${path}: expected an object {"name": number, …}.`);
  }
  for (const [name, value] of Object.entries(values)) {
    const expected = Object.hasOwn(DEFAULT_POLICY, name)
      ? DEFAULT_POLICY[name as keyof Policy]
      : undefined;
    if (expected === undefined) {
      const names = Object.keys(DEFAULT_POLICY);
      const lower = new Map(names.map((known) => [known.toLowerCase(), known]));
      const closest = lower.get(closestName(name.toLowerCase(), lower.keys()) ?? "");
      const hint = closest === undefined
        ? `Known: ${names.join(", ")}.`
        : `Did you mean ${closest}?`;
      throw new StartError(`Cannot read limits ${path}: there is no limit "${name}". ${hint}`);
    }
    if (typeof value !== typeof expected) {
      throw new StartError(
        `Cannot read limits ${path}: ${name} must be a ${typeof expected}, got ${typeof value}.`,
      );
    }
    if (typeof value === "number" && !(value > 0 && Number.isFinite(value))) {
      throw new StartError(`Cannot read limits ${path}: ${name} must be above 0, got ${value}.`);
    }
  }
  return { ...DEFAULT_POLICY, ...values };
}
