/**
 * The command line of the server (PRODUCT §1). Each flag has an environment twin.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** What the operator chose. */
export interface ServerOptions {
  /** IPv4 or IPv6 literal, or a name. */
  readonly host: string;
  /** 0–65535; 0 means any free port. */
  readonly port: number;
  /** Data folder, where not the default. */
  readonly data?: string;
  /** File with the shared secret. */
  readonly secretFile?: string;
  /** File with limits that are not the default. */
  readonly limits?: string;
  /** Days after which entries are deleted; absent: never. */
  readonly keep?: number;
  /** Whether unknown names may register. */
  readonly registration: "open" | "closed";
  /** Form of the log. */
  readonly logFormat: "text" | "json";
  /** Whether the keyboard is read. */
  readonly keys: boolean;
  /** Whether the log is detailed. */
  readonly debug: boolean;
}

/**
 * Describes the subcommand `server`.
 *
 * @param start What to do with the options.
 */
export function serverCommand(start: (options: ServerOptions) => Promise<void>): Command {
  const command = new Command("server")
    .description("Run a chat server. Stop it with q, Ctrl-C or SIGTERM.")
    .argument("<host>", "address or name to listen on, e.g. 127.0.0.1, 0.0.0.0, ::")
    .argument("<port>", "port; 0 takes any free one", parsePort)
    .addOption(dataOption())
    .addOption(
      new Option("--secret-file <file>", "only clients with this shared secret get an answer")
        .env("FERNCHAT_SECRET_FILE"),
    )
    .addOption(
      new Option("--registration <mode>", "whether unknown names may register")
        .choices(["open", "closed"] as const).default("open" as const)
        .env("FERNCHAT_REGISTRATION"),
    )
    .addOption(
      new Option("--limits <file>", "limits other than the default: JSON, names of the policy")
        .env("FERNCHAT_LIMITS"),
    )
    .addOption(
      new Option("--keep <days>", "delete what is older; without it, everything is kept")
        .argParser(parseDays).env("FERNCHAT_KEEP"),
    )
    .addOption(
      new Option("--log-format <format>", "form of the log on standard error")
        .choices(["text", "json"] as const).default("text" as const)
        .env("FERNCHAT_LOG_FORMAT"),
    )
    .addOption(
      new Option("--no-keys", "do not read the keyboard").env("FERNCHAT_NO_KEYS"),
    )
    .addOption(
      new Option("--debug", "detailed log; never a secret or a text").default(false)
        .env("FERNCHAT_DEBUG"),
    )
    .action(async (host, port, { data, secretFile, limits, keep, ...rest }) => {
      await start({
        host,
        port,
        ...rest,
        ...(data === undefined ? {} : { data }),
        ...(limits === undefined ? {} : { limits }),
        ...(keep === undefined ? {} : { keep }),
        ...(secretFile === undefined ? {} : { secretFile }),
      });
    });
  return command as unknown as Command;
}

/** The flag that names the data folder, of every subcommand that works on one. */
export function dataOption(): Option<"--data <dir>"> {
  return new Option("--data <dir>", "data folder (default: the platform's user data folder)")
    .env("FERNCHAT_DATA");
}

function parseDays(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(days >= 1 && days <= 36_500)) {
    throw new InvalidArgumentError("Expected a number of days from 1 to 36500.");
  }
  return days;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("Expected a number from 0 to 65535.");
  return port;
}
