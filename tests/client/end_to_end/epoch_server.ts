/**
 * The part of a server that knows epochs, in memory, beside the keys and states of `fake_keys.ts`; and
 * the end-to-end parts of a client behind it. It can lie as those can.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "../../../cipher/base64url.ts";
import { equal } from "../../../cipher/bytes.ts";
import type { ChainHead } from "../../../cipher/epoch_rules.ts";
import type { Asker, Question } from "../../../client/end_to_end/asker.ts";
import type { EpochParts } from "../../../client/end_to_end/epoch_parts.ts";
import { buildParts, type Parts } from "../../../client/end_to_end/parts.ts";
import type { PinNotice } from "../../../client/end_to_end/pins.ts";
import type { CommandInput } from "../../../protocol/command.ts";
import type { EpochPiece, Event, EventOf, MessageEntry } from "../../../protocol/event.ts";
import { FakeKeys, REALM } from "../../testing/fake_keys.ts";
import { type Person, person } from "../../testing/person.ts";
import { nextId, type SealedConversation, sealedGroup } from "../../testing/sealed.ts";

/** When everything happens: some day in November 2026. */
export const NOW = 1_795_370_580_000;

interface Stored {
  readonly pieces: EpochPiece[];
  /** Epoch → name → wrap. */
  readonly wraps: Map<number, Map<string, string>>;
  head: ChainHead | null;
  /** Pieces behind the newest epoch, without its number. */
  open: readonly object[];
}

/** The server. */
export class EpochServer {
  /** Keys and states. */
  readonly keys: FakeKeys = new FakeKeys();
  /** What was complained about. */
  readonly complaints: { readonly conversation: string; readonly epoch: number }[] = [];
  /** Changes the answer to `epochs`. */
  lie: (answer: EventOf<"epochs">) => EventOf<"epochs"> = (answer) => answer;
  readonly #stored = new Map<string, Stored>();

  /** Draws somebody's keys and shows them to everybody. */
  async newcomer(user: string): Promise<Person> {
    const drawn = await person(user, REALM);
    this.keys.show(drawn);
    return drawn;
  }

  /** Makes a group and its epoch 0. */
  async group(
    owner: Person,
    members: readonly Person[],
    name = "team",
  ): Promise<SealedConversation> {
    const group = await sealedGroup({ realm: REALM, name, owner, members });
    this.stores(group);
    return group;
  }

  /** Stores the newest change of a conversation; `notes`: what it rests on. */
  stores(made: SealedConversation, notes: readonly string[] = []): void {
    const { conversation, head, record, frames } = made;
    if (head === null || record === null) throw new Error("Cannot store: there is no epoch");
    const stored = this.#of(conversation);
    const { added, removed } = differenceOf(stored.head, head);
    const e = head.epoch;
    stored.pieces.push({ e, record: encodeBase64Url(record.bytes) });
    if (added.length > 0) stored.pieces.push({ e, added });
    if (removed.length > 0) stored.pieces.push({ e, removed });
    if (notes.length > 0) stored.pieces.push({ e, notes: [...notes] });
    const wraps = frames.flatMap((frame) => frame.t === "wraps" ? frame.m : []);
    stored.wraps.set(e, new Map(wraps.map(({ user, wrap }) => [user, wrap])));
    stored.head = head;
    stored.open = [];
  }

  /** Says what is open behind the newest epoch. */
  opens(conversation: string, ...open: readonly object[]): void {
    this.#of(conversation).open = open;
  }

  /** Takes the wrap of somebody away, or gives another one. */
  setWrap(
    { conversation, epoch }: Pick<SealedConversation, "conversation" | "epoch">,
    user: string,
    wrap: string | null,
  ): void {
    const wraps = this.#of(conversation).wraps.get(epoch);
    if (wrap === null) wraps?.delete(user);
    else wraps?.set(user, wrap);
  }

  /** What it answers somebody. */
  asker(user: string): Asker {
    return { ask: (question) => this.answers(user, question) };
  }

  /** Answers a question. */
  async answers(user: string, question: Question): Promise<Event> {
    if (question.t === "epochs") return this.lie(this.#epochs(user, question));
    if (question.t !== "complain") return await this.keys.ask(question);
    this.complaints.push(question);
    return { t: "ok", re: 1 };
  }

  #epochs(user: string, question: Extract<Question, { t: "epochs" }>): EventOf<"epochs"> {
    const { conversation, from = 0, piece = 0 } = question;
    const { pieces, wraps, head, open } = this.#of(conversation);
    if (head === null) return { t: "epochs", re: 1, pieces: [], more: false };
    const behind = open.map((one) => ({ e: head.epoch + 1, ...one } as EpochPiece));
    const wrapped = pieces.map((one) => {
      const wrap = "record" in one ? wraps.get(one.e)?.get(user) : undefined;
      return wrap === undefined ? one : { ...one, wrap };
    });
    const asked = [...wrapped, ...behind].filter(({ e }) => e >= from).slice(piece);
    return { t: "epochs", re: 1, head: head.epoch, sent: 0, pieces: asked, more: false };
  }

  #of(conversation: string): Stored {
    const known = this.#stored.get(conversation);
    if (known !== undefined) return known;
    const fresh = { pieces: [], wraps: new Map(), head: null, open: [] };
    this.#stored.set(conversation, fresh);
    return fresh;
  }
}

function differenceOf(
  before: ChainHead | null,
  after: ChainHead,
): { readonly added: [string, string][]; readonly removed: string[] } {
  const added = [...after.members.values()].flatMap(({ name, fingerprint }) => {
    const old = before?.members.get(name);
    const isSame = old !== undefined && equal(old.fingerprint, fingerprint);
    return isSame ? [] : [[name, encodeBase64Url(fingerprint)] as [string, string]];
  });
  const removed = [...before?.members.keys() ?? []].filter((name) => !after.members.has(name));
  return { added, removed };
}

/** The newest epoch of a conversation as one of its members gets it. */
export function partsOf(
  { frames, record, head }: SealedConversation,
  reader: Pick<Person, "user">,
  { before = null, notes = [] }: {
    readonly before?: ChainHead | null;
    readonly notes?: readonly string[];
  } = {},
): EpochParts {
  if (record === null || head === null) throw new Error("Cannot give parts: there is no epoch");
  const wraps = frames.flatMap((frame) => frame.t === "wraps" ? frame.m : []);
  const wrap = wraps.find(({ user }) => user === reader.user)?.wrap;
  const { added, removed } = differenceOf(before, head);
  return {
    record: record.bytes,
    wrap: wrap === undefined ? null : decodeBase64Url(wrap),
    added: new Map(added.map(([name, fp]) => [name, decodeBase64Url(fp)])),
    removed: new Set(removed),
    notes: notes.map((note) => decodeBase64Url(note)),
  };
}

/** The end-to-end parts of somebody's client, connected. */
export interface Desk {
  /** All of them. */
  readonly parts: Parts;
  /** What was said about keys. */
  readonly told: PinNotice[];
  /** Bugs. */
  readonly failures: unknown[];
}

/** Makes the parts of a client and connects them; `last`: the newest entry then. */
export async function deskOf(
  server: EpochServer,
  { user, root }: Person,
  { last = 0 }: { readonly last?: number } = {},
): Promise<Desk> {
  const told: PinNotice[] = [];
  const failures: unknown[] = [];
  const parts = await buildParts({
    user,
    realm: REALM,
    root,
    data: null,
    now: () => NOW,
    newId: nextId,
    tell: (notice) => told.push(notice),
    failed: (error) => failures.push(error),
    keep: () => Promise.resolve(),
    kept: () => undefined,
  });
  parts.inquiry.connected((command: CommandInput) => {
    if (!("id" in command) || command.id === undefined) return;
    const { id: re } = command;
    void server.answers(user, command as Question).then((answer) => {
      parts.inquiry.takes({ ...answer, re } as Event);
    });
  });
  parts.reader.connected(last);
  await parts.begin();
  return { parts, told, failures };
}

/** A message as the server files it. */
export async function entryOf(
  conversation: SealedConversation,
  { from, text, id }: {
    readonly from: Person;
    readonly text: string;
    readonly id: number;
  },
): Promise<MessageEntry> {
  const { body, to, epoch = 0 } = await conversation.seal(from, text);
  return {
    t: "message",
    id,
    at: NOW,
    conversation: conversation.conversation,
    kind: conversation.kind,
    from: from.user,
    to,
    body,
    epoch,
  };
}
