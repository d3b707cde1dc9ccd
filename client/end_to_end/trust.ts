/**
 * What a user decides about the keys of somebody: `@verify NAME`, `@verify NAME ok`, `@trust NAME`.
 *
 * A decision is always about keys that the user has been shown: the safety number that was displayed,
 * or the key that was warned of. A server that shows other ones a moment later gains nothing.
 * Source: FTC1 §7.8.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { KeyRecord } from "../../cipher/key_record.ts";
import { safetyNumber } from "../../cipher/safety_number.ts";
import { CutOff, Refused } from "./asker.ts";
import type { ClientState } from "./client_state.ts";
import type { KeyDirectory } from "./key_directory.ts";
import { firstPin, movePin } from "./pin_verdict.ts";
import { numberLines, obstacleOf } from "./pin_words.ts";

/** What decisions need. */
export interface TrustOptions {
  /** Where pins are kept. */
  readonly state: ClientState;
  /** Where key records come from. */
  readonly keys: KeyDirectory;
  /** This account; `fingerprint`: 32 octets. */
  readonly me: { readonly name: string; readonly fingerprint: Uint8Array };
  /** Looks at records that the server shows now. */
  readonly see: (records: ReadonlyMap<string, KeyRecord | "invalid">) => Promise<void>;
  /** Whether the user has been told of a key (base64url) in this run. */
  readonly wasTold: (name: string, fp: string) => boolean;
}

/** Decisions about keys. */
export class Trust {
  readonly #options: TrustOptions;
  /** The keys whose number was displayed last, by name. */
  readonly #displayed = new Map<string, KeyRecord>();

  /**
   * Makes it.
   *
   * @param options What decisions need.
   */
  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** As `Pins.verify`. */
  verify(name: string): Promise<string[]> {
    return connected(async () => {
      const { state, me, see } = this.#options;
      const record = await this.#present(name);
      await see(new Map([[name, record]]));
      this.#displayed.set(name, record);
      const number = await safetyNumber(me.fingerprint, record.fingerprint);
      const peer = state.peer(name);
      const isVerified = peer?.verified === true && peer.fp === fpOf(record);
      return numberLines(number, { name, me: me.name, isVerified });
    });
  }

  /** As `Pins.confirm`. */
  confirm(name: string): Promise<string[]> {
    return connected(async () => {
      this.#refuseSelf(name);
      const record = this.#displayed.get(name);
      if (record === undefined) {
        throw refusal(`Compare the safety number first: @verify ${name}`);
      }
      await this.#pin(name, record, "verified");
      this.#displayed.delete(name);
      return [`${name} is verified. A change of the key stops sending to ${name} from now on.`];
    });
  }

  /** As `Pins.trust`. */
  accept(name: string): Promise<string[]> {
    return connected(async () => {
      const { state, see, wasTold } = this.#options;
      if (state.trouble !== null) throw refusal(state.trouble);
      const record = await this.#present(name);
      const fp = fpOf(record);
      const before = state.peer(name);
      const wasKnown = before?.fp === fp || before?.offered === fp || wasTold(name, fp);
      await see(new Map([[name, record]]));
      const peer = state.peer(name);
      const isOpen = peer?.offered !== undefined || peer?.blocked !== undefined;
      if (!isOpen) {
        return [`There is nothing to accept: the key of ${name} is the one that you know.`];
      }
      if (!wasKnown) {
        throw refusal(`The key of ${name} has changed just now. To accept it, type @trust again.`);
      }
      await this.#pin(name, record, "accepted");
      return [`The key of ${name} is accepted. It is not verified: compare with @verify ${name}.`];
    });
  }

  async #pin(name: string, record: KeyRecord, how: "verified" | "accepted"): Promise<void> {
    await this.#options.state.update((current) => {
      const peer = current.peer(name) ?? firstPin(record);
      // Verified stays until the key changes.
      const verified = how === "verified" || (peer.verified && peer.fp === fpOf(record));
      return { peers: [movePin(peer, record, { verified })] };
    });
  }

  async #present(name: string): Promise<KeyRecord> {
    this.#refuseSelf(name);
    const { keys, see } = this.#options;
    const found = await keys.present([name]);
    const record = found.get(name);
    if (record === undefined) {
      throw new Refused({ code: "no_user", msg: `User ${name} does not exist.` });
    }
    if (record !== "invalid") return record;
    await see(found);
    throw refusal(obstacleOf(name, "invalid"));
  }

  #refuseSelf(name: string): void {
    if (name !== this.#options.me.name) return;
    throw refusal("That is you: keys are compared with somebody else.");
  }
}

function fpOf(record: KeyRecord): string {
  return encodeBase64Url(record.fingerprint);
}

function refusal(msg: string): Refused {
  return new Refused({ code: "trust", msg });
}

async function connected(action: () => Promise<string[]>): Promise<string[]> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CutOff)) throw error;
    throw new Refused({ code: "offline", msg: "There is no connection at present: try again." });
  }
}
