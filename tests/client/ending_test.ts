import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type Ending, explainBye, lastWords } from "../../client/ending.ts";
import { explainConnectError, explainLinkError } from "../../client/errors.ts";
import { LinkError } from "../../transport/link_error.ts";

const none = { permissions: "none" } as const;
const nothing = { pending: 0, refused: 0 };

function code(ending: Ending, unstored: typeof nothing, input: "person" | "pipe"): number {
  return lastWords(ending, unstored, { input }).code;
}

Deno.test("the exit code of a piped input says whether all is stored", none, () => {
  const end: Ending = { type: "end_of_input" };
  const shutdown: Ending = { type: "bye", reason: "shutdown" };
  const lost: Ending = { type: "failed", error: new LinkError("truncated") };
  deepStrictEqual([end, shutdown, lost].map((ending) => code(ending, nothing, "pipe")), [0, 0, 1]);
  const lacking: (typeof nothing)[] = [{ pending: 1, refused: 0 }, { pending: 0, refused: 1 }];
  for (const unstored of lacking) {
    const codes: number[] = [end, shutdown, lost].map((ending) => code(ending, unstored, "pipe"));
    deepStrictEqual(codes, [3, 3, 3]);
  }
});

Deno.test("a person's exit code says how the session ended", none, () => {
  const unstored = { pending: 1, refused: 5 };
  const codes: readonly (readonly [Ending, number])[] = [
    [{ type: "quit" }, 0],
    [{ type: "signal" }, 0],
    [{ type: "output_closed" }, 0],
    [{ type: "bye", reason: "shutdown" }, 0],
    [{ type: "bye", reason: "slow" }, 1],
    [{ type: "bye" }, 1],
    [{ type: "failed", error: new LinkError("bad_token") }, 1],
  ];
  for (const [ending, expected] of codes) strictEqual(code(ending, unstored, "person"), expected);
});

Deno.test("@quit says goodbye, and how much is not stored", none, () => {
  const words = lastWords({ type: "quit" }, { pending: 2, refused: 0 }, { input: "person" });
  deepStrictEqual(words.shown, { type: "goodbye" });
  deepStrictEqual(words.notices, ["2 messages were not stored by the server."]);
  const refused = { pending: 0, refused: 1 };
  strictEqual(code({ type: "quit" }, refused, "pipe"), 0);
});

Deno.test("the server's shutdown has its own words", none, () => {
  const words = lastWords({ type: "bye", reason: "shutdown" }, nothing, { input: "person" });
  deepStrictEqual(words, { shown: { type: "shutdown" }, notices: [], code: 0 });
});

Deno.test("a reason that is not known is shown, but never raw", none, () => {
  strictEqual(explainBye("\x1b[2J"), "The server ended the connection (\\x1b[2J).");
  strictEqual(explainBye(undefined), "The server ended the connection.");
});

Deno.test("alerts are hints", none, () => {
  match(explainLinkError(new LinkError("alert", { alert: 1 })), /^No common protocol version/);
  match(explainLinkError(new LinkError("alert", { alert: 2 })), /^The server is busy/);
  match(explainLinkError(new LinkError("alert", { alert: 77 })), /did not say why/);
});

Deno.test("a connection that does not come about is explained with a remedy", none, () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [new Deno.errors.ConnectionRefused(), /^Cannot connect to h port 1: connection refused\. Is/],
    [new Deno.errors.TimedOut(), /no answer in time\. Check/],
    [new Deno.errors.NotCapable("x"), /--allow-net/],
    [new Error("failed to lookup address information: Name or service not known"), /spelling/],
    [new Error("Network is unreachable (os error 101)"), /unreachable \(os error 101\)\. Check/],
  ];
  for (const [error, text] of cases) match(explainConnectError(error, "h port 1"), text);
});
