/**
 * From what a session asks to an order for the hub: what must be read or computed first, is.
 *
 * @module
 */

import { encodeBase64Url } from "../cipher/base64url.ts";
import type { CommandOf } from "../protocol/command.ts";
import type { Order } from "./decision.ts";
import { readRecord, takeEpoch } from "./epoch_intake.ts";
import { hashOf } from "./epoch_reading.ts";
import type { Outcome } from "./journal.ts";
import { takeNote } from "./leaving.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Service } from "./service.ts";

/** The commands that become orders. */
export type WriteType = "send" | "epoch" | "leave" | "complain" | "rewrap";

/** An order, and who else is to hear what became of it; or why there is none. */
export type Taken =
  | { readonly order: Order; readonly done?: (outcome: Outcome) => void }
  | { readonly refused: Refusal };

/** Whose command it is, and where. */
export interface Asker {
  /** Canonical name. */
  readonly user: string;
  /** The chat. */
  readonly service: Service;
}

type Intake = {
  readonly [T in WriteType]: (command: CommandOf<T>, asker: Asker) => Taken | Promise<Taken>;
};

/**
 * Makes an order of a command.
 *
 * @param command As sent.
 * @param asker Whose, and where.
 */
export async function takeOrder(command: CommandOf<WriteType>, asker: Asker): Promise<Taken> {
  const { user, service: { directory } } = asker;
  // A message that was stored before is acknowledged all the same.
  if (command.t !== "send" && !directory.hasUser(user)) return { refused: refuse.deleted() };
  const intake = INTAKE[command.t] as (
    command: CommandOf<WriteType>,
    asker: Asker,
  ) => Taken | Promise<Taken>;
  return await intake(command, asker);
}

/** One function for each command that becomes an order. */
const INTAKE: Intake = {
  send: (command) => ({ order: command }),
  complain: takeComplaint,
  epoch: takeUploaded,

  leave: async (command, { user, service }) => {
    const departure = await takeNote(command, { user, parts: service });
    return "refused" in departure ? departure : { order: { t: "leave_group", departure } };
  },

  rewrap: async (command, { service: { chains, options: { store } } }) => {
    const isKnown = chains.get(command.conversation) !== null;
    const hash = isKnown ? await hashOf(store, command) : null;
    if (hash === null) return { refused: refuse.malformed() };
    return { order: { t: "rewrap", command, hash } };
  },
};

/** Each complaint has another's client wrap anew, and tells everybody: so many in an hour. */
function takeComplaint(command: CommandOf<"complain">, { user, service }: Asker): Taken {
  const { chains, complaints, options: { uptime } } = service;
  const membership = { user, conversation: command.conversation };
  // A stranger's is refused, and must not take room.
  const isListed = chains.get(command.conversation)?.head.members.has(user) ?? false;
  const wait = isListed ? complaints.take(membership, uptime()) : 0;
  if (wait > 0) return { refused: refuse.complainedLately(wait) };
  return {
    order: command,
    done: (outcome) => {
      if (isListed && "refused" in outcome) complaints.giveBack(membership, uptime());
    },
  };
}

/** Takes an epoch with the wraps that were sent for it; they go if it is refused for good. */
async function takeUploaded(command: CommandOf<"epoch">, asker: Asker): Promise<Taken> {
  const { user, service } = asker;
  const { epochs, uploads, options: { uptime } } = service;
  const record = await readRecord(command.record);
  if (record === null) return { refused: refuse.badRecord() };
  const { members: staged, done } = uploads.take(encodeBase64Url(record.hash), {
    owner: user,
    now: uptime(),
  });
  try {
    const proposal = await takeEpoch(command, { record, user, staged, parts: service });
    if ("refused" in proposal) {
      done("refused");
      return proposal;
    }
    const membership = { user, conversation: proposal.conversation };
    // A stranger's is refused, and must not take room.
    const isListed = proposal.base?.members.has(user) ?? false;
    const wait = isListed ? epochs.take(membership, uptime()) : 0;
    if (wait > 0) {
      // The same record may come again when the time has passed.
      done("keep");
      return { refused: refuse.tooManyEpochs(wait) };
    }
    return {
      order: { t: "make_epoch", proposal },
      done: (outcome) => {
        if (isListed && "refused" in outcome) epochs.giveBack(membership, uptime());
        done("stored" in outcome ? "made" : isPassing(outcome));
      },
    };
  } catch (error) {
    done("keep");
    throw error;
  }
}

/** What the store could not do now it may do later: then the same record comes again. */
function isPassing(outcome: Outcome): "keep" | "refused" {
  return "refused" in outcome && outcome.refused.code === "storage" ? "keep" : "refused";
}
