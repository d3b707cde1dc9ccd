/**
 * Which group a name means to this account: the first one seen under it, until the user says otherwise.
 *
 * Source: FTC1 §7.3: "the same name with another id is a warning, and nothing is sent until `@trust`".
 *
 * @module
 */

import type { ClientState } from "./client_state.ts";
import { Refused } from "./asker.ts";
import type { ChainPlace } from "./chains.ts";
import type { PinNotice } from "./pin_words.ts";

/** Names of groups as pinned in the client state. */
export class GroupPins {
  readonly #state: ClientState;
  readonly #tell: (notice: PinNotice) => void;
  /** Groups that came under a name that another one has: name → place. */
  readonly #strangers = new Map<string, ChainPlace>();

  /**
   * Makes it.
   *
   * @param state Where pins are.
   * @param tell Shows something.
   */
  constructor(state: ClientState, tell: (notice: PinNotice) => void) {
    this.#state = state;
    this.#tell = tell;
  }

  /**
   * Warns, once, of a group under a name that means another one here.
   *
   * @param place What the name means to the server.
   */
  meet({ id, kind, name }: ChainPlace): void {
    if (!this.isStranger({ id, kind, name }) || this.#strangers.get(name)?.id === id) return;
    this.#strangers.set(name, { id, kind, name });
    this.#tell({ level: "warning", text: strangerText(name) });
  }

  /**
   * Refuses such a group.
   *
   * @param place What the name means to the server.
   * @throws {Refused} With a sentence that says what to do.
   */
  refuseStranger(place: ChainPlace): void {
    if (!this.isStranger(place)) return;
    this.meet(place);
    throw new Refused({ code: "trust", msg: strangerText(place.name) });
  }

  /** Whether another group is pinned under the name of this one. */
  isStranger(place: ChainPlace): boolean {
    const pinned = place.kind === "group" ? this.#state.groupNamed(place.name) : undefined;
    return pinned !== undefined && pinned.id !== place.id;
  }

  /** The group of this name that was warned of, if there was one. */
  stranger(name: string): ChainPlace | undefined {
    return this.#strangers.get(name);
  }

  /**
   * Takes a group for the one that its name means.
   *
   * @param place Its conversation.
   * @param known The newest epoch accepted, and the hash of its record in base64url.
   */
  async accept(
    place: ChainPlace,
    known: { readonly epoch: number; readonly hash: string },
  ): Promise<void> {
    const { id, kind, name } = place;
    const before = this.#state.groupNamed(name);
    await this.#state.update((state) => {
      const own = state.conversation(id);
      const pin = Math.max(own?.pin ?? 0, before?.pin ?? 0) + 1;
      return { conversations: [{ id, kind, name, ...known, pin }] };
    });
    this.#strangers.delete(name);
  }
}

function strangerText(name: string): string {
  return `${name} is another group than the one that you know under this name. ` +
    `Nothing is sent there until @trust ${name}.`;
}
