/** The tasks of a run, each with its attempts over time: how long it waited, and how each attempt ended. */
import { isTaskEnded } from "../../../model/run/task-instance.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { readDagVersion } from "../../../state/runs/dag-runs.ts";
import type { TaskEntry, TryEntry } from "../../../state/pages/task-page.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { showDuration } from "../parts/figures.ts";
import { panel, scrollTable } from "../parts/panel.ts";
import { pathOfAttempt } from "../parts/run-links.ts";
import { nameState, showState } from "../parts/state.ts";
import { showElapsed, splitTime } from "../parts/time.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { RUN_WORDS } from "./words.ts";

const WIDTH = 500;
const HEIGHT = 36;

type RunTry = TryEntry & { readonly taskInstanceId: number };

interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
}

export function showTasks(
  tools: PageTools,
  run: DagRun,
  tasks: readonly TaskEntry[],
  tries: readonly RunTry[],
): Html {
  const { query, language, now } = tools;
  const words = RUN_WORDS[language];
  const common = COMMON_WORDS[language];
  const definition = readDagVersion(query, run.fingerprint);
  const needs = new Map(definition.tasks.map((task) => [task.taskId, task.needs]));
  const scale = chooseScale(run, tries, now);
  const rows = tasks.map((task) => {
    const own = tries.filter((each) => each.taskInstanceId === task.taskInstanceId);
    const ready = findReady(run, task, tasks, needs.get(task.taskId) ?? []);
    return showTask(tools, run, task, own, ready, scale);
  });
  return panel({
    id: "tasks",
    title: words.tasks,
    count: tasks.length,
    aside: html`<p class="legend">${["success", "failed", "lost"].map((state) => html`${showState(state)} `)}<span><svg class="icon" aria-hidden="true"><rect y="3" width="16" height="10" rx="2" fill="url(#hatch)"/></svg> ${words.waiting}</span></p>`,
    body: scrollTable(
      words.tasksLabel,
      html`<table class="table timeline"><thead><tr><th scope="col">${common.task}</th><th scope="col">${common.state}</th><th scope="col" class="wide-only"><span class="unseen">${words.attempts}</span>${scale !== null && drawAxis(tools, run, scale)}</th><th scope="col" class="number">${common.took}</th></tr></thead><tbody>${rows}</tbody></table>`,
    ),
    footer: showCommand(language, ["runs", "show", `${run.dagId}/${run.runId}`]),
  });
}

/** From the first start of the run to its end, or to now; `null` before its first attempt. */
function chooseScale(run: DagRun, tries: readonly RunTry[], now: Date): Scale | null {
  const [first] = tries;
  if (first === undefined) return null;
  const ends = tries.map((each) => Date.parse(each.finishedAt ?? now.toISOString()));
  const toMs = Math.max(...ends, run.finishedAt === null ? now.getTime() : Date.parse(run.finishedAt));
  const fromMs = Math.min(Date.parse(run.startedAt ?? first.startedAt), Date.parse(first.startedAt));
  return { fromMs, toMs: Math.max(toMs, fromMs + 1_000) };
}

function place({ fromMs, toMs }: Scale, ms: number): number {
  const share = (ms - fromMs) / (toMs - fromMs);
  return Math.round(Math.min(1, Math.max(0, share)) * WIDTH * 10) / 10;
}

/** When a task could have begun: all that it needs had ended. `null` if that is not yet so. */
function findReady(
  run: DagRun,
  task: TaskEntry,
  tasks: readonly TaskEntry[],
  needs: readonly string[],
): number | null {
  const upstream = tasks.filter(({ taskId }) => needs.includes(taskId));
  if (!upstream.every(({ state }) => isTaskEnded(state))) return null;
  const ends = upstream.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [Date.parse(finishedAt)]));
  const begunMs = run.startedAt === null ? null : Date.parse(run.startedAt);
  if (task.state === "skipped" || task.state === "upstream_failed") return null;
  return begunMs === null ? null : Math.max(begunMs, ...ends);
}

function showTask(
  tools: PageTools,
  run: DagRun,
  task: TaskEntry,
  tries: readonly RunTry[],
  readyMs: number | null,
  scale: Scale | null,
): Html {
  const { language, href } = tools;
  const words = RUN_WORDS[language];
  const newest = tries.at(-1);
  const name =
    newest === undefined
      ? html`${task.taskId}`
      : html`<a href="${href(pathOfAttempt(run.dagId, run.runId, task.taskId, newest.number))}">${task.taskId}</a>`;
  const failed = task.state === "failed" && newest?.error;
  const message = failed ? newest.error : task.message;
  return html`<tr><th scope="row">${name}<small>${task.type}</small></th>
<td>${showState(task.state)}<small class="under-state">${words.tries(task.attemptCount, task.lostCount)}</small></td>
<td class="wide-only">${scale !== null && drawTries(tools, run, task, tries, readyMs, scale)}</td>
<td class="number">${newest === undefined ? html`<span class="muted">–</span>` : showElapsed(tools, newest.startedAt, newest.finishedAt)}</td></tr>
${message !== null && message !== undefined && message !== "" && html`<tr class="is-continued"><td colspan="4"><p class="clamp${failed && " why"}" data-state="${task.state}" title="${message}">${message}</p></td></tr>`}`;
}

const LINES = 4;

function drawLines(): readonly Html[] {
  return Array.from({ length: LINES }, (_, index) => {
    const x = (index * WIDTH) / LINES + 0.5;
    return html`<path class="rule" d="M${x} 0V${HEIGHT}"/>`;
  });
}

function drawAxis(tools: PageTools, run: DagRun, scale: Scale): Html {
  const spanMs = scale.toMs - scale.fromMs;
  const texts = Array.from({ length: LINES }, (_, index) => {
    const at = new Date(scale.fromMs + (spanMs * index) / LINES).toISOString();
    const { clock } = splitTime(tools, at, run.timezone, spanMs < 3_600_000);
    const tenths = spanMs < 10_000 ? at.slice(19, 21) : "";
    return html`<text x="${(index * WIDTH) / LINES + 4}" y="12">${clock}${tenths}</text>`;
  });
  return html`<svg class="drawing" width="${WIDTH}" height="16" viewBox="0 0 ${WIDTH} 16" aria-hidden="true">${texts}</svg>`;
}

function drawTries(
  tools: PageTools,
  run: DagRun,
  task: TaskEntry,
  tries: readonly RunTry[],
  readyMs: number | null,
  scale: Scale,
): Html {
  const { now, href } = tools;
  let waitsFromMs = readyMs;
  const boxes = tries.map((each) => {
    const startMs = Date.parse(each.startedAt);
    const endMs = each.finishedAt === null ? now.getTime() : Date.parse(each.finishedAt);
    const x = place(scale, startMs);
    const width = Math.max(4, place(scale, endMs) - x);
    const waited = waitsFromMs !== null && startMs > waitsFromMs && drawWait(scale, waitsFromMs, startMs);
    waitsFromMs = endMs;
    const label = `${task.taskId}, ${each.number}: ${nameState(each.state)}, ${showDuration((endMs - startMs) / 1000)}`;
    return html`${waited}<a href="${href(pathOfAttempt(run.dagId, run.runId, task.taskId, each.number))}" aria-label="${label}"><title>${label}</title><rect data-state="${each.state}" x="${x}" y="11" width="${width}" height="14" rx="2"/></a>`;
  });
  const isOpen = !isTaskEnded(task.state) && task.state !== "running";
  const last = isOpen && waitsFromMs !== null && drawWait(scale, waitsFromMs, now.getTime());
  return html`<svg class="drawing" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${task.taskId}">${drawLines()}${boxes}${last}</svg>`;
}

function drawWait(scale: Scale, fromMs: number, toMs: number): Html {
  const x = place(scale, fromMs);
  return html`<rect class="queued" x="${x}" y="14" width="${Math.max(0, place(scale, toMs) - x)}" height="8"/>`;
}
