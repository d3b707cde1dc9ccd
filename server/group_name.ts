/**
 * Which names belong to groups: those of living ones, and for a while those of deleted ones (PRODUCT §3).
 *
 * @module
 */

import type { Conversations } from "./conversation.ts";
import type { Policy } from "./policy.ts";

const DAY_MS = 86_400_000;

/**
 * Whether a name belongs to a group, or did until not long ago.
 *
 * @param parts The groups; for how long a name is kept.
 * @param name Canonical.
 * @param now Milliseconds since 1970.
 */
export function isGroupName(
  parts: {
    readonly conversations: Conversations;
    readonly policy: Pick<Policy, "groupNameDays">;
  },
  name: string,
  now: number,
): boolean {
  const group = parts.conversations.groupNamed(name);
  if (group === null) return false;
  return now < (group.deletedAt ?? Infinity) + parts.policy.groupNameDays * DAY_MS;
}
