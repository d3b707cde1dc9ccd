import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DiskGuard, freeSpace } from "../../server/disk.ts";

const pure = { permissions: "none" } as const;

Deno.test(
  "a disk is full below the floor and free at it; each change is told once",
  pure,
  async () => {
    const asked: string[] = [];
    const left = [100, 99, 99, 0, 100, 500];
    const guard = new DiskGuard("/data", {
      floor: 100,
      free: (folder) => Promise.resolve(asked.push(folder) > 0 ? left.shift() ?? null : null),
    });
    strictEqual(guard.isFull, false);
    const seen: [boolean, boolean][] = [];
    for (let n = 0; n < 6; n++) seen.push([await guard.look(), guard.isFull]);
    deepStrictEqual(seen, [
      [false, false],
      [true, true],
      [false, true],
      [false, true],
      [true, false],
      [false, false],
    ]);
    deepStrictEqual(new Set(asked), new Set(["/data"]));
  },
);

Deno.test("where the free space may not be known, the disk is not full", pure, async () => {
  const guard = new DiskGuard("/data", { floor: 100, free: () => Promise.resolve(null) });
  deepStrictEqual([await guard.look(), guard.isFull], [false, false]);
  strictEqual(await freeSpace("/"), null);
});

Deno.test("the system says how much is free, and it is not all there is", async () => {
  const free = await freeSpace(".");
  ok(free !== null && free > 0 && Number.isFinite(free), `${free} octets are free`);
});
