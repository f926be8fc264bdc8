/** Turns the settings into the arguments of `openLake`: where the lake is, and how to reach it. */
import type { Agent } from "node:http";
import { assertAwsFilesReadable, mayAwsFilesMoveLake } from "../../config/settings/aws-files.ts";
import { readTestSwitches, type Environment } from "../../config/settings/environment.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";

export interface LakeAddress {
  readonly location: string;
  readonly s3: S3Options;
}

/** The AWS variables must be in the environment, because the SDK may read them. Raises `ConfigError` without an address, or for an unreadable AWS file. */
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

/** Lets a test see a multipart upload without sending gigabytes. */
function readPartSize(): { readonly multipartThresholdBytes?: number; readonly partSizeBytes?: number } {
  const { partBytes } = readTestSwitches();
  return partBytes === undefined ? {} : { multipartThresholdBytes: partBytes, partSizeBytes: partBytes };
}
