/** The picked task of the grid: its state and why, its ids, its attempts, and the command that shows its log. */
import { mayWrite } from "../../../model/access/user.ts";
import { isTaskEnded } from "../../../model/run/task-instance.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { findTaskEntry, listTryEntries, type TaskEntry } from "../../../state/pages/task-page.ts";
import { listRunSums } from "../../../state/reports.ts";
import { html, join, type Html, type Piece } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { pathOfAttempt, pathOfRun } from "../parts/run-links.ts";
import { drawState, labelState, nameState } from "../parts/state.ts";
import { drawSumBar, showLedger } from "../parts/sum.ts";
import { showDistance, showElapsed, showTime } from "../parts/time.ts";
import type { Picked } from "./grid.ts";
import { GRID_WORDS } from "./words.ts";

export function showPicked(tools: PageTools, { dagId, definition }: DagEntry, { run, taskId }: Picked): Html {
  const { query, language, href, keep } = tools;
  const words = GRID_WORDS[language];
  const { timezone } = definition;
  const task = taskId === null ? undefined : findTaskEntry(query, run.dagRunId, taskId);
  const path = pathOfRun(dagId, run.runId);
  const when = html`<h3><a href="${href(path)}">${showTime(tools, run.logicalDate, timezone)}</a></h3>`;
  if (task === undefined) {
    return html`<aside class="panel" id="picked" aria-labelledby="picked-title" data-live><header><div>${when}<h2 id="picked-title">${words.theRun}</h2></div>${labelState(run.state)}</header></aside>`;
  }
  const tries = listTryEntries(query, task.taskInstanceId).toReversed();
  const [newest] = tries;
  const [own] = keep(`sum of task ${task.taskInstanceId}`, () =>
    listRunSums(query, run.dagRunId, task.taskId),
  );
  const sum = own?.sum;
  const code = newest?.errorCode ?? null;
  const reason = newest?.error ?? task.message;
  const needs = definition.tasks.find((each) => each.taskId === task.taskId)?.needs ?? [];
  return html`<aside class="panel" id="picked" aria-labelledby="picked-title" data-live><header><div>${when}<h2 id="picked-title">${task.taskId}</h2></div>${labelState(task.state)}</header>
<div class="panel-body stack">
${reason !== null && reason !== "" && html`<p>${code !== null && html`<b class="why" data-state="failed">${code}</b> `}${reason}</p>`}
<dl class="pairs">${pairs(tools, task, needs)}</dl>
${sum !== undefined && html`<div class="stack is-close"><h3>${words.everyId}</h3>${drawSumBar(sum)}${showLedger(sum, language)}</div>`}
${
  tries.length > 0 &&
  html`<div><h3>${words.attempts}</h3><ol class="rows is-dense is-inset">${tries.map(
    (each) =>
      html`<li data-state="${each.state}">${drawState(each.state)}<div><a class="who" href="${href(pathOfAttempt(dagId, run.runId, task.taskId, each.number))}">${each.number}</a> ${each.errorCode ?? nameState(each.state)}</div><span class="aside">${showElapsed(tools, each.startedAt, each.finishedAt)}</span></li>`,
  )}</ol></div>`
}
<div class="actions">${newest !== undefined && html`<a class="button is-small" href="${href(pathOfAttempt(dagId, run.runId, task.taskId, newest.number))}">${words.log}</a>`}${mayWrite(tools.user) && html`<a class="button is-small" href="${href(`${path}/clear`, { task: task.taskId })}">${words.clear}</a>${isTaskEnded(task.state) && task.state !== "success" && html`<a class="button is-small" href="${href(`${path}/tasks/${encodeURIComponent(task.taskId)}/mark`, { state: "success" })}">${words.mark}</a>`}`}</div>
</div>
<footer>${showCommand(language, ["tasks", "logs", `${dagId}/${run.runId}`, task.taskId])}</footer></aside>`;
}

function pairs(tools: PageTools, task: TaskEntry, needs: readonly string[]): readonly Piece[] {
  const words = GRID_WORDS[tools.language];
  const again = task.nextAttemptAt;
  const facts: readonly (readonly [string, Piece] | false)[] = [
    [words.type, task.type],
    [words.attempts, words.failures(task.attemptCount, task.failureCount, task.lostCount)],
    needs.length > 0 && [words.needs, join([...needs], ", ")],
    [words.pool, task.pool],
    again !== null && [words.again, showDistance(tools, again)],
  ];
  return facts.map((fact) => fact !== false && html`<dt>${fact[0]}</dt><dd>${fact[1]}</dd>`);
}
