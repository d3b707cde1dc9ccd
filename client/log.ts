/**
 * The log of `--debug`: one line for each event. Never a secret, a password or the text of a message.
 *
 * Without `--debug` nothing is logged: what a user should know is a notice.
 *
 * @module
 */

import {
  configure,
  dispose,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";
import { displayLine } from "./display.ts";

export type { Logger };

/**
 * Sets the log up.
 *
 * @param level `debug`, or `off`.
 * @param write Takes a line, without its line feed.
 * @returns The logger, to be disposed at the end.
 */
export async function openLog(
  level: "debug" | "off",
  write: (line: string) => void,
): Promise<{ readonly log: Logger } & AsyncDisposable> {
  await configure({
    sinks: { face: (record) => write(textLine(record)) },
    loggers: [
      {
        category: "fernchat",
        ...(level === "debug" ? { sinks: ["face"] } : {}),
        lowestLevel: "debug",
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["face"] },
    ],
    reset: true,
  });
  return { log: getLogger(["fernchat", "client"]), [Symbol.asyncDispose]: () => dispose() };
}

const formatText = getTextFormatter({ timestamp: "rfc3339", category: "." });

function textLine(record: LogRecord): string {
  const fields = Object.entries(record.properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
  // Texts and values take turns in a message; at an even place it stays as it is.
  const [text = "", ...rest] = record.message;
  return displayLine(
    formatText({ ...record, message: [`${text}${fields.join("")}`, ...rest] }).trimEnd(),
  );
}
