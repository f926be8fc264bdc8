/** Sends notices to a webhook: what its HTTP status means. The address is a secret and stays in post-json.ts. */
import type { Agent } from "node:http";
import type { Clock } from "../../model/ports/clock.ts";
import type { Answer, NoticeChannel } from "./channel.ts";
import { postJson, type HttpAnswer } from "./post-json.ts";
import { renderNotice } from "./render-notice.ts";

export interface WebhookOptions {
  /** A secret: never in a log, event, row or error. */
  readonly url: string;
  /** JSON, checked by the settings. */
  readonly template: string;
  readonly clock: Clock;
  /** Creates the connection's agent, for example for a proxy. */
  readonly makeAgent?: (() => Agent) | undefined;
}

export function createWebhookChannel({ url, template, clock, makeAgent }: WebhookOptions): NoticeChannel {
  return {
    name: "webhook",
    title: ["The webhook", "the webhook"],
    todo: "Check DAGMAR_NOTIFY_URL.",
    async deliver(notice, signal) {
      return judgeStatus(await postJson(url, renderNotice(template, notice), clock, signal, makeAgent));
    },
    async examine() {
      return { what: "webhook", state: "ok", says: "configured; only a notice can test it", todo: null };
    },
  };
}

function judgeStatus(answer: HttpAnswer): Answer {
  if ("fault" in answer) return { kind: "failed", error: answer.fault };
  const { status } = answer;
  // Node gives no answer below 200: those are interim ones.
  if (status < 300) return { kind: "taken" };
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return { kind: isFinal ? "refused" : "failed", error: `it answered with status ${status}` };
}
