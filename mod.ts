/**
 * Fernchat, an encrypted terminal chat: `server`, `client`, and what an operator needs.
 *
 * Only the chosen side is loaded.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";
import type { ChatClient, ConnectOptions } from "./client/library.ts";
import { StartError } from "./server/start_error.ts";
import config from "./deno.json" with { type: "json" };

export { ChatError } from "./client/chat_error.ts";
export type {
  ChangeEvent,
  ChatClient,
  ChatQuestion,
  ConnectOptions,
  DamagedEvent,
  JsonCommandInput,
  JsonEvent,
  MessageEvent,
  StoredMessage,
} from "./client/library.ts";

/** Exit code for wrong arguments (PRODUCT §1). */
const WRONG_ARGUMENTS = 2;
/** Exit code for a server or client that cannot start or go on. */
const FAILED = 1;

/** What each subcommand is for, and an example; the code behind it is loaded when it is chosen. */
const SUBCOMMANDS = {
  server: {
    summary: "run a server",
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
    summary: "chat",
    example: "client 127.0.0.1 9999",
    load: async () => {
      const { defineClientCommand } = await import("./client/options.ts");
      return defineClientCommand(async (options) => {
        const { runClient } = await import("./client/main.ts");
        // A read of standard input that is still waiting would keep the process.
        Deno.exit(await runClient(options));
      });
    },
  },
  send: {
    summary: "send one message and leave, unseen: for scripts",
    example: "send 127.0.0.1 9999 alice 'The build is done.'",
    load: async () => {
      const { defineSendCommand } = await import("./client/send_command.ts");
      return defineSendCommand(async ({ options, ...message }) => {
        const { runSend } = await import("./client/main.ts");
        Deno.exit(await runSend(options, message));
      });
    },
  },
  secret: {
    summary: "write a fresh shared secret",
    example: "secret team.secret",
    load: async () => (await import("./server/secret_command.ts")).secretCommand(),
  },
  account: {
    summary: "list, block, delete accounts",
    example: "account list --data data",
    load: async () => (await import("./server/admin_commands.ts")).accountCommand(),
  },
  status: {
    summary: "how the server is doing",
    example: "status --data data",
    load: async () => (await import("./server/admin_commands.ts")).statusCommand(),
  },
  stop: {
    summary: "stop the server",
    example: "stop --data data",
    load: async () => (await import("./server/admin_commands.ts")).stopCommand(),
  },
  backup: {
    summary: "copy a server's data into one file",
    example: "backup fernchat.tar --data data",
    load: async () => {
      const { backupCommand } = await import("./server/backup_commands.ts");
      return backupCommand(config.version);
    },
  },
  restore: {
    summary: "make a data folder of such a file",
    example: "restore fernchat.tar --data new-data",
    load: async () => (await import("./server/backup_commands.ts")).restoreCommand(),
  },
} as const;

type Subcommand = keyof typeof SUBCOMMANDS;

/**
 * Connects to a server as a client: for bots (docs/BOTS.md).
 *
 * Resolves when the login is done and everything that was missed is there to be taken. It connects again
 * by itself; what is sent meanwhile goes out once.
 *
 * @param options Where to, as whom.
 * @returns The chat; iterating over it takes its events, closing it leaves.
 * @throws {TypeError} If the address makes no sense.
 * @throws {ChatError} If there is no connection, or the login is refused; `message` says why.
 *
 * @example A bot that answers whoever writes to it
 * ```ts
 * import { connect } from "./mod.ts";
 *
 * await using chat = await connect({
 *   server: "127.0.0.1 9999",
 *   user: "parrot",
 *   password: "correct horse battery staple",
 *   register: true,
 * });
 * for await (const event of chat) {
 *   if (event.t !== "message" || event.kind !== "direct" || event.from === chat.user) continue;
 *   await chat.send(event.from, `You said: ${event.body}`);
 *   if (event.body === "bye") break;
 * }
 * ```
 *
 * @example One message
 * ```ts
 * import { connect } from "./mod.ts";
 *
 * const chat = await connect({
 *   server: "127.0.0.1 9999",
 *   user: "parrot",
 *   password: "correct horse battery staple",
 *   register: true,
 * });
 * const { id } = await chat.send("lobby", "Good morning!");
 * const [entry] = await chat.ask({ t: "history", of: "lobby", after: id - 1, upto: id });
 * console.log(entry?.t === "message" ? entry.body : "lost");
 * await chat.close();
 * ```
 */
export async function connect(options: ConnectOptions): Promise<ChatClient> {
  const library = await import("./client/library.ts");
  return await library.connect(options);
}

/**
 * Runs the program.
 *
 * @param args The command line behind `mod.ts`.
 * @returns The exit code: 0 normal end, 1 cannot start or go on, 2 wrong arguments.
 */
export async function main(args: readonly string[]): Promise<number> {
  const chosen = args.find((arg): arg is Subcommand => Object.hasOwn(SUBCOMMANDS, arg));
  const names = Object.keys(SUBCOMMANDS) as Subcommand[];
  let complaint = "";
  const program = new Command("fernchat")
    .description("Encrypted chat in the terminal: one server, many clients.")
    .version(config.version);
  // Of the others, their names and what they are for are enough.
  for (const name of chosen === undefined ? names : [chosen]) {
    const { load, summary } = SUBCOMMANDS[name];
    const command: Command = chosen === undefined ? new Command(name) : await load();
    program.addCommand(command.summary(summary));
  }
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
