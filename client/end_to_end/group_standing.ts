/**
 * Where this user stands in a group, by its accepted chain: in it, its owner, or neither.
 *
 * Source: FTC1 §7.4; PRODUCT §3.
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import type { ChainHead } from "../../cipher/epoch_rules.ts";
import type { Identity } from "../../cipher/identity.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import { Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { Chains } from "./chains.ts";
import type { GroupPins } from "./group_pins.ts";
import type { KeyDirectory } from "./key_directory.ts";
import type { Readiness } from "./readiness.ts";
import { findRekeyed } from "./rekeyed.ts";
import { noGroup, type Resolver } from "./resolver.ts";

/** What is looked at. */
export interface GroupStandingOptions {
  /** Finds groups. */
  readonly resolver: Resolver;
  /** Chains. */
  readonly chains: Chains;
  /** Epochs that must come first. */
  readonly readiness: Readiness;
  /** Key records. */
  readonly keys: KeyDirectory;
  /** Names of groups as pinned. */
  readonly groups: GroupPins;
  /** Who does it. */
  readonly identity: () => Identity;
}

/** Where this user stands. */
export class GroupStanding {
  readonly #options: GroupStandingOptions;

  /**
   * Makes it.
   *
   * @param options What is looked at.
   */
  constructor(options: GroupStandingOptions) {
    this.#options = options;
  }

  /**
   * Finds the chain of a group that this user is in, as it is now.
   *
   * @throws {Refused} If there is none, or the name means another group here.
   */
  async chain(name: string): Promise<Chain> {
    const place = await this.#options.resolver.group(name);
    if (place === null) throw noGroup(name);
    const { groups, chains } = this.#options;
    groups.refuseStranger(place);
    // Who has left meanwhile is known by nothing but a note, until somebody takes him off the list.
    const chain = await chains.refresh(place);
    const { user, fingerprint } = this.#options.identity();
    const listed = chain.presentMember(user)?.fingerprint;
    // Notes and records are signed by the keys that the list has.
    if (listed !== undefined && !equal(listed, fingerprint)) {
      await this.#options.readiness.prepare(chain, "change");
    }
    return chain;
  }

  /**
   * Gives the newest state to one who is in it.
   *
   * @throws {Refused} If he is not.
   */
  asMember(chain: Chain): ChainHead {
    const { head } = chain;
    const { user } = this.#options.identity();
    if (head === null || head.closed || chain.presentMember(user) === undefined) {
      throw noGroup(chain.name);
    }
    return head;
  }

  /** Who owns a group and has no account any more takes its changes with him (FTC1 §7.4). */
  async #refuseOther(chain: Chain, owner: string): Promise<never> {
    const { keys } = this.#options;
    const listed = chain.head?.members.get(owner);
    const present = (await keys.present([owner])).get(owner);
    const isGone = present === undefined || (listed !== undefined && present !== "invalid" &&
      !equal(present.fingerprint, listed.fingerprint) &&
      (await findRekeyed(new Map([[owner, listed]]), [{ ...listed, ...present }], keys)).size ===
        0);
    const msg = `Only the owner of ${chain.name} can do that.` +
      (isGone
        ? ` ${owner} is gone for good, so its members cannot change any more: make a new group.`
        : "");
    throw new Refused({ code: "not_owner", msg });
  }

  /**
   * Gives the newest state to its owner. Where the owner has left, the next one is it once the removal is
   * made.
   *
   * @throws {Refused} If he is not the owner.
   */
  async asOwner(chain: Chain): Promise<ChainHead> {
    const { identity, readiness } = this.#options;
    const owner = () => [...this.asMember(chain).members.values()].find(isOwner)?.name ?? "";
    if (chain.open.leavers.has(owner())) await readiness.prepare(chain, "change");
    if (owner() !== identity().user) await this.#refuseOther(chain, owner());
    return this.asMember(chain);
  }
}

function isOwner({ role }: Member): boolean {
  return role === ROLE.owner;
}
