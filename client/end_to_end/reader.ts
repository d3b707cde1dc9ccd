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
import type { MarkedEntry, OpenedEntry, OpenedHistory } from "../opened.ts";
import type { Chains } from "./chains.ts";
import { markChange, openChange } from "./change_opener.ts";
import { EpochOrder, type Seen } from "./epoch_order.ts";
import { Gaps, type Sight } from "./gaps.ts";
import { marked, missing } from "./marks.ts";
import type { Genuine, Opener } from "./opener.ts";
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
  /** Live messages that are still to be shown, by id. */
  readonly #waiting = new Map<number, Genuine>();
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

  /** The newest entry that has come, or was there at the login. */
  get newest(): number {
    return this.#newest;
  }

  /** There is a connection: all entries behind this one come live. */
  connected(last: number): void {
    this.#liveAfter = last;
    this.#waiting.clear();
    this.#newest = Math.max(this.#newest, last);
  }

  /** Reads an entry as it happens. */
  async live(entry: PastEntry): Promise<OpenedEntry> {
    const opened = await this.#open(entry);
    if (entry.t === "message") this.#count(entry);
    this.#newest = Math.max(this.#newest, entry.id);
    this.#everywhere.add(this.#liveAfter, entry.id);
    const [read = entry] = this.#markAll([opened], [entry]);
    if ("entry" in opened) this.#waiting.set(entry.id, opened);
    return read;
  }

  /**
   * Looks at a live entry once more when it is shown: what came before it may have been read meanwhile.
   *
   * @param entry What {@linkcode live} has given.
   */
  shown(entry: OpenedEntry): OpenedEntry {
    const genuine = this.#waiting.get(entry.id);
    this.#waiting.delete(entry.id);
    if (genuine === undefined || entry.t !== "message") return entry;
    const { conversation, from, id } = entry;
    const { stream, n } = genuine;
    const count = this.#gapsOf(conversation).missingBefore({ id, stream, n });
    if (count === 0) return entry;
    return { ...entry, marks: { ...entry.marks, before: missing(count, from) } };
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
    if (entry.t === "change") {
      return this.#unlessTold(await openChange(entry, this.#options));
    }
    if (entry.t === "damaged" || entry.kind === "lobby") return entry;
    return await this.#options.opener.open(entry);
  }

  /** A change that is true but told once more, under another id, is not another change. */
  #unlessTold(opened: ChangeEntry | MarkedEntry): ChangeEntry | MarkedEntry {
    if (opened.t !== "change") return opened;
    const { conversation, change, epoch, id } = opened;
    // A change of very many members is told in two: who has gone, and who has come.
    const part = opened.change === "members" && opened.added.length === 0 ? "removed" : "added";
    const what = opened.change === "left" ? opened.note : `${epoch} ${part}`;
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
    const waits = (id: number) => this.#waiting.has(id);
    const genuine = opened.filter((one) => "entry" in one);
    for (const [conversation, some] of Map.groupBy(genuine, (one) => one.entry.conversation)) {
      const counted = some.map(({ entry: { id }, stream, n }) => ({ id, stream, n }));
      for (const [at, sight] of this.#gapsOf(conversation).see(counted, waits).entries()) {
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
