/** Answers one request to the API: finds the route, checks what it takes, calls it, and writes its answer. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { JSON_TYPE, reply, type HttpReply, type HttpRequest } from "../server/exchange.ts";
import { createFinder } from "./find-route.ts";
import { replyProblem } from "./problem.ts";
import type { ReadTools, Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

const find = createFinder(ROUTES);

/** Raises what the route raises. */
export function answerApi(request: HttpRequest, tools: ReadTools): HttpReply {
  const found = find(request.method, request.path);
  switch (found.kind) {
    case "nothing":
      return replyProblem({
        status: 404,
        code: "USAGE",
        detail: `There is no ${request.path}.`,
        hint: "/api/dagmar/openapi.json lists every path.",
      });
    case "method": {
      const allowed = found.allowed.join(", ");
      const detail = `${request.path} takes ${allowed}.`;
      return replyProblem({ status: 405, code: "USAGE", detail }, { Allow: allowed });
    }
    case "route": {
      const { route, params } = found;
      const input = readInput(route, params, new URLSearchParams(request.search));
      if ("fault" in input) return replyProblem({ status: 422, code: "USAGE", detail: input.fault });
      const answer = route.handle(tools, input);
      return isReply(answer) ? answer : writeJson(answer, request.headers["if-none-match"]);
    }
  }
}

type Input = { readonly params: Record<string, unknown>; readonly search: Record<string, unknown> };

function readInput(
  route: Route,
  params: Readonly<Record<string, string>>,
  given: URLSearchParams,
): Input | { readonly fault: string } {
  const search: Record<string, string | readonly string[]> = {};
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    search[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  const read = z
    .object({ params: z.strictObject(route.params), search: z.strictObject(route.search) })
    .safeParse({ params, search });
  if (read.success) return read.data;
  return {
    fault: read.error.issues.map((issue) => describeIssue(issue, Object.keys(route.search))).join(" "),
  };
}

function describeIssue(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === "unrecognized_keys") {
    const list = known.length === 0 ? "none" : known.join(", ");
    return `There is no parameter ${issue.keys.join(", ")} here; there is: ${list}.`;
  }
  return `${issue.path.slice(1).join(".")}: ${issue.message}.`;
}

function isReply(answer: unknown): answer is HttpReply {
  return typeof answer === "object" && answer !== null && "status" in answer && "headers" in answer;
}

/** 304 if the client has the same answer. */
function writeJson(answer: unknown, known: string | undefined): HttpReply {
  const body = `${JSON.stringify(answer)}\n`;
  const tag = `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const made = reply(200, JSON_TYPE, body);
  const headers = { ...made.headers, "Cache-Control": "no-cache", ETag: tag };
  const isKnown = known?.split(",").some((candidate) => candidate.trim() === tag) ?? false;
  return isKnown ? { status: 304, headers: { ETag: tag }, body: "" } : { ...made, headers };
}
