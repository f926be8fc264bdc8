/** The list of what needs a person, each with the way to it. */
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { PageTools } from "../frame/page.ts";
import { showDuration } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { pathOfAttempt, pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { showDistance, showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import type { FailedRun } from "../../../state/pages/overview.ts";
import type { BrokenFile, LateDag, Needs } from "./needs.ts";
import { HOME_WORDS } from "./words.ts";

const MOST_ROWS = 100;

export function showNeeds(tools: PageTools, needs: Needs): Html {
  const { language } = tools;
  const words = HOME_WORDS[language];
  const rows = [
    ...needs.failed.map((run) => showFailed(tools, run)),
    ...needs.late.map((run) => showLate(tools, run)),
    ...needs.broken.map((file) => showBroken(tools, file)),
  ];
  return panel({
    id: "needs",
    title: words.needsYou,
    count: showTotal(language, needs.counts.all),
    aside: html`<p>${words.needsAside}</p>`,
    body:
      rows.length > 0
        ? html`<ul class="rows">${rows.slice(0, MOST_ROWS)}</ul>${rows.length > MOST_ROWS && html`<p class="panel-body muted">${words.moreNeeds(rows.length - MOST_ROWS)}</p>`}`
        : html`<p class="panel-body muted">${words.nothingNeeds}</p>`,
  });
}

function showFailed(tools: PageTools, run: FailedRun): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const { dagId, runId, taskId, attempt } = run;
  const path = pathOfRun(dagId, runId);
  const log =
    taskId !== null &&
    attempt !== null &&
    attempt > 0 &&
    html`<a class="button is-small" href="${href(pathOfAttempt(dagId, runId, taskId, attempt))}">${words.logOf(taskId)}</a>`;
  return html`<li data-state="failed">${icon("failed")}<div>
<p><a class="who" href="${href(pathOfDag(dagId))}">${dagId}</a> <a href="${href(path)}">${showTime(tools, run.logicalDate, run.timezone)}</a></p>
<p>${run.errorCode !== null && html`<span class="why">${run.errorCode}</span> `}${run.error ?? taskId}</p>
<div class="actions">${log}<a class="button is-small" href="${href(path)}">${words.theRun}</a>${run.failedCount > 1 && html`<a class="button is-small" href="${href(`${pathOfDag(dagId)}/runs`, { state: "failed" })}">${words.allFailed(run.failedCount)}</a>`}</div>
</div><span class="aside">${words.failedAt} ${showTime(tools, run.finishedAt, run.timezone)}<span class="then">${showDistance(tools, run.finishedAt)}</span></span></li>`;
}

interface LateText {
  readonly date: string;
  readonly timezone: string;
  readonly why: string;
  readonly since: string;
  /** A path. */
  readonly leadsTo: string;
}

function describeLate({ language, now }: PageTools, { first }: LateDag): LateText {
  const words = HOME_WORDS[language];
  const sinceSeconds = (instant: string): number => (now.getTime() - Date.parse(instant)) / 1000;
  if (first.kind === "slot") {
    const { slot, timezone, dagId } = first;
    const why = words.noRunFor(showDuration(sinceSeconds(slot)));
    return { date: slot, timezone, why, since: slot, leadsTo: pathOfDag(dagId) };
  }
  const { logicalDate: date, timezone, dagId, runId, createdAt } = first.run;
  const leadsTo = pathOfRun(dagId, runId);
  if (first.kind === "queued") {
    const why = words.queuedFor(showDuration(sinceSeconds(createdAt)));
    return { date, timezone, why, since: createdAt, leadsTo };
  }
  const since = first.run.runningSince ?? createdAt;
  const why = words.runsFor(showDuration(sinceSeconds(since)), showDuration(first.run.usual ?? 0));
  return { date, timezone, why, since, leadsTo };
}

function showLate(tools: PageTools, late: LateDag): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const { date, timezone, why, since, leadsTo } = describeLate(tools, late);
  return html`<li data-state="late">${icon("late")}<div>
<p><a class="who" href="${href(pathOfDag(late.dagId))}">${late.dagId}</a> <a href="${href(leadsTo)}">${showTime(tools, date, timezone)}</a></p>
<p><span class="why">${why}</span>${late.others > 0 && ` ${words.othersLate(late.others)}`}</p>
<div class="actions"><a class="button is-small" href="${href(leadsTo)}">${late.first.kind === "slot" ? words.theDag : words.theRun}</a></div>
</div><span class="aside">${words.since} ${showTime(tools, since, timezone)}</span></li>`;
}

function showBroken(tools: PageTools, { dagId, file, since, issues }: BrokenFile): Html {
  const { language, href, timezone } = tools;
  const words = HOME_WORDS[language];
  const [first] = issues;
  const name = file.slice(file.lastIndexOf("/") + 1);
  const link = href(`${pathOfDag(dagId)}/file`);
  return html`<li data-state="broken">${icon("broken")}<div>
<p><a class="who" href="${link}">${name}</a></p>
<p>${first !== undefined && html`<span class="why">${first.line}:${first.column}</span> ${first.message}${first.hint !== undefined && ` (${first.hint})`}`} ${issues.length > 1 && words.moreFaults(issues.length - 1)}</p>
<div class="actions"><a class="button is-small" href="${link}">${words.theFile}</a></div>
</div><span class="aside">${words.since} ${showTime(tools, since, timezone)}</span></li>`;
}
