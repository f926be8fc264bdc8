/** Refusals and faults as problems of RFC 9457, with Airflow's `detail`, and Dagmar's `code` and `hint`. */
import { z } from "zod";
import { DagmarError, EXIT } from "../../model/errors.ts";
import { reply, type HttpReply } from "../server/exchange.ts";

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export const problemSchema = z.strictObject({
  type: z.string().describe("A relative link to the page of the code."),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().nullable(),
});

export type Problem = z.infer<typeof problemSchema>;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Body too large",
  415: "Unsupported media type",
  422: "Unprocessable request",
  500: "Internal error",
  503: "Try again later",
};

export interface ProblemFacts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string | undefined;
}

export function replyProblem(
  { status, code, detail, hint }: ProblemFacts,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const problem: Problem = {
    type: `/errors/${code}`,
    title: TITLES[status] ?? "Error",
    status,
    detail,
    code,
    hint: hint ?? null,
  };
  const made = reply(status, PROBLEM_TYPE, `${JSON.stringify(problem)}\n`);
  return { ...made, headers: { ...made.headers, ...headers } };
}

const UNKNOWN: ReadonlySet<string> = new Set(["DAG_UNKNOWN", "RUN_UNKNOWN", "TASK_UNKNOWN", "POOL_UNKNOWN"]);
const RETRY_AFTER_SECONDS = 5;

/** What this error says over HTTP. Any other error is a bug: `undefined`, and nothing of it is shown. */
export function explainError(error: unknown): HttpReply | undefined {
  if (!(error instanceof DagmarError)) return undefined;
  const { code, message: detail, hint } = error;
  const facts = { code, detail, hint };
  if (UNKNOWN.has(code)) return replyProblem({ ...facts, status: 404 });
  if (code === "RUN_PARAMS_DIFFER") return replyProblem({ ...facts, status: 409 });
  if (error.exitCode === EXIT.tryAgain || code === "DATABASE_MISSING") {
    return replyProblem({ ...facts, status: 503 }, { "Retry-After": String(RETRY_AFTER_SECONDS) });
  }
  if (error.exitCode === EXIT.usage) return replyProblem({ ...facts, status: 422 });
  return replyProblem({ ...facts, status: 500 });
}
