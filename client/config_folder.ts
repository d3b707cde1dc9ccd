/**
 * Where a client keeps what it remembers about servers.
 *
 * @module
 */

import { posix, win32 } from "node:path";

/**
 * Finds the folder for configuration.
 *
 * macOS: `~/Library/Application Support/fernchat`. Windows: `%APPDATA%\fernchat`. Elsewhere
 * `$XDG_CONFIG_HOME/fernchat`, or `~/.config/fernchat` if that is unset or not absolute (XDG Base
 * Directory Specification 0.8).
 *
 * @param os The operating system.
 * @param environment Reads an environment variable.
 * @returns The folder, or `null` if the environment does not say where the user's folders are.
 */
export function configFolder(
  os: typeof Deno.build.os,
  environment: (name: string) => string | undefined,
): string | null {
  if (os === "windows") {
    return under(environment("APPDATA"), (home) => win32.join(home, "fernchat"));
  }
  if (os === "darwin") {
    return under(
      environment("HOME"),
      (home) => posix.join(home, "Library", "Application Support", "fernchat"),
    );
  }
  const config = environment("XDG_CONFIG_HOME") ?? "";
  if (posix.isAbsolute(config)) return posix.join(config, "fernchat");
  return under(environment("HOME"), (home) => posix.join(home, ".config", "fernchat"));
}

function under(home: string | undefined, join: (home: string) => string): string | null {
  return home ? join(home) : null;
}
