/**
 * A sealing that does nothing, for scenes about a session in the lobby alone.
 *
 * It refuses to be there where something would have to be sealed or opened: such a scene needs the real
 * one (`client/end_to_end/`).
 *
 * @module
 */

import type { Sealing } from "../../client/sealing.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { Event } from "../../protocol/event.ts";

/** Passes what needs no keys. */
export class PassThrough implements Sealing {
  /** Never: nothing is asked. */
  readonly asked: Promise<void> = new Promise<void>(() => {});
  /** None. */
  readonly formerRoots: Promise<readonly Uint8Array[]> = Promise.resolve([]);
  /** What was told about connections. */
  readonly log: string[] = [];

  connected(_send: (command: CommandInput) => void, last: number): void {
    this.log.push(`connected ${last}`);
  }

  disconnected(): void {
    this.log.push("disconnected");
  }

  handles(wanted: Parameters<Sealing["handles"]>[0]): wanted is never {
    if (wanted.t === "send" && wanted.to !== "lobby") throw unsealed();
    if (wanted.t.startsWith("group_") && wanted.t !== "group_info") throw unsealed();
    return false;
  }

  perform(): Promise<Event> {
    return Promise.reject(unsealed());
  }

  nextKeys(): Promise<Uint8Array> {
    return Promise.reject(unsealed());
  }

  takes(): boolean {
    return false;
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }

  shown(entry: ReturnType<Sealing["shown"]>): ReturnType<Sealing["shown"]> {
    return entry;
  }

  open(event: Event): ReturnType<Sealing["open"]> {
    if (event.t === "message" && event.kind !== "lobby") return Promise.reject(unsealed());
    return Promise.resolve(event);
  }
}

function unsealed(): Error {
  return new Error("Cannot pass what is to be sealed: this scene is about the lobby");
}
