/**
 * Somebody with an identity of the end-to-end level: keys, and the record that the server has of them.
 *
 * @module
 */

import { encodeBase64Url } from "../../cipher/base64url.ts";
import { deriveIdentity, generateRoot, type Identity } from "../../cipher/identity.ts";
import { checkKeyRecord, type KeyRecord, signKeyRecord } from "../../cipher/key_record.ts";

/** When all first records were made, Unix seconds. */
const CREATED = 1_700_000_000;

/** Somebody's keys. */
export interface Person {
  /** Canonical name. */
  readonly user: string;
  /** 32 octets. */
  readonly root: Uint8Array;
  /** All keys. */
  readonly identity: Identity;
  /** What the server has of them. */
  readonly record: KeyRecord;
  /** The record, base64url. */
  readonly keys: string;
  /** The fingerprint, base64url. */
  readonly fp: string;
}

/** Whose keys they are, and where. */
export interface Scope {
  /** 16 octets. */
  readonly realm: Uint8Array;
  /** Canonical name. */
  readonly user: string;
}

/** Draws the keys of somebody who has none. */
export async function person(user: string, realm: Uint8Array): Promise<Person> {
  return await personWith(generateRoot(), { user, realm });
}

/** Makes the first keys that come of a root: the same record each time. */
export async function personWith(root: Uint8Array, scope: Scope): Promise<Person> {
  const identity = await deriveIdentity(root, scope);
  return await withRecord(root, identity, await signKeyRecord(identity, { created: CREATED }));
}

/** Draws the next keys of somebody, signed by the present ones. */
export async function rekeyed({ user, identity, record }: Person): Promise<Person> {
  const root = generateRoot();
  const next = await deriveIdentity(root, { user, realm: identity.realm });
  const options = { created: CREATED + record.generation, previous: { record, identity } };
  return await withRecord(root, next, await signKeyRecord(next, options));
}

async function withRecord(
  root: Uint8Array,
  identity: Identity,
  bytes: Uint8Array,
): Promise<Person> {
  return {
    user: identity.user,
    root,
    identity,
    record: await checkKeyRecord(bytes, identity),
    keys: encodeBase64Url(bytes),
    fp: encodeBase64Url(identity.fingerprint),
  };
}
