/**
 * The command line of `send`: one message, for scripts (PRODUCT §5).
 *
 * @module
 */

import { Command, Option } from "@commander-js/extra-typings";
import { canonicalName, LOBBY } from "../protocol/name.ts";
import { textFault } from "../protocol/text.ts";
import { displayLine } from "./display.ts";
import { addressIn, type ClientOptions, connecting } from "./options.ts";

/** What is to be sent. */
export interface SendChoice {
  /** As for `client`. */
  readonly options: ClientOptions;
  /** A user, a group, or the lobby: canonical. */
  readonly to: string;
  /** The text. */
  readonly body: string;
}

/**
 * Describes the subcommand `send`.
 *
 * @param start What to do with the message.
 */
export function defineSendCommand(start: (choice: SendChoice) => Promise<void>): Command {
  const command = new Command("send")
    .description(
      "Send one message and leave, unseen. Exit code: 0 stored, 1 not connected or not logged in, " +
        "2 wrong arguments, 3 not stored.",
    )
    .usage("[options] [<host> <port> | <address>] <name> <text>")
    .argument("<words...>", "where the server is, unless --server says so; to whom; the text")
    .addOption(
      new Option("--server <address>", "chat:// address of the server").env("FERNCHAT_SERVER"),
    )
    .addOption(connecting.user())
    .addOption(connecting.passwordFile())
    .addOption(connecting.fingerprint())
    .addOption(connecting.secretFile())
    .addOption(connecting.strict())
    .addOption(connecting.forget())
    .addOption(connecting.timeout())
    .addOption(connecting.debug())
    .action(async (words, { server, ...options }) => {
      const [name, body] = words.slice(-2);
      const place = words.slice(0, -2);
      if (name === undefined || body === undefined) {
        return command.error("Say to whom, and the text in quotes.");
      }
      const address = addressIn(command, place.length > 0 ? place : [server], options);
      const to = name.toLowerCase() === LOBBY ? LOBBY : canonicalName(name);
      if (to === null) return command.error(`"${displayLine(name)}" is no name.`);
      const wrong = wrongText(body);
      if (wrong !== null) return command.error(wrong);
      const chosen = { ...options, ...address, register: false, plain: true };
      await start({ options: chosen, to, body });
    });
  return command as unknown as Command;
}

function wrongText(body: string): string | null {
  const fault = textFault(body);
  switch (fault?.reason) {
    case undefined:
      return null;
    case "too-long":
      return `Message too long (${fault?.length.toLocaleString("en")} of 4,000 characters).`;
    case "blank":
      return "The text is blank.";
    default:
      return "The text has control characters.";
  }
}
