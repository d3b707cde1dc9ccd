/**
 * The chain of the vectors as a client checks it, from epoch 0 to the close: rules, list, signature,
 * commitment, and how each member comes to `K`.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { equal } from "../../cipher/bytes.ts";
import { type EpochRecord, parseEpoch, signEpoch, verifyEpoch } from "../../cipher/epoch.ts";
import { commitment, deriveAdded } from "../../cipher/epoch_key.ts";
import { advance, type BadChange, type ChainHead, checkChange } from "../../cipher/epoch_rules.ts";
import { checkKeyRecord, isConfirmedBy } from "../../cipher/key_record.ts";
import { membersHash } from "../../cipher/member_list.ts";
import { openWrap } from "../../cipher/wrap.ts";
import l2 from "../vectors/ftc1/l2.json" with { type: "json" };
import {
  type EpochVector,
  epochVector,
  fieldsOf,
  identityIn,
  listOf,
  realm,
} from "./group_scene.ts";

const pure = { permissions: "none" } as const;

function check(
  head: ChainHead | null,
  epoch: EpochVector,
  record: EpochRecord,
  rekeyed: readonly string[] = ["carol"],
): BadChange | null {
  const members = listOf(epoch);
  return checkChange(head, { record, members, leavers: new Set(), rekeyed: new Set(rekeyed) });
}

/** The chain up to some epoch. */
async function headAfter(last: number): Promise<ChainHead | null> {
  let head: ChainHead | null = null;
  for (const epoch of l2.group.epochs.slice(0, last + 1)) {
    head = advance(head, await parseEpoch(Uint8Array.fromHex(epoch.record)), listOf(epoch));
  }
  return head;
}

Deno.test("the chain of the vectors is accepted from epoch 0 to its close", pure, async () => {
  let head: ChainHead | null = null;
  for (const epoch of l2.group.epochs) {
    const record = await parseEpoch(Uint8Array.fromHex(epoch.record));
    strictEqual(check(head, epoch, record), null, `epoch ${epoch.epoch}`);
    deepStrictEqual(await membersHash(listOf(epoch)), record.membersHash);
    const { ed25519: publicKey } = await identityIn(epoch, record.signer);
    strictEqual(await verifyEpoch(record, { publicKey }), true);
    head = advance(head, record, listOf(epoch));
  }
  strictEqual(head?.closed, true);
  strictEqual(head?.hash.toHex(), l2.group.epochs.at(-1)?.record_sha256);
});

Deno.test(
  "after the replacement, bob is in the list since then, alice since the beginning",
  pure,
  async () => {
    const since = async (last: number) => {
      const entries = [...(await headAfter(last))?.members.values() ?? []];
      return Object.fromEntries(entries.map(({ name, since }) => [name, since]));
    };
    deepStrictEqual(await since(1), { alice: 0, bob: 0, carol: 1 });
    deepStrictEqual(await since(3), { alice: 0, carol: 1 });
    deepStrictEqual(await since(4), { alice: 0, bob: 4 });
  },
);

Deno.test(
  "row 106: a left out, repeated or swapped record of the chain is refused",
  pure,
  async () => {
    for (const last of l2.group.epochs.keys()) {
      const head = last === 0 ? null : await headAfter(last - 1);
      for (const epoch of l2.group.epochs) {
        const record = await parseEpoch(Uint8Array.fromHex(epoch.record));
        const isNext = epoch.epoch === last;
        strictEqual(
          check(head, epoch, record),
          isNext ? null : "epoch",
          `${epoch.epoch} for ${last}`,
        );
      }
    }
  },
);

Deno.test(
  "row 106: a record for the next number that names another one before it is refused",
  pure,
  async () => {
    const { signKey } = await identityIn(epochVector(1), "alice");
    const previous = Uint8Array.fromHex(epochVector(1).record_sha256);
    const forged = await signEpoch(signKey, { ...await fieldsOf(epochVector(1)), previous });
    strictEqual(check(await headAfter(0), epochVector(1), forged), "previous");
  },
);

Deno.test(
  "row 106: carol's rekey counts only where key records lead from her old keys to the new",
  pure,
  async () => {
    const carol = { realm, user: "carol" };
    const before = l2.identities.find(({ user }) => user === carol.user);
    ok(before);
    const old = await checkKeyRecord(Uint8Array.fromHex(before.key_record), carol);
    const now = await checkKeyRecord(Uint8Array.fromHex(l2.rekeyed.key_record), carol);
    strictEqual(await isConfirmedBy(now, old), true);
    const [head, record] = await Promise.all([
      headAfter(2),
      parseEpoch(Uint8Array.fromHex(epochVector(3).record)),
    ]);
    deepStrictEqual(head?.members.get("carol")?.fingerprint, old.fingerprint);
    deepStrictEqual(record.signerFingerprint, now.fingerprint);
    strictEqual(check(head, epochVector(3), record), null);
    strictEqual(check(head, epochVector(3), record, []), "right");
  },
);

Deno.test("row 106: after the close the owner makes no record any more", pure, async () => {
  const close = epochVector(5);
  const { signKey } = await identityIn(close, "alice");
  const record = await signEpoch(signKey, {
    ...await fieldsOf(close),
    epoch: 6,
    previous: Uint8Array.fromHex(close.record_sha256),
    change: "rotate",
  });
  strictEqual(check(await headAfter(5), close, record), "closed");
});

for (const epoch of l2.group.epochs) {
  Deno.test(
    `whoever is in epoch ${epoch.epoch} comes to its K, by wrap or from the K before`,
    pure,
    async () => {
      const record = await parseEpoch(Uint8Array.fromHex(epoch.record));
      for (const { user } of epoch.members) {
        const wrap = epoch.wraps.find((wrap) => wrap.user === user)?.wrap;
        // A close has no wraps: nothing is sent under its K.
        if (wrap === undefined && record.change !== "add") {
          strictEqual(record.change, "close");
          continue;
        }
        const key = wrap === undefined
          ? await deriveAdded(
            Uint8Array.fromHex(epochVector(epoch.epoch - 1).key),
            record.membersHash,
          )
          : await openWrap(Uint8Array.fromHex(wrap), {
            recordHash: record.hash,
            identity: await identityIn(epoch, user),
          });
        strictEqual(key.toHex(), epoch.key);
        const fits = await commitment(record.conversation, record.epoch, key);
        strictEqual(equal(fits, record.commitment), true);
      }
    },
  );
}
