import { deepStrictEqual } from "node:assert/strict";
import { type Ask, ask, refusalOf, type Request, show } from "../../client/request.ts";
import { type Output, RequestQueue } from "../../client/request_queue.ts";

const passwd: Ask = {
  t: "passwd",
  kdf: 1,
  salt: "",
  pk: "",
  old: "",
  new: "",
  vault: "",
  keys: "",
};

function* asking(command: Ask): Request {
  yield* show({ type: "refused", text: refusalOf(yield* ask(command)) });
  return "done";
}

/** What follows when the server answers a request with a wait of a whole day. */
function afterRate(command: Ask): Output[] {
  const queue = new RequestQueue({ newId: () => "q", isShown: () => true });
  queue.resume();
  queue.push({ begin: () => asking(command), end: () => [] });
  return queue.answer({ t: "error", re: "q", code: "rate", msg: "Too often.", after: 80_000 });
}

Deno.test("a request is made again after the wait that the server asks for", () => {
  deepStrictEqual(afterRate({ t: "names" }), [{ type: "wait", seconds: 3_600 }]);
});

Deno.test("too many new keys in a day are refused at once, and hold up nothing behind them", () => {
  deepStrictEqual(afterRate(passwd), [
    { type: "show", shown: { type: "refused", text: "Too often." } },
  ]);
});
