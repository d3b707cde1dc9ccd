/**
 * The subcommands `backup` and `restore` (PRODUCT §1).
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import type { BackupManifest } from "./backup_manifest.ts";
import { chosenFolder, lockIfFree, refuseWithoutDatabase } from "./operator_main.ts";
import { dataOption } from "./options.ts";
import { writerTo } from "./output.ts";

/**
 * Describes the subcommand `backup`.
 *
 * @param version Version of the program, for the manifest.
 */
export function backupCommand(version: string): Command {
  return new Command("backup")
    .description("Write database and key file to one archive; a running server goes on.")
    .argument("<file>", "file to make; it must not exist")
    .addOption(dataOption()).action(async (file, { data }) => {
      const { makeBackup } = await import("./backup.ts");
      const folder = chosenFolder(data);
      await refuseWithoutDatabase(folder);
      using _lock = await lockIfFree(folder);
      tell(`Wrote ${file}`, await makeBackup(file, { folder, version, time: new Date() }));
    }) as unknown as Command;
}

/** Describes the subcommand `restore`. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description("Make a data folder of what backup has written.")
    .argument("<file>", "a backup")
    .addOption(dataOption()).action(async (file, { data }) => {
      const { restoreBackup } = await import("./restore.ts");
      const folder = chosenFolder(data);
      tell(`Restored ${folder}`, await restoreBackup(file, folder));
    }) as unknown as Command;
}

function tell(what: string, manifest: BackupManifest): void {
  const [accounts, entries] = [manifest.accounts, manifest.entries].map((n) =>
    n.toLocaleString("en")
  );
  writerTo(Deno.stdout)(
    `${what}: ${manifest.time}, accounts ${accounts}, messages ${entries}, ${manifest.fingerprint}\n`,
  );
}
