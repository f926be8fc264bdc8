/** Carries out a form: has the scheduler do it once, however often it is sent, and leads to the result. */
import type { Pending } from "../../api/answer.ts";
import { findKept, hashAsked } from "../../api/idempotency.ts";
import { judgeError } from "../../api/problem.ts";
import { raiseRefusal } from "../../../app/raise-refusal.ts";
import { CommandRefused } from "../../../model/errors.ts";
import type { RequestKey } from "../../../state/control/requests.ts";
import type { HttpReply, HttpRequest } from "../../server/exchange.ts";
import { FORM_BODY, readContentType } from "../../server/read-body.ts";
import type { Action, ActionInput } from "./action.ts";
import { renderProblem } from "./problem-page.ts";
import type { PageTools, RenderedPage } from "./page.ts";

/** Each form has its own, so that a second press does nothing. */
export const KEY_FIELD = "key";
const KEY = /^[\w-]{16,64}$/;

type ToReply = (tools: PageTools, page: RenderedPage) => HttpReply;

/** `read`: makes an input's tools at a later moment. */
export function answerAction(
  request: HttpRequest,
  action: Action,
  tools: PageTools,
  input: ActionInput,
  renew: (read: Parameters<Pending["conclude"]>[0]) => PageTools,
  show: ToReply,
): HttpReply | Pending {
  try {
    if (readContentType(request) !== FORM_BODY) {
      throw new CommandRefused("USAGE", "This address takes what its form sends.");
    }
    const key = readKey(request, input);
    const kept = key === null ? undefined : findKept(tools, key);
    if (kept?.reply !== undefined) return kept.reply;
    const order = kept === undefined ? action.order(tools, input) : null;
    if (order === null && kept === undefined) return leadTo(action.done(tools, input, null));
    return {
      given: { order, key, requestedBy: tools.user.name, triggeredBy: "ui" },
      conclude(read, outcome) {
        const later = renew(read);
        if (outcome.state === "kept") return outcome.reply;
        if (outcome.state === "done") return leadTo(action.done(later, input, outcome.answer));
        const error = raiseRefusal(outcome.refusal);
        if (error.code === "PLAN_CHANGED" && action.again !== undefined) {
          return show(later, { ...action.again(later, input), status: 409 });
        }
        return refuse(later, error, show);
      },
    };
  } catch (error) {
    return refuse(tools, error, show);
  }
}

function refuse(tools: PageTools, error: unknown, show: ToReply): HttpReply {
  const facts = judgeError(error);
  if (facts === undefined) throw error;
  return show(tools, renderProblem(tools, facts));
}

function readKey(request: HttpRequest, { fields }: ActionInput): RequestKey | null {
  const key = fields.get(KEY_FIELD) ?? "";
  return KEY.test(key) ? { key: `form-${key}`, hash: hashAsked(request) } : null;
}

/** The browser gets the result with GET, so that reading it again sends nothing. */
export function leadTo(path: string): HttpReply {
  return { status: 303, headers: { Location: path, "Cache-Control": "no-store" }, body: "" };
}
