/** What a failed S3 request means: repeat it, a condition was not met, the object is absent. The messages are in `describe-s3-fault.ts`. */
import type { S3ServiceException } from "@aws-sdk/client-s3";
import { DagmarError } from "../../model/errors.ts";
import { isCertificateFault } from "../../model/text/network-fault.ts";
import type { RetryVerdict } from "../retry.ts";

/** The parts of the SDK's and Node's errors that are read. */
export interface RawFault {
  readonly name: string;
  readonly message: string;
  /** Node's code for a connection that failed. */
  readonly code: string | undefined;
  /** 0 when no answer came. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}

const RETRYABLE_NAMES = new Set([
  "ConditionalRequestConflict",
  "OperationAborted",
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "RequestExpired",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "InternalError",
  "ServiceUnavailable",
  // What was sent is right, because its hash was compared before: the bytes were changed on the way.
  "BadDigest",
  "XAmzContentSHA256Mismatch",
  "XAmzContentChecksumMismatch",
]);
export const EXPIRED_NAMES = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);
export const DENIED_NAMES = new Set([
  "AccessDenied",
  "AllAccessDisabled",
  "AccountProblem",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "AuthorizationHeaderMalformed",
  "CredentialsProviderError",
  "TokenProviderError",
]);
/** What a store returns for keys that it does not know, or no longer knows; other keys may be configured by now. */
const KEY_REFUSED_NAMES = new Set(["InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"]);
/** The SDK's name for address settings that contradict each other. */
export const ADDRESS_FAULT = "EndpointError";
/** A 412 gets here only if the object at the key was gone again at the second look. */
const RETRYABLE_STATUSES = new Set([408, 409, 412, 425, 429]);

export function readFault(fault: unknown): RawFault {
  if (!(fault instanceof Error)) {
    return { name: "", message: String(fault), code: undefined, status: 0, retryAfterMs: undefined };
  }
  const metadata = (fault as Partial<S3ServiceException>).$metadata;
  const seconds = Number((fault as Partial<S3ServiceException>).$response?.headers?.["retry-after"]);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  const code = "code" in fault && typeof fault.code === "string" ? fault.code : undefined;
  const { name, message } = fault;
  return { name, message, code, status: metadata?.httpStatusCode ?? 0, retryAfterMs };
}

/** The condition of a request was not met: the key is taken. */
export function isConditionFailed(fault: unknown): boolean {
  const { name, status } = readFault(fault);
  return status === 412 || name === "PreconditionFailed";
}

/** The store does not know the condition at all, and says so. */
export function isNotImplemented(fault: unknown): boolean {
  const { name, status } = readFault(fault);
  return status === 501 || name === "NotImplemented";
}

export function isExpired(fault: unknown): boolean {
  return EXPIRED_NAMES.has(readFault(fault).name);
}

export function isKeyRefused(fault: unknown): boolean {
  return KEY_REFUSED_NAMES.has(readFault(fault).name);
}

/**
 * An answer to HEAD has no body and so no reason: 400 may be expired credentials, 403 a replaced key or a wrong clock;
 * each deserves another look.
 */
export function isMuteRefusal(fault: unknown): boolean {
  const { status } = readFault(fault);
  return status === 400 || status === 403;
}

/** The upload's parts are gone: it was completed, aborted or swept. */
export function isUploadGone(fault: unknown): boolean {
  return readFault(fault).name === "NoSuchUpload";
}

export function isConflict(fault: unknown): boolean {
  return readFault(fault).status === 409;
}

export function isAbsent(fault: unknown): boolean {
  const { name, status } = readFault(fault);
  return name === "NotFound" || name === "NoSuchKey" || (status === 404 && name !== "NoSuchBucket");
}

/** The store refused the bytes because they do not match the checksum. */
export function isChecksumRefused(fault: unknown): boolean {
  const { name, status } = readFault(fault);
  return status === 400 && !EXPIRED_NAMES.has(name) && !DENIED_NAMES.has(name) && name !== "RequestTimeout";
}

/** Whether the store may have carried out the request although the answer says otherwise, or none came. */
export function mayHaveHappened(fault: unknown): boolean {
  const { status } = readFault(fault);
  return status === 0 || status >= 500 || status < 300 || status === 408;
}

/** Our own faults are final; so is any answer that the store would repeat. */
export function judgeFault(fault: unknown): RetryVerdict {
  if (fault instanceof DagmarError || fault instanceof TypeError || fault instanceof RangeError) {
    return { isRetryable: false };
  }
  const { name, status, message, code, retryAfterMs } = readFault(fault);
  if (EXPIRED_NAMES.has(name) || isCertificateFault(code)) return { isRetryable: false };
  if (RETRYABLE_NAMES.has(name)) return { isRetryable: true, retryAfterMs };
  if (DENIED_NAMES.has(name) || status === 501 || isRegionMissing(message) || name === ADDRESS_FAULT)
    return { isRetryable: false };
  if (status === 0 || status < 300 || status >= 500) return { isRetryable: true, retryAfterMs };
  return { isRetryable: RETRYABLE_STATUSES.has(status), retryAfterMs };
}

export function isRegionMissing(message: string): boolean {
  return message === "Region is missing";
}
