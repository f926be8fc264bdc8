/** One run: its state and why, whether its ids add up, its tasks over time, what it read and wrote. */
import { describeWaits, type RunWaits } from "../../../app/runs/describe-waits.ts";
import { mayWrite } from "../../../model/access/user.ts";
import { CommandRefused } from "../../../model/errors.ts";
import { isRunEnded } from "../../../model/run/dag-run.ts";
import { listEventPage } from "../../../state/pages/event-page.ts";
import { findNeighbours, findRunEntry, type RunEntry } from "../../../state/pages/run-page.ts";
import { listRunTries, listTaskEntries } from "../../../state/pages/task-page.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { listCommands } from "../parts/command.ts";
import { drawEvent } from "../parts/event.ts";
import { showHead } from "../parts/page-head.ts";
import { panel } from "../parts/panel.ts";
import { pathOfBackfill, pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { labelState, nameState } from "../parts/state.ts";
import { describeTime, showElapsed, showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import { showInputs, showObjects } from "./run-objects.ts";
import { showSums } from "./run-sums.ts";
import { showTasks } from "./run-tasks.ts";
import { RUN_WORDS } from "./words.ts";

const MOST_EVENTS = 30;

export const runPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/runs/{run_id}",
  render(tools, { params }) {
    const { query, now, limits, language } = tools;
    const entry = pickRun(tools, params["dag_id"] ?? "", params["run_id"] ?? "");
    const run = readRun(query, entry.dagRunId);
    const words = RUN_WORDS[language];
    const tasks = listTaskEntries(query, entry.dagRunId);
    const waits = isRunEnded(run.state) ? null : describeWaits(query, run, limits, now);
    const { rows: events, ...found } = listEventPage(
      query,
      { dagId: run.dagId, runId: run.runId },
      [{ column: "event_log_id", isDescending: true }],
      { limit: MOST_EVENTS, offset: 0 },
    );
    return {
      title: `${run.dagId}, ${describeTime(tools, run.logicalDate, run.timezone)}`,
      area: "runs",
      main: html`${showRunHead(tools, entry, run.timezone, run.partition)}
${waits !== null && showWaits(tools, waits)}
${showSums(tools, run.dagRunId)}
${showTasks(tools, run, tasks, listRunTries(query, run.dagRunId))}
<div class="halves">${showObjects(tools, run)}${showInputs(tools, run)}</div>
${
  events.length > 0 &&
  panel({
    id: "events",
    title: words.events,
    count: showTotal(language, found),
    body: html`<ul class="rows is-dense">${events.map((event) => drawEvent(tools, event))}</ul>`,
  })
}`,
    };
  },
};

/** In this lake if it is there, else in another one. Raises `RUN_UNKNOWN`. */
function pickRun({ query, lakeId }: PageTools, dagId: string, runId: string): RunEntry {
  const found = findRunEntry(query, lakeId, dagId, runId);
  if (found !== undefined) return found;
  throw new CommandRefused("RUN_UNKNOWN", `${dagId} has no run ${runId}.`, {
    hint: "It may have been pruned. The Dag’s page lists its runs.",
  });
}

function showRunHead(tools: PageTools, run: RunEntry, timezone: string, partition: string): Html {
  const { query, language, href, lakeId } = tools;
  const words = RUN_WORDS[language];
  const name = `${run.dagId}/${run.runId}`;
  const { before, after } = findNeighbours(query, run);
  const link = (to: typeof before, rel: string, text: (date: string) => string): Piece =>
    to !== null &&
    html`<a rel="${rel}" href="${href(pathOfRun(run.dagId, to.runId))}">${text(describeTime(tools, to.logicalDate, timezone))}</a>`;
  const isOpen = !isRunEnded(run.state);
  const took =
    run.runningSince !== null &&
    html` ${isOpen ? words.for : words.after} ${showElapsed(tools, run.runningSince, run.finishedAt)}`;
  const params = JSON.stringify(run.params);
  const facts: readonly (readonly [string, Piece] | false)[] = [
    [
      words.type,
      run.backfillId === null
        ? run.runType
        : html`<a href="${href(pathOfBackfill(run.backfillId))}">${words.backfill(run.backfillId)}</a>`,
    ],
    [words.partition, partition],
    run.startedAt !== null && [words.started, showTime(tools, run.startedAt, timezone, true)],
    run.finishedAt !== null && [words.ended, showTime(tools, run.finishedAt, timezone, true)],
    params !== "{}" && [words.params, html`<code>${params}</code>`],
    [
      words.definition,
      html`<a href="${href(`${pathOfDag(run.dagId)}/file`, { version: run.fingerprint })}"><code>${run.fingerprint.slice(0, 8)}</code></a>`,
    ],
    run.requestedBy !== null && [words.requestedBy, run.requestedBy],
    run.lake !== null && run.lake !== lakeId && [words.otherLake, html`<code>${run.lake}</code>`],
    [words.name, html`<code>${run.runId}</code>`],
  ];
  return showHead(tools, {
    crumbs: [
      ["Dags", "/dags"],
      [run.dagId, pathOfDag(run.dagId)],
    ],
    title: html`${run.dagId}, ${showTime(tools, run.logicalDate, timezone)}`,
    label: html`${labelState(run.state, html`${nameState(run.state)}${took}`)}<span class="neighbours">${link(before, "prev", (date) => `‹ ${date}`)} ${link(after, "next", (date) => `${date} ›`)}</span>`,
    text: run.stopReason === null ? undefined : words.stopped(run.stopReason),
    facts,
    actions: html`${listCommands(language, [
      [words.thisPage, ["runs", "show", name]],
      isOpen ? [words.cancel, ["runs", "cancel", name]] : [words.clear, ["tasks", "clear", name]],
    ])}${mayWrite(tools.user) && html`<a class="button" href="${href(`${pathOfRun(run.dagId, run.runId)}/clear`, { only_failed: run.state === "failed" ? "on" : undefined })}">${icon("again")}${words.clear}…</a>${isOpen && html`<a class="button is-danger" href="${href(`${pathOfRun(run.dagId, run.runId)}/cancel`)}">${words.cancel}…</a>`}`}`,
  });
}

function showWaits(tools: PageTools, waits: RunWaits): Html {
  const { language, href } = tools;
  const words = RUN_WORDS[language];
  const { waiting, waits: summary, turn, isStuck, heldBy } = waits;
  const whole = turn === null ? null : (summary ?? turn);
  if (waiting.length === 0 && whole === null) return html``;
  return panel({
    id: "why",
    title: words.why,
    count: waiting.length,
    isFailed: isStuck,
    body: html`<ul class="rows is-dense">
${whole !== null && html`<li data-state="queued">${icon("queued")}<div><p><b class="who">${words.theRun}</b> ${whole}</p></div></li>`}
${isStuck && html`<li data-state="failed">${icon("failed")}<div><p>${words.stuck}${heldBy.map((run) => html` <a href="${href(pathOfRun(run.dagId, run.runId))}">${run.dagId}/${run.runId}</a>`)}</p></div></li>`}
${waiting.map(({ taskId, reasons }) => html`<li>${icon("none")}<div><p><b class="who">${taskId}</b> ${reasons.join("; ")}</p></div></li>`)}
</ul>`,
  });
}
