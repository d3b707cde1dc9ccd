/**
 * What a name means: a user, or a group that this user is in, with the id of the conversation.
 *
 * The id of a direct conversation is computed; the one of a group is the server's word, which the group's
 * epoch 0 must bear out (FTC1 §7.3).
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { directId } from "../../cipher/conversation.ts";
import { type Asker, askFor, Refused } from "./asker.ts";
import type { ChainPlace } from "./chains.ts";

/** Resolves names; what it has found holds for one connection. */
export class Resolver {
  readonly #asker: Asker;
  readonly #me: { readonly user: string; readonly realm: Uint8Array };
  readonly #found = new Map<string, ChainPlace>();

  /**
   * Makes a resolver.
   *
   * @param asker Whom to ask.
   * @param me Who asks.
   */
  constructor(asker: Asker, me: { readonly user: string; readonly realm: Uint8Array }) {
    this.#asker = asker;
    this.#me = me;
  }

  /**
   * Finds what a name means.
   *
   * @param name Canonical.
   * @param kind `group`: it can only mean a group.
   * @throws {Refused} If it means nothing; the sentence is the server's.
   */
  async find(name: string, kind?: "group"): Promise<ChainPlace> {
    const place = this.#found.get(name) ?? await this.#ask(name, kind);
    this.#found.set(name, place);
    if (kind === "group" && place.kind !== "group") throw noGroup(name);
    return place;
  }

  /**
   * Finds a group.
   *
   * @param name Canonical.
   * @returns Where it is, or `null` where this user is in none of this name.
   */
  async group(name: string): Promise<ChainPlace | null> {
    try {
      return await this.find(name, "group");
    } catch (error) {
      if (error instanceof Refused && error.code === "no_group") return null;
      throw error;
    }
  }

  /** Forgets what a name meant, or all names. */
  forget(name?: string): void {
    if (name === undefined) this.#found.clear();
    else this.#found.delete(name);
  }

  /** The conversation with a user. */
  async direct(name: string): Promise<ChainPlace> {
    const { realm, user } = this.#me;
    return { kind: "direct", name, id: encodeBase64Url(await directId(realm, user, name)) };
  }

  async #ask(name: string, kind: "group" | undefined): Promise<ChainPlace> {
    try {
      const found = await askFor(this.#asker, { t: "lookup", name }, "found");
      if (found.kind === "user") return await this.direct(name);
      if (found.conversation === undefined) throw noGroup(name);
      return { kind: "group", name, id: found.conversation };
    } catch (error) {
      const isUnknown = error instanceof Refused && error.code === "no_user";
      throw isUnknown && kind === "group" ? noGroup(name) : error;
    }
  }
}

/** The refusal for a group that is not there, or that the user is not in (PRODUCT §3). */
export function noGroup(name: string): Refused {
  return new Refused({ code: "no_group", msg: `No group ${name} that you are in.` });
}
