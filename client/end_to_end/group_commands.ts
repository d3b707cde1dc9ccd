/**
 * The commands for groups: which epoch each of them makes (FTC1 §7.4).
 *
 * The accepted chain says who is a member and who owns the group; the server checks the same again.
 * Source: PRODUCT §3.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import { groupId } from "../../cipher/conversation.ts";
import type { Change } from "../../cipher/epoch.ts";
import type { ChainHead } from "../../cipher/epoch_rules.ts";
import type { Identity } from "../../cipher/identity.ts";
import { signLeaveNote } from "../../cipher/leave_note.ts";
import { type Member, ROLE } from "../../cipher/member_list.ts";
import type { RequestId } from "../../protocol/command.ts";
import type { Intent } from "../intent.ts";
import { type Asker, askFor, Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { ChainPlace, Chains } from "./chains.ts";
import type { EpochMaker } from "./epoch_maker.ts";
import type { GroupPins } from "./group_pins.ts";
import { type NewList, NewLists } from "./new_list.ts";
import type { Readiness } from "./readiness.ts";
import { noGroup, type Resolver } from "./resolver.ts";

/** An intent about a group. */
export type GroupIntent = Extract<Intent, { readonly group: string }>;

/** What group commands need. */
export interface GroupCommandsOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Finds groups. */
  readonly resolver: Resolver;
  /** Chains. */
  readonly chains: Chains;
  /** Makes epochs. */
  readonly maker: EpochMaker;
  /** Epochs that must come first. */
  readonly readiness: Readiness;
  /** Lists of members. */
  readonly lists: NewLists;
  /** Names of groups as pinned. */
  readonly groups: GroupPins;
  /** Who does it. */
  readonly identity: () => Identity;
}

/** Times that a change is made again because somebody else was faster. */
const TRIES = 16;

/** Intents whose outcome is remembered until they are asked for again. */
const MOST_REMEMBERED = 64;

interface Made {
  readonly place: ChainPlace;
  readonly epoch: number;
  readonly hash: string;
}

type Handlers = {
  readonly [T in GroupIntent["t"]]: (
    intent: GroupIntent & { readonly t: T },
  ) => Promise<string | undefined>;
};

/** Does what a user wants of groups. */
export class GroupCommands {
  readonly #options: GroupCommandsOptions;
  readonly #handlers: Handlers;
  /** What was under way when a connection was lost. */
  readonly #made = new Map<RequestId, Made>();
  readonly #left = new Set<RequestId>();

  /**
   * Makes them.
   *
   * @param options What they work with.
   */
  constructor(options: GroupCommandsOptions) {
    this.#options = options;
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
    if (await this.#wasDone(intent.id)) return undefined;
    const handler = this.#handlers[intent.t] as (
      intent: GroupIntent,
    ) => Promise<string | undefined>;
    return await handler(intent);
  }

  async #wasDone(id: RequestId): Promise<boolean> {
    const made = this.#made.get(id);
    if (made === undefined) return false;
    const chain = await this.#options.chains.get(made.place);
    const record = chain.record(made.epoch);
    return record !== undefined && encodeBase64Url(record.hash) === made.hash;
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
    await this.#make(intent, chain, { change: "create", members, nonce });
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
    const chain = await this.#chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = await this.#asOwner(chain);
      const list = await plan(head);
      if (list === null) return `Group ${chain.name}: nothing to change.`;
      if (chain.open.leavers.size > 0) await readiness.prepare(chain, "change");
      else if (await this.#tryToMake(intent, chain, list)) return undefined;
      await chains.refresh(chain);
    }
    throw tooFast();
  }

  async #delete(intent: GroupIntent): Promise<undefined> {
    const { chains, resolver } = this.#options;
    const chain = await this.#chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = await this.#asOwner(chain);
      const members = [...head.members.values()];
      if (await this.#tryToMake(intent, chain, { change: "close", members })) {
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
    if (place === null && this.#left.has(intent.id)) return;
    const chain = await this.#chain(intent.group);
    for (let tries = 0; tries < TRIES; tries++) {
      const head = this.#asMember(chain);
      const others = [...head.members.keys()].filter((name) => chain.presentMember(name));
      const done = others.length > 1
        ? await this.#sendNote(intent, chain)
        : await this.#tryToMake(intent, chain, {
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
    remember(this.#left, intent.id);
    const note = encodeBase64Url(bytes);
    const answer = await asker.ask({ t: "leave", conversation: chain.id, note });
    if (answer.t === "ok") return true;
    if (answer.t === "error" && answer.code !== "stale_epoch") throw new Refused(answer);
    return false;
  }

  async #chain(name: string): Promise<Chain> {
    const place = await this.#options.resolver.group(name);
    if (place === null) throw noGroup(name);
    this.#options.groups.refuseStranger(place);
    const chain = await this.#options.chains.get(place);
    const { user, fingerprint } = this.#options.identity();
    const listed = chain.presentMember(user)?.fingerprint;
    // Notes and records are signed by the keys that the list has.
    if (listed !== undefined && !equal(listed, fingerprint)) {
      await this.#options.readiness.prepare(chain, "change");
    }
    return chain;
  }

  #asMember(chain: Chain): ChainHead {
    const { head } = chain;
    const { user } = this.#options.identity();
    if (head === null || head.closed || chain.presentMember(user) === undefined) {
      throw noGroup(chain.name);
    }
    return head;
  }

  /** Where the owner has left, the next one is it once the removal is made. */
  async #asOwner(chain: Chain): Promise<ChainHead> {
    const { identity, readiness } = this.#options;
    const owner = () => [...this.#asMember(chain).members.values()].find(isOwner)?.name ?? "";
    if (chain.open.leavers.has(owner())) await readiness.prepare(chain, "change");
    if (owner() !== identity().user) {
      const msg = `Only the owner of ${chain.name} can do that.`;
      throw new Refused({ code: "not_owner", msg });
    }
    return this.#asMember(chain);
  }

  /** False where somebody else was faster. */
  async #tryToMake(intent: GroupIntent, chain: Chain, list: NewList): Promise<boolean> {
    try {
      await this.#make(intent, chain, list);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.code === "stale_epoch") return false;
      throw error;
    }
  }

  async #make(
    intent: GroupIntent,
    chain: Chain,
    plan: {
      readonly change: Change;
      readonly members: readonly Member[];
      readonly nonce?: Uint8Array;
    },
  ): Promise<void> {
    const { kind, name, id } = chain;
    await this.#options.maker.make(chain, {
      ...plan,
      signed: ({ epoch, hash }) => {
        remember(this.#made, intent.id);
        this.#made.set(intent.id, {
          place: { kind, name, id },
          epoch,
          hash: encodeBase64Url(hash),
        });
      },
    });
  }
}

function isOwner({ role }: Member): boolean {
  return role === ROLE.owner;
}

function tooFast(): Refused {
  return new Refused({ code: "stale_epoch", msg: "The group changes too fast. Try again." });
}

/** Makes room for one more. */
function remember(known: Map<RequestId, Made> | Set<RequestId>, id: RequestId): void {
  const [oldest] = known.keys();
  if (known.size >= MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
  if (known instanceof Set) known.add(id);
}
