/**
 * Files of a folder into a tar archive and out again, piece by piece, in bounded memory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createTarDecoder, createTarPacker } from "modern-tar";

/** A file for an archive. */
export interface TarFile {
  /** Its name in the archive. */
  readonly name: string;
  /** Octets. */
  readonly size: number;
  /** Opens its content. */
  readonly open: () => Promise<ReadableStream<Uint8Array>>;
}

/**
 * Packs files.
 *
 * @param files In order.
 * @param options `time`: of all files.
 * @returns The octets of the archive; errors of a file are errors of the stream.
 */
export function packFiles(
  files: Iterable<TarFile>,
  options: { readonly time: Date },
): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const pack = async () => {
    for (const { name, size, open } of files) {
      const body = controller.add({ name, size, mode: 0o600, mtime: options.time, type: "file" });
      await (await open()).pipeTo(body);
    }
    controller.finalize();
  };
  pack().catch((error) => controller.error(error));
  return readable;
}

/** A file that comes out of an archive. */
export interface UnpackedFile {
  /** Its name in the archive, from whoever made it. */
  readonly name: string;
  /** Whether it is an ordinary file. */
  readonly isFile: boolean;
  /** Octets. */
  readonly size: number;
  /** To be read, or cancelled, before the next file. */
  readonly content: ReadableStream<Uint8Array>;
}

/**
 * Unpacks an archive.
 *
 * @param archive Its octets.
 * @throws {Error} Where it is no archive, or is cut.
 */
export async function* unpackFiles(
  archive: ReadableStream<Uint8Array>,
): AsyncGenerator<UnpackedFile, void, void> {
  const ending = new AbortController();
  const decoder = createTarDecoder({ strict: true });
  try {
    for await (const { header, body } of archive.pipeThrough(decoder, { signal: ending.signal })) {
      const { name, size, type } = header;
      yield { name, size, isFile: type === "file", content: body };
    }
  } finally {
    // Also closes the archive, where it was not read to its end.
    ending.abort();
  }
}

/**
 * Hashes what passes.
 *
 * @param stream Octets.
 * @param options Takes each piece before it is hashed.
 * @returns Octets and SHA-256, hexadecimal, when all has passed.
 */
export async function digestOf(
  stream: ReadableStream<Uint8Array>,
  options: { readonly write?: (piece: Uint8Array) => Promise<void> } = {},
): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of stream) {
    await options.write?.(piece);
    hash.update(piece);
    size += piece.length;
  }
  return { size, sha256: hash.digest("hex") };
}
