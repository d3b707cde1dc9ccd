/**
 * A new identity (`@rekey`): its key record, its copy of the client state, and the epochs that follow.
 *
 * The state is copied under the new state key before anything changes at the server, with the former roots
 * in it, which open old wraps; so nothing is wrapped again. The epochs with the new keys follow, one for
 * each conversation, and go on at the next login where they were cut short.
 *
 * Source: FTC1 §7.7, "Identity change".
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveIdentity, type Identity } from "../../cipher/identity.ts";
import { signKeyRecord } from "../../cipher/key_record.ts";
import { type Asker, Refused } from "./asker.ts";
import { BadChain } from "./bad_chain.ts";
import type { Chains } from "./chains.ts";
import { ClientState } from "./client_state.ts";
import type { KeyDirectory } from "./key_directory.ts";
import type { Readiness } from "./readiness.ts";
import { StateHead } from "./state_head.ts";
import { MAX_FORMER_ROOTS } from "./state_value.ts";

/** What a new identity needs of the present one. */
export interface RenewalOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** The present identity. */
  readonly identity: Identity;
  /** Its root, 32 octets. */
  readonly root: Uint8Array;
  /** The client's data folder; `null` where there is none. */
  readonly data: string | null;
  /** The present state. */
  readonly state: ClientState;
  /** Key records. */
  readonly keys: KeyDirectory;
  /** Chains. */
  readonly chains: Chains;
  /** Makes the epochs. */
  readonly readiness: Readiness;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** From one identity to the next. */
export class Renewal {
  readonly #options: RenewalOptions;

  /**
   * Makes it.
   *
   * @param options The present identity and its state.
   */
  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /**
   * Prepares the next identity: copies the state for it and signs its key record.
   *
   * @param root The new root, 32 octets.
   * @returns The key record, signed by the present identity.
   * @throws {Refused} If the state or the present record are not as they should be.
   */
  async prepare(root: Uint8Array): Promise<Uint8Array> {
    const { asker, identity, keys, data, state, now } = this.#options;
    const { realm, user } = identity;
    if (state.trouble !== null) throw new Refused({ code: "state", msg: state.trouble });
    const record = (await keys.present([user])).get(user);
    const isOurs = record !== undefined && record !== "invalid" &&
      record.fingerprint.toHex() === identity.fingerprint.toHex();
    if (!isOurs) {
      throw new Refused({ code: "trust", msg: "The server shows other keys of yours than these." });
    }
    const former = [...state.roots?.former ?? [], encodeBase64Url(this.#options.root)];
    if (former.length > MAX_FORMER_ROOTS) {
      throw new Refused({ code: "limit", msg: "The keys of this account were changed too often." });
    }
    const next = await deriveIdentity(root, { realm, user });
    const head = new StateHead({ data, account: { realm, user }, root });
    const copy = new ClientState({ asker, stateKey: next.stateKey, head });
    await copy.load();
    const { peers, conversations } = state;
    await copy.update(() => ({ peers, conversations, roots: { former, renewed: false } }));
    const previous = { record, identity };
    return await signKeyRecord(next, { created: Math.floor(now() / 1_000), previous });
  }

  /** The roots before this one, newest first. */
  get formerRoots(): readonly Uint8Array[] {
    const former = this.#options.state.roots?.former ?? [];
    return former.toReversed().map((text) => decodeBase64Url(text));
  }

  /** The identities before this one, newest first. */
  async former(): Promise<Identity[]> {
    const { realm, user } = this.#options.identity;
    return await Promise.all(this.formerRoots.map((root) => deriveIdentity(root, { realm, user })));
  }

  /** Makes the epochs that are still to be made under the present keys. */
  async finish(): Promise<void> {
    const { state, chains, readiness } = this.#options;
    if (state.roots === null || state.roots.renewed) return;
    for (const place of state.conversations) {
      try {
        const chain = await chains.get(place);
        if (chain.head !== null && !chain.head.closed) await readiness.prepare(chain, "change");
      } catch (error) {
        // A conversation that is over, or that the server shows wrongly, stays as it is.
        if (!(error instanceof Refused || error instanceof BadChain)) throw error;
      }
    }
    await state.purge();
    await state.update(({ roots }) => roots === null ? {} : { roots: { ...roots, renewed: true } });
  }
}
