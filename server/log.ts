/**
 * The log: one line for each event, on standard error, as text or as JSON.
 *
 * Never a secret, a password or the text of a message; names only in their canonical form
 * (FTC1 §3.12).
 *
 * @module
 */

import {
  configure,
  dispose,
  getLogger,
  getTextFormatter,
  jsonLinesFormatter,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";

export type { Logger };

/** How the log is to be written. */
export interface LogOptions {
  /** `text` for people, `json` for programs: one object for each line. */
  readonly format: "text" | "json";
  /** `debug` as well as what an operator wants to know in any case. */
  readonly debug: boolean;
  /** Takes a line with its line feed. */
  readonly write: (line: string) => void;
}

/**
 * Sets the log up.
 *
 * @param options Format, level, where to.
 * @returns The logger, to be disposed at the end.
 */
export async function openLog(options: LogOptions): Promise<{ log: Logger } & AsyncDisposable> {
  const format = options.format === "json" ? jsonLinesFormatter : textLine;
  await configure({
    sinks: { stderr: (record) => options.write(format(record)) },
    loggers: [
      {
        category: "fernchat",
        lowestLevel: options.debug ? "debug" : "info",
        sinks: ["stderr"],
      },
      // LogTape's own voice: only where it cannot log.
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
    reset: true,
  });
  return { log: getLogger("fernchat"), [Symbol.asyncDispose]: () => dispose() };
}

const textLine = getTextFormatter({
  timestamp: "rfc3339",
  format: ({ timestamp, level, message, record }) =>
    `${timestamp} ${level} ${message}${fieldsOf(record)}`,
});

function fieldsOf(record: LogRecord): string {
  return Object.entries(record.properties)
    .filter(([name, value]) => value !== null && value !== undefined && !isInMessage(record, name))
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
}

function isInMessage({ rawMessage }: LogRecord, name: string): boolean {
  return rawMessage.toString().includes(`{${name}}`);
}
