/** Answers one request to the API: finds the route, checks what it takes, calls it, and writes its answer. */
import { createHash } from "node:crypto";
import { describeOrder } from "../../app/describe-order.ts";
import { raiseRefusal } from "../../app/raise-refusal.ts";
import type { GivenOrder, Order, OrderOutcome } from "../../app/service/orders.ts";
import { JSON_TYPE, reply, type HttpAnswer, type HttpReply, type HttpRequest } from "../server/exchange.ts";
import type { FindRoute } from "../server/find-route.ts";
import type { RequestKey } from "../../state/control/requests.ts";
import { findKept, readKey } from "./idempotency.ts";
import { describePlanChange, replyProblem, type Refusal } from "./problem.ts";
import { readBody, readInput } from "./read-input.ts";
import { isWrite, type ReadTools, type Route, type WriteRoute } from "./route.ts";

/** An order that has to be carried out before the request can be answered. */
export interface Pending {
  readonly given: GivenOrder;
  /** With tools of a later moment: the order's effect is visible. Raises what the route raises, and the refusal. */
  readonly conclude: (tools: ReadTools, outcome: OrderOutcome) => HttpReply;
}

/** The reply to a request with a key that has nothing to order: it is kept. */
interface KeyedAnswer {
  readonly reply: HttpReply;
  readonly key: RequestKey;
}

/** Raises what the route raises. A promise has read from the database what it needs. */
export function answerApi(
  request: HttpRequest,
  tools: ReadTools,
  find: FindRoute<Route>,
): HttpAnswer | Pending | KeyedAnswer | Promise<HttpAnswer> {
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
      if (isWrite(route)) return answerWrite(route, params, request, tools);
      const input = readInput(route, params, request.search);
      if (route.method !== "GET") {
        return writeJson(route.handle(tools, { ...input, body: readBody(route, request) }));
      }
      const write = (answer: unknown): HttpAnswer =>
        isReply(answer) ? answer : writeTagged(answer, request.headers["if-none-match"]);
      const answer = route.handle(tools, input);
      return answer instanceof Promise ? answer.then(write) : write(answer);
    }
  }
}

function answerWrite(
  route: WriteRoute,
  params: Readonly<Record<string, string>>,
  request: HttpRequest,
  tools: ReadTools,
): HttpReply | Pending | KeyedAnswer {
  const input = { ...readInput(route, params, request.search), body: readBody(route, request) };
  const key = readKey(request);
  const kept = key === null ? undefined : findKept(tools, key);
  if (kept?.reply !== undefined) return kept.reply;
  const planned = kept?.hasOrder === true ? { order: null } : route.plan(tools, input);
  if ("answer" in planned) {
    const made = writeJson(planned.answer);
    return key === null ? made : { reply: made, key };
  }
  return {
    given: { order: planned.order, key, requestedBy: request.user.name, triggeredBy: "rest_api" },
    conclude(later, outcome) {
      switch (outcome.state) {
        case "kept":
          return outcome.reply;
        case "refused": {
          const error = raiseRefusal(addCommand(outcome.refusal, planned.order, later));
          if (error.code !== "PLAN_CHANGED" || route.preview === undefined) throw error;
          return describePlanChange(error, route.preview(later, input));
        }
        case "done":
          return writeJson(route.conclude(later, input, outcome.answer as never));
      }
    },
  };
}

/** Without a scheduler the command of the terminal does the same. */
function addCommand(refusal: Refusal, order: Order | null, { query }: ReadTools): Refusal {
  if (refusal.code !== "NO_SCHEDULER" || order === null) return refusal;
  const command = describeOrder(query, order);
  return command === null ? refusal : { ...refusal, hint: `\`${command}\` does it without one.` };
}

function isReply(answer: unknown): answer is HttpAnswer {
  return typeof answer === "object" && answer !== null && "status" in answer && "headers" in answer;
}

function writeJson(answer: unknown): HttpReply {
  return reply(200, JSON_TYPE, `${JSON.stringify(answer)}\n`);
}

/** 304 if the client has the same answer. */
function writeTagged(answer: unknown, known: string | undefined): HttpReply {
  const made = writeJson(answer);
  const tag = `W/"${createHash("sha256").update(made.body).digest("base64url").slice(0, 22)}"`;
  const headers = { ...made.headers, "Cache-Control": "no-cache", ETag: tag };
  const isKnown = known?.split(",").some((candidate) => candidate.trim() === tag) ?? false;
  return isKnown ? { status: 304, headers: { ETag: tag }, body: "" } : { ...made, headers };
}
