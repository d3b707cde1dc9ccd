/**
 * Logs in again after a lost connection, with the key in memory: nothing is asked.
 *
 * Only where the account has another salt, the password was changed elsewhere, and a person is asked for
 * the new one. An account that is not there any more is never registered again.
 * Source: FTC1 §4.7; PRODUCT §2.
 *
 * @module
 */

import { deriveLogin } from "../cipher/login.ts";
import type { EventOf } from "../protocol/event.ts";
import type { Account, Proof } from "./account.ts";
import type { Credentials } from "./credentials.ts";
import { displayLine } from "./display.ts";
import { afterBye } from "./ending.ts";
import {
  type Frames,
  LoginExchange,
  type LoginLink,
  type LoginPresence,
  SaidBye,
  TRIES,
  withDelay,
} from "./login_exchange.ts";
import { rootIn } from "./vault_root.ts";

/** What logging in again needs. */
export interface ReloginOptions {
  /** The frames of the link, from the first on. */
  readonly frames: Frames;
  /** Who logs in. */
  readonly account: Account;
  /** Asks for a password that was changed elsewhere. */
  readonly credentials: Credentials;
  /** Whether others are told; they are where nothing is said. */
  readonly presence?: LoginPresence | undefined;
  /** Shows a notice about the connection. */
  readonly notice: (text: string) => Promise<void>;
}

/** How it ended. */
export type ReloginOutcome =
  | { readonly type: "open"; readonly welcome: EventOf<"welcome"> }
  /** Not now: try again, at the earliest after so many seconds. */
  | { readonly type: "later"; readonly text: string; readonly seconds: number }
  /** Not in this run. */
  | { readonly type: "over"; readonly text: string };

/** Refusals that may be over soon. */
const PASSING: ReadonlySet<string> = new Set(["try_later", "too_many", "rate", "storage"]);

const CHANGED = "The password of this account was changed.";

/**
 * Logs in again.
 *
 * @param link The connection, its pin checked.
 * @param options Frames, account, credentials.
 * @returns How it ended. The caller says `bye` where it did not open.
 * @throws {LinkError} If the connection fails, or the server answers what it must not (`bad_frame`).
 * @throws {NoCredentials} If the user leaves instead of answering.
 */
export async function logInAgain(
  link: LoginLink,
  options: ReloginOptions,
): Promise<ReloginOutcome> {
  const exchange = new LoginExchange(link, options.frames, options.presence);
  try {
    for (let wrong = 0; wrong < TRIES; wrong++) {
      const outcome = await attempt(exchange, options);
      if (outcome !== "wrong") return outcome;
    }
    return { type: "over", text: "Incorrect password." };
  } catch (error) {
    if (!(error instanceof SaidBye)) throw error;
    const { text, type } = afterBye(error.reason, options.credentials.input);
    // Typing a password may have taken too long; what was typed is kept.
    return type === "over" ? { type, text } : { type: "later", text, seconds: 0 };
  }
}

async function attempt(
  exchange: LoginExchange,
  options: ReloginOptions,
): Promise<ReloginOutcome | "wrong"> {
  const { account, credentials } = options;
  const { user } = account;
  const salt = await exchange.introduce(user);
  if (salt === "unknown") {
    const text = `There is no account ${user} at this server any more. Nothing was registered.`;
    return { type: "over", text };
  }
  if (!(salt instanceof Uint8Array)) return refused(salt);
  const known = account.proofFor(salt);
  if (known === null && credentials.input === "pipe") {
    return { type: "over", text: `${CHANGED} Start the client again with the new one.` };
  }
  const fresh = known === null ? await newProof(salt, options) : null;
  const proof = known ?? fresh?.proof ?? account.proof;
  const answer = await exchange.prove(user, proof.signKey);
  if (answer.t === "welcome") {
    account.use(proof);
    // The vault is closed with the new password, and may hold another root.
    if (fresh !== null) {
      account.renew(
        await rootIn(answer.vault, {
          vaultKey: fresh.vaultKey,
          realm: account.realm,
          user,
        }),
      );
    }
    return { type: "open", welcome: answer };
  }
  if (answer.code !== "bad_login" || known !== null) return refused(answer);
  await credentials.complain("Incorrect password.");
  credentials.forgetPassword();
  return "wrong";
}

async function newProof(
  salt: Uint8Array,
  { account: { user, realm }, credentials, notice }: ReloginOptions,
): Promise<{ readonly proof: Proof; readonly vaultKey: Uint8Array }> {
  await notice(CHANGED);
  const password = await credentials.password(user);
  const { vaultKey, ...keys } = await deriveLogin(password, { realm, salt, user });
  return { proof: { salt, ...keys }, vaultKey };
}

function refused(error: EventOf<"error">): ReloginOutcome {
  // The server's sentence becomes part of a notice: it must not act on the terminal.
  return PASSING.has(error.code)
    ? { type: "later", text: displayLine(error.msg), seconds: error.after ?? 0 }
    : { type: "over", text: displayLine(withDelay(error)) };
}
