/**
 * The command line of the client (PRODUCT §1). Each flag has an environment twin.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { parseAddress, parseFingerprint } from "./address.ts";

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
  /** Whether a program uses it: objects of JSON, in and out. */
  readonly json?: boolean | undefined;
  /** The entry behind which a program begins; without it, behind what the account has been shown. */
  readonly since?: number | "now" | undefined;
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
    .argument("<host>", "address or name of the server, e.g. 127.0.0.1; or its chat:// address")
    .argument("[port]", "its port; a chat:// address has it")
    .addOption(connecting.user())
    .addOption(connecting.passwordFile())
    .addOption(connecting.fingerprint())
    .addOption(connecting.secretFile())
    .addOption(connecting.strict())
    .addOption(connecting.forget())
    .addOption(
      new Option("--no-register", "do not make an account of an unknown name")
        .env("FERNCHAT_NO_REGISTER"),
    )
    .addOption(
      new Option("--plain", "whole lines, no cursor movement (for screen readers)").default(false)
        .env("FERNCHAT_PLAIN"),
    )
    .addOption(
      new Option("--json", "objects of JSON, one a line, in and out (for programs)").default(false)
        .env("FERNCHAT_JSON"),
    )
    .addOption(
      new Option("--since <id>", "with --json: begin behind this entry, or `now`")
        .argParser(parseSince).env("FERNCHAT_SINCE"),
    )
    .addOption(connecting.timeout())
    .addOption(connecting.debug())
    .action(async (host, port, options) => {
      const { json, plain, since } = options;
      if (json && plain) command.error("Choose one of --json and --plain.");
      if (since !== undefined && !json) command.error("--since goes with --json.");
      await start({ ...options, ...addressIn(command, [host, port], options) });
    });
  return command as unknown as Command;
}

/** The options of whatever connects: `client` and `send`. */
export const connecting = {
  user: () => new Option("--user <name>", "name to log in with").env("FERNCHAT_USER"),
  passwordFile: () =>
    new Option("--password-file <file>", "file whose first line is the password")
      .env("FERNCHAT_PASSWORD_FILE"),
  fingerprint: () =>
    new Option("--fingerprint <fingerprint>", "accept only the server with this fingerprint")
      .argParser(readFingerprint).env("FERNCHAT_FINGERPRINT"),
  secretFile: () =>
    new Option("--secret-file <file>", "shared secret that the server asks for")
      .env("FERNCHAT_SECRET_FILE"),
  strict: () =>
    new Option("--strict", "ask before a new server is trusted").default(false)
      .env("FERNCHAT_STRICT"),
  forget: () =>
    new Option("--forget", "first forget the fingerprint of this server").default(false)
      .env("FERNCHAT_FORGET"),
  timeout: () =>
    new Option("--timeout <seconds>", "give up connecting after").argParser(parseTimeout)
      .default(DEFAULT_TIMEOUT).env("FERNCHAT_TIMEOUT"),
  debug: () =>
    new Option("--debug", "detailed log on standard error; never a secret or a text")
      .default(false).env("FERNCHAT_DEBUG"),
} as const;

/**
 * Reads the arguments that say where the server is.
 *
 * @param command Says what is wrong with them, and ends.
 * @param args Host and port, or a `chat://` address.
 * @param options What is demanded beside them.
 */
export function addressIn(
  command: Pick<Command, "error">,
  args: readonly (string | undefined)[],
  options: { readonly fingerprint?: string | undefined },
): Pick<ClientOptions, "host" | "port" | "fingerprint"> {
  const address = parseAddress(args, options);
  return "wrong" in address ? command.error(address.wrong) : address;
}

function parseTimeout(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(seconds >= 1 && seconds <= LONGEST_TIMEOUT)) {
    throw new InvalidArgumentError(`Expected seconds from 1 to ${LONGEST_TIMEOUT}.`);
  }
  return seconds;
}

function parseSince(text: string): number | "now" {
  if (text === "now") return text;
  const id = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new InvalidArgumentError("Expected the id of an entry, such as 1838459473920, or now.");
}

function readFingerprint(text: string): string {
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== null) return fingerprint;
  throw new InvalidArgumentError(
    "Expected ftc1: and 43 characters, whole, as the server prints it at its start.",
  );
}
