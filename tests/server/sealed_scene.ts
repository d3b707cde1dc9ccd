/**
 * A chat with a group whose keys the test holds in its hand, and frames sent one by one.
 *
 * @module
 */

import type { Event, EventOf } from "../../protocol/event.ts";
import { type Chat, chatWith } from "../testing/chat.ts";
import type { Person } from "../testing/person.ts";
import type { EpochFrame, SealedConversation } from "../testing/sealed.ts";
import { type Question, sentence, type TestSession } from "../testing/test_session.ts";
import type { Policy } from "../../server/policy.ts";

/** Accounts of all scenes. */
export const USERS = ["alice", "bob", "carol", "dave", "eve"] as const;

/** One of them. */
export type User = typeof USERS[number];

/** A chat in which bob owns `team`, with alice and carol. */
export interface SealedScene extends AsyncDisposable {
  /** The chat. */
  readonly chat: Chat;
  /** The group. */
  readonly team: SealedConversation;
  /** Keys by name. */
  readonly people: Readonly<Record<User, Person>>;
  /** Begins a session. */
  readonly login: (user: User) => TestSession;
}

/** Opens the scene. */
export async function sealedScene(policy: Partial<Policy> = {}): Promise<SealedScene> {
  const chat = await chatWith({
    users: USERS,
    groups: { team: ["bob", "alice", "carol"] },
    directs: [["alice", "bob"]],
    policy,
  });
  const people = Object.fromEntries(
    await Promise.all(USERS.map(async (user) => [user, await chat.clients.person(user)])),
  ) as Record<User, Person>;
  return {
    chat,
    team: chat.clients.group({ user: "bob", service: chat.service }, "team"),
    people,
    login: (user) => chat.login(user),
    [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
  };
}

/** Sends frames in order; says what the last one came to, or the first that was refused. */
export async function takes(session: TestSession, frames: readonly Question[]): Promise<string> {
  for (const frame of frames) {
    const answer = await session.asks(frame);
    if (answer.t === "error") return sentence(answer);
  }
  return "ok";
}

/** Only the code of what came of frames. */
export async function codeOf(session: TestSession, frames: readonly Question[]): Promise<string> {
  return (await takes(session, frames)).split(":")[0] ?? "";
}

/** The record of an epoch without its wraps. */
export function recordOf(frames: readonly EpochFrame[]): EpochFrame[] {
  return frames.filter(({ t }) => t === "epoch");
}

/** Asks for all pieces of a conversation, page by page. */
export async function readsEpochs(
  session: TestSession,
  conversation: string,
  start: { readonly from?: number; readonly piece?: number } = {},
): Promise<Omit<EventOf<"epochs">, "t" | "re" | "more">> {
  const pieces: EventOf<"epochs">["pieces"] = [];
  let { from = 0, piece = 0 } = start;
  while (true) {
    const answer: Event = await session.asks({ t: "epochs", conversation, from, piece });
    if (answer.t !== "epochs") throw new Error(`Cannot read epochs: ${sentence(answer)}`);
    const { t: _t, re: _re, more, ...rest } = answer;
    pieces.push(...answer.pieces);
    if (!more) return { ...rest, pieces };
    const last = pieces.at(-1)?.e ?? 0;
    piece = (last === from ? piece : 0) + answer.pieces.filter(({ e }) => e === last).length;
    from = last;
  }
}
