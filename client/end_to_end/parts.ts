/**
 * The parts of end-to-end encryption, put together for one account.
 *
 * @module
 */

import { deriveIdentity, type Identity } from "../../cipher/identity.ts";
import { CutOff, Refused } from "./asker.ts";
import { BadChain } from "./bad_chain.ts";
import { Chains } from "./chains.ts";
import { ClientState } from "./client_state.ts";
import { Complaints } from "./complaints.ts";
import { EpochMaker } from "./epoch_maker.ts";
import { GroupCommands } from "./group_commands.ts";
import { GroupPins } from "./group_pins.ts";
import { Inquiry } from "./inquiry.ts";
import { KeyDirectory } from "./key_directory.ts";
import { NewLists } from "./new_list.ts";
import { Opener } from "./opener.ts";
import { type PinNotice, Pins } from "./pins.ts";
import { Reader } from "./reader.ts";
import { Readiness } from "./readiness.ts";
import { Renewal } from "./renewal.ts";
import { Resolver } from "./resolver.ts";
import { Sealer } from "./sealer.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { StateHead } from "./state_head.ts";
import { TrustCommands } from "./trust_commands.ts";

/** What end-to-end encryption needs. */
export interface EndToEndOptions extends Pick<SenderOptions, "keep" | "kept" | "now"> {
  /** Canonical name. */
  readonly user: string;
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** The root of the identity, 32 octets. */
  readonly root: Uint8Array;
  /** The client's data folder; `null` where there is none. */
  readonly data: string | null;
  /** Makes ids that are unique in the account. */
  readonly newId: () => string;
  /** Shows something about keys. */
  readonly tell: (notice: PinNotice) => void;
  /** Told of a bug in what nobody waits for. */
  readonly failed: (error: unknown) => void;
}

/** The parts. */
export interface Parts {
  /** Questions on their way. */
  readonly inquiry: Inquiry;
  /** What is known, at the server. */
  readonly state: ClientState;
  /** Chains of epochs. */
  readonly chains: Chains;
  /** Epochs that must come first. */
  readonly readiness: Readiness;
  /** Names. */
  readonly resolver: Resolver;
  /** Missing keys. */
  readonly complaints: Complaints;
  /** Entries, opened. */
  readonly reader: Reader;
  /** Messages, sealed. */
  readonly sender: Sender;
  /** Changes of groups. */
  readonly groupCommands: GroupCommands;
  /** `@verify`, `@trust`. */
  readonly trustCommands: TrustCommands;
  /** Runs something that nobody waits for. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Resolves when nothing is under way in the background any more. */
  readonly idle: () => Promise<void>;
  /** The next identity, and the ones before. */
  readonly renewal: Renewal;
  /** Reads what is known, at the beginning of a connection. */
  readonly begin: () => Promise<void>;
}

/**
 * Puts them together.
 *
 * @param options Whose, and what they work with.
 */
export async function buildParts(options: EndToEndOptions): Promise<Parts> {
  const { user, realm, root, data, now, newId, tell, keep, kept } = options;
  const own = await deriveIdentity(root, { realm, user });
  const identities: Identity[] = [own];
  const me = { user, realm, identities };
  const identity = () => own;
  const underWay = new Set<Promise<unknown>>();
  const inBackground = (work: Promise<unknown>) => {
    const ended = work.catch(backgroundFailed(options)).finally(() => underWay.delete(ended));
    underWay.add(ended);
  };
  const inquiry = new Inquiry(newId);
  const asker = inquiry;
  const keys = new KeyDirectory({ asker, realm });
  const head = new StateHead({
    data,
    account: { realm, user },
    root,
    notice: (text) => tell({ level: "warning", text }),
  });
  const state = new ClientState({ asker, stateKey: own.stateKey, head });
  const pins = new Pins({ state, keys, me: { name: user, fingerprint: own.fingerprint }, tell });
  const resolver = new Resolver(asker, me);
  const groups = new GroupPins(state, tell);
  const chains: Chains = new Chains({
    asker,
    keys,
    state,
    pins,
    me,
    inBackground,
    fetched: (chain) => inBackground(complaints.answerOpen(chain)),
    isStranger: (place) => groups.isStranger(place),
    stranger: (place) => groups.meet(place),
  });
  const complaints = new Complaints({ asker, chains, keys, me, state, inBackground });
  const maker = new EpochMaker({ asker, keys, chains, identity, now });
  const readiness = new Readiness({
    chains,
    maker,
    keys,
    pins,
    identity,
    now,
    complain: (chain, epoch) => complaints.make(chain, epoch),
  });
  const sealer = new Sealer();
  let toldTrouble: string | null = null;
  const renewal = new Renewal({
    asker,
    identity: own,
    root,
    data,
    state,
    keys,
    chains,
    readiness,
    now,
  });
  const opener = new Opener({
    me,
    chains,
    keys,
    pins,
    resolver,
    complain: (chain, epoch) => complaints.make(chain, epoch),
  });
  const reader = new Reader({ chains, me, opener, saw: (...seen) => sealer.saw(...seen) });
  return {
    inquiry,
    state,
    chains,
    readiness,
    resolver,
    complaints,
    inBackground,
    reader,
    sender: new Sender({
      asker,
      resolver,
      chains,
      readiness,
      groups,
      sealer,
      identity,
      now,
      keep,
      kept,
      newest: () => reader.newest,
    }),
    groupCommands: new GroupCommands({
      asker,
      resolver,
      chains,
      maker,
      readiness,
      groups,
      identity,
      keys,
      lists: new NewLists({ keys, pins, identity }),
    }),
    trustCommands: new TrustCommands({ pins, groups, state, chains }),
    renewal,
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    begin: async () => {
      try {
        await state.load();
      } finally {
        if (inquiry.isConnected && state.trouble !== null && state.trouble !== toldTrouble) {
          tell({ level: "error", text: state.trouble });
        }
        toldTrouble = state.trouble;
      }
      identities.splice(1, Infinity, ...await renewal.former());
      inBackground(renewal.finish());
    },
  };
}

/** A lost connection or a refusal is no bug: it is tried again when there is a reason to. */
function backgroundFailed({ failed }: EndToEndOptions): (error: unknown) => void {
  return (error) => {
    const isNoBug = error instanceof CutOff || error instanceof Refused ||
      error instanceof BadChain;
    if (!isNoBug) failed(error);
  };
}
