/**
 * The AWS SDK's client as a lake needs it: its address, its credentials, and which of its own features are switched
 * off.
 */
import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { guardAddress } from "./s3-address.ts";
import { DEFAULT_S3_TIMEOUTS, type S3Options } from "./s3-options.ts";

/** By default the SDK writes to the console when a stream cannot be sent again. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface ClientPlace {
  readonly bucket: string;
  /** As `nameStore` gives it. */
  readonly store: string;
  /** What another client has learned about the offset of the store's clock. */
  readonly clockOffsetMs: number;
}

/** Opens a client that does not reuse the credentials of an earlier one. */
export async function openClient(options: S3Options, place: ClientPlace): Promise<S3> {
  const sdk = await import("@aws-sdk/client-s3");
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const config: S3ClientConfig = {
    // The SDK reads the shared files once per process: replaced keys in them would never be seen.
    credentials: options.credentials ?? defaultProvider({ ignoreCache: true, logger: SILENT }),
    ...describeClient(options, place),
  };
  const client = new sdk.S3(
    (await hasRegion(new sdk.S3(config))) ? config : { ...config, region: "us-east-1" },
  );
  signPlannedContent(client);
  guardAddress(client, place.bucket, place.store);
  return client;
}

/** Only a custom store works without a region. */
async function hasRegion(client: S3): Promise<boolean> {
  if (!client.config.isCustomEndpoint) return true;
  return await client.config.region().then(
    () => true,
    () => false,
  );
}

function describeClient(options: S3Options, place: ClientPlace): S3ClientConfig {
  const { endpoint, region, forcePathStyle, makeAgent } = options;
  const { connectMs, requestMs } = options.timeouts ?? DEFAULT_S3_TIMEOUTS;
  const isCustom = endpoint !== undefined;
  const agent = makeAgent?.();
  return {
    maxAttempts: 1,
    logger: SILENT,
    // With it the SDK opens a connection per body and, if a store never answers 100, waits for the whole time-out.
    expectContinueHeader: false,
    // Its other time-outs count from a request's start, or take a full buffer for a stall: see patience.
    requestHandler: {
      connectionTimeout: connectMs,
      socketAcquisitionWarningTimeout: requestMs + connectMs,
      ...(agent === undefined ? {} : { httpAgent: agent, httpsAgent: agent }),
    },
    systemClockOffset: place.clockOffsetMs,
    forcePathStyle: forcePathStyle ?? isCustom,
    ...(isCustom ? { endpoint } : {}),
    ...(isCustom
      ? { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" }
      : {}),
    ...(region === undefined ? {} : { region }),
  };
}

/**
 * Whether two clients would sign with different keys; keys that cannot be read count as different, so that the next try
 * reports it.
 */
export async function differInCredentials(one: S3, other: S3): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map(async (client) => await client.config.credentials().catch(() => undefined)),
  );
  if (first === undefined || second === undefined) return true;
  return (
    first.accessKeyId !== second.accessKeyId ||
    first.secretAccessKey !== second.secretAccessKey ||
    first.sessionToken !== second.sessionToken
  );
}

/**
 * Signs the planned SHA-256 of a body as `x-amz-content-sha256`, so that a store that checks signatures refuses other
 * bytes. Saves hashing a buffer twice, and no stream is sent unsigned.
 */
function signPlannedContent(client: S3): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { input, request } = args as { input: unknown; request?: unknown };
      const sha256 = readField(input, "ChecksumSHA256");
      const headers = readField(request, "headers");
      const hasBody = readField(input, "Body") !== undefined;
      if (hasBody && typeof sha256 === "string" && typeof headers === "object" && headers !== null) {
        Object.assign(headers, { "x-amz-content-sha256": Buffer.from(sha256, "base64").toString("hex") });
      }
      return await next(args);
    },
    { step: "build", name: "signPlannedContent" },
  );
}

function ignore(): void {
  return undefined;
}

function readField(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
