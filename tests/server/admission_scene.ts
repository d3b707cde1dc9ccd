/**
 * A chat in which bob has an account, and connections that have shaken hands and not logged in.
 *
 * @module
 */

import { strictEqual } from "node:assert/strict";
import type { FrameObject } from "../../protocol/frame.ts";
import type { Channel } from "../../server/accounts.ts";
import { Admission, type AdmissionOptions, type Step } from "../../server/admission.ts";
import { DEFAULT_POLICY } from "../../server/policy.ts";
import { type Chat, chatWith } from "../testing/chat.ts";
import { type Newcomer, newcomer, someChannel } from "../testing/newcomer.ts";
import { TEST_REALM } from "../testing/test_session.ts";

/** Has an account. */
export const bob: Newcomer = await newcomer("bob", TEST_REALM);
/** Has none. */
export const alice: Newcomer = await newcomer("alice", TEST_REALM);

/** A connection before its login. */
export interface Arrival {
  /** What signatures are made for. */
  readonly channel: Channel;
  /** Takes any frame. */
  readonly step: (frame: object) => Promise<Step>;
  /** Says who it is. */
  readonly auth: (user: unknown) => Promise<Step>;
  /** Registers with somebody's keys. */
  readonly registers: (who: Newcomer) => Promise<Step>;
  /** Logs in with somebody's key. */
  readonly logsIn: (who: Newcomer) => Promise<Step>;
}

/** Makes a connection that has shaken hands. */
export function arrivalAt(chat: Chat, options: Partial<AdmissionOptions> = {}): Arrival {
  const channel = someChannel(TEST_REALM);
  const { accounts, guesses, journal } = chat.service;
  const admission = new Admission({
    accounts,
    guesses,
    channel,
    policy: DEFAULT_POLICY,
    address: "192.0.2.1",
    uptime: () => chat.uptime,
    registration: "open",
    now: () => chat.now,
    newest: () => journal.delivered,
    failed: (error) => chat.failures.push(error),
    ...options,
  });
  const step = (frame: object) => admission.step(frame as FrameObject);
  return {
    channel,
    step,
    auth: (user: unknown) => step({ t: "auth", user }),
    registers: async (who: Newcomer) => await step(await who.register(channel)),
    logsIn: async (who: Newcomer) => await step(await who.login(channel)),
  };
}

/** A step in one word: who is in, the answer, the end. */
export function inShort(step: Step): string {
  if ("admitted" in step) return `${step.created ? "created" : "in"} ${step.admitted.user}`;
  const { answer } = step;
  const said = answer === undefined ? [] : [answer.t === "error" ? answer.code : answer.t];
  return [...said, ...("end" in step ? [`bye ${step.end}`] : [])].join(", ");
}

/** A chat in which bob has an account. */
export async function chatWithBob(): Promise<Chat> {
  const chat = await chatWith({ users: ["carol", "dave"], groups: { team: ["carol", "dave"] } });
  const arrival = arrivalAt(chat);
  await arrival.auth("bob");
  strictEqual(inShort(await arrival.registers(bob)), "created bob");
  return chat;
}
