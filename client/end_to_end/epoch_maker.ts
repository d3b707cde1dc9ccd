/**
 * Makes the next epoch of a conversation: record, wraps, upload.
 *
 * `K` is random but after an addition, where present members derive it and only the newcomers need a wrap
 * (FTC1 §7.4). The wraps go first, the record last; the server takes it only if nobody else was faster
 * (`stale_epoch`). What it has stored is fetched and checked like anybody's.
 *
 * Source: FTC1 §7.4, §7.5, §7.7.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { type Change, type EpochRecord, signEpoch } from "../../cipher/epoch.ts";
import { commitment, deriveAdded, generateEpochKey } from "../../cipher/epoch_key.ts";
import type { Identity } from "../../cipher/identity.ts";
import type { KeyPair } from "../../cipher/key_pair.ts";
import { type Member, membersHash } from "../../cipher/member_list.ts";
import { makeWrap } from "../../cipher/wrap.ts";
import { generateX25519 } from "../../cipher/x25519.ts";
import { MAX_WRAPS_IN_FRAME } from "../../protocol/limits.ts";
import { type Asker, askFor, Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { Chains } from "./chains.ts";
import type { KeyDirectory } from "./key_directory.ts";

/** What is to be made. */
export interface EpochPlan {
  /** What it does. */
  readonly change: Change;
  /** The list after it. */
  readonly members: readonly Member[];
  /** Epoch 0 of a group: 16 random octets, in its id. */
  readonly nonce?: Uint8Array;
  /** Told of the record before the server is: whether it was stored may stay unknown. */
  readonly signed?: (record: EpochRecord) => void;
}

/** What making needs. */
export interface EpochMakerOptions {
  /** Asks the server. */
  readonly asker: Asker;
  /** Key records of the receivers of wraps. */
  readonly keys: KeyDirectory;
  /** Where chains are. */
  readonly chains: Chains;
  /** Who signs. */
  readonly identity: () => Identity;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes epochs. */
export class EpochMaker {
  readonly #options: EpochMakerOptions;

  /**
   * Makes a maker.
   *
   * @param options Whom to ask, who signs.
   */
  constructor(options: EpochMakerOptions) {
    this.#options = options;
  }

  /**
   * Makes an epoch, and brings the chain up to it.
   *
   * @param chain The conversation, as far as it is known.
   * @param plan What is to be made.
   * @throws {Refused} If the server does not take it; `stale_epoch`: somebody was faster.
   */
  async make(chain: Chain, plan: EpochPlan): Promise<void> {
    const { asker, chains } = this.#options;
    const { record, key } = await this.#sign(chain, plan);
    plan.signed?.(record);
    await this.#sendWraps(record, { key, receivers: receiversOf(chain, plan) });
    await askFor(asker, {
      t: "epoch",
      record: encodeBase64Url(record.bytes),
      ...(chain.kind === "direct" ? { to: chain.name } : {}),
      ...(chain.kind === "group" && record.epoch === 0 ? { group: chain.name } : {}),
    }, "ok");
    await chains.refresh(chain);
  }

  async #sign(
    chain: Chain,
    { change, members, nonce }: EpochPlan,
  ): Promise<{ readonly record: EpochRecord; readonly key: Uint8Array }> {
    const { conversation, head, kind } = chain;
    const identity = this.#options.identity();
    const epoch = head === null ? 0 : head.epoch + 1;
    const listHash = await membersHash(members);
    const key = await this.#newKey(chain, change, listHash);
    const first = new Uint8Array(32);
    if (nonce !== undefined) first.set(nonce);
    const record = await signEpoch(identity.signKey, {
      kind,
      conversation,
      epoch,
      previous: head?.hash ?? first,
      change,
      time: this.#options.now(),
      members: members.length,
      membersHash: listHash,
      commitment: await commitment(conversation, epoch, key),
      signer: identity.user,
      signerFingerprint: identity.fingerprint,
    });
    return { record, key };
  }

  async #newKey(chain: Chain, change: Change, listHash: Uint8Array): Promise<Uint8Array> {
    if (change !== "add") return generateEpochKey();
    const before = await chain.keys.key(chain.head?.epoch ?? -1);
    if (before === null) {
      throw new Refused({ code: "no_key", msg: "The key of this conversation is missing." });
    }
    return await deriveAdded(before, listHash);
  }

  async #sendWraps(
    record: EpochRecord,
    { key, receivers }: { readonly key: Uint8Array; readonly receivers: readonly Member[] },
  ): Promise<void> {
    if (receivers.length === 0) return;
    const ephemeral = await generateX25519();
    for (let at = 0; at < receivers.length; at += MAX_WRAPS_IN_FRAME) {
      const some = receivers.slice(at, at + MAX_WRAPS_IN_FRAME);
      const m = await this.#wraps(some, { key, record, ephemeral });
      await askFor(
        this.#options.asker,
        { t: "wraps", record: encodeBase64Url(record.hash), m },
        "ok",
      );
    }
  }

  async #wraps(
    receivers: readonly Member[],
    { key, record, ephemeral }: {
      readonly key: Uint8Array;
      readonly record: EpochRecord;
      readonly ephemeral: KeyPair;
    },
  ): Promise<{ user: string; fp: string; wrap: string }[]> {
    const found = await this.#options.keys.byFingerprint(
      receivers.map(({ name, fingerprint }) => ({ user: name, fingerprint })),
    );
    return await Promise.all(receivers.map(async ({ name, fingerprint }) => {
      const receiver = found.get(fingerprint.toHex());
      const wrap = receiver === undefined
        ? null
        : await makeWrap(key, { recordHash: record.hash, receiver, ephemeral });
      if (wrap === null) {
        const msg = `The server does not give the keys of ${name}. Nothing was done.`;
        throw new Refused({ code: "no_keys", msg });
      }
      return { user: name, fp: encodeBase64Url(fingerprint), wrap: encodeBase64Url(wrap) };
    }));
  }
}

/** Who needs a wrap: everybody, or after an addition the newcomers. */
function receiversOf(chain: Chain, { change, members }: EpochPlan): readonly Member[] {
  if (change === "close") return [];
  if (change !== "add") return members;
  return members.filter(({ name }) => chain.head?.members.get(name) === undefined);
}
