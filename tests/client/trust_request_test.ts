import { deepStrictEqual } from "node:assert/strict";
import type { Action } from "../../client/input.ts";
import { type Requestable, requestOf } from "../../client/requests.ts";
import { FakeDesk } from "./fake_desk.ts";

const none = { permissions: "none" } as const;

function asked(action: Requestable): unknown {
  return requestOf(action, new FakeDesk()).next().value;
}

Deno.test("@verify and @trust ask for what they say", none, () => {
  const verify = { type: "verify", name: "bob", compared: true } as const satisfies Action;
  deepStrictEqual(asked(verify), {
    type: "ask",
    command: { t: "verify", name: "bob", compared: true },
  });
  for (const name of ["bob", null]) {
    deepStrictEqual(asked({ type: "trust", name }), {
      type: "ask",
      command: { t: "trust", name },
    });
  }
});

Deno.test(
  "an answer of several lines is shown line by line, none lost in an escaped line break",
  none,
  () => {
    const request = requestOf({ type: "verify", name: "bob", compared: false }, new FakeDesk());
    request.next();
    const shown = [];
    let step = request.next({ t: "ok", re: 1, text: "one\ntwo\nthree" });
    for (; step.done !== true; step = request.next()) shown.push(step.value);
    deepStrictEqual(
      shown,
      ["one", "two", "three"].map((text) => ({ type: "show", shown: { type: "done", text } })),
    );
  },
);
