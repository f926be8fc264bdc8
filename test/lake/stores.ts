/** The stores that the conformance suite runs against, and their known behaviour. */
import { S3 } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openLake } from "../../lake/open-lake.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import type { LakeCapabilities } from "../../model/ports/lake.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import { startS3Server, type S3ServerOptions } from "../support/s3-server/server.ts";
import { makeEagerClock, makeKeptLogger, makeScratch } from "./lake-tools.ts";

export interface OpenStore {
  /** A lake of its own, empty. With `partSizeBytes` larger files are uploaded in parts. */
  openLake(more?: Pick<S3Options, "multipartThresholdBytes" | "partSizeBytes">): SweepableLake;
  close(): Promise<void>;
}

export interface Store {
  readonly name: string;
  /** Pinned: any change, better or worse, must be noticed. */
  readonly capabilities: LakeCapabilities;
  /** Whether a deletion honours `If-Match`. */
  readonly conditionalDelete: boolean;
  /** Whether a put honours `If-Match`. */
  readonly guardedNotes: boolean;
  /** `undefined` if the store can be reached. */
  readonly skippedBecause?: string;
  open(): Promise<OpenStore>;
}

const folder: Store = {
  name: "a folder",
  capabilities: { conditionalPut: true, conditionalComplete: true, checksums: true },
  conditionalDelete: true,
  guardedNotes: true,
  async open() {
    const scratch = await makeScratch();
    return {
      openLake: () =>
        openLake(join(scratch.path, randomUUID()), { clock: makeEagerClock(), log: makeKeptLogger() }),
      close: async () => await scratch.remove(),
    };
  },
};

const makeTestServer = (name: string, options: S3ServerOptions = {}): Store => ({
  name,
  capabilities: { conditionalPut: true, conditionalComplete: true, checksums: true },
  conditionalDelete: true,
  guardedNotes: true,
  async open() {
    const server = await startS3Server({ pageSize: 3, minPartBytes: 1024, ...options });
    return {
      openLake: (more) => openS3(server.bucket, server, more),
      close: async () => await server.close(),
    };
  },
});

/** Set by `test/support/ceph/with-ceph.sh`. */
const {
  DAGMAR_TEST_S3_ENDPOINT: endpoint,
  DAGMAR_TEST_S3_ACCESS_KEY: accessKeyId = "",
  DAGMAR_TEST_S3_SECRET_KEY: secretAccessKey = "",
  DAGMAR_TEST_S3_REGION: region = "us-east-1",
} = process.env;

const ceph: Store = {
  name: "Ceph's RADOS Gateway",
  // Ceph 16: it compares the body with the signed x-amz-content-sha256, although it knows no x-amz-checksum-sha256; and it
  // ignores If-None-Match on CompleteMultipartUpload.
  capabilities: { conditionalPut: true, conditionalComplete: false, checksums: true },
  conditionalDelete: false,
  guardedNotes: true,
  ...(endpoint === undefined
    ? { skippedBecause: "DAGMAR_TEST_S3_ENDPOINT is not set; run `npm run test:s3`" }
    : {}),
  async open() {
    const place = { endpoint: endpoint ?? "", region, credentials: { accessKeyId, secretAccessKey } };
    const bucket = `dagmar-${randomUUID()}`;
    const s3 = new S3({ ...place, forcePathStyle: true });
    await s3.createBucket({ Bucket: bucket });
    s3.destroy();
    return { openLake: (more) => openS3(bucket, place, more), close: async () => undefined };
  },
};

export const STORES: readonly Store[] = [folder, makeTestServer("the S3 test server"), ceph];

/** As Ceph does, where there is no Ceph. */
export const BARE_TAGS = makeTestServer("an S3 server that compares tags without quotation marks", {
  comparesBareTags: true,
});

function openS3(
  bucket: string,
  place: Pick<Required<S3Options>, "endpoint" | "region" | "credentials">,
  more: Pick<S3Options, "multipartThresholdBytes" | "partSizeBytes"> = {},
): SweepableLake {
  const { endpoint: address, region: name, credentials } = place;
  return openLake(`s3://${bucket}/${randomUUID()}`, {
    clock: makeEagerClock(),
    log: makeKeptLogger(),
    random: () => 0,
    s3: { endpoint: address, region: name, credentials, ...more },
  });
}
