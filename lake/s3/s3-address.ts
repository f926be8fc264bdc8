/**
 * Where the AWS SDK really sends a bucket's requests, given all of its own settings: variables, profiles, services
 * sections. `location` names the lake.
 */
import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { ConfigError } from "../../model/errors.ts";
import { isAwsAddress, nameStore } from "../location.ts";
import { refuseAddress } from "./describe-s3-fault.ts";

/** The parts of the SDK's request that are read. */
interface Sent {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
}

/** The store that the SDK would choose by itself: the endpoint if it is not AWS, and the region. */
export async function askStore(
  bucket: string,
): Promise<{ readonly endpoint?: string; readonly region?: string }> {
  const sdk = await import("@aws-sdk/client-s3");
  // Nothing is signed or sent, so no credentials are needed.
  const credentials = { accessKeyId: "none", secretAccessKey: "none" };
  const config: S3ClientConfig = { maxAttempts: 1, forcePathStyle: true, credentials };
  const client = new sdk.S3(config);
  try {
    const region = await client.config.region().catch(() => undefined);
    const address = await askAddress(
      region === undefined ? new sdk.S3({ ...config, region: "us-east-1" }) : client,
      bucket,
    );
    return {
      ...(isAwsAddress(new URL(address)) ? {} : { endpoint: address }),
      ...(region === undefined ? {} : { region }),
    };
  } catch (fault) {
    throw fault instanceof Error ? refuseAddress(fault.message) : fault;
  } finally {
    client.destroy();
  }
}

/**
 * Raises `ConfigError` before anything is sent to a store other than the named one. `store` has the form that
 * `nameStore` gives.
 */
export function guardAddress(client: S3, bucket: string, store: string): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const address = readAddress(args, bucket);
      if (nameStore(new URL(address)) === store) return await next(args);
      throw new ConfigError(
        "CONFIG_INVALID",
        `The AWS SDK would send requests to ${address}, but the lake is at ${store === "" ? "AWS" : store.slice(1)}.`,
        { hint: "Correct AWS_ENDPOINT_URL_S3 or AWS_REGION." },
      );
    },
    { step: "build", name: "guardAddress", priority: "low" },
  );
}

async function askAddress(client: S3, bucket: string): Promise<string> {
  let address = "";
  client.middlewareStack.add(
    () => async (args) => {
      address = readAddress(args, bucket);
      return { response: undefined, output: { $metadata: {} } };
    },
    { step: "build", name: "askAddress", priority: "low" },
  );
  await client.headBucket({ Bucket: bucket });
  return address;
}

/**
 * The store's address without the bucket, which is the first part of its host's name or, with the key, the end of its
 * path.
 */
function readAddress(args: unknown, bucket: string): string {
  const { input, request } = args as { readonly input: { readonly Key?: string }; readonly request: Sent };
  const { protocol, hostname, port, path } = request;
  const origin = (host: string) => `${protocol}//${host}${port === undefined ? "" : `:${port}`}`;
  if (hostname.startsWith(`${bucket}.`)) return origin(hostname.slice(bucket.length + 1));
  const keyParts = input.Key === undefined ? 0 : input.Key.split("/").length;
  const parts = path.replace(/\/$/, "").split("/");
  return `${origin(hostname)}${parts.slice(0, Math.max(1, parts.length - keyParts - 1)).join("/")}`;
}
