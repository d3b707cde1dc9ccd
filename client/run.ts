/**
 * One run of the client: connect, log in, chat, connect again, leave.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import { generateRoot } from "../cipher/identity.ts";
import type { Link } from "../transport/link.ts";
import { LinkError } from "../transport/link_error.ts";
import { VITAL_LIMITS } from "../transport/vital_signs.ts";
import type { Account } from "./account.ts";
import { Backoff } from "./backoff.ts";
import { Chat, type ChatConnection } from "./chat.ts";
import { ClientError } from "./client_error.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { type Credentials, NoCredentials } from "./credentials.ts";
import { afterLink, type FinalEnding, lastWords } from "./ending.ts";
import { explainLinkError } from "./errors.ts";
import { connectFirst, type Opened } from "./first_connection.ts";
import { changePassword } from "./password_change.ts";
import type { OpenedEntry } from "./opened.ts";
import { openSealing } from "./open_sealing.ts";
import { PendingJournal } from "./pending_journal.ts";
import { adoptFormer, openPending } from "./pending_place.ts";
import { startPulse } from "./pulse.ts";
import { type Reconnected, Reconnector } from "./reconnector.ts";
import type { Request } from "./request.ts";
import { serverText } from "./server_text.ts";
import type { Sealing } from "./sealing.ts";
import { Session } from "./session.ts";
import { takeLines } from "./typing.ts";

/** Said once in each run (FTC1 §7). */
const LOBBY_IS_OPEN =
  "Direct and group messages are encrypted end to end. The server can read the lobby.";

/** What a run needs. */
export interface RunOptions extends ConnectorOptions {
  /** Name and password. */
  readonly credentials: Credentials;
  /** The folder for data; `null` where there is none. */
  readonly data: string | null;
  /** Milliseconds of a clock that never goes back. */
  readonly uptime: () => number;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  /** Waits so many seconds, or until the signal is aborted. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal;
}

/**
 * Runs the client.
 *
 * @param parts What it needs.
 * @returns The exit code: 0 normal end, 1 not connected or not logged in, 3 not all of a piped input
 *   is stored.
 */
export async function run(parts: RunOptions): Promise<number> {
  try {
    return await start(parts);
  } catch (error) {
    if (parts.signal.aborted) return 1;
    if (error instanceof NoCredentials) return parts.face.input === "pipe" ? 1 : 0;
    if (error instanceof ClientError) {
      await parts.face.notice(error.message);
      return 1;
    }
    if (error instanceof LinkError) {
      await parts.face.notice(explainLinkError(error));
      return 1;
    }
    throw error;
  }
}

async function start(parts: RunOptions): Promise<number> {
  const { options, file, face, random } = parts;
  if (options.forget && await file?.forget(options)) {
    await face.notice(`The fingerprint of ${serverText(options)} is forgotten.`);
  }
  const connector = new Connector(parts);
  const backoff = new Backoff(random);
  const opened = await connectFirst({ ...parts, connector, backoff });
  if (opened.type === "open") return await new Run(parts, { connector, backoff, opened }).chat();
  await face.show({ type: "refused", text: opened.text });
  return 1;
}

interface RunState {
  readonly connector: Connector;
  readonly backoff: Backoff;
  readonly opened: Opened;
}

/** The part of a run behind the first login. */
class Run {
  readonly #parts: RunOptions;
  readonly #state: RunState;
  #woke = new AbortController();

  constructor(parts: RunOptions, state: RunState) {
    this.#parts = parts;
    this.#state = state;
  }

  async chat(): Promise<number> {
    const { face, signal, now, log, data } = this.#parts;
    const { welcome, account, isNew } = this.#state.opened;
    log.debug("logged in", { user: account.user, isNew, last: welcome.last });
    face.loggedIn(account.user);
    if (isNew) await face.show({ type: "account_created", user: account.user });
    await face.show({ type: "welcome", user: account.user });
    const person = face.input === "person" ? account.user : undefined;
    const session: Session = new Session({
      welcome,
      isNew,
      person,
      missed: face.missed,
      newId,
      now,
      shown: (entry): OpenedEntry => chat.sealing.shown(entry),
    });
    const pending = await openPending({ account, data, face, now: now() });
    await using journal: PendingJournal = pending.journal;
    const failed = (error: unknown) => chat.end({ type: "bug", error });
    const seal = (root = account.root) =>
      openSealing({ ...this.#parts, account, root, journal, newId, failed });
    const sealing = await seal();
    await face.notice(LOBBY_IS_OPEN);
    using chat: Chat<Link> = new Chat<Link>({ session, face, journal, signal, sealing });
    using _pulse = startPulse({
      now,
      beat: () => chat.link?.checkUp(VITAL_LIMITS),
      woke: () => this.#wakeUp(chat.link),
    });
    chat.apply(session.restore(pending.fresh));
    let adopting = Promise.resolve();
    void sealing.formerRoots.then((roots) => {
      if (chat.left.aborted) return;
      adopting = adoptFormer(journal, { roots, now: now() })
        .then((messages) => chat.apply(session.restore(messages))).catch(failed);
    });
    void takeLines({
      face,
      session,
      chat,
      journal,
      now,
      old: pending.old,
      changePassword: (what) => this.#changePassword(chat, { account, seal, what }),
    });
    const ending = await this.#stay(chat, { account, seal });
    await adopting;
    await chat.idle();
    const { unstored } = chat;
    log.debug("ended", { ending: ending.type, ...unstored });
    const words = lastWords(ending, unstored, face);
    for (const notice of words.notices) await face.notice(notice);
    if (words.shown !== undefined) await face.show(words.shown);
    return words.code;
  }

  /** One connection after the other, until the user leaves or there can be no more. */
  async #stay(
    chat: Chat<Link>,
    { account, seal }: { readonly account: Account; readonly seal: () => Promise<Sealing> },
  ): Promise<FinalEnding> {
    const { face, options: { timeout }, uptime, log } = this.#parts;
    const { opened, backoff } = this.#state;
    const reconnector = new Reconnector({ ...this.#parts, ...this.#state, account, timeout });
    let connection: ChatConnection<Link> = { ...opened, last: opened.welcome.last };
    while (true) {
      const since = uptime();
      connection.link.open();
      const ending = await chat.converse(connection);
      if (ending.type !== "bye" && ending.type !== "failed") return ending;
      log.debug("connection ended", { ending: ending.type });
      backoff.held(uptime() - since);
      if (ending.type === "bye" && ending.reason === "shutdown") {
        await face.show({ type: "shutdown" });
      }
      const aftermath = afterLink(ending, face.input);
      if (aftermath.type === "over") return aftermath;
      const { root } = account;
      const next = await this.#reconnect(reconnector, { aftermath, chat });
      if (next.type !== "open") return next;
      if (account.root !== root) chat.sealWith(await seal());
      connection = next;
    }
  }

  async #reconnect(
    reconnector: Reconnector,
    { aftermath, chat }: {
      readonly aftermath: Parameters<Reconnector["after"]>[0];
      readonly chat: Chat<Link>;
    },
  ): Promise<Reconnected | FinalEnding> {
    try {
      const woke = () => this.#wakeSignal();
      const next = await reconnector.after(aftermath, { left: chat.left, woke });
      this.#parts.credentials.forgetPassword();
      return next;
    } catch (error) {
      if (!(error instanceof NoCredentials)) throw error;
      if (!chat.left.aborted) chat.quit();
      return await chat.ended;
    }
  }

  /** Aborted already, once, where the machine woke up since it was last asked for. */
  #wakeSignal(): AbortSignal {
    const { signal } = this.#woke;
    if (signal.aborted) this.#woke = new AbortController();
    return signal;
  }

  #wakeUp(link: Link | null): void {
    this.#parts.log.debug("woke from sleep");
    link?.abort();
    this.#woke.abort();
  }

  async #changePassword(
    chat: Chat<Link>,
    { account, seal, what }: {
      readonly account: Account;
      readonly seal: (root: Uint8Array) => Promise<Sealing>;
      readonly what: "password" | "keys";
    },
  ): Promise<Request | null> {
    const { link } = chat;
    const common = {
      ...this.#parts,
      account,
      session: link?.session ?? null,
      isConnected: () => chat.link === link,
    };
    if (what === "password") return await changePassword(common);
    const root = generateRoot();
    const next = await seal(root);
    const identity = {
      root,
      prepare: () => chat.sealing.nextKeys(root),
      done: () => chat.sealWith(next),
    };
    return await changePassword({ ...common, identity });
  }
}

function newId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
