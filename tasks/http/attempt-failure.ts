/** What went wrong with one attempt, in our own words. Whether it is retried is decided elsewhere. */
import type { AxiosError } from "axios";
import { describeNetworkFault, isCertificateFault } from "../../model/text/network-fault.ts";
import { isTransientStatus, TOO_MANY_REQUESTS } from "./transient-status.ts";

/** Short codes that are stored in the database and shown by `dagmar lake missing`. */
export type FailureReason =
  | "timed_out"
  | "rate_limited"
  | "server_error"
  | "truncated"
  | "connection_lost"
  | "unreachable"
  | "untrusted"
  | "too_large"
  | "html"
  | "not_json";

export interface AttemptFailure {
  readonly reason: FailureReason;
  /** HTTP status, if an answer had begun. */
  readonly status: number | undefined;
  /** Node's or axios's code, such as `ECONNRESET`. */
  readonly code: string | undefined;
  /** The raw `Retry-After` header. */
  readonly retryAfter: unknown;
  /** A kept-alive connection that the server had closed meanwhile: says nothing about the server's health. */
  readonly isStaleConnection: boolean;
}

/** Nothing of the error itself is kept: it holds the request's headers, and so the token, many times. */
export function classifyError(error: AxiosError, hasExpired: boolean): AttemptFailure {
  const status = error.response?.status;
  return {
    reason: hasExpired ? "timed_out" : findReason(error, status),
    status,
    code: hasExpired ? undefined : error.code,
    retryAfter: error.response?.headers["retry-after"],
    isStaleConnection:
      !hasExpired && status === undefined && isReset(error.code) && hasReusedSocket(error.request),
  };
}

function findReason(error: AxiosError, status: number | undefined): FailureReason {
  if (status === undefined) {
    if (error.message.startsWith("maxContentLength")) return "too_large";
    if (isCertificateFault(error.code)) return "untrusted";
    return isReset(error.code) ? "connection_lost" : "unreachable";
  }
  // `ERR_BAD_REQUEST` and `ERR_BAD_RESPONSE` of a complete answer are judged from its status; a 200 can only have been
  // cut off.
  if (status === TOO_MANY_REQUESTS) return "rate_limited";
  return isTransientStatus(status) ? "server_error" : "truncated";
}

function isReset(code: string | undefined): boolean {
  return code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED";
}

function hasReusedSocket(request: unknown): boolean {
  return (
    typeof request === "object" &&
    request !== null &&
    "reusedSocket" in request &&
    request.reusedSocket === true
  );
}

/** For people; holds nothing that came from the provider. */
export function describeCause({ reason, status, code }: AttemptFailure): string {
  switch (reason) {
    case "timed_out":
      return "no whole answer in time";
    case "rate_limited":
      return "it asks for a pause (429)";
    case "server_error":
      return `it answers ${status ?? "with an error"}`;
    case "truncated":
      return "its answer broke off";
    case "connection_lost":
    case "unreachable":
    case "untrusted":
      return describeNetworkFault(code);
    case "too_large":
      return "its answer is too large";
    case "html":
      return "it answers with a page of HTML";
    case "not_json":
      return status === 204 || status === 205
        ? `it answers ${status}, without a body`
        : "its answer is not JSON";
  }
}
