/**
 * The commands a user may type: word, usage, what it does, an example.
 *
 * What they do is in `input.ts` and `requests.ts`; this table is for help, usage lines and "did you
 * mean". Source: PRODUCT §3.
 *
 * @module
 */

/** How one command is explained. */
export interface CommandHelp {
  /** `names`, or with its subcommand `group set`. */
  readonly word: string;
  /** The usage line, without `Usage: `. */
  readonly usage: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** A line one could type. */
  readonly example: string;
}

/** All commands, in the order of `@help`. */
export const COMMANDS = [
  { word: "names", usage: "@names", about: "who is online", example: "@names" },
  {
    word: "history",
    usage: "@history n [name]",
    about: "last n messages (1 to 1,000), of all or of one",
    example: "@history 20 alice",
  },
  {
    word: "history more",
    usage: "@history more",
    about: "messages before those that @history has shown last",
    example: "@history more",
  },
  {
    word: "search",
    usage: "@search words",
    about: "messages with all these words, newest first; Ctrl-C stops",
    example: "@search lunch friday",
  },
  {
    word: "next",
    usage: "@next [N]",
    about: "go to the next unread conversation, or to the N-th (Alt-1 to Alt-9)",
    example: "@next",
  },
  {
    word: "lobby",
    usage: "@lobby [text]",
    about: "go back to the lobby, or send a text there",
    example: "@lobby",
  },
  {
    word: "group set",
    usage: "@group set G a,b,c",
    about: "create G, or replace the members of your G",
    example: "@group set team alice,carol",
  },
  {
    word: "group send",
    usage: "@group send G text",
    about: "message to a group (or @G text)",
    example: "@group send team Lunch at noon?",
  },
  {
    word: "group add",
    usage: "@group add G a,b",
    about: "add members (owner)",
    example: "@group add team dave",
  },
  {
    word: "group remove",
    usage: "@group remove G a,b",
    about: "remove members (owner)",
    example: "@group remove team dave",
  },
  {
    word: "group leave",
    usage: "@group leave G",
    about: "leave a group",
    example: "@group leave team",
  },
  {
    word: "group delete",
    usage: "@group delete G",
    about: "delete a group (owner)",
    example: "@group delete team",
  },
  { word: "group list", usage: "@group list", about: "your groups", example: "@group list" },
  {
    word: "group info",
    usage: "@group info G",
    about: "owner and members of a group",
    example: "@group info team",
  },
  {
    word: "verify",
    usage: "@verify NAME [ok]",
    about: "number to compare with somebody; ok: it is the same",
    example: "@verify alice",
  },
  {
    word: "trust",
    usage: "@trust [NAME]",
    about: "accept what you were warned of, without comparing",
    example: "@trust alice",
  },
  {
    word: "ignore",
    usage: "@ignore [NAME]",
    about: "hide the messages of somebody, or show them again; alone: whom you ignore",
    example: "@ignore dave",
  },
  {
    word: "set",
    usage: "@set [NAME VALUE]",
    about: "your settings, or change one",
    example: "@set bell all",
  },
  {
    word: "rekey",
    usage: "@rekey",
    about: "new keys and a new password, if somebody had yours",
    example: "@rekey",
  },
  {
    word: "password",
    usage: "@password",
    about: "change your password",
    example: "@password",
  },
  {
    word: "help",
    usage: "@help [command]",
    about: "all commands, or one with an example",
    example: "@help history",
  },
  { word: "quit", usage: "@quit", about: "leave", example: "@quit" },
] as const satisfies readonly CommandHelp[];

/** The word of a command, with its subcommand. */
export type CommandWord = typeof COMMANDS[number]["word"];

/** The words that may stand behind `@`, without subcommands. */
export const COMMAND_WORDS: readonly string[] = [
  ...new Set(COMMANDS.map(({ word }) => word.split(" ")[0] ?? word)),
];

/** The subcommands of `@group`. */
export const GROUP_WORDS: readonly string[] = COMMANDS
  .filter(({ word }) => word.startsWith("group "))
  .map(({ word }) => word.slice("group ".length));

/** Usage of `@group` as a whole. */
export const GROUP_USAGE = `@group ${GROUP_WORDS.join("|")} …`;

/**
 * Finds a command.
 *
 * @param word `names`, `group set`.
 * @returns Its help, or `null`.
 */
export function findCommand(word: string): CommandHelp | null {
  return COMMANDS.find((command) => command.word === word) ?? null;
}
