/**
 * Where a client keeps what it remembers: known servers in the folder for configuration, messages that
 * wait in the folder for data.
 *
 * | system | configuration | data |
 * |---|---|---|
 * | macOS | `~/Library/Application Support/fernchat` | the same |
 * | Windows | `%APPDATA%\fernchat` | `%LOCALAPPDATA%\fernchat` |
 * | others | `$XDG_CONFIG_HOME/fernchat` or `~/.config/fernchat` | `$XDG_DATA_HOME/fernchat` or `~/.local/share/fernchat` |
 *
 * A variable that is not absolute counts as unset (XDG Base Directory Specification 0.8).
 *
 * @module
 */

import { posix, win32 } from "node:path";

/** Reads an environment variable. */
export type Environment = (name: string) => string | undefined;

const NAME = "fernchat";

/**
 * Finds the folder for configuration.
 *
 * @param os The operating system.
 * @param environment Reads an environment variable.
 * @returns The folder, or `null` if the environment does not say where the user's folders are.
 */
export function configFolder(
  os: typeof Deno.build.os,
  environment: Environment,
): string | null {
  if (os === "windows") return onWindows(environment("APPDATA"));
  if (os === "darwin") return onMac(environment("HOME"));
  return elsewhere(environment, { variable: "XDG_CONFIG_HOME", below: [".config"] });
}

/**
 * Finds the folder for data.
 *
 * @param os The operating system.
 * @param environment Reads an environment variable.
 * @returns The folder, or `null` if the environment does not say where the user's folders are.
 */
export function dataFolder(
  os: typeof Deno.build.os,
  environment: Environment,
): string | null {
  if (os === "windows") return onWindows(environment("LOCALAPPDATA"));
  if (os === "darwin") return onMac(environment("HOME"));
  return elsewhere(environment, { variable: "XDG_DATA_HOME", below: [".local", "share"] });
}

function onWindows(folder: string | undefined): string | null {
  return folder ? win32.join(folder, NAME) : null;
}

function onMac(home: string | undefined): string | null {
  return home ? posix.join(home, "Library", "Application Support", NAME) : null;
}

function elsewhere(
  environment: Environment,
  place: { readonly variable: string; readonly below: readonly string[] },
): string | null {
  const folder = environment(place.variable) ?? "";
  if (posix.isAbsolute(folder)) return posix.join(folder, NAME);
  const home = environment("HOME");
  return home ? posix.join(home, ...place.below, NAME) : null;
}
