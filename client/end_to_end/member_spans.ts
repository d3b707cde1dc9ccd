/**
 * The lists of all epochs of a conversation, in the room that their changes take.
 *
 * For each name there are spans of epochs with one fingerprint and role; 10,000 lists that are equal cost
 * as much as one.
 *
 * @module
 */

import { equal } from "../../cipher/bytes.ts";
import type { Member } from "../../cipher/member_list.ts";

interface Span {
  readonly member: Member;
  readonly from: number;
  /** The last epoch, while it is open `Infinity`. */
  to: number;
}

/** Who was a member when. */
export class MemberSpans {
  readonly #spans = new Map<string, Span[]>();
  readonly #present = new Map<string, Span>();

  /**
   * Adds the list of the next epoch.
   *
   * @param epoch Its number, greater than all before.
   * @param members The whole list.
   */
  add(epoch: number, members: Iterable<Member>): void {
    const gone = new Set(this.#present.keys());
    for (const member of members) {
      const { name } = member;
      const span = this.#present.get(name);
      gone.delete(name);
      if (span !== undefined && isSame(span.member, member)) continue;
      if (span !== undefined) span.to = epoch - 1;
      const fresh = { member, from: epoch, to: Infinity };
      this.#present.set(name, fresh);
      this.#spans.set(name, [...this.#spans.get(name) ?? [], fresh]);
    }
    for (const name of gone) {
      const span = this.#present.get(name);
      if (span !== undefined) span.to = epoch - 1;
      this.#present.delete(name);
    }
  }

  /** The member of this name in the list of an epoch. */
  at(epoch: number, name: string): Member | undefined {
    return this.#spans.get(name)?.find(({ from, to }) => from <= epoch && epoch <= to)?.member;
  }

  /** Whether the list of an epoch has this name with this fingerprint, whatever the role. */
  has(epoch: number, { name, fingerprint }: Member): boolean {
    const member = this.at(epoch, name);
    return member !== undefined && equal(member.fingerprint, fingerprint);
  }

  /** The list of an epoch, by name. */
  listAt(epoch: number): Map<string, Member> {
    const names = [...this.#spans.keys()].sort();
    const members = names.flatMap((name) => this.at(epoch, name) ?? []);
    return new Map(members.map((member) => [member.name, member]));
  }
}

function isSame(a: Member, b: Member): boolean {
  return a.role === b.role && equal(a.fingerprint, b.fingerprint);
}
