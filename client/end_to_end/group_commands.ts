/**
 * The commands for groups: which epoch each of them makes (FTC1 §7.4).
 *
 * The accepted chain says who is a member and who owns the group; the server checks the same again.
 * Source: PRODUCT §3.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { groupId } from "../../cipher/conversation.ts";
import type { ChainHead } from "../../cipher/epoch_rules.ts";
import { signLeaveNote } from "../../cipher/leave_note.ts";
import type { Member } from "../../cipher/member_list.ts";
import type { RequestId } from "../../protocol/command.ts";
import type { Intent } from "../intent.ts";
import { type Asker, Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { EpochMaker } from "./epoch_maker.ts";
import { EpochOnce } from "./epoch_once.ts";
import { GroupStanding, type GroupStandingOptions } from "./group_standing.ts";
import type { NewList, NewLists } from "./new_list.ts";

/** An intent about a group. */
export type GroupIntent = Extract<Intent, { readonly group: string }>;

/** What group commands need. */
export interface GroupCommandsOptions extends GroupStandingOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Makes epochs. */
  readonly maker: EpochMaker;
  /** Lists of members. */
  readonly lists: NewLists;
}

/** Times that a change is made again because somebody else was faster. */
const TRIES = 16;

type Handlers = {
  readonly [T in GroupIntent["t"]]: (
    intent: GroupIntent & { readonly t: T },
  ) => Promise<string | undefined>;
};

/** Does what a user wants of groups. */
export class GroupCommands {
  readonly #options: GroupCommandsOptions;
  readonly #handlers: Handlers;
  readonly #once: EpochOnce;
  readonly #standing: GroupStanding;
  /** The last note that was sent: its answer may be lost. */
  #left: RequestId | null = null;

  /**
   * Makes them.
   *
   * @param options What they work with.
   */
  constructor(options: GroupCommandsOptions) {
    this.#options = options;
    this.#once = new EpochOnce(options.maker, options.chains);
    this.#standing = new GroupStanding(options);
    this.#handlers = {
      group_set: (intent) => this.#set(intent),
      group_add: (intent) => this.#alter(intent, (head) => options.lists.add(head, intent)),
      group_remove: (intent) => this.#alter(intent, (head) => options.lists.remove(head, intent)),
      group_leave: (intent) => this.#leave(intent),
      group_delete: (intent) => this.#delete(intent),
    };
  }

  /**
   * Does one.
   *
   * @param intent What; asked for again with the same id after a lost connection, it is done once.
   * @returns A sentence, where there is more to say than that it is done.
   * @throws {Refused} If it is not done; the sentence says why.
   */
  async perform(intent: GroupIntent): Promise<string | undefined> {
    if (await this.#once.wasMade(intent.id)) return undefined;
    const handler = this.#handlers[intent.t] as (
      intent: GroupIntent,
    ) => Promise<string | undefined>;
    return await handler(intent);
  }

  async #set(intent: GroupIntent & { readonly t: "group_set" }): Promise<string | undefined> {
    const { resolver, lists } = this.#options;
    if (await resolver.group(intent.group) !== null) {
      return await this.#alter(intent, (head) => lists.replace(head, intent));
    }
    await this.#refuseUserName(intent.group);
    const members = await lists.create(intent);
    await this.#create(intent, members);
  }

  async #create(intent: GroupIntent, members: readonly Member[]): Promise<void> {
    const { chains, groups, identity, resolver } = this.#options;
    const { realm, fingerprint } = identity();
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const id = encodeBase64Url(await groupId(realm, intent.group, nonce, fingerprint));
    const place = { kind: "group", name: intent.group, id } as const;
    const chain = await chains.get(place);
    if (!await this.#once.make(intent.id, chain, { change: "create", members, nonce })) {
      throw tooFast();
    }
    resolver.forget(intent.group);
    const { head } = chain;
    // Who makes a group means it.
    if (head === null || !groups.isStranger(place)) return;
    await groups.accept(place, { epoch: head.epoch, hash: encodeBase64Url(head.hash) });
  }

  async #refuseUserName(name: string): Promise<void> {
    try {
      const { kind } = await this.#options.resolver.find(name);
      if (kind === "group") return;
    } catch (error) {
      if (error instanceof Refused && error.code === "no_user") return;
      if (error instanceof Refused && error.code === "no_group") return;
      throw error;
    }
    throw new Refused({ code: "name_taken", msg: `The name ${name} is taken.` });
  }

  /** Makes a change of an existing group; again where somebody else was faster. */
  async #alter(
    intent: GroupIntent,
    plan: (head: ChainHead) => Promise<NewList | null>,
  ): Promise<string | undefined> {
    const { chains, readiness } = this.#options;
    const chain = await this.#standing.chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = await this.#standing.asOwner(chain);
      const list = await plan(head);
      if (list === null) return `Group ${chain.name}: nothing to change.`;
      if (chain.open.leavers.size > 0) await readiness.prepare(chain, "change");
      else if (list.change === "add" && !await readiness.ensureKey(chain)) continue;
      else if (await this.#once.make(intent.id, chain, list)) return undefined;
      await chains.refresh(chain);
    }
    throw tooFast();
  }

  async #delete(intent: GroupIntent): Promise<undefined> {
    const { chains, resolver } = this.#options;
    const chain = await this.#standing.chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = await this.#standing.asOwner(chain);
      const members = [...head.members.values()];
      if (await this.#once.make(intent.id, chain, { change: "close", members })) {
        return void resolver.forget(intent.group);
      }
      await chains.refresh(chain);
    }
    throw tooFast();
  }

  /** By a note; the last one closes the group instead. */
  async #leave(intent: GroupIntent): Promise<undefined> {
    const { resolver, chains } = this.#options;
    const place = await resolver.group(intent.group);
    if (place === null && this.#left === intent.id) return;
    const chain = await this.#standing.chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = this.#standing.asMember(chain);
      const others = [...head.members.keys()].filter((name) => chain.presentMember(name));
      const done = others.length > 1
        ? await this.#sendNote(intent, chain)
        : await this.#once.make(intent.id, chain, {
          change: "close",
          members: [...head.members.values()],
        });
      if (done) return void resolver.forget(intent.group);
      await chains.refresh(chain);
    }
    throw tooFast();
  }

  async #sendNote(intent: GroupIntent, chain: Chain): Promise<boolean> {
    const { asker, identity } = this.#options;
    const { user, signKey, fingerprint } = identity();
    const { bytes } = await signLeaveNote(signKey, {
      name: user,
      conversation: chain.conversation,
      epoch: chain.head?.epoch ?? 0,
      fingerprint,
    });
    this.#left = intent.id;
    const note = encodeBase64Url(bytes);
    const answer = await asker.ask({ t: "leave", conversation: chain.id, note });
    if (answer.t === "ok") return true;
    if (answer.t === "error" && answer.code !== "stale_epoch") throw new Refused(answer);
    return false;
  }
}

function tooFast(): Refused {
  return new Refused({ code: "stale_epoch", msg: "The group changes too fast. Try again." });
}
