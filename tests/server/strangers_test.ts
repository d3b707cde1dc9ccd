import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { DEFAULT_POLICY, type Policy } from "../../server/policy.ts";
import { limitedAddress, Strangers } from "../../server/strangers.ts";

const pure = { permissions: "none" } as const;

/** Strangers of a policy, and who of them was closed. */
function scene(policy: Partial<Policy> = {}) {
  const strangers = new Strangers({ ...DEFAULT_POLICY, ...policy });
  const closed: string[] = [];
  return {
    strangers,
    closed,
    enter: (name: string, address: string, now = 0) =>
      strangers.enter({ address, close: () => closed.push(name) }, now),
  };
}

Deno.test("one address has so many places, and another address its own", pure, () => {
  const { enter, strangers } = scene({ strangersPerAddress: 2 });
  const first = enter("a", "192.0.2.1");
  notStrictEqual(enter("b", "192.0.2.1"), null);
  strictEqual(enter("c", "192.0.2.1"), null);
  notStrictEqual(enter("d", "192.0.2.2"), null);
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  strictEqual(strangers.size, 2);
  notStrictEqual(enter("e", "192.0.2.1"), null);
  strictEqual(enter("f", "192.0.2.1"), null);
});

Deno.test("when all places are taken, the oldest connection goes", pure, () => {
  const { enter, closed, strangers } = scene({ strangersTotal: 2 });
  enter("a", "192.0.2.1");
  const b = enter("b", "192.0.2.2");
  enter("c", "192.0.2.3");
  deepStrictEqual([closed, strangers.size], [["a"], 2]);
  b?.[Symbol.dispose]();
  enter("d", "192.0.2.4");
  deepStrictEqual(closed, ["a"]);
  enter("e", "192.0.2.5");
  deepStrictEqual(closed, ["a", "c"]);
});

Deno.test("200 silent connections of one address leave room for others", pure, () => {
  const { enter, strangers } = scene();
  const places = Array.from({ length: 200 }, (_, n) => enter(`${n}`, "192.0.2.1", n));
  strictEqual(places.filter((place) => place !== null).length, 32);
  notStrictEqual(enter("other", "192.0.2.2"), null);
  strictEqual(strangers.size, 33);
});

Deno.test("one address may come so often at once, and then so often in a second", pure, () => {
  const { enter } = scene({ connectBurst: 3, connectPerSecond: 1 });
  const come = (now: number) => {
    const place = enter("x", "192.0.2.1", now);
    place?.[Symbol.dispose]();
    return place !== null;
  };
  deepStrictEqual([0, 0, 0, 0, 999, 1_000, 1_001].map(come), [
    ...[true, true, true, false, false],
    ...[true, false],
  ]);
});

Deno.test(
  "this machine is exempt from what counts for an address, unless the policy says no",
  pure,
  () => {
    for (const address of ["127.0.0.1", "127.9.9.9", "::1"]) {
      const exempt = scene({ strangersPerAddress: 1, connectBurst: 1 });
      for (let n = 0; n < 9; n++) notStrictEqual(exempt.enter(`${n}`, address), null);
      const strict = scene({ strangersPerAddress: 1, loopbackExempt: false });
      strict.enter("a", address);
      strictEqual(strict.enter("b", address), null);
    }
  },
);

Deno.test("totals hold for this machine as well", pure, () => {
  const { enter, closed } = scene({ strangersTotal: 1 });
  enter("a", "127.0.0.1");
  enter("b", "127.0.0.1");
  deepStrictEqual(closed, ["a"]);
});

const ADDRESSES: readonly (readonly [string, string])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::5", "2001:db8:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["", ""],
];

for (const [hostname, address] of ADDRESSES) {
  Deno.test(`limits for "${hostname}" are kept for "${address}"`, pure, () => {
    strictEqual(limitedAddress(hostname), address);
  });
}
