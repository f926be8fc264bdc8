/** Refusals and faults as problems of RFC 9457, with Airflow's `detail`, and Dagmar's `code` and `hint`. */
import { z } from "zod";
import type { OrderOutcome } from "../../app/service/orders.ts";
import { DagmarError, describeErrorCode, EXIT } from "../../model/errors.ts";
import { reply, type HttpReply } from "../server/exchange.ts";

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export const problemSchema = z.strictObject({
  type: z.string().describe("A relative link to the page of the code."),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().nullable(),
  preview: z.unknown().optional().describe("With PLAN_CHANGED: the preview as it is now."),
});

export type Problem = z.infer<typeof problemSchema>;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Login required",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Body too large",
  415: "Unsupported media type",
  422: "Unprocessable request",
  429: "Too many tries",
  500: "Internal error",
  503: "Try again later",
};

export type Refusal = Extract<OrderOutcome, { readonly state: "refused" }>["refusal"];

export interface ProblemFacts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly preview?: unknown;
}

export function replyProblem(
  { status, code, detail, hint, preview }: ProblemFacts,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const problem: Problem = {
    type: `/errors/${code}`,
    title: TITLES[status] ?? "Error",
    status,
    detail,
    code,
    hint: hint ?? null,
    ...(preview === undefined ? {} : { preview }),
  };
  const made = reply(status, PROBLEM_TYPE, `${JSON.stringify(problem)}\n`);
  return { ...made, headers: { ...made.headers, ...headers } };
}

const UNKNOWN: ReadonlySet<string> = new Set([
  "DAG_UNKNOWN",
  "RUN_UNKNOWN",
  "TASK_UNKNOWN",
  "ID_UNKNOWN",
  "POOL_UNKNOWN",
  "LOG_MISSING",
  "LOG_UNREADABLE",
  "BACKFILL_UNKNOWN",
  "VERIFICATION_UNKNOWN",
]);
/** The request is valid, and the state of things is against it. */
const CONFLICTS: ReadonlySet<string> = new Set([
  "RUN_PARAMS_DIFFER",
  "RUN_EXISTS",
  "BACKFILL_ENDED",
  "VERIFY_RUNNING",
  "PLAN_CHANGED",
  "SETTINGS_DIFFER",
  "SECRET_MISSING",
  "DAG_INVALID",
]);
/** Their messages name files of the server: the meaning of the code is shown instead. */
const ABOUT_FILES: ReadonlySet<string> = new Set([
  "DATABASE_BUSY",
  "DATABASE_NEWER",
  "DATABASE_UNUSABLE",
  "DATABASE_FULL",
  "DATABASE_FAILING",
  "DATABASE_MISSING",
  "DATABASE_MOVED",
  "LEASE_LOST",
  "TOO_MANY_FILES",
  "FOLDER_GONE",
  "CONFIG_INVALID",
  "INTERNAL",
]);
const RETRY_AFTER_SECONDS = 5;

/** What this error says over HTTP. Any other error is a bug: `undefined`, and nothing of it is shown. */
export function judgeError(error: unknown): ProblemFacts | undefined {
  if (!(error instanceof DagmarError)) return undefined;
  const { code } = error;
  const facts = ABOUT_FILES.has(code)
    ? { code, detail: describeErrorCode(code) ?? code }
    : { code, detail: error.message, hint: error.hint };
  return { ...facts, status: judgeStatus(error) };
}

/** Of an error that is a bug. */
export const BUG: ProblemFacts = {
  status: 500,
  code: "INTERNAL",
  detail: "Internal error; the log has the reason.",
};

export function replyRefusal(facts: ProblemFacts): HttpReply {
  return replyProblem(facts, retryHeaders(facts));
}

export function retryHeaders({ status }: ProblemFacts): Readonly<Record<string, string>> {
  return status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {};
}

function judgeStatus({ code, exitCode }: DagmarError): number {
  if (UNKNOWN.has(code)) return 404;
  if (CONFLICTS.has(code)) return 409;
  if (exitCode === EXIT.tryAgain || code === "DATABASE_MISSING") return 503;
  return exitCode === EXIT.usage ? 422 : 500;
}

/** 409 with the plan as it is now, so that a client can show it and ask again. */
export function describePlanChange({ code, message, hint }: DagmarError, preview: unknown): HttpReply {
  return replyProblem({ status: 409, code, detail: message, hint, preview });
}
