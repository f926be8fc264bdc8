/** The grid: a bar for each run, and below them a row for each task: what its states are in words, and its cells as a drawing. */
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
  const rows = taskIds.map((taskId) => {
    const states = columns.map((run) => run.states[taskId]);
    const marker =
      taskId === picked.taskId &&
      drawMarker(
        place,
        href(pathOfRun(dagId, picked.run.runId)),
        `${taskId}, ${dates[place] ?? ""}: ${nameState(states[place] ?? "none")}`,
      );
    return html`<tr id="row-${taskId}"><th scope="row"><a href="${href(pathOfDag(dagId), { ...here.search, task: taskId })}" title="${taskId}" tabindex="-1">${taskId}</a></th><td><span class="unseen">${describeStates(language, states, dates)}</span>${drawCells(states, marker)}</td></tr>`;
  });
  return html`<div class="${columns.length > FEW && "from-now "}run-grid-wrap"${picked.taskId === null && html` tabindex="0"`} role="region" aria-label="${words.gridLabel}">
${drawDurations(tools, dag, { columns, dates, place })}
<table class="run-grid"><thead><tr><th scope="col"><span class="unseen">${words.tasks}</span></th><th scope="col"><span class="unseen">${words.states}</span></th></tr></thead>
<tbody>${join(rows, "\n")}</tbody></table></div>
<p class="legend panel-body">${LEGEND.map((state) => showState(state))}<span class="keys"><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> ${words.moves}, <kbd>Enter</kbd> ${words.opens}</span></p>`;
}
