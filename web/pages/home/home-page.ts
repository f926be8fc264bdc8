/** The first page: whether all is well, what needs a person, what is under way, what comes next, and whether every id adds up. */
import { joinVerdicts, judgeSum } from "../../../model/records/reconciliation.ts";
import { findDayOf } from "../../../model/time/local-day.ts";
import { listDagPage } from "../../../state/pages/dag-page.ts";
import { listEventPage } from "../../../state/pages/event-page.ts";
import { countOpenByState, type OpenCounts } from "../../../state/pages/open-runs.ts";
import { listTimedRuns, measureStored, type DatasetSum } from "../../../state/pages/overview.ts";
import type { RowCount } from "../../../state/pages/page.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon, type IconName } from "../frame/icons.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { showBytes, showCount } from "../parts/figures.ts";
import { readDatasetSums, showEveryId } from "../parts/every-id.ts";
import { addSums, VERDICT_LOOKS } from "../parts/sum.ts";
import { showDistance, splitTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import { chooseDayRange, showDay } from "./day-panel.ts";
import { showNeeds } from "./needs-panel.ts";
import { readNeeds, readOpenRuns, type Needs } from "./needs.ts";
import { listDue, showNextDue, showRecentEvents, showUnderWay, type DueDag } from "./side-panels.ts";
import { HOME_WORDS } from "./words.ts";

const MOST_DAGS = 1_000;
const MOST_RUNS = 2_000;
const RECENT_EVENTS = 8;

export const homePage: Page = {
  method: "GET",
  path: "/",
  render(tools) {
    const { query, now, lakeId, language } = tools;
    const words = HOME_WORDS[language];
    const known = listDagPage(query, { isActive: true }, [], { limit: MOST_DAGS, offset: 0 });
    const dags = known.rows;
    const open = readOpenRuns(tools);
    const counts = countOpenByState(query, lakeId);
    const needs = readNeeds(tools, dags, open);
    const sums = readDatasetSums(tools);
    const due = listDue(dags, now);
    const range = chooseDayRange(now);
    const runs = listTimedRuns(query, lakeId, {
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      limit: MOST_RUNS,
    });
    const events = listEventPage(query, {}, [{ column: "event_log_id", isDescending: true }], {
      limit: RECENT_EVENTS,
      offset: 0,
    }).rows;
    const total = (count: RowCount): string => showTotal(language, count);
    const { failed, late, broken, all } = needs.counts;
    const verdict = words.verdict(all);
    return {
      title: all.total === 0 ? words.title : verdict,
      area: "home",
      main: html`<div class="page-head" id="verdict" data-live><div>
<h1>${verdict}</h1>
<p class="muted">${words.summary({ dags: total(known), areSeveral: known.total !== 1, failed: total(failed), late: total(late), broken: total(broken) })}</p>
</div></div>
${showVitals(tools, { needs, counts, due, sums })}
<div class="split">
<div class="stack">
${showNeeds(tools, needs)}
${showDay(tools, range, { dags, runs })}
<div class="halves">${showUnderWay(tools, open, counts)}${showNextDue(tools, due)}</div>
</div>
<div class="stack">${showEveryId(tools, sums)}${showRecentEvents(tools, events)}</div>
</div>`,
    };
  },
};

interface VitalFacts {
  readonly needs: Needs;
  readonly counts: OpenCounts;
  readonly due: readonly DueDag[];
  readonly sums: readonly DatasetSum[];
}

function showVitals(tools: PageTools, { needs, counts, due, sums }: VitalFacts): Html {
  const { query, now, lakeId, language, href, timezone } = tools;
  const words = HOME_WORDS[language];
  const { failed, late } = needs;
  const { running, queued } = counts;
  const next = due.find((dag) => dag.next !== null);
  const nextAt = next?.next?.toISOString();
  const nextTime =
    next === undefined || nextAt === undefined ? null : splitTime(tools, nextAt, next.timezone);
  const total = addSums(sums.map(({ sum }) => sum));
  const sumLook = VERDICT_LOOKS[joinVerdicts(sums.map(judgeSum))];
  const stored = measureStored(query, lakeId, findDayOf(now, timezone).from.toISOString());
  const [bytes = "", unit = ""] = showBytes(stored.bytes).split(" ");
  return html`<section aria-labelledby="vitals-title" id="vitals" data-live><h2 id="vitals-title" class="unseen">${words.health}</h2>
<ul class="vitals">
${vital("failed", failed.length > 0 ? "failed" : null, words.failed, html`<a href="#needs">${showTotal(language, needs.counts.failed)}</a>`, failed[0]?.dagId ?? words.none)}
${vital("late", late.length > 0 ? "late" : null, words.late, html`<a href="#needs">${showTotal(language, needs.counts.late)}</a>`, late[0]?.dagId ?? words.none)}
${vital("running", running.total > 0 ? "running" : null, words.running, html`<a href="#under-way">${showTotal(language, running)}</a>`, queued.total === 0 ? words.noneQueued : words.alsoQueued(showTotal(language, queued)))}
${vital("due", null, words.nextDue, nextTime === null ? "–" : html`${nextTime.clock} <small>${nextTime.offset}</small>`, next === undefined || nextAt === undefined ? words.nothingDue : html`${next.dagId}, ${showDistance(tools, nextAt)}`)}
${vital(sumLook, sums.length === 0 ? null : sumLook, words.idsAccounted, sums.length === 0 ? "–" : html`<a href="${href("/ids")}">${showCount(total.asked - total.remaining)}</a>`, sums.length === 0 ? words.noIds : words.ofIds(showCount(total.asked), total.remaining))}
${vital("file", null, words.storedToday, html`${bytes} <small>${unit}</small>`, stored.isPartial ? words.partly(stored.objects, stored.records) : words.objects(stored.objects, stored.records))}
</ul></section>`;
}

function vital(name: IconName, state: string | null, title: string, figure: Piece, text: Piece): Html {
  return html`<li${state !== null && html` data-state="${state}"`}><h3>${icon(name)}${title}</h3><p class="figure">${figure}</p><p>${text}</p></li>`;
}
