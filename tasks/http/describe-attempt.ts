/** The result of a request in values and words of our own: no axios object is passed on. */
import { isAxiosError, type AxiosResponse } from "axios";
import { TaskFailure } from "../../model/errors.ts";
import type { ApiCall } from "./api-call.ts";
import { describeCause, type AttemptFailure } from "./attempt-failure.ts";
import type { HttpAnswer, RefusedAnswer } from "./exchange.ts";
import { parseJsonBytes } from "./json-body.ts";
import type { ProviderPlace } from "./provider.ts";

export function readRefused({ status, data, headers }: AxiosResponse<Buffer>): RefusedAnswer {
  return {
    status,
    value: parseJsonBytes(data)?.value,
    sizeBytes: data.byteLength,
    contentType: String(headers["content-type"] ?? ""),
    location: String(headers["location"] ?? ""),
  };
}

/**
 * The result of a request without a valid answer. Raises if it ended outside axios, and if the whole task should stop
 * asking.
 */
export function readFailed(provider: ProviderPlace, call: ApiCall, error: unknown): HttpAnswer {
  if (call.ended !== undefined) throw call.ended.cause;
  if (call.stop !== undefined) throw call.stop;
  const failure = call.failure ?? describeFault(error);
  if (failure.reason === "rate_limited") throw describeRateLimit(provider, call);
  return { kind: "failed", failure, detail: describeFailure(provider.host, call, failure) };
}

export function describeBadBody(response: AxiosResponse<Buffer>): AttemptFailure {
  const type = String(response.headers["content-type"] ?? "");
  const isHtml =
    (response.data.byteLength > 0 && /^text\/html\b/i.test(type)) ||
    response.data.subarray(0, 64).toString("latin1").trimStart().startsWith("<");
  return {
    reason: isHtml ? "html" : "not_json",
    status: response.status,
    code: undefined,
    retryAfter: undefined,
    isStaleConnection: false,
  };
}

/** A request to pause that came with a success status. */
export function describeHiddenRateLimit({ status, headers }: AxiosResponse<Buffer>): AttemptFailure {
  const retryAfter: unknown = headers["retry-after"];
  return { reason: "rate_limited", status, code: undefined, retryAfter, isStaleConnection: false };
}

/** A fault that axios raised before the first attempt. */
function describeFault(error: unknown): AttemptFailure {
  const code = isAxiosError(error) ? error.code : undefined;
  return { reason: "unreachable", status: undefined, code, retryAfter: undefined, isStaleConnection: false };
}

function describeFailure(host: string, call: ApiCall, failure: AttemptFailure): string {
  const cause = describeCause(failure);
  const facts = [
    cause,
    failure.status === undefined || cause.includes(String(failure.status)) ? "" : `status ${failure.status}`,
    call.attempts === 1 ? "1 attempt" : `${call.attempts} attempts`,
  ];
  return `GET ${call.template} from ${host}: ${facts.filter(Boolean).join(", ")}`;
}

function describeRateLimit({ host, name, codes }: ProviderPlace, call: ApiCall): TaskFailure {
  return new TaskFailure(
    codes.rateLimited,
    `${host} answered 429 to each of ${call.attempts} attempts at GET ${call.template}.`,
    true,
    { retryAfterSeconds: 60, hint: `Is another program using the same key? A lower ${name} rate helps.` },
  );
}
