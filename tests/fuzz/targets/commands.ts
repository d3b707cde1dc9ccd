/**
 * Fuzzes what a person types (`client/input.ts`) and what a client asks (`server/session.ts`).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parseLine } from "../../../client/input.ts";
import { COMMANDS } from "../../../protocol/command.ts";
import { decodeFrame } from "../../../protocol/frame.ts";
import { canonicalName } from "../../../protocol/name.ts";
import { textFault } from "../../../protocol/text.ts";
import { chatWith } from "../../testing/chat.ts";
import { stateless, type Target } from "../target.ts";

/** A line as it was typed. */
export const typed: Target = {
  name: "typed",
  invariant:
    "every line is one action or one sentence; names in it are canonical, and a text in it " +
    "may be sent",
  words: [
    ...["@", "@@", "@names", "@history", "@help", "@quit", "@group", "@lobby", "@password"],
    ...["set", "send", "add", "remove", "leave", "delete", "list", "info", " ", "\t", ",", "\r"],
    ...["alice", "ALICE", "team", "a".repeat(33), "1", "0", "1001", "-1", "1.5", "\u001b[2J"],
    ...["\u202e", "\u{1f33f}".repeat(4_001), "e\u0301", "__proto__", "constructor", "\0"],
  ],
  start: stateless((octets) => {
    const action = parseLine(new TextDecoder().decode(octets));
    if (action.type === "send") strictEqual(textFault(action.body), null);
    const fields = { ...action };
    for (const name of [Reflect.get(fields, "group"), nameOf(action)]) {
      if (typeof name === "string") strictEqual(canonicalName(name), name);
    }
    const text = Reflect.get(fields, "text") ?? Reflect.get(fields, "usage");
    // What was typed may be in it, to the letter: faces pass all texts through `display.ts`.
    if (typeof text === "string") ok(text.length > 0 && text.length < 400);
  }),
};

function nameOf(action: ReturnType<typeof parseLine>): string | undefined {
  return action.type === "send" && "name" in action.to ? action.to.name : undefined;
}

/** Types that have no answer, or end the connection. */
const UNANSWERED: ReadonlySet<string> = new Set([
  "seen",
  "pong",
  "bye",
  "auth",
  "login",
  "register",
]);

/** A frame from a session that is logged in; the chat goes on from one to the next. */
export const commands: Target = {
  name: "commands",
  invariant:
    "every request is answered exactly once or ends its connection; nothing fails in the " +
    "server; and the state is the same after a restart",
  words: [
    ...Object.keys(COMMANDS).map((type) => `{"t":"${type}","id":"a"`),
    ...[',"to":"', ',"of":"', ',"group":"', ',"name":"', ',"body":"', ',"members":["', '"]', '"'],
    ...["alice", "bob", "team", "lobby", "TEAM", "zoe", "}", ',"after":', ',"upto":', ',"limit":'],
    ...["0", "1", "1000", ',"from":"oldest"', ',"kinds":"all"', '","', "\\u202e", "hi"],
  ],
  async start() {
    const chat = await chatWith({ users: ["alice", "bob"], groups: { team: ["alice", "bob"] } });
    const [alice, bob] = [chat.login("alice"), chat.login("bob")];
    return {
      async check(octets) {
        let frame: ReturnType<typeof decodeFrame>;
        try {
          frame = decodeFrame(octets);
        } catch {
          return;
        }
        for (const session of [alice, bob]) {
          const before = session.events.length;
          const end = await session.handles(frame);
          strictEqual(end, ["auth", "login", "register"].includes(frame.t) ? "bad_state" : null);
          const isRequest = !UNANSWERED.has(frame.t);
          // A message is answered when it is stored: in a later turn of the event loop.
          while (isRequest && !session.events.slice(before).some(isAnswer)) await turn();
          const answers = session.events.slice(before).filter(isAnswer);
          ok(answers.length <= 1, `${answers.length} answers`);
        }
        for (const session of [alice, bob]) session.events.length = 0;
        deepStrictEqual(chat.failures, []);
      },
      async [Symbol.asyncDispose]() {
        const read = () => chat.login("bob").rereads();
        const before = await read();
        await chat.restart();
        deepStrictEqual(await read(), before);
        await chat[Symbol.asyncDispose]();
      },
    };
  },
};

function isAnswer(event: { readonly t: string }): boolean {
  return !["message", "change", "joined", "left"].includes(event.t);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
