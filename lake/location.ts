/** How a lake's location is written, and which spellings mean the same lake. `open-lake` opens it. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "../model/errors.ts";
import { checkKey } from "./object-key.ts";

export type LakeLocation =
  | { readonly kind: "folder"; readonly root: string }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      /** Without slashes at its ends; empty for the whole bucket. */
      readonly prefix: string;
    };

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const OTHER_PARTITION = /^(cn|us-gov|us-iso[a-z]*|eu-isoe|eusc)-/;
const AWS_DOMAIN =
  /\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)$/;
const NOT_S3 = /\.(?:elb|compute(?:-\d+)?)\./;
const HINT = "Write s3://bucket/prefix, file:///absolute/path, file:./relative/path or a path.";

/** Raises `ConfigError` `CONFIG_INVALID` for anything that is not a location. */
export function parseLocation(location: string): LakeLocation {
  const text = location.trim();
  if (text === "") throw refuseLocation(location, "it is empty");
  if (/^s3:/i.test(text)) return parseS3(location, text);
  if (/^file:/i.test(text)) return { kind: "folder", root: resolveRoot(parseFileUrl(location, text)) };
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) throw refuseLocation(location, "only s3: and file: are supported");
  if (text.includes("\0")) throw refuseLocation(location, "it holds a NUL");
  return { kind: "folder", root: resolveRoot(resolve(text)) };
}

/** The canonical name of a folder lake. */
export function nameFolderLake(root: string): string {
  return pathToFileURL(root).href;
}

/**
 * The canonical name of an S3 lake. AWS's own endpoint is left out, because bucket names are unique there. For any
 * other store the scheme, host, port and path are kept; a user name and password are dropped.
 */
export function nameS3Lake(
  bucket: string,
  prefix: string,
  endpoint: string | undefined,
  region?: string,
): string {
  const name = prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
  return `${name}${endpoint === undefined ? namePartition(region ?? "") : nameStore(parseEndpoint(endpoint))}`;
}

/** The end of an S3 lake's name for a store at this address: empty for AWS. */
export function nameStore(address: URL): string {
  if (!isAwsAddress(address)) {
    return `?endpoint=${address.protocol}//${address.host}${address.pathname.replace(/\/+$/, "")}`;
  }
  const region = address.hostname.split(".").find((label) => OTHER_PARTITION.test(label)) ?? "";
  return namePartition(region);
}

/** Whether the address is one of AWS S3's own names; an AWS machine or load balancer is another store. */
export function isAwsAddress({ hostname, port }: URL): boolean {
  const labels = hostname.split(".");
  return (
    port === "" &&
    AWS_DOMAIN.test(hostname) &&
    !NOT_S3.test(hostname) &&
    labels.some((label) => /^s3(?:$|-|express-)/.test(label))
  );
}

/** Bucket names are unique within a partition. The main partition of AWS is not named. */
function namePartition(region: string): string {
  const partition = OTHER_PARTITION.exec(region)?.[1];
  return partition === undefined ? "" : `?partition=aws-${partition}`;
}

/** Raises `ConfigError` `CONFIG_INVALID` unless the endpoint is an http or https address. */
export function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new ConfigError("CONFIG_INVALID", "The S3 endpoint is not an http or https address.", {
    hint: "Set AWS_ENDPOINT_URL_S3 to an address such as https://s3.example.com, or leave it unset for AWS.",
  });
}

function parseS3(location: string, text: string): LakeLocation {
  const match = /^s3:\/\/([^/?#@]*)(\/[^?#]*)?$/i.exec(text);
  if (match === null) throw refuseLocation(location, "it is not of the form s3://bucket/prefix");
  const bucket = match[1] ?? "";
  if (!BUCKET_NAME.test(bucket)) {
    throw refuseLocation(location, `${JSON.stringify(bucket)} is not a valid bucket name`);
  }
  const prefix = (match[2] ?? "")
    .split("/")
    .filter((segment) => segment !== "")
    .join("/");
  if (prefix !== "") {
    try {
      checkKey(prefix);
    } catch (fault) {
      throw refuseLocation(location, fault instanceof Error ? fault.message : String(fault));
    }
  }
  return { kind: "s3", bucket, prefix };
}

function parseFileUrl(location: string, text: string): string {
  const path = text.slice("file:".length);
  try {
    if (path.startsWith("//")) return fileURLToPath(text);
    if (path === "") throw refuseLocation(location, "it names no path");
    return resolve(decodeURIComponent(path));
  } catch (fault) {
    if (fault instanceof ConfigError) throw fault;
    throw refuseLocation(location, fault instanceof Error ? fault.message : String(fault));
  }
}

/** Symbolic links are resolved as far as the path exists, so that two paths to one folder are one lake. */
function resolveRoot(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(resolveRoot(above), basename(path));
  }
}

function refuseLocation(location: string, reason: string): ConfigError {
  // A location may have been given with a password in it by mistake.
  const shown = location.replace(/\/\/[^/@]*@/, "//***@");
  return new ConfigError("CONFIG_INVALID", `${JSON.stringify(shown)} is not a lake's location: ${reason}.`, {
    hint: HINT,
  });
}
