/**
 * Lines for the arrow up, kept from run to run in one file for each account.
 *
 * Each line of the file is one Fernet token, `KDF(R, "", "ftc1 input")` its key and R the root of the
 * account; the plaintext is a JSON string. Sessions that run at once add to the same file. It is written
 * anew, without the oldest, when it has grown to twice its bound, and when the root is another one. No
 * message depends on it: what cannot be read or written is left out.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { label, vec8 } from "../../cipher/bytes.ts";
import { type FernetKey, importKey, InvalidToken, open, seal } from "../../cipher/fernet.ts";
import { hash, kdf } from "../../cipher/kdf.ts";
import type { Account } from "../account.ts";
import { MOST_LINES } from "./input_history.ts";

/** Octets of a file that is read. */
const LONGEST = 16_777_216;

/** Octets of the hash in the name: enough that no two accounts share a file. */
const NAME_OCTETS = 16;

/** The lines of one account. */
export class InputMemory {
  readonly #path: string;
  readonly #account: Pick<Account, "root">;
  #root: Uint8Array | null = null;
  #key: FernetKey | null = null;
  #lines: string[] = [];
  #inFile = 0;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(path: string, account: Pick<Account, "root">) {
    this.#path = path;
    this.#account = account;
  }

  /**
   * Names the memory of an account; nothing is read yet.
   *
   * @param data The client's data folder.
   * @param account Whose.
   */
  static async of(
    data: string,
    account: Pick<Account, "root" | "realm" | "user">,
  ): Promise<InputMemory> {
    const name = await hash(label("fernchat input"), account.realm, vec8(account.user));
    const path = join(data, "input", name.subarray(0, NAME_OCTETS).toHex());
    return new InputMemory(path, account);
  }

  /** Resolves when every line is written. */
  get kept(): Promise<unknown> {
    return this.#work;
  }

  /**
   * Reads the file.
   *
   * @returns The lines, oldest first; none where there is no file or no root that opens it.
   */
  async read(): Promise<readonly string[]> {
    const key = await this.#currentKey();
    if (key === null) return [];
    const tokens = (await this.#readFile()).split("\n").filter((token) => token !== "");
    this.#inFile = tokens.length;
    const opened = await Promise.all(
      tokens.slice(-MOST_LINES).map((token) => openLine(key, token)),
    );
    this.#lines = opened.filter((line) => line !== null);
    return [...this.#lines];
  }

  /** Keeps a line; never throws. */
  keep(line: string): void {
    const lines = this.#lines = [...this.#lines, line].slice(-MOST_LINES);
    this.#work = this.#work.then(() => this.#write(line, lines)).catch(() => {});
  }

  /** Adds a line, or writes it with all others. */
  async #write(line: string, lines: readonly string[]): Promise<void> {
    const before = this.#key;
    const key = await this.#currentKey();
    if (key === null) return;
    const isOfOther = before !== null && before !== key;
    if (isOfOther || this.#inFile >= 2 * MOST_LINES) return await this.#rewrite(key, lines);
    await this.#add(await sealLine(key, line));
    this.#inFile++;
  }

  async #add(token: string): Promise<void> {
    await Deno.mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(this.#path, token, { append: true, mode: 0o600 });
  }

  async #rewrite(key: FernetKey, lines: readonly string[]): Promise<void> {
    const tokens = await Promise.all(lines.map((line) => sealLine(key, line)));
    const fresh = `${this.#path}.${crypto.randomUUID()}`;
    try {
      await Deno.writeTextFile(fresh, tokens.join(""), { createNew: true, mode: 0o600 });
      await Deno.rename(fresh, this.#path);
    } catch (error) {
      await Deno.remove(fresh).catch(() => {});
      throw error;
    }
    this.#inFile = tokens.length;
  }

  async #readFile(): Promise<string> {
    try {
      const { size, isFile } = await Deno.stat(this.#path);
      return isFile && size <= LONGEST ? await Deno.readTextFile(this.#path) : "";
    } catch {
      return "";
    }
  }

  /** The key of the present root: it is another one after `@rekey`. */
  async #currentKey(): Promise<FernetKey | null> {
    const { root } = this.#account;
    if (root === null) return null;
    if (root !== this.#root) {
      this.#key = await importKey(await kdf(root, "", "ftc1 input"));
      this.#root = root;
    }
    return this.#key;
  }
}

async function sealLine(key: FernetKey, line: string): Promise<string> {
  return `${await seal(key, new TextEncoder().encode(JSON.stringify(line)))}\n`;
}

async function openLine(key: FernetKey, token: string): Promise<string | null> {
  try {
    const line: unknown = JSON.parse(new TextDecoder().decode(await open(key, token)));
    return typeof line === "string" ? line : null;
  } catch (error) {
    if (error instanceof InvalidToken || error instanceof SyntaxError) return null;
    throw error;
  }
}
