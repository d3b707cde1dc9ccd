/**
 * Opens messages: token, place, sender, signature (FTC1 §7.6).
 *
 * Whatever is wrong with one becomes a marked line in its place; nothing is fatal. A key that is missing is
 * complained about, once.
 *
 * Source: FTC1 §7.5, §7.6, §9 row 109.
 *
 * @module
 */

import { InvalidBase64Url } from "../../cipher/base64url.ts";
import { equal } from "../../cipher/bytes.ts";
import { BadMessage, type OpenedMessage as Opened } from "../../cipher/message.ts";
import { openMessage, verifyMessage } from "../../cipher/message.ts";
import { isMemberName } from "../../cipher/member_list.ts";
import type { KeyRecord } from "../../cipher/key_record.ts";
import { textFault } from "../../protocol/text.ts";
import type { MessageEntry } from "../../protocol/event.ts";
import type { MarkedEntry } from "../opened.ts";
import { BadChain } from "./bad_chain.ts";
import type { Chain } from "./chain.ts";
import type { ChainPlace, Chains } from "./chains.ts";
import type { Unlocker } from "./epoch_keys.ts";
import type { KeyDirectory } from "./key_directory.ts";
import type { Pins } from "./pins.ts";
import { Refused } from "./asker.ts";
import type { Resolver } from "./resolver.ts";

/** A message that is what it says. */
export interface Genuine {
  /** With the text in the place of the token. */
  readonly entry: MessageEntry;
  /** Sender, device and epoch. */
  readonly stream: string;
  /** Its counter. */
  readonly n: number;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly time: number;
  /** Whether it is signed by keys that are, or were, the sender's as this account knows him. */
  readonly isKnownKey: boolean;
}

/** What opening needs. */
export interface OpenerOptions {
  /** Who reads. */
  readonly me: { readonly user: string } & Unlocker;
  /** Keys as pinned. */
  readonly pins: Pins;
  /** Chains. */
  readonly chains: Chains;
  /** Key records of senders. */
  readonly keys: KeyDirectory;
  /** Computes ids of direct conversations. */
  readonly resolver: Resolver;
  /** Says to the server that the key of an epoch is missing. */
  readonly complain: (chain: Chain, epoch: number) => void;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Opens messages. */
export class Opener {
  readonly #options: OpenerOptions;

  /**
   * Makes an opener.
   *
   * @param options Where keys are.
   */
  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /**
   * Opens one.
   *
   * @param entry As the server gave it; of a direct or group conversation.
   * @returns The message, or the line in its place.
   * @throws {import("./asker.ts").CutOff} If the connection is lost meanwhile.
   */
  async open(entry: MessageEntry): Promise<Genuine | MarkedEntry> {
    try {
      return await this.#open(entry);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      return markMessage(entry, reason);
    }
  }

  async #open(entry: MessageEntry): Promise<Genuine> {
    const { epoch } = entry;
    if (epoch === undefined) throw new BadMessage("layout");
    const chain = await this.#options.chains.upTo(await this.#placeOf(entry), epoch);
    const key = await chain.keys.messageKey(epoch);
    if (key === null) {
      this.#options.complain(chain, epoch);
      throw new Refused({
        code: "no_key",
        msg: "its key has not come yet; others were asked for it",
      });
    }
    const message = await openMessage(key, entry.body);
    const record = await this.#check(message, entry, chain);
    return {
      isKnownKey: await this.#isKnown(record),
      entry: { ...entry, body: textOf(message) },
      stream: `${message.sender} ${message.device} ${epoch}`,
      n: message.n,
      time: message.time,
    };
  }

  async #placeOf(entry: MessageEntry): Promise<ChainPlace> {
    const { conversation: id, from, kind, to } = entry;
    if (kind === "group") return { kind, id, name: to };
    const { user } = this.#options.me;
    if (from !== user && to !== user) throw new BadChain("conversation");
    const other = from === user ? to : from;
    if (!isMemberName(other)) throw new BadChain("conversation");
    const place = await this.#options.resolver.direct(other);
    if (place.id !== id) throw new BadChain("conversation");
    return place;
  }

  /** Nobody else can have signed with one's own keys; whose keys they are otherwise is for the pins. */
  async #isKnown(record: KeyRecord): Promise<boolean> {
    const { me: { user, identities }, pins } = this.#options;
    if (record.user !== user) return await pins.knows(record);
    const isOwn = identities.some(({ fingerprint }) => equal(fingerprint, record.fingerprint));
    if (!isOwn) throw new BadChain("not yours");
    return true;
  }

  async #check(message: Opened, entry: MessageEntry, chain: Chain): Promise<KeyRecord> {
    const { epoch, sender, senderFingerprint } = message;
    if (epoch !== entry.epoch || !equal(message.conversation, chain.conversation)) {
      throw new BadChain("place");
    }
    if (sender !== entry.from) throw new BadChain("sender");
    const member = chain.memberAt(epoch, sender);
    if (member === undefined || !equal(member.fingerprint, senderFingerprint)) {
      throw new BadChain("no member");
    }
    const found = await this.#options.keys.byFingerprint([
      { user: sender, fingerprint: senderFingerprint },
    ]);
    const record = found.get(senderFingerprint.toHex());
    if (record === undefined) throw new BadChain("key record");
    if (!await verifyMessage(message, { publicKey: record.ed25519 })) {
      throw new BadChain("signature");
    }
    return record;
  }
}

/**
 * Makes the line in the place of a message that is not shown.
 *
 * @param entry As the server gave it.
 * @param reason Why, as the end of a sentence.
 */
export function markMessage(entry: MessageEntry, reason: string): MarkedEntry {
  const { id, at, conversation, from, to, kind } = entry;
  const where = kind === "group" ? `in ${to}` : `to ${to}`;
  const text = `[not shown]: message from ${from} ${where}: ${reason}`;
  return { t: "damaged", id, at, conversation, text };
}

/**
 * Says what is wrong, as the end of a sentence.
 *
 * @param error What was thrown.
 * @returns The reason, or `null` where the error is about something else.
 */
export function reasonOf(error: unknown): string | null {
  if (error instanceof BadMessage) return "it was altered, or is of another conversation or epoch";
  if (error instanceof InvalidBase64Url) return "the server names no conversation";
  if (error instanceof BadChain) return CHAIN_REASONS[error.reason] ?? CHAIN_REASONS["*"] ?? "";
  return error instanceof Refused ? error.message : null;
}

const CHAIN_REASONS: { readonly [reason: string]: string } = {
  "place": "it was filed under another conversation or epoch than its sender wrote it for",
  "conversation": "the server names a conversation that is not between these two",
  "sender": "the server names another sender than the message does",
  "no member": "its sender is not a member in its epoch",
  "signature": "the signature is not right",
  "key record": "the server does not give the keys of who signed",
  "old state": "the server shows an older state of this conversation than this account has seen",
  "equivocation": "the server shows another history of members than this account has seen",
  "previous": "the server shows another history of members than this account has seen",
  "not yours": "it is signed with your name by keys that are not yours",
  "text": "its text is none that may be sent",
  "no such epoch": "the server does not give the record of its epoch",
  "no such change": "no record of a member says so",
  "id": "the conversation is not of the one who is said to have made it",
  "*": "the records of members that the server shows are not right",
};

/** The server cannot look at the text, so the reader does (FTC1 §6). */
function textOf(message: Opened): string {
  let text: string;
  try {
    text = decoder.decode(message.body);
  } catch {
    throw new BadMessage("layout");
  }
  const fault = textFault(text);
  // Control characters are shown escaped, as everywhere.
  if (fault !== null && fault.reason !== "control") throw new BadChain("text");
  return text;
}
