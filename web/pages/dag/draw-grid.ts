/** The grid as a table whose cells hold the words of their states, and above it a bar for how long each run took. */
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import type { GridRun } from "../../../state/pages/run-grid.ts";
import { html, join, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { showDuration } from "../parts/figures.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { nameState, showState } from "../parts/state.ts";
import { describeTime, splitTime } from "../parts/time.ts";
import { GRID_WORDS } from "./words.ts";

export interface Grid {
  readonly taskIds: readonly string[];
  /** Oldest first. */
  readonly columns: readonly (GridRun & { readonly states: Readonly<Record<string, string>> })[];
}

export interface Picked {
  readonly run: Grid["columns"][number];
  readonly taskId: string | null;
}

/** Short: a year of runs has fourteen thousand cells. A success needs no class. */
const CLASSES: Readonly<Record<string, string>> = {
  failed: "x",
  cancelled: "c",
  upstream_failed: "u",
  running: "r",
  up_for_retry: "y",
  up_for_reschedule: "y",
  scheduled: "q",
  queued: "q",
  skipped: "s",
  none: "n",
};

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

export function drawGrid(tools: PageTools, dag: DagEntry, { taskIds, columns }: Grid, picked: Picked): Html {
  const { language } = tools;
  const words = GRID_WORDS[language];
  const pickedColumn = columns.indexOf(picked.run);
  const rows = taskIds.map((taskId) => {
    const cells = columns.map((run, index) => {
      const isPicked = index === pickedColumn && taskId === picked.taskId;
      return drawCell(run.states[taskId], isPicked);
    });
    return html`<tr><th scope="row" data-task="${taskId}" title="${taskId}">${taskId}</th>${cells}</tr>`;
  });
  return html`<div class="${columns.length > FEW && "from-now "}run-grid-wrap" tabindex="0" role="region" aria-label="${words.gridLabel}">
${drawDurations(tools, dag, columns)}
<table class="run-grid"><thead><tr><th scope="col"><span class="unseen">${words.tasks}</span></th>${columns.map((run, index) => drawHead(tools, dag, run, index === pickedColumn))}</tr></thead>
<tbody>${join(rows, "\n")}</tbody></table></div>
<p class="legend panel-body">${LEGEND.map((state) => showState(state))}<span class="keys"><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> ${words.moves}, <kbd>Enter</kbd> ${words.opens}</span></p>`;
}

function drawCell(state: string | undefined, isPicked: boolean): Html {
  if (state === undefined) return html`<td class="n"></td>`;
  const style = [CLASSES[state] ?? "", isPicked ? "is-selected" : ""].filter((name) => name !== "").join(" ");
  return style === ""
    ? html`<td>${nameState(state)}</td>`
    : html`<td class="${style}">${nameState(state)}</td>`;
}

function drawHead(tools: PageTools, { dagId, definition }: DagEntry, run: GridRun, isPicked: boolean): Html {
  const { href } = tools;
  const label = `${describeTime(tools, run.logicalDate, definition.timezone)}, ${run.state}`;
  const pick = href(pathOfDag(dagId), { run: run.runId });
  return html`<th scope="col"${isPicked && html` class="is-selected"`}><a href="${href(pathOfRun(dagId, run.runId))}" data-pick="${pick}" title="${label}" tabindex="-1">${label}</a></th>`;
}

/** So many fit next to their names in any window: then the oldest stands at the left. */
const FEW = 20;
const COLUMN = 10;
const NAMES = 118;
const TOP = 16;
const BASE = 68;
const HEIGHT = 92;
/** Columns between two dates below the bars. */
const DATE_EVERY = 7;
const STEPS_SECONDS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
];

function drawDurations(tools: PageTools, { definition }: DagEntry, columns: Grid["columns"]): Html {
  const { now } = tools;
  const seconds = columns.map(({ runningSince, finishedAt }) =>
    runningSince === null
      ? 0
      : (Date.parse(finishedAt ?? now.toISOString()) - Date.parse(runningSince)) / 1000,
  );
  const longest = Math.max(1, ...seconds);
  const step = STEPS_SECONDS.find((candidate) => longest / candidate <= 3) ?? Math.ceil(longest / 3);
  const width = NAMES + columns.length * COLUMN;
  const y = (value: number): number => Math.round((BASE - (value / longest) * (BASE - TOP)) * 10) / 10;
  const rules: Html[] = [];
  for (let value = step; value <= longest; value += step) {
    rules.push(
      html`<path class="rule" d="M${NAMES} ${y(value)}H${width}"/><text x="${NAMES - 8}" y="${y(value) + 4}" text-anchor="end">${showDuration(value)}</text>`,
    );
  }
  const bars = columns.map((run, index) => {
    const top = Math.min(y(seconds[index] ?? 0), BASE - 1);
    return html`<rect data-state="${run.state}" x="${NAMES + index * COLUMN}" y="${top}" width="9" height="${Math.round((BASE - top) * 10) / 10}"/>`;
  });
  let shownDay = "";
  const dates = columns.map((run, index) => {
    if ((columns.length - 1 - index) % DATE_EVERY !== 0 || index < 2) return false;
    const { day, clock } = splitTime(tools, run.logicalDate, definition.timezone);
    const text = day === shownDay ? clock : day;
    shownDay = day;
    return html`<text x="${NAMES + index * COLUMN + COLUMN}" y="84" text-anchor="end">${text}</text>`;
  });
  return html`<svg class="drawing" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">${rules}${bars}${dates}</svg>`;
}
