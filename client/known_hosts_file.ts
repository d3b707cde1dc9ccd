/**
 * The file `known_hosts`: mode 0600, replaced by a temporary file and a rename.
 *
 * It is not followed when it is a symbolic link, and not believed when others may write to it.
 * Source: FTC1 §3.13, §9 row 103.
 *
 * @module
 */

import { dirname } from "node:path";
import { ClientError } from "./client_error.ts";
import {
  type KnownHost,
  type Lookup,
  lookUp,
  type ServerName,
  withKnownHost,
  withoutKnownHost,
} from "./known_hosts.ts";

/** Octets of the longest file that is read. */
const LONGEST = 1_048_576;

/** The servers a user knows, on disk. */
export class KnownHostsFile {
  /** Where it is. */
  readonly path: string;

  /**
   * Names the file, which need not exist.
   *
   * @param path Where it is or will be; its folder is made when something is written.
   */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Looks a server up.
   *
   * @param server Which.
   * @throws {ClientError} If the file cannot be read or must not be believed.
   */
  async lookUp(server: ServerName): Promise<Lookup> {
    return lookUp(await this.#read(), server);
  }

  /**
   * Adds a server, or replaces what was known of it.
   *
   * @param known The server.
   * @throws {ClientError} If the file cannot be read or written.
   */
  async remember(known: KnownHost): Promise<void> {
    await this.#write(withKnownHost(withoutKnownHost(await this.#read(), known), known));
  }

  /**
   * Removes a server.
   *
   * @param server Which.
   * @returns Whether it was known.
   * @throws {ClientError} If the file cannot be read or written.
   */
  async forget(server: ServerName): Promise<boolean> {
    const before = await this.#read();
    const after = withoutKnownHost(before, server);
    if (after === before) return false;
    await this.#write(after);
    return true;
  }

  async #read(): Promise<string> {
    let info: Deno.FileInfo;
    try {
      info = await Deno.lstat(this.path);
      this.#check(info);
      return await Deno.readTextFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return "";
      if (cause instanceof ClientError) throw cause;
      throw new ClientError(
        `Cannot read ${this.path}, which says what servers you know: ${text(cause)}. ` +
          "Make it readable, or give --fingerprint.",
        { cause },
      );
    }
  }

  #check(info: Deno.FileInfo): void {
    const wrong = info.isSymlink
      ? "it is a symbolic link. Put the file itself there"
      : !info.isFile
      ? "it is no file. Remove it"
      : info.size > LONGEST
      ? "it is too long. Remove what does not belong there"
      : ((info.mode ?? 0) & 0o022) !== 0 && Deno.build.os !== "windows"
      ? "others may write to it. Look at its lines, then: chmod 600"
      : null;
    if (wrong !== null) throw new ClientError(`Cannot use ${this.path}: ${wrong}.`);
  }

  async #write(content: string): Promise<void> {
    const temporary = `${this.path}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      try {
        await Deno.writeTextFile(temporary, content, { createNew: true, mode: 0o600 });
        await Deno.rename(temporary, this.path);
      } catch (cause) {
        await Deno.remove(temporary).catch(() => {});
        throw cause;
      }
    } catch (cause) {
      throw new ClientError(`Cannot write ${this.path}: ${text(cause)}.`, { cause });
    }
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
}
