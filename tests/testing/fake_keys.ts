/**
 * The part of a server that knows key records and client states, in memory. It can lie: what it answers
 * goes through `lie` first, and everything it stores is open to the test.
 *
 * @module
 */

import { CutOff } from "../../client/end_to_end/asker.ts";
import type { Asker, Question } from "../../client/end_to_end/asker.ts";
import { encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveIdentity, type Identity } from "../../cipher/identity.ts";
import { checkKeyRecord, type KeyRecord, signKeyRecord } from "../../cipher/key_record.ts";
import type { Event, EventOf } from "../../protocol/event.ts";

/** The realm of these tests. */
export const REALM: Uint8Array = new Uint8Array(16).fill(7);

/** Somebody with keys. */
export interface Keyholder {
  /** The secret half. */
  readonly identity: Identity;
  /** The public half. */
  readonly record: KeyRecord;
}

/** Makes keys; `previous`: the new ones are signed by those. */
export async function keyholder(
  user: string,
  { previous, realm = REALM, root = crypto.getRandomValues(new Uint8Array(32)) }: {
    readonly previous?: Keyholder;
    readonly realm?: Uint8Array;
    readonly root?: Uint8Array;
  } = {},
): Promise<Keyholder> {
  const identity = await deriveIdentity(root, { realm, user });
  const bytes = await signKeyRecord(identity, {
    created: 1_700_000_000,
    ...(previous === undefined ? {} : { previous }),
  });
  return { identity, record: await checkKeyRecord(bytes, { realm, user }) };
}

/** Makes keys one after the other, each signed by those before. */
export async function keyLine(user: string, length: number): Promise<Keyholder[]> {
  const line = [await keyholder(user)];
  while (line.length < length) {
    line.push(await keyholder(user, { previous: line[line.length - 1] as Keyholder }));
  }
  return line;
}

interface StateEntry {
  readonly counter: number;
  readonly value: string;
}

/** The server. */
export class FakeKeys implements Asker {
  /** All records it has, in order, as octets; the last of a user is the present one. */
  readonly records: { readonly user: string; readonly bytes: Uint8Array; readonly fp: string }[] =
    [];
  /** The entries of the client state. */
  state = new Map<string, StateEntry>();
  /** What was asked. */
  readonly asked: Question[] = [];
  /** Items in one answer. */
  page = 24;
  /** Changes an answer. */
  lie: (answer: Event, question: Question) => Event = (answer) => answer;
  /** Called before an answer is made. */
  before: (question: Question) => void | Promise<void> = () => {};
  /** Whether there is a connection. */
  isConnected = true;

  /** Makes this the present record of its user. */
  show(...holders: readonly { readonly record: KeyRecord }[]): void {
    for (const { record } of holders) {
      this.showOctets(record.user, record.bytes, record.fingerprint);
    }
  }

  /** Makes octets the present record of a user. */
  showOctets(user: string, bytes: Uint8Array, fingerprint: Uint8Array = new Uint8Array(32)): void {
    this.records.push({ user, bytes, fp: encodeBase64Url(fingerprint) });
  }

  /** What it stores now. */
  snapshot(): Map<string, StateEntry> {
    return new Map(this.state);
  }

  async ask(question: Question): Promise<Event> {
    this.asked.push(question);
    await this.before(question);
    if (!this.isConnected) throw new CutOff();
    return this.lie(this.#answer(question), question);
  }

  #answer(question: Question): Event {
    switch (question.t) {
      case "keys": {
        const m = question.of.slice(0, this.page).map(({ user, fp }) => {
          const record = this.records.findLast((one) =>
            one.user === user && (fp === undefined || one.fp === fp)
          );
          return { user, ...(record === undefined ? {} : { keys: encodeBase64Url(record.bytes) }) };
        });
        return { t: "keys", re: 1, m };
      }
      case "lineage": {
        const own = this.records.filter(({ user }) => user === question.user);
        const at = own.findIndex(({ fp }) => fp === question.from);
        const rest = at === -1 ? [] : own.slice(at + 1);
        const keys = rest.slice(0, this.page).map(({ bytes }) => encodeBase64Url(bytes));
        return { t: "lineage", re: 1, keys, more: rest.length > this.page };
      }
      case "state":
        return this.#readState(question);
      case "set_state":
        return this.#writeState(question);
      default:
        throw new Error(`Cannot answer ${question.t}`);
    }
  }

  #readState({ after = "", unless }: Extract<Question, { t: "state" }>): EventOf<"state"> {
    if (unless !== undefined && this.state.get(unless.entry)?.counter === unless.counter) {
      return { t: "state", re: 1, m: [], more: false, same: true };
    }
    const rest = [...this.state].filter(([name]) => name > after).sort(([a], [b]) =>
      a < b ? -1 : 1
    );
    const m = rest.slice(0, this.page).map(([entry, one]) => ({ entry, ...one }));
    return { t: "state", re: 1, m, more: rest.length > this.page };
  }

  #writeState({ m }: Extract<Question, { t: "set_state" }>): Event {
    const isNext = m.every(({ entry, counter }) =>
      counter === (this.state.get(entry)?.counter ?? 0) + 1
    );
    if (!isNext) return { t: "error", re: 1, code: "conflict", msg: "It has changed." };
    for (const { entry, counter, value } of m) {
      if (value === null) this.state.delete(entry);
      else this.state.set(entry, { counter, value });
    }
    return { t: "ok", re: 1 };
  }
}
