/**
 * Which messages of a conversation are missing, late or filed twice, by the counters of their senders.
 *
 * Each session of a sender counts its messages in an epoch (FTC1 §7.6); they are compared in the order of
 * the server's ids. Nothing is said to be missing in a stretch of ids that has not been read. Before the
 * first message seen there is no gap, and reading an older page again is no replay. What the end of a
 * conversation lacks cannot be seen.
 *
 * Source: FTC1 §7.6.
 *
 * @module
 */

/** A message, as far as counting goes. */
export interface Counted {
  /** The server's id. */
  readonly id: number;
  /** Sender, device and epoch. */
  readonly stream: string;
  /** The counter, from 1. */
  readonly n: number;
}

/** What its counter says about a message. */
export interface Sight {
  /** Filed before under another id: not to be shown as a message. */
  readonly isReplay: boolean;
  /** A later one of the same session came before it. */
  readonly isLate: boolean;
  /** How many are missing right before it. */
  readonly missingBefore: number;
  /** How many are missing right behind it, where what follows was read earlier. */
  readonly missingAfter: number;
}

type Message = Omit<Counted, "stream">;

interface Seen extends Message {
  /** The greatest counter up to here. */
  latest: number;
}

interface Stream {
  /** By id, ascending. */
  readonly seen: Seen[];
  /** Counter → id. */
  readonly ids: Map<number, number>;
}

/** Messages that are remembered; beyond, the oldest stream is forgotten. */
const MOST_SEEN = 200_000;

const REPLAY: Sight = { isReplay: true, isLate: false, missingBefore: 0, missingAfter: 0 };

/** What was seen of one conversation. */
export class Gaps {
  readonly #streams = new Map<string, Stream>();
  readonly #isRead: (from: number, to: number) => boolean;
  #count = 0;

  /**
   * Makes it for a conversation of which nothing was seen.
   *
   * @param isRead Whether all entries between two ids, both included, have been read.
   */
  constructor(isRead: (from: number, to: number) => boolean) {
    this.#isRead = isRead;
  }

  /**
   * Takes note of messages that came together: none of them is missing behind another.
   *
   * @param messages By id, ascending; seeing the same one again changes nothing.
   * @param waits Whether the message with an id is still to be shown: what is missing before it is said then.
   * @returns What is to be said about each.
   */
  see(messages: readonly Counted[], waits: (id: number) => boolean = () => false): Sight[] {
    const together = new Set(messages.map(({ id }) => id));
    const noted = messages.map((message) => ({ message, ...this.#note(message) }));
    return noted.map(({ message: { id, n }, stream, known }) => {
      if (known !== undefined && known !== id) return REPLAY;
      const { seen } = stream;
      const at = placeOf(id, seen);
      const [before, after] = [seen[at - 1], seen[at + 1]];
      // Between two of these, it is said before the later one.
      const isLast = known === undefined && after !== undefined && !together.has(after.id) &&
        !waits(after.id);
      return {
        isReplay: false,
        isLate: before !== undefined && before.latest > n,
        missingBefore: this.#missing(stream, before, { id, n }),
        missingAfter: isLast ? this.#missing(stream, { id, n }, after) : 0,
      };
    });
  }

  /** How many are missing right before a message that was seen, as far as is known by now. */
  missingBefore({ id, stream: name, n }: Counted): number {
    const stream = this.#streams.get(name);
    if (stream === undefined) return 0;
    return this.#missing(stream, stream.seen[placeOf(id, stream.seen) - 1], { id, n });
  }

  /** `known`: the id under which its counter was seen before. */
  #note({ id, stream: name, n }: Counted): {
    readonly stream: Stream;
    readonly known: number | undefined;
  } {
    const stream = this.#streams.get(name) ?? { seen: [], ids: new Map() };
    this.#streams.set(name, stream);
    const known = stream.ids.get(n);
    if (known === undefined) this.#insert(stream, { id, n });
    return { stream, known };
  }

  /** How many counters between two neighbours nobody has seen, where all between them was read. */
  #missing({ ids }: Stream, a: Message | undefined, b: Message | undefined): number {
    if (a === undefined || b === undefined || b.n <= a.n + 1) return 0;
    if (!this.#isRead(a.id, b.id)) return 0;
    const elsewhere = [...ids.keys()].filter((n) => a.n < n && n < b.n).length;
    return b.n - a.n - 1 - elsewhere;
  }

  #insert({ seen, ids }: Stream, { id, n }: Message): void {
    const at = placeOf(id, seen);
    ids.set(n, id);
    seen.splice(at, 0, { id, n, latest: n });
    let latest = seen[at - 1]?.latest ?? 0;
    for (const one of seen.slice(at)) latest = one.latest = Math.max(latest, one.n);
    if (++this.#count <= MOST_SEEN) return;
    const [oldest] = this.#streams.keys();
    this.#count -= this.#streams.get(oldest ?? "")?.seen.length ?? 0;
    this.#streams.delete(oldest ?? "");
  }
}

/** Where an id stands, or would stand, in a list that ascends; most come at the end. */
function placeOf(id: number, seen: readonly Seen[]): number {
  let at = seen.length;
  while (at > 0 && (seen[at - 1]?.id ?? 0) >= id) at--;
  return at;
}
