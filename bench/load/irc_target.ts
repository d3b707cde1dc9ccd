/**
 * ngIRCd over TLS in a process of its own, without its brakes for floods.
 *
 * @module
 */

import { join } from "node:path";
import { CHANNEL, IrcPeer } from "./irc_peer.ts";
import { PinnedProcess } from "./pinned_process.ts";
import type { Receiving, Target } from "./target.ts";

/** How to get what is compared with. */
const INSTALL = "apt-get install -y ngircd openssl";

const FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];

/** A running ngIRCd. */
export class NgircdTarget implements Target {
  /** What it is called in results. */
  readonly name = "ngircd";
  /** Its process. */
  readonly process: PinnedProcess;
  readonly #address: { readonly port: number; readonly certificate: string };
  readonly #folder: string;

  private constructor(
    process: PinnedProcess,
    address: { readonly port: number; readonly certificate: string },
    folder: string,
  ) {
    this.process = process;
    this.#address = address;
    this.#folder = folder;
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param core Which core it may use.
   * @throws {Error} If it is not installed; the message has the line that installs it.
   */
  static async start(core: number): Promise<NgircdTarget> {
    const program = await find("ngircd");
    const openssl = await find("openssl");
    const folder = await Deno.makeTempDir();
    const certificate = await makeCertificate(openssl, folder);
    const [port, plainPort] = [freePort(), freePort()];
    const config = join(folder, "ngircd.conf");
    await Deno.writeTextFile(config, configuration({ folder, port, plainPort }));
    // It stays what it was started as: without these it becomes another user, who cannot read the files.
    const process = new PinnedProcess([program, "--nodaemon", "--config", config], core);
    await listening(port);
    return new NgircdTarget(process, { port, certificate }, folder);
  }

  /** Connects a user and joins the channel. */
  async connect(name: string, receiving: Receiving): Promise<IrcPeer> {
    const peer = await IrcPeer.join(this.#address, name);
    peer.receive(receiving);
    return peer;
  }

  /** Ends it and deletes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function configuration(
  { folder, port, plainPort }: {
    readonly folder: string;
    readonly port: number;
    readonly plainPort: number;
  },
): string {
  return `[Global]
Name = load.example
Info = load
Listen = 127.0.0.1
Ports = ${plainPort}
ServerUID = ${Deno.uid() ?? 0}
ServerGID = ${Deno.gid() ?? 0}
MotdPhrase = hello
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 600
[Options]
DNS = no
Ident = no
PAM = no
ChrootDir =
[SSL]
CertFile = ${join(folder, "cert.pem")}
KeyFile = ${join(folder, "key.pem")}
Ports = ${port}
[Channel]
Name = ${CHANNEL}
`;
}

async function find(program: string): Promise<string> {
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  throw new Error(`Cannot compare: ${program} is not installed. Install it with: ${INSTALL}`);
}

async function makeCertificate(openssl: string, folder: string): Promise<string> {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const { success, stderr } = await new Deno.Command(openssl, {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot make certificate: ${new TextDecoder().decode(stderr)}`);
  return await Deno.readTextFile(cert);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
