/** The smaller panels of the first page: what is open, what comes next, recent events. */
import { findNextDagSlot, type DagsById } from "../../../model/dag/dag-slots.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import type { EventEntry } from "../../../state/pages/event-page.ts";
import type { OpenCounts } from "../../../state/pages/open-runs.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { PageTools } from "../frame/page.ts";
import { drawEvent } from "../parts/event.ts";
import { showDuration } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { pathOfBackfill, pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { drawState } from "../parts/state.ts";
import { showDistance, showElapsed, showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import type { OpenRunFacts } from "./needs.ts";
import { HOME_WORDS } from "./words.ts";

const MOST_ROWS = 8;

export function showUnderWay(tools: PageTools, open: readonly OpenRunFacts[], counts: OpenCounts): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const rows = open.slice(0, MOST_ROWS).map(
    (run) => html`<li data-state="${run.state}">${drawState(run.state)}<div>
<p><a class="who" href="${href(pathOfRun(run.dagId, run.runId))}">${run.dagId}</a> ${showTime(tools, run.logicalDate, run.timezone)}</p>
<p>${words.tasksDone(run.ended, run.tasks)}${run.backfillId !== null && html`, <a href="${href(pathOfBackfill(run.backfillId))}">backfill #${run.backfillId}</a>`}</p></div>
<span class="aside">${showSince(tools, run)}${run.runningSince !== null && run.usual !== null && html`<span class="then">${words.usually(showDuration(run.usual))}</span>`}</span></li>`,
  );
  const link = (state: keyof OpenCounts): Html =>
    html`<a href="${href("/runs", { state })}">${showTotal(language, counts[state])} ${words.openStates[state]}</a>`;
  return panel({
    id: "under-way",
    title: words.underWay,
    aside: html`<p>${link("running")}, ${link("queued")}</p>`,
    body:
      rows.length > 0
        ? html`<ul class="rows">${rows}</ul>`
        : html`<p class="panel-body muted">${words.nothingRuns}</p>`,
  });
}

/** How long it has been running, or queued. Since when a run waits that was cleared is not known. */
function showSince(tools: PageTools, { runningSince, startedAt, createdAt }: OpenRunFacts): Html {
  const { openStates } = HOME_WORDS[tools.language];
  if (runningSince !== null) return showElapsed(tools, runningSince, null);
  return html`${openStates.queued}${startedAt === null && html` ${showElapsed(tools, createdAt, null)}`}`;
}

export interface DueDag {
  readonly dagId: string;
  readonly timezone: string;
  /** `null` for a paused Dag. */
  readonly next: Date | null;
}

/** The next slot of each Dag, the nearest first; paused Dags at the end. */
export function listDue(dags: readonly DagEntry[], now: Date): readonly DueDag[] {
  const byId: DagsById = new Map(dags.map((dag) => [dag.dagId, dag]));
  const due = dags.flatMap<DueDag>(({ dagId, definition, isPaused }) => {
    if (isPaused) return [{ dagId, timezone: definition.timezone, next: null }];
    const next = findNextDagSlot(definition, byId, now);
    return next === undefined ? [] : [{ dagId, timezone: definition.timezone, next }];
  });
  return due.toSorted((a, b) => (a.next?.getTime() ?? Infinity) - (b.next?.getTime() ?? Infinity));
}

export function showNextDue(tools: PageTools, due: readonly DueDag[]): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const rows = due.slice(0, MOST_ROWS).map(({ dagId, timezone, next }) => {
    const when =
      next === null
        ? words.paused
        : html`${showTime(tools, next.toISOString(), timezone)}, ${showDistance(tools, next.toISOString())}`;
    return html`<li>${icon(next === null ? "paused" : "due")}<div><a class="who" href="${href(pathOfDag(dagId))}">${dagId}</a></div><span class="aside">${when}</span></li>`;
  });
  return panel({
    id: "next",
    title: words.nextDue,
    body:
      rows.length > 0
        ? html`<ul class="rows is-dense">${rows}</ul>`
        : html`<p class="panel-body muted">${words.nothingDue}</p>`,
  });
}

export function showRecentEvents(tools: PageTools, events: readonly EventEntry[]): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  return panel({
    id: "events",
    title: words.events,
    aside: html`<a href="${href("/events")}">${words.all}</a>`,
    body:
      events.length > 0
        ? html`<ul class="rows is-dense">${events.map((event) => drawEvent(tools, event))}</ul>`
        : html`<p class="panel-body muted">${words.noEvents}</p>`,
  });
}
