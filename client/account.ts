/**
 * The account of this run, as far as it stays in memory: what proves it again after a lost connection.
 *
 * Neither the password nor what the vault is closed with is kept. The keys are not extractable.
 * Source: FTC1 §4.2, §4.7, D9.
 *
 * @module
 */

import { equal } from "../cipher/bytes.ts";

/** What logs in while the account has this salt. */
export interface Proof {
  /** 16 octets. */
  readonly salt: Uint8Array;
  /** Ed25519 private key. */
  readonly signKey: CryptoKey;
  /** Its public key, 32 octets. */
  readonly publicKey: Uint8Array;
}

/** What an account is made of. */
export interface AccountOptions {
  /** Canonical name. */
  readonly user: string;
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  /** What has logged in. */
  readonly proof: Proof;
  /** The root of the identity, 32 octets; `null` where the vault does not open. */
  readonly root: Uint8Array | null;
}

/** The account of this run. */
export class Account {
  /** Canonical name. */
  readonly user: string;
  /** The server's realm, 16 octets. */
  readonly realm: Uint8Array;
  #root: Uint8Array | null;
  #proof: Proof;
  #offered: { readonly proof: Proof; readonly root: Uint8Array | null } | null = null;

  /**
   * Makes the account that has logged in.
   *
   * @param options What is known of it.
   */
  constructor(options: AccountOptions) {
    this.user = options.user;
    this.realm = options.realm;
    this.#root = options.root;
    this.#proof = options.proof;
  }

  /** The root of the identity, 32 octets; `null` where the vault does not open. */
  get root(): Uint8Array | null {
    return this.#root;
  }

  /** The identity is another one, by a change in another session (FTC1 §7.7, `@rekey`). */
  renew(root: Uint8Array | null): void {
    this.#root = root;
  }

  /** What logs in. */
  get proof(): Proof {
    return this.#proof;
  }

  /**
   * A change of the password is on its way: until its answer comes, either proof may be the right one.
   *
   * @param proof The new one.
   * @param root The root that goes with it; the present one, or a new one.
   */
  offer(proof: Proof, root: Uint8Array | null = this.#root): void {
    this.#offered = { proof, root };
  }

  /** The server has accepted this proof. */
  use(proof: Proof): void {
    if (this.#offered?.proof === proof) this.#root = this.#offered.root;
    this.#proof = proof;
    this.#offered = null;
  }

  /**
   * Finds what logs in.
   *
   * @param salt The salt that the server names.
   * @returns The proof, or `null` where the password was changed elsewhere.
   */
  proofFor(salt: Uint8Array): Proof | null {
    const known = [this.#proof, this.#offered?.proof];
    return known.find((one) => one !== undefined && equal(one.salt, salt)) ?? null;
  }
}
