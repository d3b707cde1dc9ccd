/**
 * The messages of this session that the server has not acknowledged: in memory, and on disk so that a
 * later run can send them.
 *
 * A message is on disk before it is sent for the first time. Where nothing can be written, the chat goes
 * on, and the user is told once that messages live only as long as the client.
 * Source: PRODUCT §4.4; FTC1 §7.7.
 *
 * @module
 */

import type { FernetKey } from "../cipher/fernet.ts";
import { PendingFile } from "./pending_file.ts";
import { type Abandoned, takeAbandoned } from "./pending_folder.ts";
import type { PendingMessage } from "./pending_message.ts";
import { type PendingRecord, sealRecord } from "./pending_record.ts";
import { causeText } from "./system_error.ts";

/** Octets of settled lines that a file may hold before it is written anew. */
const MOST_SETTLED = 1_048_576;

/** Where files are. */
export interface Place {
  /** The folder of the account. */
  readonly folder: string;
  /** From `pendingKey`. */
  readonly key: FernetKey;
}

/** What a journal needs. */
export interface JournalOptions {
  /** Where files are, and under what key; or why there is no such place, `null` if that was said. */
  readonly place: Place | { readonly none: string | null };
  /** Tells the user something. */
  readonly notice: (text: string) => Promise<void>;
}

/** The journal of one session. */
export class PendingJournal implements AsyncDisposable {
  readonly #options: JournalOptions;
  readonly #messages = new Map<string, PendingMessage>();
  #work: Promise<void> = Promise.resolve();
  #file: PendingFile | null = null;
  #rewriteAt = MOST_SETTLED;
  #isDirty = false;
  #isBroken = false;

  /**
   * Makes an empty journal; a file is made with the first message.
   *
   * @param options Where, and whom to tell.
   */
  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** How many messages the next run will find. */
  get kept(): number {
    return this.#isBroken || "none" in this.#options.place ? 0 : this.#messages.size;
  }

  /** Finds a message that is kept. */
  find(id: string): PendingMessage | undefined {
    return this.#messages.get(id);
  }

  /** Keeps a message, or what has become of it. */
  keep(message: PendingMessage): void {
    this.#messages.set(message.id, message);
    this.#write({ keep: message });
  }

  /** Forgets a message: the server has stored or refused it, or the user does not want it any more. */
  settle(id: string): void {
    if (this.#messages.delete(id)) this.#write({ settled: id });
  }

  /** Resolves when everything kept so far is on the disk, as far as there is one. */
  async stored(): Promise<void> {
    this.#do(async () => {
      if (this.#isDirty) await this.#file?.sync();
      this.#isDirty = false;
    });
    await this.#work;
  }

  /**
   * Takes over what earlier sessions have left.
   *
   * @param former Keys of former roots (FTC1 §7.7), once they are known; before, a file that does not open
   *   is left for then.
   * @returns Messages in the order in which they were typed; sessions one after the other, by the time
   *   of the first message of each.
   */
  async adopt(former?: readonly FernetKey[]): Promise<PendingMessage[]> {
    const { place, notice } = this.#options;
    if ("none" in place) return [];
    const taken: Abandoned[] = [];
    try {
      const keys = [place.key, ...former ?? []];
      const closed = former === undefined ? "leave" : "take";
      for await (const one of takeAbandoned(place.folder, { keys, closed })) taken.push(one);
    } catch (error) {
      await notice(`Cannot read messages of an earlier run: ${causeText(error)}.`);
    }
    // The clock orders sessions, not what was typed in one of them: it may have been set meanwhile.
    const files = taken.map(({ messages }) => messages).sort((a, b) => startOf(a) - startOf(b));
    const messages = [...new Map(files.flat().map((one) => [one.id, one])).values()];
    for (const message of messages) this.keep(message);
    await this.stored();
    for (const one of taken) await this.#release(one);
    return messages;
  }

  /** Leaves what is pending to the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    if (this.#file === null) return;
    if (this.#messages.size > 0 || this.#isBroken) return this.#file[Symbol.dispose]();
    await this.#file.remove().catch(() => {});
  }

  async #release({ file, isDamaged }: Abandoned): Promise<void> {
    // What could not be taken over stays where it is.
    if (this.#isBroken) return file[Symbol.dispose]();
    try {
      if (!isDamaged) return await file.remove();
      const path = await file.putAside();
      await this.#options.notice(
        `Some messages of an earlier run cannot be read, and are put aside as ${path}.`,
      );
    } catch (error) {
      await this.#options.notice(`Cannot tidy up ${file.path}: ${causeText(error)}.`);
    }
  }

  #write(record: PendingRecord): void {
    this.#do(async () => {
      const { place } = this.#options;
      if ("none" in place) return await this.#fail(place.none);
      this.#file ??= await PendingFile.create(place.folder);
      this.#isDirty = true;
      await this.#file.append(await sealRecord(place.key, record));
      if (this.#file.octets > this.#rewriteAt) await this.#rewrite(this.#file, place);
    });
  }

  /** In a new file: a crash finds the old one or both, and the same id is the same message. */
  async #rewrite(old: PendingFile, place: Place): Promise<void> {
    const fresh = await PendingFile.create(place.folder);
    this.#file = fresh;
    for (const message of this.#messages.values()) {
      await fresh.append(await sealRecord(place.key, { keep: message }));
    }
    await fresh.sync();
    await old.remove();
    this.#rewriteAt = 2 * fresh.octets + MOST_SETTLED;
  }

  #do(action: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (!this.#isBroken) await action();
    }).catch((error: unknown) => this.#fail(causeText(error)));
  }

  async #fail(cause: string | null): Promise<void> {
    this.#isBroken = true;
    if (cause === null) return;
    await this.#options.notice(
      `Messages that are not sent yet are kept only while this client runs: ${cause}.`,
    );
  }
}

/** Milliseconds since 1970 of the first message of a session. */
function startOf([first]: readonly PendingMessage[]): number {
  return first?.at ?? 0;
}
