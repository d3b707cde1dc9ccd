/**
 * Decides what becomes of an order: which conversation, which entries, for whom.
 *
 * Synchronous and without I/O, so the order in which it is asked is the order that everybody sees.
 * Deciding changes nothing but the next id: the journal stores the entries first, and then
 * `delivery.ts` makes them part of the state. Nothing may be decided on a state that is decided but
 * not yet stored (`changesState`).
 *
 * Source: PRODUCT §3; FTC1 §7.4.
 *
 * @module
 */

import type { Chains } from "./chains.ts";
import { decideComplaint, decideRewrap } from "./complaints.ts";
import type { Conversations } from "./conversation.ts";
import type {
  Accepted,
  Decision,
  EndAccount,
  Moment,
  Order,
  OrderOf,
  Request,
} from "./decision.ts";
import type { Directory } from "./directory.ts";
import { decideEpoch } from "./epoch_decision.ts";
import { decideLeave } from "./leaving.ts";
import type { Policy } from "./policy.ts";
import type { Presence } from "./presence.ts";
import { refuse } from "./refusal.ts";
import { decideSend } from "./sending.ts";
import type { Tail } from "./tables.ts";

/** Groups that end with an account in one commit: a few writings each. */
const GROUPS_IN_STEP = 50;

/** What the hub looks at. */
export interface HubParts {
  /** Names taken, and whose keys are present. */
  readonly directory: Directory;
  /** Groups and memberships. */
  readonly conversations: Conversations;
  /** Epochs. */
  readonly chains: Chains;
  /** Who is online. */
  readonly presence: Presence;
  /** Bounds. */
  readonly policy: Policy;
  /** The newest entry of each conversation. */
  readonly tails: ReadonlyMap<string, Tail>;
}

type Deciders = {
  readonly [T in Order["t"]]: (user: string, order: OrderOf<T>, moment: Moment) => Decision;
};

/** The rules of the chat. */
export class Hub {
  readonly #parts: HubParts;
  readonly #deciders: Deciders;

  /**
   * Makes a `Hub`.
   *
   * @param parts The state that decisions are made on.
   */
  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#deciders = {
      send: (user, command, moment) => decideSend(parts, { user, command, moment }),
      make_epoch: (user, { proposal }, moment) => decideEpoch(parts, { user, proposal }, moment),
      leave_group: (user, { departure }, moment) => decideLeave(parts, { user, departure }, moment),
      complain: (user, command) => decideComplaint(parts, { user, command }),
      rewrap: (user, order) => decideRewrap(parts, { user, order }),
      end_account: (user, order, moment) => this.#end(user, order, moment),
    };
  }

  /**
   * Decides.
   *
   * @param request Who asks for what.
   * @param moment Now.
   * @returns What is to be stored and told, or the refusal.
   */
  decide({ user, order }: Request, moment: Moment): Decision {
    // What was on its way when the account ended.
    if (!this.#parts.directory.hasUser(user)) return { refused: refuse.deleted() };
    const decider = this.#deciders[order.t] as (
      user: string,
      order: Order,
      moment: Moment,
    ) => Decision;
    return decider(user, order, moment);
  }

  /** The groups that end with the account do so some at a time; with the last of them it ends. */
  #end(user: string, { standing }: EndAccount, moment: Moment): Accepted {
    const { conversations } = this.#parts;
    const alone = conversations.groupsOf(user).filter(({ members }) => members.size === 1);
    const entries = alone.slice(0, GROUPS_IN_STEP).map(({ id: conversation, name: group }) => {
      const fields = { t: "change", id: moment.nextId(), at: moment.now, conversation } as const;
      return { ...fields, group, change: "deleted", by: user } as const;
    });
    if (alone.length > GROUPS_IN_STEP) return { entries };
    return { entries, ends: { user, id: moment.nextId(), standing } };
  }
}
