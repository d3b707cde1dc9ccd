import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Member, ROLE } from "../../../cipher/member_list.ts";
import { MemberSpans } from "../../../client/end_to_end/member_spans.ts";

const pure = { permissions: "none" } as const;

const NAMES = ["alice", "bob", "carol", "dave"] as const;

/** A list: for each name its keys and role, or that it is not in it. */
const LIST: fc.Arbitrary<readonly Member[]> = fc.tuple(...NAMES.map((name) =>
  fc.option(fc.record({
    name: fc.constant(name),
    fingerprint: fc.nat(2).map((octet) => new Uint8Array(32).fill(octet)),
    role: fc.constantFrom(ROLE.member, ROLE.owner),
  }))
)).map((list) => list.flatMap((one) => one === null ? [] : [{ ...one }]));

Deno.test("for every epoch it is as if the whole list had been kept", pure, () => {
  fc.assert(fc.property(fc.array(LIST, { maxLength: 12 }), (lists) => {
    const spans = new MemberSpans();
    for (const [epoch, list] of lists.entries()) spans.add(epoch, list);
    for (const [epoch, list] of lists.entries()) {
      const byName = new Map(list.map((member) => [member.name, member]));
      deepStrictEqual(spans.listAt(epoch), byName);
      for (const name of NAMES) {
        deepStrictEqual(spans.at(epoch, name), byName.get(name));
        for (const octet of [0, 1, 2]) {
          const fingerprint = new Uint8Array(32).fill(octet);
          const isListed = byName.get(name)?.fingerprint[0] === octet;
          strictEqual(spans.has(epoch, { name, fingerprint, role: ROLE.member }), isListed);
        }
      }
    }
  }));
});

Deno.test("before the first epoch and for a name that nobody has there is nobody", pure, () => {
  const spans = new MemberSpans();
  const bob = { name: "bob", fingerprint: new Uint8Array(32), role: ROLE.owner };
  spans.add(0, [bob]);
  deepStrictEqual([spans.at(-1, "bob"), spans.at(0, "eve"), spans.listAt(-1)], [
    undefined,
    undefined,
    new Map(),
  ]);
  // What comes behind the newest epoch is as that.
  deepStrictEqual(spans.at(7, "bob"), bob);
});

Deno.test("a name like a field of an object is a name", pure, () => {
  const spans = new MemberSpans();
  const odd = { name: "constructor", fingerprint: new Uint8Array(32), role: ROLE.owner };
  strictEqual(spans.at(0, "constructor"), undefined);
  spans.add(0, [odd]);
  strictEqual(spans.at(0, "constructor"), odd);
});
