/** Where the configured lake is, and how it is reached: settings turned into what `openLake` takes. */
import type { Agent } from "node:http";
import { assertAwsFilesReadable, mayAwsFilesMoveLake } from "../../config/settings/aws-files.ts";
import { readTestSwitches, type Environment } from "../../config/settings/environment.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";

export interface LakeAddress {
  readonly location: string;
  readonly s3: S3Options;
}

/** AWS's variables must stand in the environment: the SDK may be asked. Raises `ConfigError` where it finds no address, or a file of AWS's that cannot be read. */
export async function findLakeAddress(
  { lake }: Settings,
  environment: Environment,
  makeAgent: (() => Agent) | undefined,
): Promise<LakeAddress> {
  if (lake.kind === "folder") return { location: lake.path, s3: {} };
  assertAwsFilesReadable(environment.variables);
  const { bucket, prefix, encryption } = lake;
  return {
    location: prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    s3: {
      ...(await findStore(environment, bucket, lake.endpoint)),
      ...(encryption === null ? {} : { encryption }),
      ...(makeAgent === undefined ? {} : { makeAgent }),
      ...readPartSize(),
    },
  };
}

async function findStore(
  { variables }: Environment,
  bucket: string,
  endpoint: string | null,
): Promise<Pick<S3Options, "endpoint" | "region" | "named">> {
  if (mayAwsFilesMoveLake(variables)) {
    const { askStore } = await import("../../lake/s3/s3-address.ts");
    return { ...(await askStore(bucket)), named: nameSettings(variables) };
  }
  const region = variables["AWS_REGION"];
  return {
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    named: nameSettings(variables),
  };
}

/** Where a person finds what is wrong in an address. */
function nameSettings(variables: Environment["variables"]): NonNullable<S3Options["named"]> {
  const profile = `the AWS profile ${variables["AWS_PROFILE"] ?? "default"}`;
  const isSet = (name: string): boolean => (variables[name] ?? "") !== "";
  const endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].find(isSet);
  return {
    endpoint: endpoint ?? `endpoint_url in ${profile}`,
    region: isSet("AWS_REGION") ? "AWS_REGION" : `The region of ${profile}`,
  };
}

/** A test need not send gigabytes to see an object go up in parts. */
function readPartSize(): { readonly multipartThresholdBytes?: number; readonly partSizeBytes?: number } {
  const { partBytes } = readTestSwitches();
  return partBytes === undefined ? {} : { multipartThresholdBytes: partBytes, partSizeBytes: partBytes };
}
