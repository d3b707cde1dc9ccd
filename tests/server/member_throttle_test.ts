// FTC1 §7.4: one member must not use up what all members share.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MemberThrottle } from "../../server/member_throttle.ts";

const pure = { permissions: "none" } as const;
const bob = { user: "bob", conversation: "T" };

const throttle = () => new MemberThrottle({ burst: 2, perSecond: 1 / 60 });

Deno.test("each member has a bucket in each conversation", pure, () => {
  const all = throttle();
  deepStrictEqual([all.take(bob, 0), all.take(bob, 0), all.take(bob, 0)], [0, 0, 60]);
  strictEqual(all.take({ ...bob, user: "alice" }, 0), 0);
  strictEqual(all.take({ ...bob, conversation: "C" }, 0), 0);
  // In whole seconds, so that who waits as told is not refused again.
  strictEqual(all.take(bob, 500), 60);
  strictEqual(all.take(bob, 60_000), 0);
  strictEqual(all.take(bob, 60_000), 60);
});

Deno.test("what was refused is given back, and never more than there was", pure, () => {
  const all = throttle();
  all.giveBack(bob, 0);
  strictEqual(all.take(bob, 0), 0);
  for (let n = 0; n < 5; n++) all.giveBack(bob, 0);
  deepStrictEqual([all.take(bob, 0), all.take(bob, 0), all.take(bob, 0)], [0, 0, 60]);
});

Deno.test("a bucket that is forgotten was full again", pure, () => {
  const all = throttle();
  deepStrictEqual([all.take(bob, 0), all.take(bob, 0)], [0, 0]);
  strictEqual(all.take(bob, 119_999), 0);
  strictEqual(all.take(bob, 119_999), 1);
  strictEqual(all.take(bob, 239_999), 0);
});
