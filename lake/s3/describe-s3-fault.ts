/** The message of a failed S3 request: what could not be done, where, and what to do. Whether it is repeated is decided elsewhere. */
import { ConfigError, DagmarError, LakeError } from "../../model/errors.ts";
import { describeNetworkFault, isCertificateFault, TRUST_HINT } from "../../model/text/network-fault.ts";
import { describeAction } from "./s3-action.ts";
import {
  ADDRESS_FAULT,
  DENIED_NAMES,
  EXPIRED_NAMES,
  isRegionMissing,
  judgeFault,
  readFault,
  type RawFault,
} from "./s3-faults.ts";

/** Returned for a signature's date; stores other than AWS return it under the name of a wrong signature. */
const SKEWED_NAMES = new Set(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]);
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: the object is in an archive. */
const ARCHIVED_NAME = "InvalidObjectState";
const LONGEST_SAYING = 300;
const RESTART_HINT = "those in the environment or in .env are read only at the start.";

export interface FaultPlace {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** The settings that the two come from. */
  readonly named: { readonly endpoint?: string; readonly region?: string };
  /** What was asked for, such as `PutObject Raw/x.csv`. */
  readonly what: string;
  /** The permission that it needs, such as `s3:PutObject`. */
  readonly permission: string;
}

/** The `LakeError` for a fault that was not retried, or was retried in vain. Our own errors are returned unchanged. */
export function describeS3Fault(fault: unknown, place: FaultPlace): unknown {
  if (fault instanceof DagmarError || fault instanceof TypeError || fault instanceof RangeError) return fault;
  const raw = readFault(fault);
  const { name, message, code, status } = raw;
  const said = quoteStore(raw);
  const { bucket, what } = place;
  const action = describeAction(what, bucket);
  const where = place.endpoint === undefined ? "S3" : `the store at ${place.endpoint}`;
  if (isRegionMissing(message)) {
    return new ConfigError("CONFIG_INVALID", "No AWS region is configured.", {
      hint: "Set AWS_REGION, such as sa-east-1.",
    });
  }
  if (name === ADDRESS_FAULT) return refuseAddress(message);
  if (isCertificateFault(code)) {
    return new LakeError(
      "LAKE_UNTRUSTED",
      `${capitalise(where)} is not trusted (${what}): ${describeNetworkFault(code)}.`,
      false,
      {
        hint: `${TRUST_HINT}. AWS_CA_BUNDLE is not read. If it is trusted already, check AWS_ENDPOINT_URL_S3 and this machine's clock.`,
      },
    );
  }
  if (name === "NoSuchBucket") {
    return new LakeError("LAKE_NO_BUCKET", `The bucket ${bucket} does not exist at ${where}.`, false, {
      hint: "Create it, or correct DAGMAR_LAKE or AWS_ENDPOINT_URL_S3.",
    });
  }
  if (
    status === 301 ||
    status === 307 ||
    name === "AuthorizationHeaderMalformed" ||
    name === "PermanentRedirect"
  ) {
    return new LakeError("LAKE_NO_BUCKET", `The bucket ${bucket} is in another region (${what}).`, false, {
      hint: `Set AWS_REGION to the bucket's region${readExpectedRegion(message)}.${quoteRegion(place)}`,
    });
  }
  if (SKEWED_NAMES.has(name) || /signature (?:expired|not yet current)/i.test(message)) {
    return new LakeError(
      "LAKE_UNAVAILABLE",
      `This machine's clock and that of ${where} differ too much (${what}: ${said}).`,
      true,
      {
        hint: "Set this machine's clock, for example with NTP: S3 accepts a difference of at most 15 minutes.",
      },
    );
  }
  if (EXPIRED_NAMES.has(name)) {
    return new LakeError("LAKE_DENIED", `The AWS credentials have expired (${what}: ${said}).`, false, {
      hint: `Renew them in the profile's file, or sign in again with the AWS_PROFILE; ${RESTART_HINT}`,
    });
  }
  if (name === ARCHIVED_NAME) {
    return new LakeError(
      "LAKE_UNSUPPORTED",
      `${capitalise(where)} cannot read the object now (${what}: ${said}).`,
      false,
      {
        hint: "It is in an archive storage class, perhaps because of a lifecycle rule. Restore it with `aws s3api restore-object`.",
      },
    );
  }
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return new LakeError("LAKE_DENIED", `No AWS credentials were found for the bucket ${bucket}.`, false, {
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role.",
    });
  }
  if (name === "InvalidAccessKeyId" || name === "SignatureDoesNotMatch" || name === "InvalidToken") {
    return new LakeError(
      "LAKE_DENIED",
      `${capitalise(where)} refused the credentials (${what}: ${said}).`,
      false,
      {
        hint: `Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN; ${RESTART_HINT}`,
      },
    );
  }
  if (status === 401 || status === 403 || DENIED_NAMES.has(name)) {
    const isBareHead = what.startsWith("HeadObject");
    return new LakeError(
      "LAKE_DENIED",
      `${capitalise(where)} refused to ${action} (bucket ${bucket}): ${said}.`,
      false,
      {
        hint: `Grant ${place.permission}${isBareHead ? " and s3:ListBucket (without it an absent object looks forbidden)" : ""} on ${bucket}, or check AWS_ACCESS_KEY_ID and AWS_PROFILE.${adviseRemover(place)}${isWrite(place) ? " A bucket that requires encryption headers needs DAGMAR_S3_SSE." : ""}`,
      },
    );
  }
  const verdict = judgeFault(fault);
  if (name === "BadDigest" || name.startsWith("XAmzContent")) {
    return new LakeError(
      "LAKE_CORRUPT",
      `${where} kept receiving other bytes than were sent (${what}: ${said}).`,
      true,
    );
  }
  if (code !== undefined && UNREACHED.has(code)) {
    return new LakeError(
      "LAKE_UNAVAILABLE",
      `${capitalise(where)} cannot be reached (${what}): ${describeNetworkFault(code)}.`,
      true,
      { hint: adviseAddress(place, code), cause: redact(fault) },
    );
  }
  if (verdict.isRetryable) {
    return new LakeError("LAKE_UNAVAILABLE", `Cannot ${action} in ${where}: ${said}.`, true, {
      cause: redact(fault),
    });
  }
  if (status === 507 || name === "QuotaExceeded") {
    return new LakeError("LAKE_FULL", `The bucket ${bucket} is full (${what}: ${said}).`, true);
  }
  return new LakeError("LAKE_UNSUPPORTED", `${capitalise(where)} refused to ${action}: ${said}.`, false, {
    cause: redact(fault),
  });
}

/** No connection came about: the address may be wrong. */
const UNREACHED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** Which setting chose the address, and what it holds: a slip in it looks like an outage. */
function adviseAddress(place: FaultPlace, code: string): string {
  const { endpoint, named } = place;
  if (endpoint !== undefined) {
    const question = code === "ECONNREFUSED" ? "is the store running there?" : "is that its address?";
    return `${named.endpoint ?? "AWS_ENDPOINT_URL_S3"} is ${endpoint}: ${question}`;
  }
  const region = quoteRegion(place);
  return region === ""
    ? "Check this machine's network."
    : `${region.trim()} If there is such a region, check this machine's network.`;
}

function quoteRegion({ region, named }: FaultPlace): string {
  return region === undefined ? "" : ` ${named.region ?? "AWS_REGION"} is ${region}.`;
}

/** Of "the region 'x' is wrong; expecting 'sa-east-1'". */
function readExpectedRegion(message: string): string {
  const [, region] = /expecting '([a-z0-9-]+)'/.exec(message) ?? [];
  return region === undefined ? "" : `, ${region}`;
}

/** The store's own code and message, or Node's. */
function quoteStore({ name, message, status }: RawFault): string {
  const words = message
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, LONGEST_SAYING)
    .replace(/\.$/, "");
  const isKnown = name !== "" && name !== "Error" && name !== "Unknown" && name !== String(status);
  const parts = [isKnown ? name : "", words === name || words === "UnknownError" ? "" : words];
  const text = parts.filter((part) => part !== "").join(": ");
  if (status === 0) return text;
  return text === "" ? `${status}` : `${status} ${text}`;
}

/** What the SDK reports for settings that contradict each other, such as FIPS and a custom endpoint. */
export function refuseAddress(message: string): ConfigError {
  return new ConfigError("CONFIG_INVALID", `The AWS SDK finds no address for the bucket: ${message}`, {
    hint: "See AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_PROFILE and the shared AWS configuration.",
  });
}

/** The writer has no such permission, on purpose. */
function adviseRemover({ permission }: FaultPlace): string {
  if (permission !== "s3:DeleteObject") return "";
  return " The writer's policy has no s3:DeleteObject: deploy/aws/remover-policy.json is the policy for a role that removes objects.";
}

function isWrite({ permission }: FaultPlace): boolean {
  return permission === "s3:PutObject";
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The SDK attaches request and response to its errors, with the Authorization header in them. */
function redact(fault: unknown): Error {
  const { name, message } = readFault(fault);
  const clean = new Error(message);
  clean.name = name;
  return clean;
}
