/** The smaller panels of the first page: what is open, what comes next, every id, recent events. */
import { findNextDagSlot, type DagsById } from "../../../model/dag/dag-slots.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import type { EventEntry } from "../../../state/pages/event-page.ts";
import type { DatasetSum } from "../../../state/pages/overview.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import { pathOf } from "../frame/links.ts";
import type { PageTools } from "../frame/page.ts";
import { drawEvent } from "../parts/event.ts";
import { showCount, showDuration } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { drawState } from "../parts/state.ts";
import { addSums, doesSumHold, drawSumBar, showHolds, showLedger } from "../parts/sum.ts";
import { showDistance, showElapsed, showTime } from "../parts/time.ts";
import type { OpenRunFacts } from "./needs.ts";
import { HOME_WORDS } from "./words.ts";

const MOST_ROWS = 8;

export function showUnderWay(tools: PageTools, open: readonly OpenRunFacts[]): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const rows = open.slice(0, MOST_ROWS).map(
    (run) => html`<li data-state="${run.state}">${drawState(run.state)}<div>
<p><a class="who" href="${href(pathOf("dags", run.dagId, "runs", run.runId))}">${run.dagId}</a> ${showTime(tools, run.logicalDate, run.timezone)}</p>
<p>${words.tasksDone(run.ended, run.tasks)}</p></div>
<span class="aside">${showElapsed(tools, run.startedAt ?? run.createdAt, null)}${run.usual !== null && html`<span class="then">${words.usually(showDuration(run.usual))}</span>`}</span></li>`,
  );
  return panel({
    id: "under-way",
    title: words.underWay,
    count: open.length,
    body:
      rows.length > 0
        ? html`<ul class="rows">${rows}</ul>`
        : html`<p class="panel-body muted">${words.nothingRuns}</p>`,
    footer:
      open.length > rows.length && html`<a href="${href("/runs", { state: "running" })}">${words.all}</a>`,
  });
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
    return html`<li>${icon(next === null ? "paused" : "due")}<div><a class="who" href="${href(pathOf("dags", dagId))}">${dagId}</a></div><span class="aside">${when}</span></li>`;
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

export function showEveryId(tools: PageTools, sums: readonly DatasetSum[]): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  if (sums.length === 0) return html``;
  const isHolding = (sum: DatasetSum): boolean => doesSumHold(sum.sum, sum.isOpen || sum.hasLimit);
  const all = sums.every(isHolding);
  const total = addSums(sums.map(({ sum }) => sum));
  return panel({
    id: "ids",
    title: words.everyId,
    aside: showHolds(all, all ? words.addsUp : words.doesNotAddUp),
    isFailed: !all,
    body: html`<div class="panel-body stack">${drawSumBar(total)}${showLedger(total, words.parts)}</div>
<ul class="sums">${sums.map((entry) => {
      const { dataset, sum, isOpen } = entry;
      return html`<li><h3><a href="${href(pathOf("lake", "datasets", dataset))}">${dataset}</a>${showHolds(isHolding(entry), isHolding(entry) ? words.addsUp : words.doesNotAddUp)}</h3>${drawSumBar(sum, true)}<p>${words.askedLine(showCount(sum.asked), showCount(sum.failed), showCount(sum.notFound))}${isOpen && `; ${words.stillAsking}`}</p></li>`;
    })}</ul>`,
    footer: html`<a href="${href("/ids")}">${words.missing}</a>`,
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
