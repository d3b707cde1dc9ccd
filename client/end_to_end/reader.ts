/**
 * Turns what the server sends of conversations into what is shown: messages opened, changes as signed,
 * gaps marked.
 *
 * Source: FTC1 §7.4, §7.6; PRODUCT §3.
 *
 * @module
 */

import type { CommandInput } from "../../protocol/command.ts";
import type { ChangeEntry, EventOf, MessageEntry, PastEntry } from "../../protocol/event.ts";
import type { MarkedEntry, Marks, OpenedEntry, OpenedHistory, OpenedMessage } from "../opened.ts";
import type { Chains } from "./chains.ts";
import { markChange, openChange } from "./change_opener.ts";
import { EpochOrder, type Seen } from "./epoch_order.ts";
import { Gaps, type Sight } from "./gaps.ts";
import { type Genuine, markMessage, type Opener } from "./opener.ts";
import { Stretches } from "./stretches.ts";

/** The command behind a page of history. */
export type HistoryCommand = Extract<CommandInput, { readonly t: "history" }>;

/** What reading needs. */
export interface ReaderOptions {
  /** Chains. */
  readonly chains: Chains;
  /** Who reads. */
  readonly me: { readonly user: string };
  /** Opens messages. */
  readonly opener: Opener;
  /** Told of each token that was seen. */
  readonly saw: (conversation: string, id: number, token: string) => void;
}

/** Milliseconds by which a sender's clock may differ before that is said (FTC1 §7.6). */
const CLOCK_MS = 600_000;

/** Entries of a page that are opened at the same time. */
const AT_ONCE = 64;

/** Reads entries in the order in which they come. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #everywhere = new Stretches();
  readonly #within = new Map<string, Stretches>();
  readonly #gaps = new Map<string, Gaps>();
  readonly #order = new EpochOrder();
  /** Change → the id under which it was told. */
  readonly #told = new Map<string, number>();
  #liveAfter = 0;
  #newest = 0;

  /**
   * Makes a reader that has seen nothing.
   *
   * @param options How entries are opened.
   */
  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** There is a connection: all entries behind this one come live. */
  connected(last: number): void {
    this.#liveAfter = last;
    this.#newest = Math.max(this.#newest, last);
  }

  /** Reads an entry as it happens. */
  async live(entry: PastEntry): Promise<OpenedEntry> {
    const opened = await this.#open(entry);
    if (entry.t === "message") this.#count(entry);
    this.#newest = Math.max(this.#newest, entry.id);
    this.#everywhere.add(this.#liveAfter, entry.id);
    return this.#markAll([opened], [entry])[0] ?? entry;
  }

  /**
   * Reads a page of history.
   *
   * @param page As it came.
   * @param command What was asked; without it nothing is known about gaps.
   */
  async page(
    page: EventOf<"history">,
    command: HistoryCommand | undefined,
  ): Promise<OpenedHistory> {
    const opened: (Genuine | OpenedEntry)[] = [];
    for (let at = 0; at < page.entries.length; at += AT_ONCE) {
      const some = page.entries.slice(at, at + AT_ONCE);
      opened.push(...await Promise.all(some.map((entry) => this.#open(entry))));
    }
    if (command !== undefined) this.#cover(page, command);
    return { ...page, entries: this.#markAll(opened, page.entries) };
  }

  async #open(entry: PastEntry): Promise<Genuine | OpenedEntry> {
    if (entry.t === "change") return this.#unlessTold(await openChange(entry, this.#options));
    if (entry.t === "damaged" || entry.kind === "lobby") return entry;
    return await this.#options.opener.open(entry);
  }

  /** A change that is true but told once more, under another id, is not another change. */
  #unlessTold(opened: ChangeEntry | MarkedEntry): ChangeEntry | MarkedEntry {
    if (opened.t !== "change") return opened;
    const { conversation, change, epoch, id } = opened;
    const what = opened.change === "left" ? opened.note : epoch;
    const name = `${conversation} ${change} ${what}`;
    const known = this.#told.get(name) ?? id;
    this.#told.set(name, known);
    if (known === id) return opened;
    return markChange(opened, "the server tells an earlier change once more");
  }

  /** Messages of the newest epoch are counted: after many of them it is rotated (FTC1 §7.4). */
  #count({ conversation, epoch }: MessageEntry): void {
    const chain = this.#options.chains.find(conversation);
    if (chain?.head?.epoch === epoch && chain !== undefined) chain.sent++;
  }

  /** Which ids a page has brought all entries of. */
  #cover(page: EventOf<"history">, command: HistoryCommand): void {
    const { after = 0, upto = Infinity, from = "newest", of } = command;
    const first = page.entries[0];
    const last = page.entries.at(-1);
    const end = Math.min(upto, Math.max(this.#newest, last?.id ?? 0));
    const [begin, stop] = !page.more
      ? [after, end]
      : from === "oldest"
      ? [after, last?.id ?? after]
      : [(first?.id ?? end + 1) - 1, end];
    if (of === undefined) return this.#everywhere.add(begin, stop);
    if (first !== undefined) this.#stretchesOf(first.conversation).add(begin, stop);
  }

  /** Messages that came together are all looked at before anything is said to be missing. */
  #markAll(
    opened: readonly (Genuine | OpenedEntry)[],
    entries: readonly PastEntry[],
  ): OpenedEntry[] {
    for (const one of opened) for (const seen of seenIn(one)) this.#order.see(seen);
    const sights = new Map<Genuine, Sight>();
    const genuine = opened.filter((one) => "entry" in one);
    for (const [conversation, some] of Map.groupBy(genuine, (one) => one.entry.conversation)) {
      const counted = some.map(({ entry: { id }, stream, n }) => ({ id, stream, n }));
      for (const [at, sight] of this.#gapsOf(conversation).see(counted).entries()) {
        const one = some[at];
        if (one !== undefined) sights.set(one, sight);
      }
    }
    return opened.map((one, at) => {
      if (!("entry" in one)) return one;
      const [entry, sight] = [entries[at], sights.get(one)];
      if (entry?.t === "message") {
        this.#options.saw(entry.conversation, entry.id, entry.body);
      }
      if (sight === undefined) return one.entry;
      const isLate = sight.isLate || seenIn(one).some((seen) => this.#order.isBehind(seen));
      return marked(one, { ...sight, isLate });
    });
  }

  #gapsOf(conversation: string): Gaps {
    const known = this.#gaps.get(conversation);
    if (known !== undefined) return known;
    const within = this.#stretchesOf(conversation);
    const gaps = new Gaps((from, to) => this.#everywhere.has(from, to) || within.has(from, to));
    this.#gaps.set(conversation, gaps);
    return gaps;
  }

  #stretchesOf(conversation: string): Stretches {
    const known = this.#within.get(conversation) ?? new Stretches();
    this.#within.set(conversation, known);
    return known;
  }
}

/** Which epoch something rests on, where that is borne out. */
function seenIn(one: Genuine | OpenedEntry): Seen[] {
  const entry = "entry" in one ? one.entry : one;
  if (!("entry" in one) && one.t !== "change") return [];
  if (!("epoch" in entry) || entry.epoch === undefined) return [];
  const { conversation, id, epoch } = entry;
  return [{ conversation, id, epoch }];
}

function marked({ entry, time }: Genuine, sight: Sight): OpenedEntry {
  if (sight.isReplay) return replayed(entry);
  const marks = marksOf(entry, { ...sight, time });
  return marks === null ? entry : { ...entry, marks } satisfies OpenedMessage;
}

function replayed(message: MessageEntry): MarkedEntry {
  return markMessage(message, "the server shows an earlier message once more");
}

function marksOf(
  { at, from }: MessageEntry,
  { isLate, missingBefore, missingAfter, time }: Sight & { readonly time: number },
): Marks | null {
  const beside = [
    ...(isLate ? ["late"] : []),
    ...(Math.abs(time - at) > CLOCK_MS ? [`sent at ${clockTime(time)} by the sender's clock`] : []),
  ].join(", ");
  const marks: Marks = {
    ...(missingBefore > 0 ? { before: missing(missingBefore, from) } : {}),
    ...(beside === "" ? {} : { beside }),
    ...(missingAfter > 0 ? { behind: missing(missingAfter, from) } : {}),
  };
  return Object.keys(marks).length === 0 ? null : marks;
}

function missing(count: number, from: string): string {
  return count === 1
    ? `1 message from ${from} is missing here`
    : `${count.toLocaleString("en")} messages from ${from} are missing here`;
}

function clockTime(time: number): string {
  return time <= 8.64e15 ? new Date(time).toISOString().slice(0, 16).replace("T", " ") : "?";
}
