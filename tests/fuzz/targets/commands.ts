/**
 * Fuzzes what a person types (`client/input.ts`) and what a client asks (`server/session.ts`).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { encodeBase64Url } from "../../../cipher/base64url.ts";
import { parseLine } from "../../../client/input.ts";
import { COMMANDS } from "../../../protocol/command.ts";
import type { Event } from "../../../protocol/event.ts";
import { decodeFrame } from "../../../protocol/frame.ts";
import { canonicalName } from "../../../protocol/name.ts";
import { textFault } from "../../../protocol/text.ts";
import { type Chat, chatWith } from "../../testing/chat.ts";
import { SealedConversation, sealedGroup } from "../../testing/sealed.ts";
import { latin1, stateless, type Target } from "../target.ts";

/** A line as it was typed. */
export const typed: Target = {
  name: "typed",
  invariant:
    "every line is one action or one sentence; names in it are canonical, and a text in it " +
    "may be sent",
  words: [
    ...["@", "@@", "@names", "@history", "@help", "@quit", "@group", "@lobby", "@password"],
    ...["@verify", "@trust", "@rekey", "ok"],
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

/**
 * Things that only who has the keys can make: in an input each stands for itself as `$NAME`, since they
 * differ from run to run.
 */
interface Made {
  /** The ids of conversations: of both, of both but bob may leave it, between the two, of nobody. */
  readonly TEAM: string;
  readonly BRIEF: string;
  readonly DIRECT: string;
  readonly NOWHERE: string;
  /** What alice says in the team, and to bob. */
  readonly TOKEN: string;
  readonly WORD: string;
  /** Alice's next epoch of the team, its hash, and a wrap of bob's for it. */
  readonly RECORD: string;
  readonly HASH: string;
  readonly WRAP: string;
  /** Alice's first epoch of a group with bob, and its hash. */
  readonly FIRST: string;
  readonly START: string;
  /** Bob's leave note of `BRIEF`. */
  readonly NOTE: string;
  /** Their fingerprints and alice's record. */
  readonly ALICE: string;
  readonly BOB: string;
  readonly KEYS: string;
}

async function makeAll(chat: Chat): Promise<Made> {
  const { clients, service } = chat;
  const [alice, bob] = [await clients.person("alice"), await clients.person("bob")];
  const group = (name: string) => clients.group({ user: "alice", service }, name);
  const [team, brief] = [group("team"), group("brief")];
  const session = chat.login("alice");
  const direct = await clients.openDirect(session, "bob");
  session.leave();
  if (!(direct instanceof SealedConversation)) throw new Error("Cannot make keys for two");
  const next = team.fork();
  await next.rotate({ by: alice });
  const first = await sealedGroup({
    realm: alice.identity.realm,
    name: "other",
    owner: alice,
    members: [bob],
  });
  const hashOf = ({ record }: SealedConversation) =>
    encodeBase64Url(record?.hash ?? new Uint8Array());
  const recordOf = ({ record }: SealedConversation) =>
    encodeBase64Url(record?.bytes ?? new Uint8Array());
  return {
    TEAM: team.conversation,
    BRIEF: brief.conversation,
    DIRECT: direct.conversation,
    NOWHERE: first.conversation,
    TOKEN: (await team.seal(alice, "hi")).body,
    WORD: (await direct.seal(alice, "hi")).body,
    RECORD: recordOf(next),
    HASH: hashOf(next),
    WRAP: await next.wrapFor(bob),
    FIRST: recordOf(first),
    START: hashOf(first),
    NOTE: (await brief.leave(bob)).note,
    ALICE: alice.fp,
    BOB: bob.fp,
    KEYS: alice.keys,
  };
}

const MADE: readonly (keyof Made)[] = [
  ...["TEAM", "BRIEF", "DIRECT", "NOWHERE", "TOKEN", "WORD", "RECORD", "HASH", "WRAP"] as const,
  ...["FIRST", "START", "NOTE", "ALICE", "BOB", "KEYS"] as const,
];

/** A frame from a session that is logged in; the chat goes on from one to the next. */
export const commands: Target = {
  name: "commands",
  invariant:
    "every request is answered exactly once or ends its connection; nothing fails in the " +
    "server; and the state is the same after a restart",
  words: [
    ...Object.keys(COMMANDS).map((type) => `{"t":"${type}","id":"a"`),
    ...[',"to":"', ',"of":"', ',"group":"', ',"name":"', ',"body":"', ',"user":"', '"]', '"'],
    ...["alice", "bob", "team", "lobby", "TEAM", "zoe", "}", ',"after":', ',"upto":', ',"limit":'],
    ...["0", "1", "1000", ',"from":"oldest"', ',"kinds":"all"', '","', "\\u202e", "hi"],
    ...[',"conversation":"', ',"epoch":', ',"record":"', ',"note":"', ',"wrap":"', ',"piece":'],
    ...[',"m":[{"user":"bob","fp":"$BOB","wrap":"$WRAP"}]', ',"of":[{"user":"', '"}]', ',"fp":"'],
    ...[',"m":[{"entry":"x","counter":1,"value":"', ',"unless":{"entry":"x","counter":', "null"],
    ...MADE.map((name) => `$${name}`),
  ],
  async start() {
    const both = ["alice", "bob"] as const;
    const chat = await chatWith({
      users: both,
      groups: { team: both, brief: both },
      directs: [both],
      policy: { octetsPerDay: 1_000_000_000 },
    });
    const made = await makeAll(chat);
    const [alice, bob] = [chat.login("alice"), chat.login("bob")];
    return {
      async check(octets) {
        let frame: ReturnType<typeof decodeFrame>;
        try {
          frame = decodeFrame(withMade(octets, made));
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
        const before = await everything(chat, made);
        await chat.restart();
        deepStrictEqual(await everything(chat, made), before);
        await chat[Symbol.asyncDispose]();
      },
    };
  },
};

/** Puts what was made in the place of its name. */
function withMade(octets: Uint8Array, made: Made): Uint8Array {
  if (!octets.includes(0x24)) return octets;
  const text = latin1(octets).replace(/\$([A-Z]+)/g, (whole, name) => {
    return Object.hasOwn(made, name) ? made[name as keyof Made] : whole;
  });
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** All that a restart must keep. */
async function everything(chat: Chat, { TEAM, BRIEF, DIRECT, NOWHERE }: Made): Promise<unknown[]> {
  const kept: unknown[] = [];
  for (const user of ["alice", "bob"]) {
    const session = chat.login(user);
    kept.push(await session.rereads());
    for (const conversation of [TEAM, BRIEF, DIRECT, NOWHERE]) {
      kept.push(chat.service.chains.get(conversation));
      kept.push(ordered(await session.asks({ t: "epochs", id: "kept", conversation })));
    }
    for (const t of ["state", "groups"] as const) kept.push(await session.asks({ t, id: "kept" }));
    session.leave();
  }
  return kept;
}

/** What is open behind the newest epoch comes in no certain order. */
function ordered(event: Event): unknown {
  if (event.t !== "epochs") return event;
  const pieces = event.pieces.map((piece) => {
    const lists = Object.entries(piece).map(([name, value]) => {
      const isList = Array.isArray(value) && piece.e > (event.head ?? 0);
      return [name, isList ? value.map((one) => JSON.stringify(one)).sort() : value];
    });
    return Object.fromEntries(lists);
  });
  return { ...event, pieces };
}

function isAnswer(event: { readonly t: string }): boolean {
  return !["message", "change", "joined", "left", "complaint", "rewrapped"].includes(event.t);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
