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
import { Chat } from "./chat.ts";
import { ClientError } from "./client_error.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { NoCredentials } from "./credentials.ts";
import { lastWords } from "./ending.ts";
import { equip, type EquipmentOptions } from "./equipment.ts";
import { explainLinkError } from "./errors.ts";
import { firstSteps } from "./first_steps.ts";
import { connectFirst, type Opened } from "./first_connection.ts";
import { changePassword } from "./password_change.ts";
import type { OpenedEntry } from "./opened.ts";
import { beginning } from "./beginning.ts";
import { jsonOutputs } from "./json_requests.ts";
import { learnNames } from "./learn_names.ts";
import { openSealing } from "./open_sealing.ts";
import type { PendingJournal } from "./pending_journal.ts";
import { adoptFormer, noPending, openPending } from "./pending_place.ts";
import { startPulse } from "./pulse.ts";
import type { Request } from "./request.ts";
import { serverText } from "./server_text.ts";
import type { Sealing } from "./sealing.ts";
import { Session } from "./session.ts";
import { Stay, type StayOptions } from "./stay.ts";
import { takeLines } from "./typing.ts";

/** Said once in each run (FTC1 §7). */
const LOBBY_IS_OPEN =
  "Direct and group messages are encrypted end to end. The server can read the lobby.";

/** What a run needs. */
export interface RunOptions extends ConnectorOptions, StayOptions {
  /** The folder for data; `null` where there is none. */
  readonly data: string | null;
  /** Where the settings are kept; nowhere unless told. */
  readonly settings?: EquipmentOptions["file"] | undefined;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
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
  if (opened.type !== "open") {
    await face.show({ type: "refused", text: opened.text });
    return 1;
  }
  try {
    return await new Run(parts, { connector, backoff, opened }).chat();
  } finally {
    // Where the session has not come so far as to do it.
    await opened.link.close();
  }
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

  constructor(parts: RunOptions, state: RunState) {
    this.#parts = parts;
    this.#state = state;
  }

  async chat(): Promise<number> {
    const { face, signal, now, log, data, options, presence } = this.#parts;
    const { welcome, account, isNew } = this.#state.opened;
    const isQuiet = presence === "quiet";
    log.debug("logged in", { user: account.user, isNew, last: welcome.last });
    face.loggedIn(account.user);
    if (isNew) await face.show({ type: "account_created", user: account.user });
    await face.show({ type: "welcome", user: account.user });
    // What a person has set is not for programs.
    const file = options.json ? null : this.#parts.settings ?? null;
    await using equipment = await equip(face, { account, data, file });
    const person = face.input === "person" ? account.user : undefined;
    const session: Session = new Session({
      ...beginning(this.#state.opened, options),
      quiet: isQuiet,
      person,
      user: account.user,
      settings: equipment.settings,
      missed: face.missed,
      newId,
      now,
      shown: (entry): OpenedEntry => chat.sealing.shown(entry),
    });
    const pending = isQuiet ? noPending(face) : await openPending({
      account,
      data,
      face,
      now: now(),
    });
    await using journal: PendingJournal = pending.journal;
    const failed = (error: unknown) => chat.end({ type: "bug", error });
    const seal = (root = account.root) =>
      openSealing({ ...this.#parts, account, root, journal, newId, failed });
    const sealing = await seal();
    if (!isQuiet) await face.notice(LOBBY_IS_OPEN);
    const steps = isNew && face.input === "person" ? firstSteps(account.user) : [];
    for (const line of steps) await face.notice(line);
    using chat: Chat<Link> = new Chat<Link>({ session, face, journal, signal, sealing });
    const stay = new Stay(this.#parts, { ...this.#state, chat, seal });
    using _pulse = startPulse({
      now,
      beat: () => chat.link?.checkUp(VITAL_LIMITS),
      woke: () => stay.wakeUp(),
    });
    chat.apply(session.restore(pending.fresh));
    if (face.complete !== undefined) chat.apply(session.request(learnNames()));
    let adopting = Promise.resolve();
    void sealing.formerRoots.then((roots) => {
      if (chat.left.aborted || isQuiet) return;
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
      read: options.json ? (line) => jsonOutputs(line, { session, newId, now }) : undefined,
      changePassword: (what) => this.#changePassword(chat, { account, seal, what }),
    });
    const ending = await stay.ended();
    await adopting;
    await chat.idle();
    const { unstored } = chat;
    log.debug("ended", { ending: ending.type, ...unstored });
    const words = lastWords(ending, unstored, face);
    for (const notice of words.notices) await face.notice(notice);
    if (words.shown !== undefined) await face.show(words.shown);
    return words.code;
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
