/** The list of what needs a person, each with the way to it. */
import type { DagIssue } from "../../../model/errors.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import { pathOf } from "../frame/links.ts";
import type { PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { showDuration } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { showDistance, showTime } from "../parts/time.ts";
import type { FailedRun } from "../../../state/pages/overview.ts";
import type { Needs } from "./needs.ts";
import { HOME_WORDS } from "./words.ts";

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
    count: needs.count,
    aside: html`<p>${words.needsAside}</p>`,
    body:
      rows.length > 0
        ? html`<ul class="rows">${rows}</ul>`
        : html`<p class="panel-body muted">${words.nothingNeeds}</p>`,
    footer: showCommand(language, ["runs", "list", "--state", "failed"]),
  });
}

function showFailed(tools: PageTools, run: FailedRun): Html {
  const { language, href } = tools;
  const words = HOME_WORDS[language];
  const path = pathOf("dags", run.dagId, "runs", run.runId);
  const log = run.taskId !== null && run.attempt !== null && run.attempt > 0;
  return html`<li data-state="failed">${icon("failed")}<div>
<p><a class="who" href="${href(pathOf("dags", run.dagId))}">${run.dagId}</a> <a href="${href(path)}">${showTime(tools, run.logicalDate, run.timezone)}</a></p>
<p>${run.errorCode !== null && html`<span class="why">${run.errorCode}</span> `}${run.error ?? run.taskId}</p>
<div class="actions">${log && html`<a class="button is-small" href="${href(`${path}${pathOf("tasks", run.taskId ?? "", "attempts", run.attempt ?? 1)}`)}">${words.logOf(run.taskId ?? "")}</a>`}<a class="button is-small" href="${href(path)}">${words.theRun}</a></div>
</div><span class="aside">${words.failedAt} ${showTime(tools, run.finishedAt, run.timezone)}<span class="then">${showDistance(tools, run.finishedAt)}</span></span></li>`;
}

function showLate(tools: PageTools, run: Needs["late"][number]): Html {
  const { language, href, now } = tools;
  const words = HOME_WORDS[language];
  const path = pathOf("dags", run.dagId, "runs", run.runId);
  const ran = run.startedAt === null ? 0 : (now.getTime() - Date.parse(run.startedAt)) / 1000;
  const why =
    run.startedAt === null
      ? words.queuedFor(showDuration(run.waitsFor))
      : words.runsFor(showDuration(ran), showDuration(run.usual ?? 0));
  return html`<li data-state="late">${icon("late")}<div>
<p><a class="who" href="${href(pathOf("dags", run.dagId))}">${run.dagId}</a> <a href="${href(path)}">${showTime(tools, run.logicalDate, run.timezone)}</a></p>
<p><span class="why">${why}</span>${run.others > 0 && ` ${words.othersLate(run.others)}`}</p>
<div class="actions"><a class="button is-small" href="${href(path)}">${words.theRun}</a></div>
</div><span class="aside">${words.since} ${showTime(tools, run.startedAt ?? run.createdAt, run.timezone)}</span></li>`;
}

function showBroken(
  tools: PageTools,
  {
    dagId,
    file,
    since,
    issues,
  }: {
    readonly dagId: string;
    readonly file: string;
    readonly since: string;
    readonly issues: readonly DagIssue[];
  },
): Html {
  const { language, href, timezone } = tools;
  const words = HOME_WORDS[language];
  const [first] = issues;
  const name = file.slice(file.lastIndexOf("/") + 1);
  return html`<li data-state="broken">${icon("broken")}<div>
<p><a class="who" href="${href(pathOf("dags", dagId, "file"))}">${name}</a></p>
<p>${first !== undefined && html`<span class="why">${first.line}:${first.column}</span> ${first.message}${first.hint !== undefined && ` (${first.hint})`}`} ${issues.length > 1 && words.moreFaults(issues.length - 1)}</p>
<div class="actions"><a class="button is-small" href="${href(pathOf("dags", dagId, "file"))}">${words.theFile}</a></div>
</div><span class="aside">${words.since} ${showTime(tools, since, timezone)}</span></li>`;
}
