/** The options of an S3 lake. config decides where their values come from. */
import type { Agent } from "node:http";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Encryption {
  readonly algorithm: "AES256" | "aws:kms" | "aws:kms:dsse";
  readonly kmsKeyId: string | null;
}

export interface S3Timeouts {
  readonly connectMs: number;
  /** A body is stalled if the connection takes, or gives, no byte of it for this long. Its total time has no limit. */
  readonly idleMs: number;
  /** Until an answer's head: from the request or, with a body, from its last byte. */
  readonly requestMs: number;
}

/** A stall is noticed after at most an eighth more than `idleMs`: within a minute. */
export const DEFAULT_S3_TIMEOUTS: S3Timeouts = { connectMs: 10_000, idleMs: 50_000, requestMs: 60_000 };

export interface S3Options {
  /** Any store except AWS. */
  readonly endpoint?: string;
  /** The settings that the endpoint and the region come from, for messages: `AWS_REGION`. */
  readonly named?: { readonly endpoint?: string; readonly region?: string };
  /** Default: the SDK's own chain; with an endpoint and none in that chain, `us-east-1`. */
  readonly region?: string;
  /** Default: the SDK's own chain. A function is called again when the store refuses its credentials. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>);
  /** Default: true with an endpoint, false without. */
  readonly forcePathStyle?: boolean;
  /** Requested with each write. Default: the bucket's own. */
  readonly encryption?: S3Encryption;
  /** Makes the agent of a client's connections, for example through a proxy. Default: the SDK's own. */
  readonly makeAgent?: () => Agent;
  /** Larger files are uploaded in parts. Default 4 GiB; a single put may have at most 5 GiB. */
  readonly multipartThresholdBytes?: number;
  /** Default 8 MiB; grows for files of more than 10,000 parts. At least 5 MiB on AWS. */
  readonly partSizeBytes?: number;
  readonly timeouts?: S3Timeouts;
}

/** The fields of a write that request encryption. */
export function describeEncryption({ encryption }: S3Options) {
  if (encryption === undefined) return {};
  const { algorithm, kmsKeyId } = encryption;
  return {
    ServerSideEncryption: algorithm,
    ...(kmsKeyId === null ? {} : { SSEKMSKeyId: kmsKeyId }),
  };
}
