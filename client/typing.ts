/**
 * What the user types, line by line, into the chat; and what only the user can answer.
 *
 * A pipe is read no faster than the server takes its lines. A person is always listened to: he may want
 * to leave.
 *
 * @module
 */

import type { Chat } from "./chat.ts";
import type { Face } from "./face.ts";
import { askAboutOld } from "./old_messages.ts";
import type { PendingJournal } from "./pending_journal.ts";
import type { PendingMessage } from "./pending_message.ts";
import type { Request } from "./request.ts";
import type { Output, Session } from "./session.ts";

/** Lines of a pipe that may wait for their turn before no more are read. */
const MAX_WAITING = 64;

/** What typing needs. */
export interface TypingOptions {
  /** Where lines come from. */
  readonly face: Face;
  /** What they do. */
  readonly session: Session;
  /** Where that is done. */
  readonly chat: Pick<Chat, "apply" | "end" | "left" | "quit" | "room">;
  /** Where old messages are. */
  readonly journal: Pick<PendingJournal, "keep" | "settle">;
  /** Messages that are not sent without asking. */
  readonly old: readonly PendingMessage[];
  /** Does what a line says where it is no typed one: a command of a program. */
  readonly read?: ((line: string) => Output[]) | undefined;
  /** Asks for a new password. */
  readonly changePassword: (what: "password" | "keys") => Promise<Request | null>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Reads to the end of the input, or until the user leaves. Never rejects: a bug ends the chat.
 *
 * @param options Face, session, chat.
 */
export async function takeLines(options: TypingOptions): Promise<void> {
  const { chat } = options;
  try {
    if (!await decideOnOld(options.old, options)) return finish(options);
    while (!chat.left.aborted) {
      const line = await options.face.line();
      if (chat.left.aborted) return;
      if (line === null) return finish(options);
      if (!await take(line, options)) return;
      // What has got old in this run: asked here, where nobody else is reading a line.
      const isAsked = options.face.input === "person";
      const old = isAsked ? options.session.takeAside() : [];
      if (!await decideOnOld(old, options)) return finish(options);
    }
  } catch (error) {
    chat.end({ type: "bug", error });
  }
}

async function take(line: string, options: TypingOptions): Promise<boolean> {
  const { chat, face, session, changePassword, read } = options;
  const outputs = read === undefined ? session.type(line) : read(line);
  if (session.isQuitting) chat.quit();
  chat.apply(outputs);
  if (session.isQuitting) return false;
  const change = outputs.find(({ type }) => type === "change_password" || type === "rekey");
  if (change !== undefined) {
    const request = await changePassword(change.type === "rekey" ? "keys" : "password");
    if (face.input === "pipe") {
      // The next lines are meant as passwords.
      chat.apply(session.abandonInput());
      return false;
    }
    if (request !== null) chat.apply(session.request(request));
  }
  if (face.input === "pipe") await chat.room(MAX_WAITING);
  return true;
}

/** Somebody who closes his terminal's input quits; the end of a pipe waits for every answer. */
function finish({ chat, face, session }: TypingOptions): void {
  if (face.input === "person") chat.quit();
  chat.apply(session.finish());
}

async function decideOnOld(
  old: readonly PendingMessage[],
  options: TypingOptions,
): Promise<boolean> {
  const { chat, face, journal, now, session } = options;
  const { send, forget, hasLeft } = await askAboutOld(face, old);
  for (const { id } of forget) journal.settle(id);
  // From now on it is as if they had been typed now: the server may know their ids no more.
  const renewed = send.map((message) => ({ ...message, at: now() }));
  for (const message of renewed) journal.keep(message);
  chat.apply(session.restore(renewed));
  return !hasLeft;
}
