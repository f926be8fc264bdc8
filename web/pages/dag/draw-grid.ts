/** The grid: a bar for each run; below them a table of the tasks with their states in words, and to its right the cells as a drawing. */
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { html, join, type Html } from "../frame/html.ts";
import type { PageInput, PageTools } from "../frame/page.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { nameState, showState } from "../parts/state.ts";
import { describeTime } from "../parts/time.ts";
import { describeStates } from "./describe-states.ts";
import { drawDurations } from "./draw-durations.ts";
import { drawCells, drawMarker } from "./draw-cells.ts";
import type { Grid, Picked } from "./grid.ts";
import { GRID_WORDS } from "./words.ts";

const LEGEND = [
  "success",
  "failed",
  "upstream_failed",
  "running",
  "up_for_retry",
  "skipped",
  "cancelled",
  "none",
];

/** So many fit next to their names in any window: then the oldest stands at the left. */
const FEW = 20;

export function drawGrid(
  tools: PageTools,
  dag: DagEntry,
  { taskIds, columns }: Grid,
  { picked, here }: { readonly picked: Picked; readonly here: PageInput["here"] },
): Html {
  const { language, href } = tools;
  const words = GRID_WORDS[language];
  const { dagId, definition } = dag;
  const dates = columns.map((run) => describeTime(tools, run.logicalDate, definition.timezone));
  const place = columns.indexOf(picked.run);
  const rows = taskIds.map((taskId) => ({ taskId, states: columns.map((run) => run.states[taskId]) }));
  const pickedRow = rows.findIndex(({ taskId }) => taskId === picked.taskId);
  const marker =
    rows[pickedRow] !== undefined &&
    drawMarker(
      { column: place, row: pickedRow },
      href(pathOfRun(dagId, picked.run.runId)),
      `${rows[pickedRow].taskId}, ${dates[place] ?? ""}: ${nameState(rows[pickedRow].states[place] ?? "none")}`,
    );
  const names = rows.map(
    ({ taskId, states }) =>
      html`<tr id="row-${taskId}"><th scope="row"><a href="${href(pathOfDag(dagId), { ...here.search, task: taskId })}" title="${taskId}" tabindex="-1">${taskId}</a></th><td>${describeStates(language, states, dates)}</td></tr>`,
  );
  return html`<div class="${columns.length > FEW && "from-now "}run-grid-wrap"${picked.taskId === null && html` tabindex="0"`} role="region" aria-label="${words.gridLabel}">
${drawDurations(tools, dag, { columns, dates, place })}
<div class="run-grid"><div class="run-names"><table><thead><tr><th scope="col"><span class="unseen">${words.tasks}</span></th><th scope="col"><span class="unseen">${words.states}</span></th></tr></thead>
<tbody>${join(names, "\n")}</tbody></table></div>${drawCells(
    rows.map(({ states }) => states),
    marker,
  )}</div></div>
<p class="legend panel-body">${LEGEND.map((state) => showState(state))}<span class="keys"><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> ${words.moves}, <kbd>Enter</kbd> ${words.opens}</span></p>`;
}
