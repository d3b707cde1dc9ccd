import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import { FrameKeys } from "../../cipher/frame_keys.ts";
import l1 from "../vectors/ftc1/l1.json" with { type: "json" };

const pure = { permissions: "none" } as const;

async function take(chain: string, count: number): Promise<string[]> {
  const keys = new FrameKeys(Uint8Array.fromHex(chain));
  const taken: string[] = [];
  for (let i = 0; i < count; i++) taken.push((await keys.next()).toHex());
  return taken;
}

for (const vector of l1.handshake) {
  const chains = {
    c2s: { chain: vector.chain_c2s, keys: vector.frame_keys_c2s },
    s2c: { chain: vector.chain_s2c, keys: vector.frame_keys_s2c },
  };

  for (const [direction, { chain, keys }] of Object.entries(chains)) {
    Deno.test(
      `${vector.comment}: frame keys ${direction}, across block borders`,
      pure,
      async () => {
        const taken = await take(chain, 130);
        for (const [index, key] of Object.entries(keys)) strictEqual(taken[Number(index)], key);
      },
    );
  }

  for (const frame of vector.frames) {
    const { direction, index } = frame;
    Deno.test(`${vector.comment}: frame ${direction} ${index}`, pure, async () => {
      const chain = direction === "c2s" ? vector.chain_c2s : vector.chain_s2c;
      const key = await importKey(Uint8Array.fromHex((await take(chain, index + 1))[index] ?? ""));
      strictEqual((await open(key, frame.line)).toHex(), frame.plain);
      const options = { now: vector.timestamp, iv: Uint8Array.fromHex(frame.iv) };
      strictEqual(await seal(key, Uint8Array.fromHex(frame.plain), options), frame.line);
    });
  }
}

Deno.test("overlapping calls get their keys in the order of the calls", pure, async () => {
  const chain = new Uint8Array(32).fill(1);
  const keys = new FrameKeys(chain);
  const together = await Promise.all(Array.from({ length: 150 }, () => keys.next()));
  deepStrictEqual(together.map((key) => key.toHex()), await take(chain.toHex(), 150));
});

Deno.test("the index counts the keys given", pure, async () => {
  const keys = new FrameKeys(new Uint8Array(32));
  strictEqual(keys.index, 0);
  for (let i = 0; i < 65; i++) await keys.next();
  strictEqual(keys.index, 65);
});

Deno.test("changing the chain from outside or a given key changes no later key", pure, async () => {
  const chain = new Uint8Array(32).fill(2);
  const expected = await take(chain.toHex(), 2);
  const keys = new FrameKeys(chain);
  chain.fill(0);
  const first = await keys.next();
  strictEqual(first.toHex(), expected[0]);
  first.fill(0);
  strictEqual((await keys.next()).toHex(), expected[1]);
});

Deno.test("a chain of another length is refused", pure, () => {
  throws(() => new FrameKeys(new Uint8Array(31)), {
    name: "RangeError",
    message: "Cannot start frame keys: expected 32 octets, got 31",
  });
});
