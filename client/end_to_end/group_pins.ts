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
    this.#tell({ level: "warning", text: this.#text({ kind, name }) });
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
    throw new Refused({ code: "trust", msg: this.#text(place) });
  }

  /** Whether the name means something else here: another group, or a user, or a group and this is a user. */
  isStranger({ id, kind, name }: ChainPlace): boolean {
    const group = this.#state.groupNamed(name);
    const isUser = this.#state.peer(name) !== undefined;
    if (kind === "direct") return group !== undefined && !isUser;
    return group === undefined ? isUser : group.id !== id;
  }

  #text({ kind, name }: Pick<ChainPlace, "kind" | "name">): string {
    if (kind === "direct") return strangerText(name, "user");
    const isOther = this.#state.groupNamed(name) !== undefined;
    return strangerText(name, isOther ? "other group" : "group");
  }

  /** The group of this name that was warned of, if there was one. */
  stranger(name: string): ChainPlace | undefined {
    return this.#strangers.get(name);
  }

  /** The user has accepted what he was warned of. */
  forget(name: string): void {
    this.#strangers.delete(name);
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

function strangerText(name: string, what: "group" | "user" | "other group"): string {
  return `${name} is ${SENTENCES[what]} Nothing is sent there until @trust ${name}.`;
}

const SENTENCES = {
  "other group": "another group than the one that you know under this name.",
  "group": "a user, by what you know under this name, and the server says that it is a group.",
  "user": "a group, by what you know under this name, and the server says that it is a user.",
} as const;
