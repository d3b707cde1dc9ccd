/**
 * The subcommands `account`, `status` and `stop`: what an operator types (PRODUCT §1).
 *
 * @module
 */

import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { canonicalName } from "../protocol/name.ts";
import type { AdminLink } from "./admin_client.ts";
import type { AdminRequest } from "./admin_protocol.ts";
import { awaitStopped, connectToServer, openOperator } from "./operator_main.ts";
import { dataOption } from "./options.ts";
import { writerTo } from "./output.ts";
import { StartError } from "./start_error.ts";

/** Milliseconds for a server to stop: it gives itself 4.5 s. */
const STOP_MS = 10_000;

/** What can be done to one account, and how it is described. */
const ORDERS = {
  allow: "let a name register although registration is closed",
  block: "end the sessions of an account and admit no more; it stays in its groups",
  unblock: "admit it again",
  reset:
    "end an account; who registers under its name next, has it, and reads nothing of the old one",
  delete: "end an account; its name stays blocked for 30 days",
} as const;

/** Describes the subcommand `account`. */
export function accountCommand(): Command {
  const account = new Command("account")
    .description("List, allow, block, unblock, reset or delete accounts.");
  account.addCommand(
    new Command("list").description("all accounts: name, day of making, standing")
      .addOption(dataOption()).action(async ({ data }) => {
        await using link = await openOperator(data);
        await list(link);
      }) as unknown as Command,
  );
  for (const [order, description] of Object.entries(ORDERS)) {
    account.addCommand(
      new Command(order).description(description)
        .argument("<name>", "name of the account", parseName)
        .addOption(dataOption()).action(async (name, { data }) => {
          await using link = await openOperator(data);
          await carryOut(link, { do: order as keyof typeof ORDERS, name });
        }) as unknown as Command,
    );
  }
  return account as unknown as Command;
}

/** Describes the subcommand `status`. */
export function statusCommand(): Command {
  return new Command("status")
    .description("Say how the server on a data folder is doing.")
    .addOption(dataOption()).action(async ({ data }) => {
      await using link = await connectToServer(data);
      await carryOut(link, { do: "status" });
    }) as unknown as Command;
}

/** Describes the subcommand `stop`. */
export function stopCommand(): Command {
  return new Command("stop")
    .description("Stop the server on a data folder, and wait for its end.")
    .addOption(dataOption()).action(async ({ data }) => {
      await using link = await connectToServer(data);
      await carryOut(link, { do: "stop" });
      await link.gone();
      await awaitStopped(data, { ms: STOP_MS });
    }) as unknown as Command;
}

async function list(link: AdminLink): Promise<void> {
  for (let after: string | undefined = ""; after !== undefined;) {
    after = await carryOut(link, { do: "list", after });
  }
}

/** Prints what comes of a request; returns where a list goes on. */
async function carryOut(link: AdminLink, request: AdminRequest): Promise<string | undefined> {
  const answer = await link.ask(request);
  if (!answer.ok) {
    const what = "name" in request ? `${request.do} ${request.name}` : request.do;
    throw new StartError(`Cannot ${what}: ${answer.error}${answer.error.endsWith("?") ? "" : "."}`);
  }
  const print = writerTo(Deno.stdout);
  for (const line of answer.lines) print(`${line}\n`);
  return answer.more;
}

function parseName(text: string): string {
  const name = canonicalName(text);
  if (name !== null) return name;
  throw new InvalidArgumentError("It cannot be the name of an account.");
}
