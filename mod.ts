/**
 * Fernchat, an encrypted terminal chat: `server`, `client`, and what an operator needs.
 *
 * Only the chosen side is loaded.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";
import { StartError } from "./server/start_error.ts";
import config from "./deno.json" with { type: "json" };

/** Exit code for wrong arguments (PRODUCT §1). */
const WRONG_ARGUMENTS = 2;
/** Exit code for a server or client that cannot start or go on. */
const FAILED = 1;

/** What each subcommand is for, and an example; the code behind it is loaded when it is chosen. */
const SUBCOMMANDS = {
  server: {
    example: "server 127.0.0.1 9999",
    load: async () => {
      const { serverCommand } = await import("./server/options.ts");
      return serverCommand(async (options) => {
        const { runServer } = await import("./server/main.ts");
        await runServer(options, config.version);
      });
    },
  },
  client: {
    example: "client 127.0.0.1 9999",
    load: async () => (await import("./client/main.ts")).clientCommand(),
  },
  secret: {
    example: "secret team.secret",
    load: async () => (await import("./server/secret_command.ts")).secretCommand(),
  },
  account: {
    example: "account list --data data",
    load: async () => (await import("./server/admin_commands.ts")).accountCommand(),
  },
  status: {
    example: "status --data data",
    load: async () => (await import("./server/admin_commands.ts")).statusCommand(),
  },
  stop: {
    example: "stop --data data",
    load: async () => (await import("./server/admin_commands.ts")).stopCommand(),
  },
  backup: {
    example: "backup fernchat.tar --data data",
    load: async () => {
      const { backupCommand } = await import("./server/backup_commands.ts");
      return backupCommand(config.version);
    },
  },
  restore: {
    example: "restore fernchat.tar --data new-data",
    load: async () => (await import("./server/backup_commands.ts")).restoreCommand(),
  },
} as const;

type Subcommand = keyof typeof SUBCOMMANDS;

/**
 * Runs the program.
 *
 * @param args The command line behind `mod.ts`.
 * @returns The exit code: 0 normal end, 1 cannot start or go on, 2 wrong arguments.
 */
export async function main(args: readonly string[]): Promise<number> {
  const chosen = args.find((arg): arg is Subcommand => Object.hasOwn(SUBCOMMANDS, arg));
  const names = chosen === undefined ? Object.keys(SUBCOMMANDS) as Subcommand[] : [chosen];
  let complaint = "";
  const program = new Command("fernchat")
    .description("Encrypted chat in the terminal: one server, many clients.")
    .version(config.version);
  for (const name of names) program.addCommand(await SUBCOMMANDS[name].load());
  for (
    const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]
  ) {
    settleTwins(command);
    command.exitOverride().showSuggestionAfterError(true)
      .configureOutput({ writeErr: (text) => void (complaint += text) });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const group = program.commands.find((command) => command.name() === chosen)?.commands ?? [];
      const words = (group.length > 0 ? group : program.commands).map((command) => command.name());
      printError(`${wrongArguments(error, { complaint, words })} ${exampleOf(chosen)}`);
      return WRONG_ARGUMENTS;
    }
    if (error instanceof StartError) {
      printError(error.message);
      return FAILED;
    }
    throw error;
  }
}

/** What a switch may be set to in the environment to be off. */
const OFF: ReadonlySet<string> = new Set(["", "0", "false", "no", "off"]);

/**
 * Under a command line without `--allow-env` a flag has no environment twin, and nobody is asked;
 * and a switch whose twin says "off" is off.
 */
function settleTwins(command: { readonly options: readonly Twin[] }): void {
  for (const option of command.options) {
    const variable = option.envVar;
    if (variable === undefined) continue;
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    if (state !== "granted" || isOff(option, variable)) delete option.envVar;
  }
}

interface Twin {
  envVar?: string;
  isBoolean(): boolean;
  readonly negate: boolean;
}

function isOff(option: Twin, variable: string): boolean {
  const isSwitch = option.isBoolean() || option.negate;
  return isSwitch && OFF.has((Deno.env.get(variable) ?? "").toLowerCase());
}

function wrongArguments(
  error: CommanderError,
  { complaint, words }: { readonly complaint: string; readonly words: readonly string[] },
): string {
  // Without a subcommand Commander prints its whole help; one line is enough.
  if (error.code === "commander.help") return `Say what to run: ${words.join(", ")}.`;
  const line = complaint.trim().replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return `Wrong arguments: ${line}${/[.!?)]$/.test(line) ? "" : "."}`;
}

function exampleOf(chosen: Subcommand | undefined): string {
  return `Example: deno run -A mod.ts ${SUBCOMMANDS[chosen ?? "server"].example}`;
}

function printError(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
