import { strictEqual } from "node:assert/strict";
import { writerTo } from "../../server/output.ts";

const pure = { permissions: "none" } as const;

/** An output that takes so many octets at once, and breaks after so many in total. */
function outputOf(options: { readonly atOnce: number; readonly breaksAfter?: number }) {
  const octets: number[] = [];
  let calls = 0;
  return {
    get text(): string {
      return new TextDecoder().decode(Uint8Array.from(octets));
    },
    get calls(): number {
      return calls;
    },
    writeSync(piece: Uint8Array): number {
      calls++;
      if (octets.length >= (options.breaksAfter ?? Infinity)) {
        throw new Deno.errors.BrokenPipe("Broken pipe");
      }
      const taken = piece.subarray(0, options.atOnce);
      octets.push(...taken);
      return taken.length;
    },
  };
}

Deno.test("the whole text is written, though only parts are taken", pure, () => {
  const output = outputOf({ atOnce: 3 });
  const write = writerTo(output);
  write("a line that is longer\n");
  write("ü€😀\n");
  strictEqual(output.text, "a line that is longer\nü€😀\n");
});

Deno.test(
  "a reader who has gone away is not written to any more, and nobody is bothered",
  pure,
  () => {
    const output = outputOf({ atOnce: 4, breaksAfter: 8 });
    const write = writerTo(output);
    write("0123456789");
    const { calls } = output;
    write("more");
    strictEqual(output.text, "01234567");
    strictEqual(output.calls, calls);
  },
);
