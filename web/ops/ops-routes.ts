/** /healthz, /readyz and /metrics, for machines that watch the service. Requests change nothing. */
import type { Health } from "../../app/service/health.ts";
import {
  JSON_TYPE,
  reply,
  replyMethodNotAllowed,
  type HttpReply,
  type HttpRequest,
} from "../server/exchange.ts";

export interface OpsAnswers {
  health(): Health;
  ready(): Health;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** For the list of what the server has. */
export const OPS_PATHS: Readonly<Record<string, string>> = {
  "/healthz": "whether the process lives and its loop turns",
  "/readyz": "whether it holds the lease and can work",
  "/metrics": "what it does, for Prometheus",
};

/** `undefined` if the path is not one of these. */
export async function answerOps(request: HttpRequest, answers: OpsAnswers): Promise<HttpReply | undefined> {
  if (!Object.hasOwn(OPS_PATHS, request.path)) return undefined;
  if (request.method !== "GET") return hangUp(replyMethodNotAllowed(["GET", "HEAD"]));
  return hangUp(await answerPath(request.path, answers));
}

async function answerPath(path: string, answers: OpsAnswers): Promise<HttpReply> {
  switch (path) {
    case "/healthz":
      return formatHealth(answers.health());
    case "/readyz":
      return formatHealth(answers.ready());
    default: {
      const { contentType, body } = await answers.metrics();
      return reply(200, contentType, body);
    }
  }
}

function formatHealth(health: Health): HttpReply {
  return reply(health.status === "ok" ? 200 : 503, JSON_TYPE, `${JSON.stringify(health)}\n`);
}

/** A scrape gains nothing from keeping its connection. */
function hangUp(answer: HttpReply): HttpReply {
  return { ...answer, headers: { ...answer.headers, Connection: "close" } };
}
