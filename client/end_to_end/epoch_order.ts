/**
 * Whether a message comes behind the end of its epoch.
 *
 * A server takes messages for the newest epoch only, so the epochs of a conversation ascend with the
 * server's ids. What stands under an older epoch behind something of a later one was written, or filed,
 * when that epoch was over: by somebody who may have been removed meanwhile.
 *
 * Source: FTC1 §7.4, §7.6, §9 row 109.
 *
 * @module
 */

/** Something that was seen of an epoch. */
export interface Seen {
  /** Its conversation. */
  readonly conversation: string;
  /** The server's id. */
  readonly id: number;
  /** The epoch whose record or key it rests on. */
  readonly epoch: number;
}

/** What was seen of epochs, in all conversations. */
export class EpochOrder {
  /** Conversation → epoch → the least id that was seen of it. */
  readonly #first = new Map<string, Map<number, number>>();

  /** Takes note of something. */
  see({ conversation, id, epoch }: Seen): void {
    const first = this.#first.get(conversation) ?? new Map<number, number>();
    this.#first.set(conversation, first);
    first.set(epoch, Math.min(first.get(epoch) ?? id, id));
  }

  /** Whether something of a later epoch comes before it, as far as was seen. */
  isBehind({ conversation, id, epoch }: Seen): boolean {
    for (const [later, first] of this.#first.get(conversation) ?? []) {
      if (later > epoch && first < id) return true;
    }
    return false;
  }
}
