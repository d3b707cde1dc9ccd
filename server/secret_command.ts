/**
 * The subcommand `secret`: a fresh shared secret in a file (FTC1 §3.2).
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { generateSharedSecret } from "../cipher/shared_secret.ts";
import { StartError } from "./start_error.ts";

/** Describes the subcommand. */
export function secretCommand(): Command {
  const command = new Command("secret")
    .description("Write a fresh shared secret, for --secret-file of server and clients.")
    .argument("<file>", "file to make; it must not exist")
    .action(writeSecret);
  return command as unknown as Command;
}

/**
 * Writes a fresh secret, mode 0600.
 *
 * @param path A file that does not exist yet.
 * @throws {StartError} If it exists or cannot be made.
 */
export async function writeSecret(path: string): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    const line = new TextEncoder().encode(`${generateSharedSecret()}\n`);
    for (let done = 0; done < line.length;) done += await file.write(line.subarray(done));
    await file.syncData();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new StartError(
        `Cannot write secret: ${path} exists. Take another name; a secret is never written over.`,
      );
    }
    const cause = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot write secret ${path}: ${cause}. Take a folder you can write to.`);
  }
}
