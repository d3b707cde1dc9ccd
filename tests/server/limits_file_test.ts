import { deepStrictEqual, throws } from "node:assert/strict";
import { parseLimits } from "../../server/limits_file.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { StartError } from "../../server/start_error.ts";

const pure = { permissions: "none" } as const;

Deno.test("what the file names is changed, the rest stays as it is", pure, () => {
  const limits = parseLimits('{"requestsPerSecond": 0.5, "loopbackExempt": false}', "limits.json");
  deepStrictEqual(limits, { ...DEFAULT_POLICY, requestsPerSecond: 0.5, loopbackExempt: false });
  deepStrictEqual(parseLimits("{}", "limits.json"), DEFAULT_POLICY);
});

Deno.test("every limit of the policy may stand in the file", pure, () => {
  deepStrictEqual(parseLimits(JSON.stringify(DEFAULT_POLICY), "x"), DEFAULT_POLICY);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ["", /^Cannot read limits x: not JSON\. Expected/],
  ["{", /not JSON/],
  ["[]", /expected an object/],
  ["null", /expected an object/],
  ["5", /expected an object/],
  [
    '{"requestPerSecond": 5}',
    /there is no limit "requestPerSecond"\. Did you mean requestsPerSecond\?$/,
  ],
  ['{"HELLOMS": 5}', /Did you mean helloMs\?$/],
  ['{"zzzzzzzzzz": 5}', /Known: helloMs, loginMs, /],
  ['{"__proto__": 5}', /there is no limit "__proto__"/],
  ['{"toString": 5}', /there is no limit "toString"/],
  ['{"helloMs": "5"}', /helloMs must be a number, got string\.$/],
  ['{"helloMs": null}', /helloMs must be a number, got object\.$/],
  ['{"loopbackExempt": 1}', /loopbackExempt must be a boolean, got number\.$/],
  ['{"helloMs": 0}', /helloMs must be above 0, got 0\.$/],
  ['{"helloMs": -1}', /must be above 0, got -1\.$/],
  ['{"helloMs": 1e400}', /must be above 0, got Infinity\.$/],
];

for (const [text, message] of WRONG) {
  Deno.test(`limits ${JSON.stringify(text)} are refused in one line`, pure, () => {
    throws(() => parseLimits(text, "x"), (error) => {
      return error instanceof StartError && message.test(error.message) &&
        !error.message.includes("\n");
    });
  });
}
