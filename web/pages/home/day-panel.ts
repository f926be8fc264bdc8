/** The day as a drawing: what each Dag ran in the last hours, and what comes due in the next ones. */
import { listDagSlots, type DagsById } from "../../../model/dag/dag-slots.ts";
import type { DagDefinition } from "../../../model/dag/dag.ts";
import type { TimedRun } from "../../../state/pages/overview.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { PageTools } from "../frame/page.ts";
import { panel } from "../parts/panel.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { showState } from "../parts/state.ts";
import { describeTime, splitTime } from "../parts/time.ts";
import { HOME_WORDS } from "./words.ts";

const HOUR_MS = 3_600_000;
const BACK_MS = 16 * HOUR_MS;
const AHEAD_MS = 8 * HOUR_MS;
const WIDTH = 698;
const HEIGHT = 26;
/** Slots ahead that are drawn of one Dag. */
const MOST_SLOTS = 32;
const MOST_DAGS = 40;

export interface DayFacts {
  readonly dags: readonly { readonly definition: DagDefinition; readonly isPaused: boolean }[];
  readonly runs: readonly TimedRun[];
}

export interface DayRange {
  readonly from: Date;
  readonly to: Date;
}

/** From whole hours, so that the drawing moves once an hour. */
export function chooseDayRange(now: Date): DayRange {
  const hourMs = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  return { from: new Date(hourMs - BACK_MS), to: new Date(hourMs + AHEAD_MS) };
}

export function showDay(tools: PageTools, range: DayRange, { dags, runs }: DayFacts): Html {
  const { language, now, timezone } = tools;
  const words = HOME_WORDS[language];
  const byId: DagsById = new Map(dags.map((dag) => [dag.definition.dagId, dag]));
  const rows = dags
    .map(({ definition, isPaused }) => ({
      definition,
      runs: runs.filter((run) => run.dagId === definition.dagId),
      slots: isPaused ? [] : (listDagSlots(definition, byId, { from: now, to: range.to }, MOST_SLOTS) ?? []),
    }))
    .filter((row) => row.runs.length > 0 || row.slots.length > 0)
    .slice(0, MOST_DAGS);
  if (rows.length === 0) return html``;
  const { offset } = splitTime(tools, now.toISOString(), timezone);
  return panel({
    id: "day",
    title: words.day,
    count: `${timezone}, ${offset}`,
    aside: html`<p class="legend">${["success", "failed", "running"].map((state) => html`${showState(state)} `)}<span class="state">${icon("due")}${words.due}</span></p>`,
    body: html`<div class="from-now panel-body" tabindex="0" role="region" aria-label="${words.dayLabel}"><table class="day"><thead><tr><th scope="col"><span class="unseen">Dag</span></th><th scope="col">${drawHours(tools, range)}</th></tr></thead><tbody>${rows.map(
      ({ definition, runs: own, slots }) =>
        html`<tr><th scope="row"><a class="who" href="${tools.href(pathOfDag(definition.dagId))}">${definition.dagId}</a></th><td>${drawRow(tools, range, definition, own, slots)}</td></tr>`,
    )}</tbody></table></div>`,
  });
}

function place({ from, to }: DayRange, ms: number): number {
  const share = (ms - from.getTime()) / (to.getTime() - from.getTime());
  return Math.round(Math.min(1, Math.max(0, share)) * WIDTH * 10) / 10;
}

const LINE_EVERY_MS = 3 * HOUR_MS;

function listLines({ from, to }: DayRange): readonly number[] {
  const lines: number[] = [];
  for (let ms = from.getTime(); ms <= to.getTime(); ms += LINE_EVERY_MS) lines.push(ms);
  return lines;
}

function drawHours(tools: PageTools, range: DayRange): Html {
  const { language, now, timezone } = tools;
  const nowX = place(range, now.getTime());
  const { clock } = splitTime(tools, now.toISOString(), timezone);
  const label = `${HOME_WORDS[language].now} ${clock.slice(0, 5)}`;
  const hours = listLines(range).map((ms) => {
    const x = place(range, ms);
    if (Math.abs(x - nowX) < 60) return false;
    const anchor = x > WIDTH - 30 ? html` text-anchor="end"` : html``;
    const { day, clock: hour } = splitTime(tools, new Date(ms).toISOString(), timezone);
    return html`<text x="${x + (x > WIDTH - 30 ? 0 : 4)}" y="12"${anchor}>${hour === "00:00" ? day : hour}</text>`;
  });
  return html`<svg class="drawing" width="${WIDTH}" height="18" viewBox="0 0 ${WIDTH} 18" role="img" aria-label="${label}">${hours}<text class="now-label" x="${nowX - 4}" y="12" text-anchor="end">${label}</text></svg>`;
}

function drawRow(
  tools: PageTools,
  range: DayRange,
  { dagId, timezone }: DagDefinition,
  runs: readonly TimedRun[],
  slots: readonly Date[],
): Html {
  const { href, now } = tools;
  const lines = listLines(range).map((ms) => html`<path class="rule" d="M${place(range, ms)} 0V${HEIGHT}"/>`);
  const boxes = runs.map((run) => {
    const startMs = Date.parse(run.runningSince ?? run.logicalDate);
    const endMs = run.finishedAt === null ? now.getTime() : Date.parse(run.finishedAt);
    const x = place(range, startMs);
    const width = Math.max(5, place(range, endMs) - x);
    const label = `${describeTime(tools, run.logicalDate, timezone)}, ${run.state}`;
    return html`<a href="${href(pathOfRun(dagId, run.runId))}" aria-label="${label}"><title>${label}</title><rect data-state="${run.state}" class="${run.state === "queued" ? "queued" : ""}" x="${x}" y="6" width="${width}" height="14" rx="2"/>${run.state === "failed" && html`<path class="glyph" d="m${x + width / 2 - 2.5} 10.5 5 5m0-5-5 5"/>`}</a>`;
  });
  const ahead = slots.map(
    (slot) => html`<circle class="hollow" cx="${place(range, slot.getTime())}" cy="13" r="4"/>`,
  );
  return html`<svg class="drawing" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${dagId}">${lines}<path class="rule" d="M0 13H${WIDTH}"/>${boxes}${ahead}<path class="now" d="M${place(range, now.getTime())} 0V${HEIGHT}"/></svg>`;
}
