import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import stringWidth from "string-width";
import { inputRows } from "../../client/terminal/input_rows.ts";

const pure = { permissions: "none" } as const;

const QUESTION = 'There is no account "al" yet; it may be a typing error. Create it? [y/N] ';

Deno.test("a question is read whole in any terminal, and answered behind it", pure, () => {
  fc.assert(fc.property(fc.integer({ min: 12, max: 120 }), (columns) => {
    const asked = { prompt: QUESTION, isQuestion: true, text: "y", cursor: 1 } as const;
    const { rows, row, before } = inputRows(asked, columns);
    for (const one of rows) ok(stringWidth(one) < columns, one);
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
    deepStrictEqual(words(rows.join(" ")).slice(0, -1), words(QUESTION));
    strictEqual(row, rows.length - 1);
    strictEqual(before.at(-1), "y");
  }));
});
