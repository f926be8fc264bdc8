/** The first page: whether all is well, what needs a person, what is under way, what comes next, and whether every id adds up. */
import { findDayOf } from "../../../model/time/local-day.ts";
import { listDagPage } from "../../../state/pages/dag-page.ts";
import { listEventPage } from "../../../state/pages/event-page.ts";
import {
  listDatasetSums,
  listTimedRuns,
  measureStored,
  type DatasetSum,
} from "../../../state/pages/overview.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon, type IconName } from "../frame/icons.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { showBytes, showCount } from "../parts/figures.ts";
import { addSums, doesSumHold } from "../parts/sum.ts";
import { showDistance, splitTime } from "../parts/time.ts";
import { chooseDayRange, showDay } from "./day-panel.ts";
import { showNeeds } from "./needs-panel.ts";
import { readNeeds, type Needs } from "./needs.ts";
import {
  listDue,
  showEveryId,
  showNextDue,
  showRecentEvents,
  showUnderWay,
  type DueDag,
} from "./side-panels.ts";
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
    const dags = listDagPage(query, { isActive: true }, [], { limit: MOST_DAGS, offset: 0 }).rows;
    const needs = readNeeds(tools);
    const sums = listDatasetSums(query, lakeId);
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
    const verdict = words.verdict(needs.count);
    const { failed, late, broken } = needs;
    return {
      title: needs.count === 0 ? words.title : verdict,
      area: "home",
      main: html`<div class="page-head" id="verdict" data-live><div>
<h1>${verdict}</h1>
<p class="muted">${words.summary({ dags: dags.length, failed: failed.length, late: late.length, broken: broken.length })}</p>
</div></div>
${showVitals(tools, needs, due, sums)}
<div class="split">
<div class="stack">
${showNeeds(tools, needs)}
${showDay(tools, range, { dags, runs })}
<div class="halves">${showUnderWay(tools, needs.open)}${showNextDue(tools, due)}</div>
</div>
<div class="stack">${showEveryId(tools, sums)}${showRecentEvents(tools, events)}</div>
</div>`,
    };
  },
};

function showVitals(
  tools: PageTools,
  needs: Needs,
  due: readonly DueDag[],
  sums: readonly DatasetSum[],
): Html {
  const { query, now, lakeId, language, href, timezone } = tools;
  const words = HOME_WORDS[language];
  const { failed, late, open } = needs;
  const running = open.filter((run) => run.state === "running").length;
  const next = due.find((dag) => dag.next !== null);
  const nextAt = next?.next?.toISOString();
  const nextTime =
    next === undefined || nextAt === undefined ? null : splitTime(tools, nextAt, next.timezone);
  const total = addSums(sums.map(({ sum }) => sum));
  const areHolding = sums.every(({ sum, isOpen, hasLimit }) => doesSumHold(sum, isOpen || hasLimit));
  const stored = measureStored(query, lakeId, findDayOf(now, timezone).from.toISOString());
  const [bytes = "", unit = ""] = showBytes(stored.bytes).split(" ");
  return html`<section aria-labelledby="vitals-title" id="vitals" data-live><h2 id="vitals-title" class="unseen">${words.health}</h2>
<ul class="vitals">
${vital("failed", failed.length > 0 ? "failed" : null, words.failed, html`<a href="#needs">${failed.length}</a>`, failed[0]?.dagId ?? words.none)}
${vital("late", late.length > 0 ? "late" : null, words.late, html`<a href="#needs">${late.length}</a>`, late[0]?.dagId ?? words.none)}
${vital("running", running > 0 ? "running" : null, words.running, html`<a href="#under-way">${running}</a>`, words.alsoQueued(open.length - running))}
${vital("due", null, words.nextDue, nextTime === null ? "–" : html`${nextTime.clock} <small>${nextTime.offset}</small>`, next === undefined || nextAt === undefined ? words.nothingDue : html`${next.dagId}, ${showDistance(tools, nextAt)}`)}
${vital(areHolding ? "success" : "failed", sums.length === 0 ? null : areHolding ? "success" : "failed", words.idsAccounted, sums.length === 0 ? "–" : html`<a href="${href("/ids")}">${showCount(total.asked - total.remaining)}</a>`, sums.length === 0 ? words.noIds : words.ofIds(showCount(total.asked), showCount(total.remaining)))}
${vital("file", null, words.storedToday, html`${bytes} <small>${unit}${stored.isPartial && " +"}</small>`, words.objects(stored.objects, stored.records))}
</ul></section>`;
}

function vital(name: IconName, state: string | null, title: string, figure: Piece, text: Piece): Html {
  return html`<li${state !== null && html` data-state="${state}"`}><h3>${icon(name)}${title}</h3><p class="figure">${figure}</p><p>${text}</p></li>`;
}
