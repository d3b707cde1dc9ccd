/**
 * The keys of others as this account knows them: pinned at first sight, watched from then on.
 *
 * Whether something may be sent is decided here, never whether a record of an epoch is accepted.
 * Source: FTC1 §7.8.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import type { KeyRecord } from "../../cipher/key_record.ts";
import { Refused } from "./asker.ts";
import type { ClientState } from "./client_state.ts";
import type { KeyDirectory } from "./key_directory.ts";
import { firstPin, judgeRecord, movePin, type PinVerdict, refreshPin } from "./pin_verdict.ts";
import { type KeyNews, newsOf, obstacleOf, type PinNotice } from "./pin_words.ts";
import type { PeerState } from "./state_value.ts";
import { Trust } from "./trust.ts";

export type { PinNotice } from "./pin_words.ts";

/** What pins work with. */
export interface PinsOptions {
  /** Where pins are kept. */
  readonly state: ClientState;
  /** Where key records come from. */
  readonly keys: KeyDirectory;
  /** This account; `fingerprint`: 32 octets. */
  readonly me: { readonly name: string; readonly fingerprint: Uint8Array };
  /** Shows something. */
  readonly tell: (notice: PinNotice) => void;
}

/** Where records were shown. */
export interface SeenIn {
  /**
   * `server`: as the present ones. `list`: in the newest list of an epoch, which may lag behind: an
   * earlier key there is no error, and only a signed change moves a pin.
   */
  readonly from?: "server" | "list";
}

/** What was seen of one peer, and what the pin is to be by it. */
interface Sight {
  readonly name: string;
  readonly before: PeerState | undefined;
  readonly after: PeerState;
}

const NEWS = ["confirmed", "unconfirmed", "older", "invalid"] as const satisfies KeyNews[];

/** The keys of others. */
export class Pins {
  readonly #options: PinsOptions;
  readonly #trust: Trust;
  /** Who has no valid key at present. */
  readonly #invalid = new Set<string>();
  /** Pinned and other fingerprint → whether one leads to the other. */
  readonly #known = new Map<string, boolean>();
  /** What the user was told in this run. */
  readonly #told = new Set<string>();

  /**
   * Makes pins; nothing is asked yet.
   *
   * @param options What they work with.
   */
  constructor(options: PinsOptions) {
    this.#options = options;
    const { state, keys, me } = options;
    this.#trust = new Trust({
      state,
      keys,
      me,
      see: (records) => this.see(records),
      wasTold: (name, fp) => NEWS.some((news) => this.#told.has(keyOf(name, fp, news))),
    });
  }

  /**
   * Looks at key records: pins who is new, judges what has changed, and tells each change once.
   *
   * While there is trouble with the client state, nothing is pinned, only told.
   *
   * @param records By canonical name; this account's own is left out.
   * @param where Where they were shown.
   * @throws {Refused | CutOff} If something cannot be asked or remembered.
   */
  async see(
    records: ReadonlyMap<string, KeyRecord | "invalid">,
    where: SeenIn = {},
  ): Promise<void> {
    const { state, me } = this.#options;
    const sights: Sight[] = [];
    for (const [name, record] of records) {
      if (name === me.name) continue;
      const sight = record === "invalid"
        ? this.#seeInvalid(name, where)
        : await this.#seeRecord(name, record, where);
      if (sight !== null) sights.push(sight);
    }
    if (sights.length === 0 || state.trouble !== null) return;
    const overtaken = await this.#remember(sights);
    if (overtaken.length === 0) return;
    await this.see(new Map([...records].filter(([name]) => overtaken.includes(name))), where);
  }

  /**
   * Takes a user for the one that a name means, where it has meant something else.
   *
   * @param name Canonical.
   */
  async admit(name: string): Promise<void> {
    const { state, keys } = this.#options;
    const record = (await keys.present([name])).get(name);
    if (record === undefined || record === "invalid") {
      throw new Refused({ code: "no_user", msg: `User ${name} does not exist.` });
    }
    await state.update(() => ({ peers: [firstPin(record)] }));
  }

  /**
   * Finds those for whom the server has shown no key, or an old one: it may show the right one by now.
   *
   * @param users Canonical names.
   */
  blocked(users: Iterable<string>): string[] {
    const { state, me } = this.#options;
    return [...users].filter((name) =>
      name !== me.name && (this.#invalid.has(name) || state.peer(name)?.blocked !== undefined)
    );
  }

  /**
   * Whether a record is of keys that a user has or had, as far as this account knows him: pinned, before
   * those, or behind them by signed changes. Whom nobody has seen has no others.
   *
   * @param record The record; it has passed all checks of a record.
   */
  async knows(record: KeyRecord): Promise<boolean> {
    const peer = this.#options.state.peer(record.user);
    const fp = encodeBase64Url(record.fingerprint);
    if (peer === undefined || peer.fp === fp || peer.past.includes(fp)) return true;
    const name = `${peer.fp} ${fp}`;
    const known = this.#known.get(name) ??
      (await judgeRecord(peer, record, this.#options.keys)).type !== "unconfirmed";
    this.#known.set(name, known);
    return known;
  }

  /**
   * Says why nothing may be sent.
   *
   * @param users To whom, canonical names.
   * @returns A sentence, or `null` where nothing stands against it.
   */
  obstacle(users: Iterable<string>): string | null {
    const { state, me } = this.#options;
    if (state.trouble !== null) return state.trouble;
    for (const name of users) {
      if (name === me.name) continue;
      const peer = state.peer(name);
      if (this.#invalid.has(name)) return obstacleOf(name, "invalid");
      if (peer?.blocked !== undefined) return obstacleOf(name, peer.blocked);
      if (peer?.offered !== undefined) return obstacleOf(name, "changed");
    }
    return null;
  }

  /**
   * `@verify NAME`: shows the safety number with the key that the server shows.
   *
   * @param name Canonical.
   * @returns Lines for the user.
   * @throws {Refused} If there is nobody of that name, it is this account, or there is no connection.
   */
  verify(name: string): Promise<string[]> {
    return this.#trust.verify(name);
  }

  /**
   * `@verify NAME ok`: marks the key as verified whose number was shown in this run.
   *
   * @param name Canonical.
   * @returns Lines for the user.
   * @throws {Refused} If no number was shown, or it cannot be remembered.
   */
  confirm(name: string): Promise<string[]> {
    return this.#trust.confirm(name);
  }

  /**
   * `@trust NAME`, where that is a user: accepts the key that was warned of, unverified.
   *
   * @param name Canonical.
   * @returns Lines for the user.
   * @throws {Refused} As {@linkcode verify}; also if the key has not been told before.
   */
  trust(name: string): Promise<string[]> {
    return this.#trust.accept(name);
  }

  /** @returns Who has got another pin meanwhile, by another session: to be looked at again. */
  async #remember(sights: readonly Sight[]): Promise<string[]> {
    let overtaken: string[] = [];
    await this.#options.state.update((current) => {
      overtaken = [];
      const peers: PeerState[] = [];
      for (const { name, before, after } of sights) {
        const now = current.peer(name);
        // A state that has not been written again is the same object.
        if (now === before) peers.push(after);
        else overtaken.push(name);
      }
      return { peers };
    });
    return overtaken;
  }

  #seeInvalid(name: string, { from }: SeenIn): Sight | null {
    const peer = this.#options.state.peer(name);
    // Of a list this is no word about the present keys: the chain knows what is withheld there.
    this.#tell(name, "", from === "list" ? "withheld" : "invalid");
    if (from === "list") return null;
    this.#invalid.add(name);
    return peer === undefined
      ? null
      : { name, before: peer, after: { ...peer, blocked: "invalid" } };
  }

  async #seeRecord(name: string, record: KeyRecord, { from }: SeenIn): Promise<Sight | null> {
    const { state, keys } = this.#options;
    const before = state.peer(name);
    if (from !== "list") this.#invalid.delete(name);
    if (before === undefined) {
      // A name that means a group here becomes no user's without the user's word.
      return state.groupNamed(name) === undefined
        ? { name, before, after: firstPin(record) }
        : null;
    }
    if (before.blocked === undefined && before.record === encodeBase64Url(record.hash)) return null;
    const verdict = await judgeRecord(before, record, keys);
    const after = from === "list"
      ? this.#inList(before, record, verdict)
      : this.#atServer(before, record, verdict);
    return after === null ? null : { name, before, after };
  }

  #atServer(peer: PeerState, record: KeyRecord, verdict: PinVerdict): PeerState {
    if (verdict.type === "same") return refreshPin(peer, record);
    const fp = encodeBase64Url(record.fingerprint);
    this.#tell(peer.name, fp, verdict.type);
    if (verdict.type === "older") return { ...peer, blocked: "older" };
    if (peer.verified) return { ...peer, blocked: undefined, offered: fp };
    const between = verdict.type === "confirmed" ? verdict.between : [];
    return movePin(peer, record, { verified: false, between });
  }

  #inList(peer: PeerState, record: KeyRecord, verdict: PinVerdict): PeerState | null {
    if (verdict.type === "same" || verdict.type === "older") return null;
    const fp = encodeBase64Url(record.fingerprint);
    this.#tell(peer.name, fp, verdict.type);
    if (peer.verified) return { ...peer, offered: fp };
    if (verdict.type === "unconfirmed") return null;
    return movePin(peer, record, { verified: false, between: verdict.between });
  }

  #tell(name: string, fp: string, news: KeyNews): void {
    const key = keyOf(name, fp, news);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const isVerified = this.#options.state.peer(name)?.verified ?? false;
    this.#options.tell(newsOf(name, { news, isVerified }));
  }
}

function keyOf(name: string, fp: string, news: KeyNews): string {
  return `${name} ${fp} ${news}`;
}
