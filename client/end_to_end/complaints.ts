/**
 * Keys that have not come: who lacks one says so, and any member who has it wraps it again.
 *
 * Source: FTC1 §7.5.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url, InvalidBase64Url } from "../../cipher/base64url.ts";
import { makeWrap } from "../../cipher/wrap.ts";
import { generateX25519 } from "../../cipher/x25519.ts";
import type { EventOf } from "../../protocol/event.ts";
import { type Asker, askFor } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { Chains } from "./chains.ts";
import type { ClientState } from "./client_state.ts";
import type { KeyDirectory } from "./key_directory.ts";

/** What complaints need. */
export interface ComplaintsOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Chains. */
  readonly chains: Chains;
  /** Key records of those who complain. */
  readonly keys: KeyDirectory;
  /** Which conversations there are. */
  readonly state: ClientState;
  /** Who this is. */
  readonly me: { readonly user: string };
  /** Runs something that nobody waits for. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/** Keys that are missing, here or at others. */
export class Complaints {
  readonly #options: ComplaintsOptions;
  readonly #made = new Set<string>();

  /**
   * Makes it.
   *
   * @param options Whom to ask.
   */
  constructor(options: ComplaintsOptions) {
    this.#options = options;
  }

  /** There is another connection: what was said before may have been lost. */
  connected(): void {
    this.#made.clear();
  }

  /** Says, once, that the key of an epoch is missing here, if it is one of this user's epochs. */
  make(chain: Chain, epoch: number): void {
    const mark = `${chain.id} ${epoch}`;
    if (this.#made.has(mark) || !chain.memberAt(epoch, this.#options.me.user)) return;
    this.#made.add(mark);
    const question = { t: "complain", conversation: chain.id, epoch } as const;
    this.#options.inBackground(this.#options.asker.ask(question));
  }

  /** Wraps the key of an epoch again for somebody who lacks it. */
  async answer({ conversation, epoch, user }: EventOf<"complaint">): Promise<void> {
    const { asker, chains, keys, me, state } = this.#options;
    const place = state.conversation(conversation);
    const chain = chains.find(conversation) ??
      (place === undefined ? undefined : await chains.get(place));
    const record = chain?.record(epoch);
    const member = chain?.memberAt(epoch, user);
    if (!chain || !record || !member || user === me.user) return;
    const key = await chain.keys.key(epoch);
    if (key === null) return;
    const { fingerprint } = member;
    const receiver = (await keys.byFingerprint([{ user, fingerprint }])).get(fingerprint.toHex());
    if (receiver === undefined) return;
    const ephemeral = await generateX25519();
    const wrap = await makeWrap(key, { recordHash: record.hash, receiver, ephemeral });
    if (wrap === null) return;
    // Somebody else may have been faster: that is no error.
    await asker.ask({ t: "rewrap", conversation, epoch, user, wrap: encodeBase64Url(wrap) });
  }

  /** Answers what is open in a conversation that was fetched just now. */
  async answerOpen(chain: Chain): Promise<void> {
    for (const { epoch, user } of chain.open.complaints) {
      await this.answer({ t: "complaint", conversation: chain.id, epoch, user });
    }
  }

  /** Fetches a wrap that has come for this user. */
  async fetch({ conversation, epoch }: EventOf<"rewrapped">): Promise<void> {
    const { asker, chains } = this.#options;
    const question = { t: "epochs", conversation, from: epoch } as const;
    const { pieces } = await askFor(asker, question, "epochs");
    const [piece] = pieces;
    if (piece === undefined || !("record" in piece) || piece.wrap === undefined) return;
    const wrap = octets(piece.wrap);
    if (wrap !== null) chains.find(conversation)?.keys.rewrap(epoch, wrap);
    this.#made.delete(`${conversation} ${epoch}`);
  }
}

function octets(text: string): Uint8Array | null {
  try {
    return decodeBase64Url(text);
  } catch (error) {
    if (error instanceof InvalidBase64Url) return null;
    throw error;
  }
}
