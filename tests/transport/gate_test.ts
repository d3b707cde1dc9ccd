import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Gate } from "../../transport/gate.ts";

const pure = { permissions: "none" } as const;

/** Work that a test ends, and the order in which it began. */
function scene(limits: { readonly running: number; readonly waiting: number }) {
  const gate = new Gate(limits);
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  return {
    gate,
    begun,
    run(name: string): Promise<string | null> {
      const end = Promise.withResolvers<string>();
      ends.set(name, end);
      return gate.run(() => {
        begun.push(name);
        return end.promise;
      });
    },
    finish: (name: string) => ends.get(name)?.resolve(name),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
  };
}

Deno.test("no more runs at once than may; the others follow in order", pure, async () => {
  const { run, begun, finish } = scene({ running: 2, waiting: 9 });
  const results = ["a", "b", "c", "d"].map(run);
  deepStrictEqual(begun, ["a", "b"]);
  finish("b");
  strictEqual(await results[1], "b");
  deepStrictEqual(begun, ["a", "b", "c"]);
  for (const name of ["a", "c", "d"]) finish(name);
  deepStrictEqual(await Promise.all(results), ["a", "b", "c", "d"]);
  deepStrictEqual(begun, ["a", "b", "c", "d"]);
});

Deno.test("who comes to a full queue is turned away at once", pure, async () => {
  const { run, begun, finish } = scene({ running: 1, waiting: 1 });
  const [a, b] = [run("a"), run("b")];
  strictEqual(await run("c"), null);
  finish("a");
  finish("b");
  deepStrictEqual(await Promise.all([a, b]), ["a", "b"]);
  deepStrictEqual(begun, ["a", "b"]);
});

Deno.test("work that fails frees its place", pure, async () => {
  const { run, fail, finish, gate } = scene({ running: 1, waiting: 1 });
  const [a, b] = [run("a"), run("b")];
  fail("a");
  await rejects(a, { message: "a" });
  finish("b");
  strictEqual(await b, "b");
  strictEqual(await gate.run(() => Promise.resolve("c")), "c");
});

Deno.test("a place handed over is not given twice", pure, async () => {
  const { run, begun, finish } = scene({ running: 1, waiting: 9 });
  const [a, b] = [run("a"), run("b")];
  finish("a");
  await a;
  const c = run("c");
  deepStrictEqual(begun, ["a", "b"]);
  finish("b");
  finish("c");
  deepStrictEqual(await Promise.all([b, c]), ["b", "c"]);
});
