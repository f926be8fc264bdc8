/** Clears tasks of a run, after a preview of exactly what changes. */
import { orderClear, previewClear, type ClearPreview } from "../../../app/tasks/order-clear.ts";
import { DagmarError } from "../../../model/errors.ts";
import { pickEnabledDag } from "../../api/v2/known-dag.ts";
import type { RunEntry } from "../../../state/pages/run-page.ts";
import { listTaskEntries } from "../../../state/pages/task-page.ts";
import type { Action } from "../frame/action.ts";
import { html, type Html } from "../frame/html.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommandText } from "../parts/command.ts";
import { showChanged, showRefusal } from "../parts/notice.ts";
import { showHead } from "../parts/page-head.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { showState } from "../parts/state.ts";
import { describeTime } from "../parts/time.ts";
import { ACT_WORDS } from "./words.ts";
import { pickOwnRun } from "../../api/v2/known-run.ts";

const PATH = "/dags/{dag_id}/runs/{run_id}/clear";

interface Choice {
  readonly taskIds: readonly string[] | null;
  readonly isDownstream: boolean;
  readonly isFailedOnly: boolean;
}

export const clearPage: Page = {
  method: "GET",
  path: PATH,
  isForm: true,
  render: (tools, { params, search }) => renderForm(tools, params, search, false),
};

export const clearAction: Action = {
  method: "POST",
  path: PATH,
  order(tools, { params, fields }) {
    const { dag, run } = pick(tools, params);
    return makeOrder(dag, run, readChoice(fields), fields.get("hash") ?? "");
  },
  done: (_, { params }) => pathOfRun(params["dag_id"] ?? "", params["run_id"] ?? ""),
  again: (tools, { params, fields }) => renderForm(tools, params, fields, true),
};

function pick(tools: PageTools, params: PageInput["params"]) {
  const dag = pickEnabledDag(tools.query, params["dag_id"] ?? "");
  return { dag, run: pickOwnRun(tools, dag.dagId, params["run_id"] ?? "") };
}

function makeOrder(dag: ReturnType<typeof pick>["dag"], run: RunEntry, choice: Choice, hash: string | null) {
  const { dagId, definition } = dag;
  const words = { ...choice, logicalDate: run.logicalDate, from: null, to: null };
  return orderClear({ dagId, timezone: definition.timezone }, words, hash);
}

/** Without any task: all. */
function readChoice(given: URLSearchParams): Choice {
  const taskIds = given.getAll("task");
  return {
    taskIds: taskIds.length === 0 ? null : taskIds,
    isDownstream: given.get("downstream") === "on",
    isFailedOnly: given.get("only_failed") === "on",
  };
}

function renderForm(
  tools: PageTools,
  params: PageInput["params"],
  given: URLSearchParams,
  hasChanged: boolean,
): RenderedPage {
  const { query, language, href } = tools;
  const { dag, run } = pick(tools, params);
  const { timezone } = dag.definition;
  const words = ACT_WORDS[language];
  const choice = readChoice(given);
  const path = pathOfRun(dag.dagId, run.runId);
  const preview = readPreview(tools, dag, run, choice);
  const tasks = listTaskEntries(query, run.dagRunId);
  const title = words.clearTitle(`${dag.dagId}, ${describeTime(tools, run.logicalDate, timezone)}`);
  return {
    title,
    area: "runs",
    main: html`${showHead(tools, {
      crumbs: [
        ["Dags", "/dags"],
        [dag.dagId, pathOfDag(dag.dagId)],
        [describeTime(tools, run.logicalDate, timezone), path],
      ],
      title,
      text: words.clearText,
    })}
<div class="split is-left"><section class="panel"><form class="panel-body is-padded stack" action="${href(`${path}/clear`)}">
<fieldset class="stack is-close"><legend>${words.whichTasks}</legend>${tasks.map(
      ({ taskId }) =>
        html`<label class="choice"><input type="checkbox" name="task" value="${taskId}"${(choice.taskIds ?? []).includes(taskId) && html` checked`}><span>${taskId}</span></label>`,
    )}</fieldset>
<label class="choice"><input type="checkbox" name="only_failed"${choice.isFailedOnly && html` checked`}><span>${words.onlyFailed}</span></label>
<label class="choice"><input type="checkbox" name="downstream"${choice.isDownstream && html` checked`}><span>${words.downstream}</span></label>
<div class="actions"><button>${words.preview}</button></div></form></section>
<section class="panel"><div class="panel-body is-padded stack">
${hasChanged && showChanged(words.changed)}
${showPreview(tools, preview, choice, path)}</div></section></div>`,
  };
}

function readPreview(
  tools: PageTools,
  dag: ReturnType<typeof pick>["dag"],
  run: RunEntry,
  choice: Choice,
): ClearPreview | DagmarError {
  try {
    return previewClear(tools.query, tools.lakeId, makeOrder(dag, run, choice, null).request);
  } catch (error) {
    if (error instanceof DagmarError) return error;
    throw error;
  }
}

function showPreview(
  tools: PageTools,
  preview: ClearPreview | DagmarError,
  choice: Choice,
  path: string,
): Html {
  const { language, href } = tools;
  const words = ACT_WORDS[language];
  if (preview instanceof DagmarError) {
    return showRefusal(preview);
  }
  const tasks = preview.runs.flatMap((run) => run.tasks);
  if (tasks.length === 0) return html`<p class="muted">${words.nothingToClear}</p>`;
  const hidden = {
    hash: preview.hash,
    ...(choice.isDownstream ? { downstream: "on" } : {}),
    ...(choice.isFailedOnly ? { only_failed: "on" } : {}),
  };
  return html`<table class="table is-inset"><thead><tr><th scope="col">${words.taskId}</th><th scope="col">${words.present}</th></tr></thead><tbody>${tasks.map(
    (task) => html`<tr><th scope="row">${task.taskId}</th><td>${showState(task.state)}</td></tr>`,
  )}</tbody></table>
${preview.command !== null && showCommandText(language, preview.command)}
${actionForm({
  action: href(`${path}/clear`),
  hidden,
  fields: (choice.taskIds ?? []).map((taskId) => html`<input type="hidden" name="task" value="${taskId}">`),
  button: words.clearButton(tasks.length),
  leave: [words.leave, href(path)],
})}`;
}
