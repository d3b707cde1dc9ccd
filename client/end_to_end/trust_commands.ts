/**
 * `@verify` and `@trust`: about users, groups, and the state at the server.
 *
 * Source: FTC1 §7.3, §7.7, §7.8.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { Intent } from "../intent.ts";
import type { Chains } from "./chains.ts";
import type { ClientState } from "./client_state.ts";
import type { GroupPins } from "./group_pins.ts";
import type { Pins } from "./pins.ts";

/** An intent about trust. */
export type TrustIntent = Extract<Intent, { readonly t: "verify" | "trust" }>;

/** What trust commands need. */
export interface TrustCommandsOptions {
  /** Users. */
  readonly pins: Pins;
  /** Groups. */
  readonly groups: GroupPins;
  /** The state. */
  readonly state: ClientState;
  /** Chains of groups. */
  readonly chains: Chains;
}

/** Does what a user wants of trust. */
export class TrustCommands {
  readonly #options: TrustCommandsOptions;

  /**
   * Makes them.
   *
   * @param options What they work with.
   */
  constructor(options: TrustCommandsOptions) {
    this.#options = options;
  }

  /**
   * Does one.
   *
   * @param intent What.
   * @returns Lines for the user.
   * @throws {import("./asker.ts").Refused} If it is not done.
   */
  async perform(intent: TrustIntent): Promise<string> {
    const { pins } = this.#options;
    if (intent.t === "verify") {
      const { name, compared } = intent;
      return (await (compared ? pins.confirm(name) : pins.verify(name))).join("\n");
    }
    return intent.name === null ? await this.#trustState() : await this.#trust(intent.name);
  }

  async #trustState(): Promise<string> {
    const { state } = this.#options;
    if (state.trouble === null) return "There is nothing to accept.";
    await state.accept();
    return "The list of keys that the server shows is accepted.";
  }

  async #trust(name: string): Promise<string> {
    const { chains, groups, pins } = this.#options;
    const place = groups.stranger(name);
    if (place?.kind === "direct") {
      await pins.admit(name);
      groups.forget(name);
      return `From now on ${name} is this user.`;
    }
    if (place === undefined) return (await pins.trust(name)).join("\n");
    const { head } = await chains.get(place);
    if (head === null) return "There is nothing to accept.";
    await groups.accept(place, { epoch: head.epoch, hash: encodeBase64Url(head.hash) });
    return `From now on ${name} is this group.`;
  }
}
