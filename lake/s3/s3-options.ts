/** What may be set about an S3 lake; where the values come from is config's business. */

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Timeouts {
  readonly connectMs: number;
  /** No byte in either direction. */
  readonly idleMs: number;
  /** From sending a request to its answer's head, for a request without a body. */
  readonly requestMs: number;
  /** A body gets this much longer than `requestMs` per MiB. */
  readonly perMebibyteMs: number;
}

/** One MiB in four seconds is as slow as a body may go: 4 GiB in four and a half hours. */
export const DEFAULT_S3_TIMEOUTS: S3Timeouts = {
  connectMs: 10_000,
  idleMs: 60_000,
  requestMs: 60_000,
  perMebibyteMs: 4_000,
};

export interface S3Options {
  /** Any store but AWS; `AWS_ENDPOINT_URL_S3`, then `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string;
  /** Default: the SDK's own chain; with an endpoint `us-east-1`. */
  readonly region?: string;
  /** Default: the SDK's own chain. A function is asked again when the store says that they have expired. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>);
  /** Default: true with an endpoint, false without. */
  readonly forcePathStyle?: boolean;
  /** Files larger than this go up in parts. Default 4 GiB; a single put may have at most 5 GiB. */
  readonly multipartThresholdBytes?: number;
  /** Default 8 MiB; grows for files of more than 10,000 parts. At least 5 MiB on AWS. */
  readonly partSizeBytes?: number;
  readonly timeouts?: S3Timeouts;
}
