import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  afterBye,
  afterLink,
  explainBye,
  type FinalEnding,
  lastWords,
  type Unstored,
} from "../../client/ending.ts";
import { explainConnectError, explainLinkError } from "../../client/errors.ts";
import { LinkError } from "../../transport/link_error.ts";

const none = { permissions: "none" } as const;
const nothing: Unstored = { pending: 0, refused: 0, kept: 0 };

function code(ending: FinalEnding, unstored: Unstored, input: "person" | "pipe"): number {
  return lastWords(ending, unstored, { input }).code;
}

Deno.test("the exit code of a piped input says whether all is stored", none, () => {
  const end: FinalEnding = { type: "end_of_input" };
  const over: FinalEnding = { type: "over", text: "Gone." };
  deepStrictEqual([end, over].map((ending) => code(ending, nothing, "pipe")), [0, 1]);
  for (const lacking of [{ pending: 1 }, { pending: 1, kept: 1 }, { refused: 1 }]) {
    const unstored = { ...nothing, ...lacking };
    deepStrictEqual([end, over].map((ending) => code(ending, unstored, "pipe")), [3, 3]);
  }
});

Deno.test("a person's exit code says whether the run could go on", none, () => {
  const unstored = { pending: 1, refused: 5, kept: 1 };
  for (const type of ["quit", "signal", "output_closed"] as const) {
    strictEqual(code({ type }, unstored, "person"), 0);
  }
  strictEqual(code({ type: "over", text: "Gone." }, unstored, "person"), 1);
});

Deno.test("@quit says how much is kept, and then goodbye", none, () => {
  const kept = { ...nothing, pending: 2, kept: 2 };
  deepStrictEqual(lastWords({ type: "quit" }, kept, { input: "person" }), {
    notices: ["2 messages are kept for the next time."],
    shown: { type: "goodbye" },
    code: 0,
  });
  const lost = lastWords({ type: "quit" }, { ...nothing, pending: 1 }, { input: "person" });
  deepStrictEqual(lost.notices, ["1 message was not stored by the server."]);
  strictEqual(code({ type: "quit" }, { ...nothing, refused: 1 }, "pipe"), 3);
  strictEqual(code({ type: "quit" }, { ...nothing, refused: 1 }, "person"), 0);
});

Deno.test("what follows the end of a connection is the table of PRODUCT §2", none, () => {
  const again = ["shutdown", "rekey", "slow", "timeout", undefined, "something new"];
  for (const reason of again) {
    const aftermath = afterBye(reason, "pipe");
    deepStrictEqual(aftermath, { type: "again", text: explainBye(reason) });
  }
  const flood = afterBye("flood", "person");
  strictEqual(flood.type === "again" && flood.seconds, 60);
  deepStrictEqual(
    (["person", "pipe"] as const).map((input) => afterBye("passwd", input).type),
    ["again", "over"],
  );
  for (const reason of ["blocked", "deleted"]) {
    strictEqual(afterBye(reason, "person").type, "over");
  }
  for (const error of ["truncated", "bad_token", "bad_frame", "line_too_long"] as const) {
    const failed = { type: "failed", error: new LinkError(error) } as const;
    strictEqual(afterLink(failed, "pipe").type, "again");
  }
});

Deno.test("a goodbye for the account or for the disk says so", none, () => {
  const again = /^The server ended the connection: it cannot store or read at present\.$/;
  match(afterBye("storage", "pipe").text, again);
  for (const reason of ["blocked", "deleted"]) {
    const aftermath = afterBye(reason, "pipe");
    strictEqual(aftermath.type, "over");
    match(aftermath.text, new RegExp(`^The operator of the server has ${reason} `));
  }
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
