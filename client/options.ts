/**
 * The command line of the client (PRODUCT §1). Each flag has an environment twin.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { decodeBase64Url, InvalidBase64Url } from "../cipher/base64url.ts";

/** What the user chose. */
export interface ClientOptions {
  /** IPv4 or IPv6 literal, or a name; lower case, IPv6 without brackets. */
  readonly host: string;
  /** 1–65,535. */
  readonly port: number;
  /** Name to log in with, unchecked. */
  readonly user?: string | undefined;
  /** File whose first line is the password. */
  readonly passwordFile?: string | undefined;
  /** What the server must show: `ftc1:` and 43 characters. */
  readonly fingerprint?: string | undefined;
  /** File with the shared secret. */
  readonly secretFile?: string | undefined;
  /** Whether to ask before a new server is trusted. */
  readonly strict: boolean;
  /** Whether what is known of this server is dropped first. */
  readonly forget: boolean;
  /** Whether an unknown name becomes an account. */
  readonly register: boolean;
  /** Whether whole lines are wanted on a terminal, too. */
  readonly plain: boolean;
  /** Seconds that connecting may take. */
  readonly timeout: number;
  /** Whether the log is wanted. */
  readonly debug: boolean;
}

/** Seconds that connecting may take unless told. */
const DEFAULT_TIMEOUT = 30;

const LONGEST_TIMEOUT = 3_600;

/**
 * Describes the subcommand `client`.
 *
 * @param start What to do with the options.
 */
export function defineClientCommand(start: (options: ClientOptions) => Promise<void>): Command {
  const command = new Command("client")
    .description("Chat. Asks for name and password; type @help for what can be typed then.")
    .argument("<host>", "address or name of the server, e.g. 127.0.0.1", parseHost)
    .argument("<port>", "its port", parsePort)
    .addOption(new Option("--user <name>", "name to log in with").env("FERNCHAT_USER"))
    .addOption(
      new Option("--password-file <file>", "file whose first line is the password")
        .env("FERNCHAT_PASSWORD_FILE"),
    )
    .addOption(
      new Option("--fingerprint <fingerprint>", "accept only the server with this fingerprint")
        .argParser(parseFingerprint).env("FERNCHAT_FINGERPRINT"),
    )
    .addOption(
      new Option("--secret-file <file>", "shared secret that the server asks for")
        .env("FERNCHAT_SECRET_FILE"),
    )
    .addOption(
      new Option("--strict", "ask before a new server is trusted").default(false)
        .env("FERNCHAT_STRICT"),
    )
    .addOption(
      new Option("--forget", "first forget the fingerprint of this server").default(false)
        .env("FERNCHAT_FORGET"),
    )
    .addOption(
      new Option("--no-register", "do not make an account of an unknown name")
        .env("FERNCHAT_NO_REGISTER"),
    )
    .addOption(
      new Option("--plain", "whole lines, no cursor movement (for screen readers)").default(false)
        .env("FERNCHAT_PLAIN"),
    )
    .addOption(
      new Option("--timeout <seconds>", "give up connecting after").argParser(parseTimeout)
        .default(DEFAULT_TIMEOUT).env("FERNCHAT_TIMEOUT"),
    )
    .addOption(
      new Option("--debug", "detailed log on standard error; never a secret or a text")
        .default(false).env("FERNCHAT_DEBUG"),
    )
    .action(async (host, port, options) => await start({ host, port, ...options }));
  return command as unknown as Command;
}

function parseHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  // It becomes a field of known_hosts, where blanks part the fields.
  if (!/^[\w.:%-]{1,253}$/.test(host)) {
    throw new InvalidArgumentError("Expected an address or a name, such as 127.0.0.1.");
  }
  return host;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= 1 && port <= 65_535)) {
    throw new InvalidArgumentError("Expected a number from 1 to 65535.");
  }
  return port;
}

function parseTimeout(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(seconds >= 1 && seconds <= LONGEST_TIMEOUT)) {
    throw new InvalidArgumentError(`Expected seconds from 1 to ${LONGEST_TIMEOUT}.`);
  }
  return seconds;
}

function parseFingerprint(text: string): string {
  try {
    if (text.startsWith("ftc1:")) {
      decodeBase64Url(text.slice("ftc1:".length), { length: 32 });
      return text;
    }
  } catch (error) {
    if (!(error instanceof InvalidBase64Url)) throw error;
  }
  throw new InvalidArgumentError(
    "Expected ftc1: and 43 characters, whole, as the server prints it at its start.",
  );
}
