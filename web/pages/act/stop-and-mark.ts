/** Cancels a run, and sets a task's state by hand: each asks once more and says what it does. */
import { orderCancel } from "../../../app/runs/order-run-again.ts";
import { orderMark, previewMark } from "../../../app/tasks/order-mark.ts";
import { isRunEnded } from "../../../model/run/dag-run.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import type { Action } from "../frame/action.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommand, showCommandText } from "../parts/command.ts";
import { showChanged } from "../parts/notice.ts";
import { showHead } from "../parts/page-head.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { describeTime } from "../parts/time.ts";
import { ACT_WORDS } from "./words.ts";
import { pickOwnRun } from "../../api/v2/known-run.ts";

const CANCEL = "/dags/{dag_id}/runs/{run_id}/cancel";
const MARK = "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/mark";

function pick(tools: PageTools, params: PageInput["params"]) {
  return readRun(tools.query, pickOwnRun(tools, params["dag_id"] ?? "", params["run_id"] ?? "").dagRunId);
}

export const cancelPage: Page = {
  method: "GET",
  path: CANCEL,
  isForm: true,
  render(tools, { params }) {
    const { language, href } = tools;
    const run = pick(tools, params);
    const words = ACT_WORDS[language];
    const path = pathOfRun(run.dagId, run.runId);
    const title = words.cancelTitle(`${run.dagId}, ${describeTime(tools, run.logicalDate, run.timezone)}`);
    const body = isRunEnded(run.state)
      ? html`<p>${words.ended}</p><div class="actions"><a class="button" href="${href(path)}">${words.leave}</a></div>`
      : html`<p>${words.cancelText}</p>${showCommand(language, ["runs", "cancel", `${run.dagId}/${run.runId}`])}${actionForm(
          {
            action: href(`${path}/cancel`),
            button: words.cancelButton,
            look: "danger",
            leave: [words.leave, href(path)],
          },
        )}`;
    return frame(tools, run.dagId, path, title, body);
  },
};

export const cancelAction: Action = {
  method: "POST",
  path: CANCEL,
  order: (tools, { params }) => orderCancel(pick(tools, params), tools.lakeId),
  done: (_, { params }) => pathOfRun(params["dag_id"] ?? "", params["run_id"] ?? ""),
};

export const markPage: Page = {
  method: "GET",
  path: MARK,
  isForm: true,
  render: (tools, { params, search }) => renderMark(tools, params, search, false),
};

export const markAction: Action = {
  method: "POST",
  path: MARK,
  order: (tools, { params, fields }) =>
    orderMark(pick(tools, params), tools.lakeId, readMark(params, fields), fields.get("hash") ?? ""),
  done: (_, { params }) => pathOfRun(params["dag_id"] ?? "", params["run_id"] ?? ""),
  again: (tools, { params, fields }) => renderMark(tools, params, fields, true),
};

function readMark(params: PageInput["params"], given: URLSearchParams) {
  const state = given.get("state") === "failed" ? "failed" : "success";
  return { taskId: params["task_id"] ?? "", state } as const;
}

function renderMark(
  tools: PageTools,
  params: PageInput["params"],
  given: URLSearchParams,
  hasChanged: boolean,
): RenderedPage {
  const { query, language, href, lakeId } = tools;
  const run = pick(tools, params);
  const words = ACT_WORDS[language];
  const mark = readMark(params, given);
  const preview = previewMark(query, orderMark(run, lakeId, mark, null));
  const path = pathOfRun(run.dagId, run.runId);
  const body = html`${hasChanged && showChanged(words.changed)}
<p>${words.markText}</p>${showCommandText(language, preview.command)}${actionForm({
    action: href(`${path}/tasks/${encodeURIComponent(mark.taskId)}/mark`),
    hidden: { state: mark.state, hash: preview.hash },
    button: words.markButton(mark.state),
    leave: [words.leave, href(path)],
  })}`;
  return frame(tools, run.dagId, path, words.markTitle(mark.taskId, mark.state), body);
}

function frame(tools: PageTools, dagId: string, path: string, title: string, body: Piece): RenderedPage {
  const main: Html = html`${showHead(tools, {
    crumbs: [
      ["Dags", "/dags"],
      [dagId, pathOfDag(dagId)],
      [path.slice(path.lastIndexOf("/") + 1), path],
    ],
    title,
  })}<section class="panel is-problem"><div class="panel-body is-padded stack">${body}</div></section>`;
  return { title, area: "runs", main };
}
