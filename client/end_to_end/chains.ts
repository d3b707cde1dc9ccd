/**
 * All chains that this client follows: fetched, checked and pinned.
 *
 * A chain is fetched when it is first needed on a connection, from behind the last epoch accepted. What
 * was once accepted is remembered in the client state (FTC1 §7.7), so that a server cannot go back behind
 * it or show two histories to one account.
 *
 * Source: FTC1 §7.3, §7.4, §7.7, §7.8.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import { MAX_EPOCHS } from "../../cipher/epoch.ts";
import { hash } from "../../cipher/kdf.ts";
import { isMemberName } from "../../cipher/member_list.ts";
import type { EpochPiece } from "../../protocol/event.ts";
import { type Asker, askFor } from "./asker.ts";
import { BadChain } from "./bad_chain.ts";
import { Chain, type ChainOptions } from "./chain.ts";
import type { ClientState, ConversationState } from "./client_state.ts";
import { type EpochParts, joinPieces, type OpenParts } from "./epoch_parts.ts";
import type { KeyDirectory } from "./key_directory.ts";
import type { Pins } from "./pins.ts";

/** Which conversation. */
export interface ChainPlace {
  /** The id, base64url. */
  readonly id: string;
  /** Direct or group. */
  readonly kind: "direct" | "group";
  /** The group, or the other user. */
  readonly name: string;
}

/** What chains work with. */
export interface ChainsOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Key records. */
  readonly keys: KeyDirectory;
  /** What was accepted before. */
  readonly state: ClientState;
  /** Keys of the others, as pinned. */
  readonly pins: Pins;
  /** Who reads. */
  readonly me: ChainOptions["me"];
  /** Runs something that nobody waits for; its failure is told. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Told of each chain that was fetched. */
  readonly fetched: (chain: Chain) => void;
  /** Whether a name means something else here. */
  readonly isStranger: (place: ChainPlace) => boolean;
  /** Told of a conversation, begun by somebody else, under a name that means something else here. */
  readonly stranger: (place: ChainPlace) => void;
}

/** Pages of pieces that are asked for at once; a faulty server may never say that it ends. */
const MAX_PAGES = 2_000;

/** Times that pieces are asked for again that do not fit together. */
const READS = 4;

interface Fetched {
  readonly epochs: readonly EpochParts[];
  readonly open: OpenParts;
  readonly sent: number;
}

/**
 * Pieces of one epoch: lists of 1,001 by 200, their leave notes by 60, and behind the newest epoch the
 * complaints of them all.
 */
const MAX_PIECES = 128;

interface Followed {
  readonly chain: Chain;
  isFresh: boolean;
  /** The newest epoch whose list was compared with the pins: nothing is read under a later one. */
  trusted: number;
  work: Promise<void>;
}

/** The chains of a run. */
export class Chains {
  readonly #options: ChainsOptions;
  readonly #followed = new Map<string, Followed>();

  /**
   * Makes an empty one.
   *
   * @param options Whom to ask, what to compare with.
   */
  constructor(options: ChainsOptions) {
    this.#options = options;
  }

  /** There is another connection: what is known may be old. */
  connected(): void {
    for (const followed of this.#followed.values()) followed.isFresh = false;
  }

  /**
   * Gives the chain of a conversation, asked for at least once on this connection.
   *
   * @param place Which.
   * @throws {BadChain} If the server shows what must not be accepted.
   * @throws {import("./asker.ts").CutOff} If the connection is lost.
   */
  async get(place: ChainPlace): Promise<Chain> {
    const followed = this.#follow(place);
    const { chain } = followed;
    // What was withheld may be given by now.
    const isDone = () => followed.isFresh && chain.withheld.length === 0;
    await this.#inTurn(followed, () => isDone() ? null : this.#fetch(followed));
    return chain;
  }

  /**
   * Gives the chain with an epoch in it, fetching only where that is not known yet.
   *
   * @param place Which.
   * @param epoch The epoch that is needed.
   * @throws {BadChain} As {@linkcode get}; also if the server has no such epoch.
   */
  async upTo(place: ChainPlace, epoch: number): Promise<Chain> {
    const followed = this.#follow(place);
    const { chain } = followed;
    const lacks = () => epoch > followed.trusted;
    await this.#inTurn(followed, () => lacks() ? this.#fetch(followed) : null);
    if (!lacks()) return chain;
    // An id that the server has made up is not worth remembering.
    if (chain.head === null) this.#followed.delete(chain.id);
    throw new BadChain("no such epoch");
  }

  /** Fetches what is new, and what is open; throws as {@linkcode get}. */
  async refresh(place: ChainPlace): Promise<Chain> {
    const followed = this.#follow(place);
    await this.#inTurn(followed, () => this.#fetch(followed));
    return followed.chain;
  }

  /** The chain of a conversation, if it is followed. */
  find(id: string): Chain | undefined {
    return this.#followed.get(id)?.chain;
  }

  /** One id is one conversation: the server cannot give it another name. */
  #follow({ id, kind, name }: ChainPlace): Followed {
    const known = this.#followed.get(id);
    const isSame = known?.chain.kind === kind && known.chain.name === name;
    if (known !== undefined && isSame) return known;
    // What never bore out its name was never that conversation.
    if (known !== undefined && known.chain.head !== null) throw new BadChain("place");
    if (!isMemberName(name)) throw new BadChain("place");
    const { keys, me } = this.#options;
    const conversation = decodeBase64Url(id, { length: 32 });
    const chain = new Chain({ conversation, kind, name, me, keys });
    const followed = { chain, isFresh: false, trusted: -1, work: Promise.resolve() };
    this.#followed.set(id, followed);
    return followed;
  }

  /** One after the other: two that need the same chain fetch it once. */
  async #inTurn(followed: Followed, action: () => Promise<void> | null): Promise<void> {
    const turn = followed.work.then(action);
    followed.work = turn.then(() => {}, () => {});
    await turn;
  }

  async #fetch(followed: Followed): Promise<void> {
    const { chain } = followed;
    const { epochs, open, sent } = await this.#askWhole(chain);
    for (const parts of epochs) await this.#accept(chain, parts);
    await chain.setOpen(open);
    chain.sent = sent;
    this.#compare(followed);
    const { head } = chain;
    const isNew = head !== null && head.epoch > followed.trusted;
    if (isNew || chain.withheld.length > 0) await this.#seeMembers(chain);
    followed.trusted = head?.epoch ?? -1;
    this.#pin(chain);
    followed.isFresh = true;
    this.#options.fetched(chain);
  }

  /** One history for one account: what was pinned must be in it. */
  async #accept(chain: Chain, parts: EpochParts): Promise<void> {
    const pinned = this.#options.state.conversation(chain.id);
    const isPinned = pinned?.epoch === (chain.head?.epoch ?? -1) + 1;
    if (isPinned && encodeBase64Url(await hash(parts.record)) !== pinned?.hash) {
      throw new BadChain("equivocation");
    }
    await chain.accept(parts);
  }

  /** Where an epoch is made between two pages, the pieces do not fit together: once more. */
  async #askWhole(chain: Chain): Promise<Fetched> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#ask(chain);
      } catch (error) {
        const isTorn = error instanceof BadChain && error.reason === "pieces";
        if (!isTorn || tries === READS) throw error;
      }
    }
  }

  async #ask(chain: Chain): Promise<Fetched> {
    const from = (chain.head?.epoch ?? -1) + 1;
    const pieces: EpochPiece[] = [];
    let [last, piece] = [from, 0];
    for (let page = 0; page < MAX_PAGES; page++) {
      const question = { t: "epochs", conversation: chain.id, from: last, piece } as const;
      const answer = await askFor(this.#options.asker, question, "epochs");
      if ((answer.head ?? -1) < from - 1) throw new BadChain("old state");
      for (const one of answer.pieces) {
        if (one.e < last) throw new BadChain("pieces");
        [last, piece] = [one.e, one.e === last ? piece + 1 : 1];
        if (last > MAX_EPOCHS || piece > MAX_PIECES) throw new BadChain("limit");
        pieces.push(one);
      }
      if (!answer.more || answer.pieces.length === 0) {
        return { ...joinPieces(pieces, from), sent: answer.sent ?? 0 };
      }
    }
    throw new BadChain("limit");
  }

  /** A device in use is not shown what it knows to be old. */
  #compare({ chain, trusted }: Followed): void {
    const pinned = this.#options.state.conversation(chain.id);
    if (pinned === undefined || pinned.epoch <= (chain.head?.epoch ?? -1)) return;
    // It may be a fork from before the pinned epoch: the true one is to be asked for from the beginning.
    if (trusted < 0) this.#followed.delete(chain.id);
    throw new BadChain("old state");
  }

  #pin(chain: Chain): void {
    const { state, me, inBackground } = this.#options;
    const { head } = chain;
    if (head === null) return;
    const fresh: Omit<ConversationState, "pin"> = {
      id: chain.id,
      kind: chain.kind,
      name: chain.name,
      epoch: head.epoch,
      hash: encodeBase64Url(head.hash),
    };
    // What comes under a name that means something else here is not pinned before the user says so.
    if (this.#options.isStranger(chain)) return this.#meet(chain);
    const isNewer = fresh.epoch > (state.conversation(chain.id)?.epoch ?? -1);
    if (!head.members.has(me.user) || !isNewer) return;
    inBackground(state.update((current) => {
      const before = current.conversation(chain.id);
      if (before !== undefined && before.epoch >= fresh.epoch) return {};
      return { conversations: [{ ...fresh, pin: before?.pin ?? 0 }] };
    }));
  }

  /** Who makes a group means it. */
  #meet(chain: Chain): void {
    const { me: { identities }, stranger } = this.#options;
    const creator = chain.record(0)?.signerFingerprint ?? new Uint8Array();
    if (!identities.some(({ fingerprint }) => equal(fingerprint, creator))) stranger(chain);
  }

  /** The keys of the newest list are what the others have now, as far as the members know. */
  async #seeMembers(chain: Chain): Promise<void> {
    const { pins, keys, state, me } = this.#options;
    const changed = [...chain.head?.members.values() ?? []].filter(({ name, fingerprint }) => {
      const pinned = state.peer(name)?.fp;
      return name !== me.user && pinned !== encodeBase64Url(fingerprint);
    });
    chain.withheld = [];
    if (changed.length === 0) return;
    const found = await keys.byFingerprint(
      changed.map(({ name, fingerprint }) => ({ user: name, fingerprint })),
    );
    // Keys that are listed and not given are as good as wrong ones.
    const records = changed.map(({ name, fingerprint }) => {
      return [name, found.get(fingerprint.toHex()) ?? "invalid"] as const;
    });
    chain.withheld = records.flatMap(([name, record]) => record === "invalid" ? [name] : []);
    await pins.see(new Map(records), { from: "list" });
  }
}
