/** The newest comparison of the lake with its records, and the button that has the scheduler make another. */
import { orderVerify, writeVerifyCommand } from "../../../app/lake/order-verify.ts";
import { mayWrite } from "../../../model/access/user.ts";
import {
  findNewestVerification,
  readDeviations,
  type Verification,
} from "../../../state/records/verifications.ts";
import type { Action } from "../frame/action.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommandText } from "../parts/command.ts";
import { showCount } from "../parts/figures.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { nameState, showState } from "../parts/state.ts";
import { showTime } from "../parts/time.ts";
import { VERIFY_WORDS } from "./verify-words.ts";

const PATH = "/lake/verify";
const SHOWN_DEVIATIONS = 50;
/** Remarks: nothing is lost or changed. */
const REMARKS: ReadonlySet<string> = new Set(["unknown", "no_metadata", "removed", "unfinished"]);

export const verifyAction: Action = {
  method: "POST",
  path: PATH,
  order: ({ timezone }, { fields }) =>
    orderVerify({ prefix: "", isDeep: fields.get("deep") !== null }, timezone),
  done: () => "/lake#verification",
};

export function showVerification(tools: PageTools): Html {
  const { query, lakeId, language, href, user } = tools;
  const words = VERIFY_WORDS[language];
  const newest = findNewestVerification(query, lakeId);
  const isOpen = newest?.state === "queued" || newest?.state === "running";
  return panel({
    id: "verification",
    title: words.title,
    isFailed: newest?.isFaulty === true,
    body: html`${newest === undefined ? showEmpty(words.none, words.what) : html`<div class="panel-body is-padded stack">${describe(tools, newest)}</div>${listDeviations(tools, newest)}`}`,
    footer: [
      showCommandText(language, writeVerifyCommand({ prefix: "", isDeep: false })),
      mayWrite(user) &&
        !isOpen &&
        actionForm({
          action: href(PATH),
          fields: html`<label class="choice"><input type="checkbox" name="deep"><span>${words.deep}</span></label>`,
          button: words.verify,
          look: "plain",
        }),
    ],
  });
}

function describe(tools: PageTools, found: Verification): Html {
  const { language, timezone } = tools;
  const words = VERIFY_WORDS[language];
  const { state, checked, objects, foreignObjects, counts, finishedAt, prefix, isDeep } = found;
  const scope = writeVerifyCommand({ prefix, isDeep });
  const at = finishedAt ?? found.startedAt ?? found.requestedAt;
  return html`<p>${showState(drawnState(found), html`<b>${nameState(state)}</b>`)} ${showTime(tools, at, timezone)}, ${words.by(found.requestedBy)}${scope !== writeVerifyCommand({ prefix: "", isDeep: false }) && html` <code>${scope}</code>`}</p>
${state === "queued" && html`<p>${words.waits}</p>`}${state === "running" && html`<p>${objects === null ? words.counting : words.progress(showCount(checked), showCount(objects))}</p>`}${state === "done" && html`<p>${words.compared(showCount(checked), showCount(foreignObjects ?? 0))} ${Object.keys(counts ?? {}).length === 0 ? words.allThere : Object.entries(counts ?? {}).map(([verdict, count]) => html` ${showState(drawnVerdict(verdict), `${showCount(count)} ${verdict}`)}`)}</p>`}${found.error !== null && html`<p>${found.error}</p>`}`;
}

function listDeviations({ query, language }: PageTools, found: Verification): Html | false {
  const words = VERIFY_WORDS[language];
  const deviations = readDeviations(query, found.verificationId);
  if (deviations.length === 0) return false;
  const all = Object.values(found.counts ?? {}).reduce((sum, count) => sum + count, 0);
  const shown = deviations.slice(0, SHOWN_DEVIATIONS);
  return html`${scrollTable(
    words.tableLabel,
    html`<table class="table"><thead><tr><th scope="col">${words.key}</th><th scope="col">${words.verdict}</th><th scope="col">${words.detail}</th></tr></thead><tbody>${shown.map(
      ({ key, verdict, detail }) =>
        html`<tr><th scope="row"><code>${key}</code></th><td>${showState(drawnVerdict(verdict), verdict)}</td><td>${detail}</td></tr>`,
    )}</tbody></table>`,
  )}${all > shown.length && html`<p class="panel-body is-padded">${words.more(showCount(shown.length), showCount(all))}</p>`}`;
}

/** A comparison that found faults is done, and still looks failed. */
function drawnState({ state, isFaulty }: Verification): string {
  if (state !== "done") return state;
  return isFaulty === true ? "failed" : "success";
}

function drawnVerdict(verdict: string): string {
  return REMARKS.has(verdict) ? "late" : "failed";
}
