/**
 * Epochs that are made once, however often they are asked for.
 *
 * Where a connection is lost behind the upload, nobody knows whether the server has stored the epoch; on
 * the next connection the chain says so.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { RequestId } from "../../protocol/command.ts";
import { Refused } from "./asker.ts";
import type { Chain } from "./chain.ts";
import type { ChainPlace, Chains } from "./chains.ts";
import type { EpochMaker, EpochPlan } from "./epoch_maker.ts";

/** Requests whose epoch is remembered until they are asked for again. */
const MOST_REMEMBERED = 64;

interface Made {
  readonly place: ChainPlace;
  readonly epoch: number;
  readonly hash: string;
}

/** Makes epochs for requests. */
export class EpochOnce {
  readonly #maker: EpochMaker;
  readonly #chains: Chains;
  readonly #made = new Map<RequestId, Made>();

  /**
   * Makes it.
   *
   * @param maker Makes them.
   * @param chains Where they are found again.
   */
  constructor(maker: EpochMaker, chains: Chains) {
    this.#maker = maker;
    this.#chains = chains;
  }

  /** Whether the epoch of a request was stored before. */
  async wasMade(id: RequestId): Promise<boolean> {
    const made = this.#made.get(id);
    if (made === undefined) return false;
    const record = (await this.#chains.get(made.place)).record(made.epoch);
    return record !== undefined && encodeBase64Url(record.hash) === made.hash;
  }

  /**
   * Makes the epoch of a request.
   *
   * @param id The request.
   * @param chain The conversation.
   * @param plan What is to be made.
   * @returns False where somebody else was faster.
   * @throws {Refused} If the server does not take it.
   */
  async make(id: RequestId, chain: Chain, plan: EpochPlan): Promise<boolean> {
    const { kind, name, id: conversation } = chain;
    try {
      await this.#maker.make(chain, {
        ...plan,
        signed: ({ epoch, hash }) => {
          const [oldest] = this.#made.keys();
          if (this.#made.size >= MOST_REMEMBERED && oldest !== undefined) this.#made.delete(oldest);
          const place = { kind, name, id: conversation };
          this.#made.set(id, { place, epoch, hash: encodeBase64Url(hash) });
        },
      });
      return true;
    } catch (error) {
      if (error instanceof Refused && error.code === "stale_epoch") return false;
      throw error;
    }
  }
}
