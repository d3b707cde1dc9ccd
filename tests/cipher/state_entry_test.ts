import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { concat, u64, utf8 } from "../../cipher/bytes.ts";
import { generateKey, importKey, open, seal } from "../../cipher/fernet.ts";
import {
  BadState,
  MAX_STATE_ENTRY_OCTETS,
  openState,
  sealState,
  stateEntryName,
  type StateSubject,
} from "../../cipher/state_entry.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import { team } from "./group_scene.ts";

const pure = { permissions: "none" } as const;
const stateKey = Uint8Array.fromHex(l2.identities[0]?.state_key ?? "");
const name = "AAAAAAAAAAAAAAAAAAAAAA";

const subjects: readonly (readonly [StateSubject, Uint8Array])[] = [
  [{ kind: "peer", name: "bob" }, utf8("peer\0bob")],
  [{ kind: "conv", id: team }, concat(utf8("conv\0"), team)],
  [{ kind: "index" }, utf8("index\0")],
  [{ kind: "roots" }, utf8("roots\0")],
];

for (const [subject, text] of subjects) {
  Deno.test(
    `the name of an entry is a MAC over what it is about: ${subject.kind}`,
    pure,
    async () => {
      const mac = createHmac("sha256", stateKey).update(text).digest().subarray(0, 16);
      const entryName = await stateEntryName(stateKey, subject);
      strictEqual(entryName, mac.toString("base64url"));
      strictEqual(entryName.length, 22);
    },
  );
}

Deno.test("entries of other subjects and other accounts have other names", pure, async () => {
  const all: StateSubject[] = [
    ...subjects.map(([subject]) => subject),
    { kind: "peer", name: "bobb" },
    { kind: "peer", name: "" },
    { kind: "conv", id: new Uint8Array(32) },
  ];
  const keys = [stateKey, new Uint8Array(32)];
  const names = await Promise.all(
    keys.flatMap((key) => all.map((subject) => stateEntryName(key, subject))),
  );
  strictEqual(new Set(names).size, 14);
});

Deno.test("an entry has the layout of FTC1 §7.7, its name in the JSON", pure, async () => {
  const key = await importKey(stateKey);
  const bytes = await open(key, await sealState(key, { name, counter: 258, value: { pin: 1 } }));
  deepStrictEqual(bytes.slice(0, 13), concat(utf8("FTCS\x01"), u64(258)));
  deepStrictEqual(JSON.parse(new TextDecoder().decode(bytes.slice(13))), { pin: 1, entry: name });
});

Deno.test("an entry given for another one is refused", pure, async () => {
  const key = await importKey(stateKey);
  const token = await sealState(key, { name, counter: 1, value: {} });
  const other = { name: "B".repeat(22) };
  await rejects(openState(key, token, other), { name: "BadState", reason: "name" });
});

Deno.test("an entry under another key, cut or empty does not open", pure, async () => {
  const key = await importKey(stateKey);
  const token = await sealState(key, { name, counter: 1, value: {} });
  const failure = { name: "BadState", reason: "token" };
  await rejects(openState(await importKey(generateKey()), token, { name }), failure);
  await rejects(openState(key, token.slice(0, -4), { name }), failure);
  await rejects(openState(key, "", { name }), failure);
});

const named = JSON.stringify({ entry: name });
const head = concat(utf8("FTCS\x01"), u64(1));
const layouts: readonly (readonly [string, Uint8Array, string])[] = [
  ["nothing", new Uint8Array(0), "layout"],
  ["magic", concat(utf8("FTCV\x01"), u64(1), utf8(named)), "layout"],
  ["version", concat(utf8("FTCS\x02"), u64(1), utf8(named)), "layout"],
  ["counter cut", head.slice(0, 12), "layout"],
  ["counter beyond 2^53", concat(head.with(5, 1), utf8(named)), "layout"],
  ["no JSON", head, "layout"],
  ["half of the JSON", concat(head, utf8(named.slice(0, -1))), "layout"],
  ["more than the JSON", concat(head, utf8(named + "{}")), "layout"],
  ["a byte order mark", concat(head, utf8("\ufeff" + named)), "layout"],
  ["not UTF-8", concat(head, utf8('{"a":"'), Uint8Array.of(0xff), utf8('"}')), "layout"],
  ["an array", concat(head, utf8("[]")), "layout"],
  ["null", concat(head, utf8("null")), "layout"],
  ["a string", concat(head, utf8(`"${name}"`)), "layout"],
  ["an object without its name", concat(head, utf8("{}")), "name"],
  ["an object whose name is no string", concat(head, utf8('{"entry":["' + name + '"]}')), "name"],
  ["a name that only the prototype has", concat(head, utf8(`{"__proto__":${named}}`)), "name"],
];

for (const [what, bytes, reason] of layouts) {
  Deno.test(`an entry is refused: ${what}`, pure, async () => {
    const key = await importKey(stateKey);
    const token = await seal(key, bytes);
    await rejects(openState(key, token, { name }), { name: "BadState", reason });
  });
}

Deno.test("an entry of the right layout opens, whoever wrote it", pure, async () => {
  const key = await importKey(stateKey);
  const token = await seal(key, concat(head, utf8(named)));
  deepStrictEqual(await openState(key, token, { name }), { counter: 1, value: {} });
});

Deno.test(
  "an entry has 4,096 octets at the most, unless the caller says otherwise",
  pure,
  async () => {
    const key = await importKey(stateKey);
    const contentOf = (length: number) => ({ name, counter: 1, value: { a: "x".repeat(length) } });
    let longest = 0;
    for (let length = 2_900; length < 3_100; length++) {
      const token = await sealState(key, contentOf(length)).catch((error) => error);
      if (token instanceof RangeError) break;
      longest = length;
    }
    const token = await sealState(key, contentOf(longest));
    strictEqual(MAX_STATE_ENTRY_OCTETS, 4_096);
    // The next length of a Fernet token is 4,108.
    strictEqual(token.length, 4_088);
    await rejects(sealState(key, contentOf(longest + 1)), RangeError);
    const long = await sealState(key, contentOf(longest + 1), { limit: 8_192 });
    deepStrictEqual((await openState(key, long, { name })).value, contentOf(longest + 1).value);
  },
);

Deno.test("what cannot be given back is not sealed", pure, async () => {
  const key = await importKey(stateKey);
  for (const value of [[], { entry: "mine" }, { entry: undefined }]) {
    await rejects(sealState(key, { name, counter: 1, value }), RangeError);
  }
  for (const counter of [-1, 0.5, 2 ** 53]) {
    await rejects(sealState(key, { name, counter, value: {} }), RangeError);
  }
});

Deno.test("whatever is sealed opens as it was", pure, async () => {
  const key = await importKey(stateKey);
  const keys = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString"));
  const values = fc.dictionary(keys.filter((key) => key !== "entry"), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(values, fc.maxSafeNat(), async (value, counter) => {
      const token = await sealState(key, { name, counter, value }, { limit: 1_000_000 });
      const opened = await openState(key, token, { name });
      // As JSON: an object without a prototype comes back with one.
      deepStrictEqual(opened, { counter, value: JSON.parse(JSON.stringify(value)) });
    }),
    { numRuns: 100 },
  );
});

Deno.test("any octets under the right key are an entry or BadState", pure, async () => {
  const key = await importKey(stateKey);
  const json = fc.json().map((text) => concat(head, utf8(text)));
  const octets = fc.oneof(fc.uint8Array(), fc.uint8Array().map((tail) => concat(head, tail)), json);
  await fc.assert(fc.asyncProperty(octets, async (bytes) => {
    await rejects(openState(key, await seal(key, bytes), { name }), BadState);
  }));
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
    await rejects(openState(key, text, { name }), BadState);
  }));
});
