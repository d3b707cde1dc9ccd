/**
 * The real server with somebody evil behind it: what goes to one user is changed, left out or made up
 * by the test, and what he asks is answered by the test, as it likes.
 *
 * Clients are real ones (`device.ts`). Who comes and goes is told to nobody here: no scene is about that.
 *
 * @module
 */

import { join } from "node:path";
import { decodeBase64Url } from "../../cipher/base64url.ts";
import { deriveLogin } from "../../cipher/login.ts";
import { openVault } from "../../cipher/vault.ts";
import type { CommandInput } from "../../protocol/command.ts";
import type { ChangeEntry, EpochPiece, Event, EventOf, EventType } from "../../protocol/event.ts";
import type { MessageEntry, PastEntry } from "../../protocol/event.ts";
import { keyRecordWrite } from "../../server/key_records.ts";
import { encodeRecord } from "../../server/record.ts";
import type { Store, StoredEntry } from "../../server/store.ts";
import { keyOf, prefixOf } from "../../server/tables.ts";
import { type TempFolder, tempFolder } from "../server/temp_folder.ts";
import { type Alter, AlteredLinks, type Answer } from "./altered_links.ts";
import { Device } from "./device.ts";
import { type Person, personWith } from "./person.ts";
import { passwordOf } from "./scene.ts";
import { startTestServer, type TestServer } from "./test_server.ts";

export type { Alter, Answer } from "./altered_links.ts";

/** Changes entries, as they happen and in history. */
export function alterEntries(change: (entry: PastEntry) => readonly PastEntry[]): Alter {
  return (event) => {
    if (event.t === "history") return [{ ...event, entries: event.entries.flatMap(change) }];
    const isEntry = event.t === "message" || event.t === "change";
    return isEntry ? change(event) as readonly (MessageEntry | ChangeEntry)[] : [event];
  };
}

/** Changes messages, as they happen and in history. */
export function alterMessages(change: (message: MessageEntry) => readonly PastEntry[]): Alter {
  return alterEntries((entry) => entry.t === "message" ? change(entry) : [entry]);
}

/** Changes what is told of the epochs of one conversation. */
export function alterEpochs(
  conversation: string,
  change: (answer: EventOf<"epochs">) => EventOf<"epochs">,
): Alter {
  return (event, asked) => {
    const isMeant = event.t === "epochs" && asked?.t === "epochs" &&
      asked.conversation === conversation;
    return isMeant ? [change(event)] : [event];
  };
}

/** Tells other epochs of a conversation, in the place of all that the server has from their first on. */
export function showEpochs(conversation: string, pieces: readonly EpochPiece[]): Alter {
  const first = pieces[0]?.e ?? 0;
  return (event, asked) => {
    if (event.t !== "epochs" || asked?.t !== "epochs") return [event];
    if (asked.conversation !== conversation) return [event];
    const from = asked.from ?? 0;
    const all = [...event.pieces.filter(({ e }) => e < first), ...pieces];
    const head = pieces.at(-1)?.e ?? 0;
    return [{ ...event, head, sent: 0, pieces: all.filter(({ e }) => e >= from), more: false }];
  };
}

/** Gives a key record to who asks for its fingerprint, beside what the server gives. */
export function alterKeys(...people: readonly Person[]): Alter {
  return (event, asked) => {
    if (event.t !== "keys" || asked?.t !== "keys") return [event];
    const m = event.m.map((one, at) => {
      const fake = people.find(({ fp }) => fp === asked.of[at]?.fp);
      return fake === undefined ? one : { user: fake.user, keys: fake.keys };
    });
    return [{ ...event, m }];
  };
}

/** One after the other: each changes what the one before it has left. */
export function alterAll(...alters: readonly Alter[]): Alter {
  return (event, asked) =>
    alters.reduce<readonly Event[]>(
      (events, alter) => events.flatMap((one) => alter(one, asked)),
      [event],
    );
}

/** A server that lies. */
export class AlteredServer implements AsyncDisposable {
  readonly #server: TestServer;
  readonly #links: AlteredLinks;
  readonly #folder: TempFolder;
  readonly #devices: Device[] = [];

  private constructor(server: TestServer, links: AlteredLinks, folder: TempFolder) {
    this.#server = server;
    this.#links = links;
    this.#folder = folder;
  }

  /** Starts one that is honest so far. */
  static async open(): Promise<AlteredServer> {
    const links = new AlteredLinks();
    const folder = await tempFolder();
    const policy = { readBurst: 1_000_000, requestBurst: 1_000_000 };
    return new AlteredServer(await startTestServer({ links, policy }), links, folder);
  }

  /** Names the database, 16 octets. */
  get realm(): Uint8Array {
    return this.#server.identity.realm;
  }

  /** The database. */
  get store(): Store {
    return this.#server.shared.service.options.store;
  }

  /** Changes what goes to a user from now on. */
  alter(user: string, alter: Alter): void {
    this.#links.of(user).alter = alter;
  }

  /** Answers a user in the place of the server from now on. */
  answer(user: string, answer: Answer): void {
    this.#links.of(user).answer = answer;
  }

  /** From now on a user is told and answered what is true. */
  isHonestTo(user: string): void {
    this.#links.of(user).restore();
  }

  /** Tells a user something, beside what the server tells. */
  tell(user: string, ...events: readonly Event[]): void {
    for (const link of this.#links.of(user).open) link.tell(events);
  }

  /** What the server itself has told a user so far, of one type. */
  told<T extends EventType>(user: string, type: T): EventOf<T>[] {
    return this.#links.of(user).told.filter((event): event is Extract<Event, EventOf<T>> =>
      event.t === type
    );
  }

  /**
   * What the server itself has told a user last, of one type.
   *
   * @throws {Error} If there is nothing.
   */
  lastTold<T extends EventType>(user: string, type: T): EventOf<T> {
    const last = this.told(user, type).at(-1);
    if (last === undefined) throw new Error(`Cannot find a ${type} for ${user}: there was none`);
    return last;
  }

  /** What a user has asked so far, of one type. */
  asked<T extends CommandInput["t"]>(
    user: string,
    type: T,
  ): Extract<CommandInput, { readonly t: T }>[] {
    return this.#links.of(user).asked.filter((
      command,
    ): command is Extract<CommandInput, { readonly t: T }> => command.t === type);
  }

  /** Cuts a client off, and waits until it has come again. */
  async reconnect(device: Device): Promise<void> {
    for (const link of this.#links.of(device.user).open) link.abort();
    await device.err.until("Connected again.");
  }

  /**
   * Logs in with a real client, and waits for the welcome. The first time it registers.
   *
   * @param user The name.
   * @param options The device; each remembers on its own. Whether somebody types there.
   */
  async login(
    user: string,
    { device = "home", isTyped = false }: {
      readonly device?: string;
      readonly isTyped?: boolean;
    } = {},
  ): Promise<Device> {
    const { port, identity: { fingerprint } } = this.#server;
    const folder = join(this.#folder.path, user, device);
    await Deno.mkdir(folder, { recursive: true });
    const client = new Device({ user, port, fingerprint, folder, isTyped });
    this.#devices.push(client);
    await client.out.until(`Welcome to the chatroom, ${user}!`);
    return client;
  }

  /** Logs in several users. */
  async logins<const Names extends readonly string[]>(
    ...users: Names
  ): Promise<{ [I in keyof Names]: Device }> {
    const devices = await Promise.all(users.map((user) => this.login(user)));
    return devices as { [I in keyof Names]: Device };
  }

  /** Logs in several users, the first of whom makes the group `team` of them all. */
  async team<const Names extends readonly [string, string, ...string[]]>(
    ...users: Names
  ): Promise<{ [I in keyof Names]: Device }> {
    const devices = await this.logins(...users);
    const [owner, ...others] = users;
    devices[0]?.types(`@group set team ${others.join(",")}`);
    const created = `Group team created with members: ${[...others.sort(), owner].join(", ")}`;
    for (const device of devices) await device.sees(created);
    return devices;
  }

  /**
   * Writes keys into the database as those of a user: of a new one, or of one whom somebody else is to
   * stand for.
   *
   * @param person Name and keys.
   * @param line Fingerprints of the records before, each signed by the one before it; none by default.
   */
  async setKeys({ user, record, keys, fp }: Person, line: readonly string[] = []): Promise<void> {
    const { directory } = this.#server.shared.service;
    const key = keyOf.account(user);
    const value = encodeRecord(key, {
      user,
      kdf: 1,
      salt: "",
      pk: "",
      keys,
      vault: "",
      created: 0,
      line: [...line, fp],
    });
    await this.store.commit({ sets: [{ key, value }, keyRecordWrite(record)] });
    directory.addUser(user, [...line, fp]);
  }

  /** Copies what the server has of a user's client state. */
  async stateOf(user: string): Promise<readonly StoredEntry[]> {
    const found = prefixOf.statesOf(user).map((prefix) => Array.fromAsync(this.store.scan(prefix)));
    return (await Promise.all(found)).flat();
  }

  /** Puts a copy of a user's client state in the place of what the server has now. */
  async rollBack(user: string, state: readonly StoredEntry[]): Promise<void> {
    const now = (await this.stateOf(user)).map(({ key }) => key);
    await this.store.commit({ deletes: now });
    await this.store.commit({ sets: state });
  }

  /** The keys of a user who works together with the server: he opens his own vault. */
  async keysOf(user: string): Promise<Person> {
    const { realm } = this;
    const { salt, vault } = this.lastTold(user, "welcome");
    const scope = { realm, user };
    const { vaultKey } = await deriveLogin(passwordOf(user), {
      ...scope,
      salt: decodeBase64Url(salt),
    });
    return await personWith(await openVault(vaultKey, vault, scope), scope);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.#devices) await device[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
