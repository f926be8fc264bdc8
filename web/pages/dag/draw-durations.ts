/** How long each run of the grid took, as bars. A column leads to its run. */
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { showDuration } from "../parts/figures.ts";
import { pathOfRun } from "../parts/run-links.ts";
import { splitTime } from "../parts/time.ts";
import { COLUMN, defineCells } from "./draw-cells.ts";
import type { Grid } from "./grid.ts";

const NAMES = 118;
const TOP = 16;
const BASE = 68;
const DATES = 84;
const TICKS = 97.5;
const HEIGHT = 104;
/** Columns between two dates below the bars, and in a grid of more than `MANY` columns. */
const DATE_EVERY = 7;
const SELDOM = 14;
const MANY = 100;
const STEPS_SECONDS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
];

interface Shown {
  readonly columns: Grid["columns"];
  /** Of each column, as its link says it. */
  readonly dates: readonly string[];
  /** Of the picked column. */
  readonly place: number;
}

export function drawDurations(tools: PageTools, dag: DagEntry, { columns, dates, place }: Shown): Html {
  const width = NAMES + columns.length * COLUMN;
  const seconds = columns.map(({ runningSince, finishedAt }) =>
    runningSince === null
      ? 0
      : (Date.parse(finishedAt ?? tools.now.toISOString()) - Date.parse(runningSince)) / 1000,
  );
  const longest = Math.max(1, ...seconds);
  const links = columns.map(
    (run, index) =>
      html`<a href="${tools.href(pathOfRun(dag.dagId, run.runId))}" data-run="${run.runId}" title="${dates[index]}, ${run.state}" tabindex="-1"></a>`,
  );
  return html`<div class="run-bars"><svg class="drawing" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">${defineCells()}${drawRules(longest, width)}${drawBars(columns, seconds, longest)}${drawDates(tools, dag, columns)}${drawTicks(width)}<rect class="picked" x="${findX(place)}" y="${TICKS - 2.5}" width="9" height="5"/></svg><div>${links}</div></div>`;
}

/** A dashed line would take a browser longer than all of the cells. */
function drawTicks(width: number): Html {
  return html`<pattern id="tick" x="${NAMES}" width="${COLUMN}" height="${HEIGHT}" patternUnits="userSpaceOnUse"><rect class="tick" x="3" y="${TICKS - 1.5}" width="3" height="3"/></pattern><rect fill="url(#tick)" x="${NAMES}" y="${TICKS - 1.5}" width="${width - NAMES}" height="3"/>`;
}

function findX(column: number): number {
  return NAMES + column * COLUMN;
}

/** To a tenth of a pixel. */
function findY(seconds: number, longest: number): number {
  return Math.round((BASE - (seconds / longest) * (BASE - TOP)) * 10) / 10;
}

function drawRules(longest: number, width: number): readonly Html[] {
  const step = STEPS_SECONDS.find((candidate) => longest / candidate <= 3) ?? Math.ceil(longest / 3);
  const rules: Html[] = [];
  for (let value = step; value <= longest; value += step) {
    const y = findY(value, longest);
    rules.push(
      html`<path class="rule" d="M${NAMES} ${y}H${width}"/><text x="${NAMES - 8}" y="${y + 4}" text-anchor="end">${showDuration(value)}</text>`,
    );
  }
  return rules;
}

/** A path for each state. */
function drawBars(columns: Grid["columns"], seconds: readonly number[], longest: number): readonly Html[] {
  const areas = new Map<string, string>();
  for (const [index, { state }] of columns.entries()) {
    const top = Math.min(findY(seconds[index] ?? 0, longest), BASE - 1);
    areas.set(state, `${areas.get(state) ?? ""}M${findX(index)} ${BASE}V${top}h9V${BASE}`);
  }
  return [...areas].map(([state, area]) => html`<path data-state="${state}" d="${area}"/>`);
}

function drawDates(tools: PageTools, { definition }: DagEntry, columns: Grid["columns"]): readonly Html[] {
  const texts: Html[] = [];
  const every = columns.length > MANY ? SELDOM : DATE_EVERY;
  let shownDay = "";
  for (const [index, run] of columns.entries()) {
    if ((columns.length - 1 - index) % every !== 0 || index < 2) continue;
    const { day, clock } = splitTime(tools, run.logicalDate, definition.timezone);
    const text = day === shownDay ? clock : day;
    shownDay = day;
    texts.push(html`<text x="${findX(index + 1)}" y="${DATES}" text-anchor="end">${text}</text>`);
  }
  return texts;
}
