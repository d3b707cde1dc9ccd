/**
 * Makes a conversation fit to be sent to: first the epochs that must come before the next message.
 *
 * | what is known | epoch |
 * |---|---|
 * | a direct conversation has none | create |
 * | somebody has left by a note | remove |
 * | a member has newer keys, signed by the listed ones; in a direct conversation any other keys | rekey |
 * | there is no fitting key here, or the epoch is 7 days or 10,000 messages old | rotate |
 *
 * Source: FTC1 §7.4, "Rules for senders".
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import { MAX_EPOCHS, RESERVED_EPOCHS } from "../../cipher/epoch.ts";
import type { ChainHead } from "../../cipher/epoch_rules.ts";
import type { Identity } from "../../cipher/identity.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import { Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { Chains } from "./chains.ts";
import type { EpochMaker } from "./epoch_maker.ts";
import { listAfter } from "./epoch_parts.ts";
import type { KeyDirectory } from "./key_directory.ts";
import { obstacleOf } from "./pin_words.ts";
import type { Pins } from "./pins.ts";
import { findRekeyed } from "./rekeyed.ts";
import { noGroup } from "./resolver.ts";

/** Milliseconds after which an epoch is rotated (FTC1 §7.4). */
const ROTATE_MS = 7 * 86_400_000;

/** Messages after which an epoch is rotated (FTC1 §7.4). */
const ROTATE_MESSAGES = 10_000;

/** Epochs that are made, or found made by others, before it is given up. */
const TRIES = 16;

/** What readiness needs. */
export interface ReadinessOptions {
  /** Chains. */
  readonly chains: Chains;
  /** Makes epochs. */
  readonly maker: EpochMaker;
  /** Key records. */
  readonly keys: KeyDirectory;
  /** Keys as pinned. */
  readonly pins: Pins;
  /** Who sends. */
  readonly identity: () => Identity;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Says to the server that the key of an epoch is missing. */
  readonly complain: (chain: Chain, epoch: number) => void;
}

/** Makes conversations fit to be sent to. */
export class Readiness {
  readonly #options: ReadinessOptions;
  /** Direct conversation → the present fingerprint of its other user, asked for on this connection. */
  readonly #present = new Map<string, Uint8Array>();
  /** Users who were blocked and have been looked at again on this connection. */
  readonly #lookedAt = new Set<string>();

  /**
   * Makes it.
   *
   * @param options Chains, keys, pins.
   */
  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** There is another connection, or the server says that something is stale. */
  forget(id?: string): void {
    if (id !== undefined) return void this.#present.delete(id);
    this.#present.clear();
    this.#lookedAt.clear();
  }

  /**
   * Makes the epochs that must come first.
   *
   * @param chain The conversation.
   * @param purpose
   * @returns The head to send under, or to build on.
   * @throws {Refused} If nothing may be sent; the sentence says why.
   */
  async prepare(chain: Chain, purpose: "message" | "change"): Promise<ChainHead> {
    for (let tries = 0; tries < TRIES; tries++) {
      const head = await this.#step(chain, purpose);
      if (head !== null) return head;
    }
    throw new Refused({
      code: "stale_epoch",
      msg: "The keys of this conversation change too fast. Try again.",
    });
  }

  /** `null` where something was done, and it is to be looked at again. */
  async #step(chain: Chain, purpose: "message" | "change"): Promise<ChainHead | null> {
    const { head } = chain;
    const { user } = this.#options.identity();
    if (head === null) {
      if (chain.kind === "group") throw noGroup(chain.name);
      return await this.#make(chain, "create", await this.#pair(chain));
    }
    if (head.closed || chain.presentMember(user) === undefined) throw noGroup(chain.name);
    // What was warned of stops messages, not the removal of the one it is about.
    if (purpose === "message") {
      await this.#lookAgain(head.members.keys());
      this.#refuseObstacle(head.members.keys());
      // In a group the listed keys get the message, whatever keys the server shows beside the list.
      const [withheld] = chain.kind === "group" ? chain.withheld : [];
      if (withheld !== undefined) {
        throw new Refused({ code: "trust", msg: obstacleOf(withheld, "invalid") });
      }
    }
    const own = underOwnKeys(head, this.#options.identity());
    // Whoever signs the next record must do so by the keys that the list has.
    if (chain.kind === "group" && own !== null) return await this.#make(chain, "rekey", own);
    if (chain.open.leavers.size > 0) {
      const step = { change: "remove", signer: user } as const;
      const parts = { added: new Map(), removed: chain.open.leavers };
      return await this.#make(chain, "remove", listAfter(head, step, parts));
    }
    if (purpose === "change" && chain.kind === "group") return head;
    const rekeyed = chain.kind === "direct"
      ? await this.#otherPair(chain, head)
      : await this.#rekeyed(chain, head);
    if (rekeyed !== null) return await this.#make(chain, "rekey", rekeyed);
    if (purpose === "change") return head;
    return await this.#isWorn(chain, head) ? await this.#rotate(chain, head) : head;
  }

  /** Somebody else may be faster: then there is another head to look at. */
  async #make(
    chain: Chain,
    change: "create" | "remove" | "rekey" | "rotate",
    members: readonly Member[],
  ): Promise<null> {
    const { chains, maker } = this.#options;
    try {
      await maker.make(chain, { change, members });
    } catch (error) {
      if (!(error instanceof Refused && error.code === "stale_epoch")) throw error;
      this.#present.delete(chain.id);
      await chains.refresh(chain);
    }
    return null;
  }

  /**
   * Makes sure that there is a key to build on: without a fitting wrap, a new one for all (FTC1 §7.5).
   *
   * @param chain The conversation.
   * @returns Whether there was one; else the chain has another head now.
   * @throws {Refused} If a new one cannot be made at present.
   */
  async ensureKey(chain: Chain): Promise<boolean> {
    const { head } = chain;
    if (head === null || await chain.keys.key(head.epoch) !== null) return true;
    this.#options.complain(chain, head.epoch);
    await this.#rotate(chain, head);
    return false;
  }

  async #rotate(chain: Chain, head: ChainHead): Promise<ChainHead | null> {
    try {
      return await this.#make(chain, "rotate", [...head.members.values()]);
    } catch (error) {
      // One an hour: an old key is still a key.
      const isTooSoon = error instanceof Refused && error.code === "rate";
      if (isTooSoon && await chain.keys.key(head.epoch) !== null) return head;
      throw error;
    }
  }

  async #isWorn(chain: Chain, head: ChainHead): Promise<boolean> {
    if (await chain.keys.key(head.epoch) === null) {
      // Others may be asked for the key; and where one is missing, the server lets a new one be made sooner.
      this.#options.complain(chain, head.epoch);
      return true;
    }
    if (head.epoch + 1 >= MAX_EPOCHS - RESERVED_EPOCHS) return false;
    const { time = 0 } = chain.record(head.epoch) ?? {};
    return this.#options.now() - time > ROTATE_MS || chain.sent >= ROTATE_MESSAGES;
  }

  /** The list with newer keys in it that the listed ones have signed, or `null` where there are none. */
  async #rekeyed(chain: Chain, head: ChainHead): Promise<readonly Member[] | null> {
    const names = [...chain.open.rekeyed].filter((name) => head.members.has(name));
    if (names.length === 0) return null;
    const { keys, pins } = this.#options;
    const present = await keys.present(names);
    const list = [...head.members.values()].map((member): Member => {
      const record = present.get(member.name) ?? "invalid";
      return record === "invalid" ? member : { ...member, fingerprint: record.fingerprint };
    });
    // The server's word for it is not enough to give anybody the key.
    const signed = await findRekeyed(head.members, list, keys);
    if (signed.size === 0) return null;
    await pins.see(new Map([...present].filter(([name]) => signed.has(name))));
    this.#refuseObstacle(signed);
    return list.map((member) =>
      signed.has(member.name) ? member : head.members.get(member.name) ?? member
    );
  }

  /** The two under their present keys, or `null` where those are listed. */
  async #otherPair(chain: Chain, head: ChainHead): Promise<readonly Member[] | null> {
    const pair = await this.#pair(chain);
    const isListed = pair.every(({ name, fingerprint }) => {
      const listed = head.members.get(name);
      return listed !== undefined && equal(listed.fingerprint, fingerprint);
    });
    if (isListed) return null;
    return pair.map((one) => ({ ...one, role: head.members.get(one.name)?.role ?? ROLE.member }));
  }

  /** The two of a direct conversation under their present keys; who makes it is listed as owner. */
  async #pair(chain: Chain): Promise<Member[]> {
    const { user, fingerprint } = this.#options.identity();
    const me = { name: user, fingerprint, role: ROLE.owner };
    if (chain.name === user) return [me];
    const other = this.#present.get(chain.id) ?? await this.#look(chain);
    return [me, { name: chain.name, fingerprint: other, role: ROLE.member }];
  }

  /** Asks, once on each connection, what keys the other user has now, and compares them with the pin. */
  async #look(chain: Chain): Promise<Uint8Array> {
    const { keys, pins } = this.#options;
    const found = await keys.present([chain.name]);
    await pins.see(found);
    this.#refuseObstacle([chain.name]);
    const record = found.get(chain.name);
    if (record === undefined || record === "invalid") {
      throw new Refused({ code: "no_user", msg: `User ${chain.name} does not exist.` });
    }
    this.#present.set(chain.id, record.fingerprint);
    return record.fingerprint;
  }

  /** Who was blocked on an earlier connection is not blocked for ever. */
  async #lookAgain(names: Iterable<string>): Promise<void> {
    const { keys, pins } = this.#options;
    const blocked = pins.blocked(names).filter((name) => !this.#lookedAt.has(name));
    if (blocked.length === 0) return;
    for (const name of blocked) this.#lookedAt.add(name);
    await pins.see(await keys.present(blocked));
  }

  #refuseObstacle(names: Iterable<string>): void {
    const { user } = this.#options.identity();
    const others = [...names].filter((name) => name !== user);
    const obstacle = this.#options.pins.obstacle(others);
    if (obstacle !== null) throw new Refused({ code: "trust", msg: obstacle });
  }
}

/** The list with one's own present keys in it, or `null` where it has them. */
function underOwnKeys(head: ChainHead, { user, fingerprint }: Identity): readonly Member[] | null {
  const listed = head.members.get(user);
  if (listed === undefined || equal(listed.fingerprint, fingerprint)) return null;
  return [...head.members.values()].map((one) => one.name === user ? { ...one, fingerprint } : one);
}
