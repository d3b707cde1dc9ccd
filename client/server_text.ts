/**
 * A server in a sentence.
 *
 * @module
 */

import type { ServerName } from "./known_hosts.ts";

/**
 * Writes host and port.
 *
 * @param server Which.
 * @returns `127.0.0.1 port 9999`, in the order of the command line.
 */
export function serverText({ host, port }: ServerName): string {
  return `${host} port ${port}`;
}
