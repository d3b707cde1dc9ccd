/**
 * A server and its users, as most end-to-end tests need them.
 *
 * @module
 */

import { join } from "node:path";
import {
  fernchat,
  type Program,
  type Server,
  type ServerOptions,
  startServer,
} from "./processes.ts";

/** How a client is started. */
export interface ClientOptions {
  /** More flags. */
  readonly flags?: readonly string[];
  /** The port, where it is not the server's own. */
  readonly port?: number;
  /** Where it remembers servers and keeps its data; the one folder of all clients unless told. */
  readonly home?: string;
}

/** A server with a folder for it, for passwords and for what clients remember. */
export class Scene implements AsyncDisposable {
  /** Holds everything. */
  readonly folder: string;
  readonly #programs: Program[] = [];
  readonly #options: Omit<ServerOptions, "folder">;
  #server: Server;

  private constructor(folder: string, server: Server, options: Omit<ServerOptions, "folder">) {
    this.folder = folder;
    this.#server = server;
    this.#options = options;
  }

  /**
   * Starts a server in a folder of its own.
   *
   * @param options Flags and port.
   */
  static async open(options: Omit<ServerOptions, "folder"> = {}): Promise<Scene> {
    const folder = await Deno.makeTempDir({ prefix: "fernchat-scene-" });
    try {
      const server = await startServer({ folder: join(folder, "data"), ...options });
      return new Scene(folder, server, options);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** The server that runs now. */
  get server(): Server {
    return this.#server;
  }

  /** Where clients remember servers. */
  get config(): string {
    return join(this.folder, "config");
  }

  /**
   * Starts the server again, on the same port and folder. If it has not ended, it is killed.
   *
   * @param options What is to be different.
   */
  async restart(options: Pick<ServerOptions, "flags"> = {}): Promise<void> {
    const { folder, port } = this.#server;
    await this.#server[Symbol.asyncDispose]();
    this.#server = await startServer({ ...this.#options, ...options, folder, port });
  }

  /**
   * Starts a client that has a name, a good password and the fingerprint.
   *
   * @param user The name.
   * @param options More flags.
   */
  async client(user: string, { flags = [], ...place }: ClientOptions = {}): Promise<Program> {
    const file = join(this.folder, `${user}.password`);
    await Deno.writeTextFile(file, `${passwordOf(user)}\n`);
    const named = ["--user", user, "--password-file", file];
    const pinned = ["--fingerprint", this.#server.fingerprint];
    return this.stranger({ flags: [...named, ...pinned, ...flags], ...place });
  }

  /**
   * Starts a client that has nothing but flags.
   *
   * @param options The flags.
   */
  stranger(options: ClientOptions = {}): Program {
    const { flags = [], port = this.#server.port, home = this.config } = options;
    const env = { XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    const program = fernchat(["client", "127.0.0.1", String(port), ...flags], { env });
    this.#programs.push(program);
    return program;
  }

  /**
   * Starts a client and waits for its welcome.
   *
   * @param user The name.
   * @param options As `client`.
   */
  async loggedIn(user: string, options?: ClientOptions): Promise<Program> {
    const client = await this.client(user, options);
    await client.out.until(`Welcome to the chatroom, ${user}!`);
    return client;
  }

  /** Ends everything and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The password of a user: long enough for no warning, and found in no other text of a test. */
export function passwordOf(user: string): string {
  return `Krummhorn-${user}-7391`;
}
