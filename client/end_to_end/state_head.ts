/**
 * What this device has last seen of the client state at the server: counter and hash of its index.
 *
 * By it a device in use notices that the server shows an older state. On disk it is one Fernet token,
 * `KDF(R, "", "ftc1 state head")` its key and R the root of the account; plaintext `{"counter": n,
 * "hash": base64url}`. One file per realm, user and root, mode 0600, replaced by a temporary file and a
 * rename. A file that does not open is not like one that is missing: whoever spoils it must not turn
 * the device into a fresh one unnoticed.
 *
 * Two processes may write at once; then the lower counter may stay until the next load or write, and
 * each goes on remembering what it has seen itself.
 * Source: FTC1 §7.7.
 *
 * @module
 */

import { dirname, join } from "node:path";
import * as v from "valibot";
import { label, utf8, vec8 } from "../../cipher/bytes.ts";
import { importKey, open, seal } from "../../cipher/fernet.ts";
import type { IdentityScope } from "../../cipher/identity.ts";
import { hash, kdf } from "../../cipher/kdf.ts";
import { causeText } from "../system_error.ts";

/** Octets of the hash in the name of the file. */
const NAME_OCTETS = 16;

/** Octets of a file that is read; it has about 220. */
const LONGEST = 4_096;

const schema = v.object({
  counter: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  hash: v.string(),
});

/** Counter and hash of an index. */
export type Head = Readonly<v.InferOutput<typeof schema>>;

/** There is a file, but it does not open; `message` is a sentence. */
export class BadStateHead extends Error {
  /** Tells it from other errors. */
  override readonly name = "BadStateHead";
}

/** What belongs to a head. */
export interface StateHeadOptions {
  /** The client's data folder; `null` where there is none: then it is remembered for this run only. */
  readonly data: string | null;
  /** Realm and user. */
  readonly account: IdentityScope;
  /** The root of the account, 32 octets. */
  readonly root: Uint8Array;
  /** Told, once, where the file cannot be written. */
  readonly notice?: (text: string) => void;
}

/** What this device has last seen. */
export class StateHead {
  readonly #options: StateHeadOptions;
  #seen: Head | null = null;
  #isSaid = false;

  /**
   * Reads nothing yet.
   *
   * @param options Whose and where.
   */
  constructor(options: StateHeadOptions) {
    this.#options = options;
  }

  /**
   * Reads it, also what another process has seen.
   *
   * @returns The newest; `null` where this device has seen nothing.
   * @throws {BadStateHead} If there is a file that does not open.
   */
  async read(): Promise<Head | null> {
    const onDisk = await this.#readFile();
    return onDisk !== null && onDisk.counter > (this.#seen?.counter ?? -1) ? onDisk : this.#seen;
  }

  /**
   * Remembers an index, unless a later one is known.
   *
   * @param head What has been seen.
   */
  async raise(head: Head): Promise<void> {
    if (head.counter <= (await this.#known()).counter) return;
    await this.replace(head);
  }

  /**
   * Remembers an index, whatever is known: the user has accepted it.
   *
   * @param head What has been seen.
   */
  async replace(head: Head): Promise<void> {
    this.#seen = head;
    const path = await this.#path();
    if (path === null) return;
    try {
      await this.#writeFile(path, head);
    } catch (error) {
      // What is written at the server stands; the next time a rollback may go unnoticed.
      if (!this.#isSaid) {
        this.#options.notice?.(
          `What this device has seen of your keys cannot be remembered: ${causeText(error)}.`,
        );
      }
      this.#isSaid = true;
    }
  }

  /** A broken file is left as it is: the next load says so. */
  async #known(): Promise<{ readonly counter: number }> {
    try {
      return await this.read() ?? { counter: -1 };
    } catch (error) {
      if (error instanceof BadStateHead) return { counter: Infinity };
      throw error;
    }
  }

  async #path(): Promise<string | null> {
    const { data, account, root } = this.#options;
    if (data === null) return null;
    // With the root in it: after a change of identity (`@rekey`) there is another state, and its own head.
    const rootName = await hash(label("fernchat state head root"), root);
    const name = await hash(
      label("fernchat state head"),
      account.realm,
      vec8(account.user),
      rootName,
    );
    return join(data, "state", name.subarray(0, NAME_OCTETS).toHex());
  }

  async #readFile(): Promise<Head | null> {
    const path = await this.#path();
    if (path === null) return null;
    try {
      const info = await Deno.lstat(path);
      if (!info.isFile || info.size > LONGEST) throw new Error("it is no such file");
      const token = (await Deno.readTextFile(path)).trimEnd();
      const text = new TextDecoder().decode(await open(await this.#key(), token));
      return v.parse(schema, JSON.parse(text));
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return null;
      throw new BadStateHead(
        `The file ${path}, by which this device notices an old state, cannot be read.`,
        { cause },
      );
    }
  }

  async #writeFile(path: string, head: Head): Promise<void> {
    const token = await seal(await this.#key(), utf8(JSON.stringify(head)));
    const temporary = `${path}.${crypto.randomUUID()}`;
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeAndSync(temporary, utf8(`${token}\n`));
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  }

  async #key(): ReturnType<typeof importKey> {
    return await importKey(await kdf(this.#options.root, "", "ftc1 state head"));
  }
}

async function writeAndSync(path: string, octets: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  for (let at = 0; at < octets.length;) at += await file.write(octets.subarray(at));
  // An empty file after a power cut would not open.
  await file.sync();
}
