/** The log of an attempt, from its end, by windows; with a search, levels, and the whole text to download. */
import type { TaskLogHits, TaskLogLine, TaskLogWindow } from "../../../app/tasks/task-logs.ts";
import { DagmarError } from "../../../model/errors.ts";
import { LOG_LEVELS } from "../../../model/ports/logger.ts";
import { findRunEntry } from "../../../state/pages/run-page.ts";
import { findTaskEntry, listTryEntries } from "../../../state/pages/task-page.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { pickAttempt } from "../../api/logged-attempt.ts";
import { html, join, type Html, type Piece } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import { pathOf } from "../frame/links.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { showBytes, showCount } from "../parts/figures.ts";
import { selectFilter, showFilters, textFilter } from "../parts/filters.ts";
import { showHead } from "../parts/page-head.ts";
import { panel } from "../parts/panel.ts";
import { pathOfAttempt, pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { drawState, labelState, nameState } from "../parts/state.ts";
import { describeTime, showElapsed, splitTime } from "../parts/time.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { colour } from "./ansi.ts";
import { LOG_WORDS } from "./words.ts";

const MOST_LINES = 500;
const MOST_HITS = 200;

export const logPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/attempts/{number}",
  async render(tools, input): Promise<RenderedPage> {
    const { query, lakeId, language } = tools;
    const { params, search } = input;
    const place = {
      dag_id: params["dag_id"] ?? "",
      dag_run_id: params["run_id"] ?? "",
      task_id: params["task_id"] ?? "",
      try_number: Number(params["number"]),
    };
    const attempt = pickAttempt(tools, place);
    const { dagId, runId, taskId } = attempt.key;
    const number = attempt.key.attempt;
    const entry = findRunEntry(query, lakeId, dagId, runId);
    const run = entry === undefined ? undefined : readRun(query, entry.dagRunId);
    const task = run === undefined ? undefined : findTaskEntry(query, run.dagRunId, taskId);
    const tries = task === undefined ? [] : listTryEntries(query, task.taskInstanceId);
    const own = tries.find((each) => each.number === number);
    const zone = run?.timezone ?? tools.timezone;
    const level = LOG_LEVELS.find((known) => known === search.get("level"));
    const asked = search.get("q")?.trim() ?? "";
    const words = LOG_WORDS[language];
    const path = pathOfAttempt(dagId, runId, taskId, number);
    // Everything that the database has is read by now: the file is read without its snapshot.
    const log = await readLog(tools, attempt, input);
    const hits = asked === "" ? null : await findHits(tools, attempt, asked);
    const title = words.title(taskId, number);
    const date = run === undefined ? runId : describeTime(tools, run.logicalDate, zone);
    return {
      title: `${dagId}, ${title}`,
      area: "runs",
      main: html`${showHead(tools, {
        crumbs: [
          ["Dags", "/dags"],
          [dagId, pathOfDag(dagId)],
          [date, pathOfRun(dagId, runId)],
        ],
        title,
        label: labelState(attempt.state),
        text: own?.error ?? undefined,
        facts: [
          own !== undefined && [words.took, showElapsed(tools, own.startedAt, own.finishedAt)],
          own?.errorCode !== undefined &&
            own.errorCode !== null && [words.error, html`<code>${own.errorCode}</code>`],
          own !== undefined && [words.process, `${own.pid}@${own.host}`],
          tries.length > 1 && [
            words.attempts,
            join(
              tries.map(
                (each) =>
                  html`<a href="${tools.href(pathOfAttempt(dagId, runId, taskId, each.number))}"${each.number === number && html` aria-current="true"`}>${drawState(each.state)} ${each.number}<span class="unseen"> ${nameState(each.state)}</span></a>`,
              ),
              " ",
            ),
          ],
        ],
        actions: html`<a class="button" href="${tools.href(`/api/dagmar/runs${pathOf(dagId, runId)}/tasks${pathOf(taskId)}/logs/${number}/raw`)}">${icon("down")}${words.raw}</a>`,
      })}
${hits !== null && showHits(tools, input, asked, hits)}
${panel({
  id: "log",
  title: words.log,
  count: "lines" in log ? showBytes(log.sizeBytes) : undefined,
  aside: showFilters(tools, path, [
    textFilter("q", words.find, asked === "" ? null : asked),
    selectFilter(
      "level",
      words.level,
      [["", COMMON_WORDS[language].all], ...LOG_LEVELS.map((known) => [known, known] as const)],
      level ?? null,
    ),
  ]),
  body:
    "lines" in log
      ? showWindow(tools, input, log, { zone, asked, isOpen: !attempt.isEnded })
      : html`<div class="notice panel-body">${icon("info")}<div><p>${log.message}</p>${log.hint !== undefined && html`<p class="muted">${log.hint}</p>`}</div></div>`,
  footer: showCommand(language, ["tasks", "logs", `${dagId}/${runId}`, taskId, "--attempt", String(number)]),
})}`,
    };
  },
};

type Attempt = ReturnType<typeof pickAttempt>;

async function readLog(
  { logs }: PageTools,
  { key, isEnded }: Attempt,
  { search }: PageInput,
): Promise<TaskLogWindow | DagmarError> {
  const before = search.get("before");
  const after = search.get("after");
  const level = LOG_LEVELS.find((known) => known === search.get("level"));
  const place =
    before !== null
      ? ({ kind: "before", mark: before } as const)
      : after !== null
        ? ({ kind: "after", mark: after } as const)
        : ({ kind: search.get("from") === "start" ? "start" : "end" } as const);
  try {
    return await logs.read(key, { place, mostLines: MOST_LINES, level, isEnded });
  } catch (error) {
    if (error instanceof DagmarError && error.code !== "USAGE") return error;
    throw error;
  }
}

async function findHits({ logs }: PageTools, { key }: Attempt, text: string): Promise<TaskLogHits> {
  try {
    return await logs.search(key, text.slice(0, 200));
  } catch (error) {
    if (error instanceof DagmarError) return { hits: [], count: 0 };
    throw error;
  }
}

function showHits(tools: PageTools, { here }: PageInput, asked: string, { hits, count }: TaskLogHits): Html {
  const words = LOG_WORDS[tools.language];
  const shown = hits.slice(-MOST_HITS);
  const { before: _before, after: _after, from: _from, ...kept } = here.search;
  return panel({
    id: "hits",
    title: words.hits(asked),
    count: showCount(count),
    body:
      shown.length === 0
        ? html`<p class="panel-body muted">${words.noHits}</p>`
        : html`<p class="panel-body hits">${shown.map(({ number, place }) => html`<a href="${tools.href(here.path, { ...kept, after: place })}#L${number}">${number}</a> `)}</p>`,
  });
}

interface WindowView {
  readonly zone: string;
  readonly asked: string;
  readonly isOpen: boolean;
}

function showWindow(tools: PageTools, { here }: PageInput, log: TaskLogWindow, view: WindowView): Html {
  const { language, href } = tools;
  const words = LOG_WORDS[language];
  const { lines, before, after, hasMoreAfter, gap } = log;
  const { before: _before, after: _after, from: _from, ...kept } = here.search;
  const link = (text: Piece, more: Readonly<Record<string, string>>): Html =>
    html`<a href="${href(here.path, { ...kept, ...more })}">${text}</a>`;
  return html`<div class="log-more">${before === null ? html`<span>${words.beginning}</span>` : html`${link(words.older, { before })}${link(words.start, { from: "start" })}`}${gap !== null && html`<span class="why" data-state="late">${words.gaps[gap]}</span>`}</div>
<div class="log-wrap" tabindex="0" role="region" aria-label="${words.label}"><ol class="log"${view.isOpen && !hasMoreAfter && html` data-follow`}${!hasMoreAfter && html` data-end`}>${lines.map((line) => showLine(tools, line, view))}</ol></div>
<div class="log-more">${hasMoreAfter ? html`${link(words.newer, { after })}${link(words.end, {})}` : html`<span>${view.isOpen ? words.follows : words.ends}</span>${view.isOpen && html`<span id="paused" class="why" data-state="late" hidden>${words.paused}</span>`}`}${lines.length === 0 && html`<span>${words.empty}</span>`}</div>`;
}

function showLine(tools: PageTools, line: TaskLogLine, { zone, asked }: WindowView): Html {
  const words = LOG_WORDS[tools.language];
  const { number, at, level, text, rewrites, cutBytes } = line;
  const clock = at === null ? "" : splitTime(tools, at, zone, true).clock;
  return html`<li id="L${number}"${level !== null && html` data-level="${level.toUpperCase()}"`}><a href="#L${number}">${number}</a><time${at !== null && html` datetime="${at}"`}>${clock}</time><span class="level">${level === null ? "" : level.toUpperCase()}</span><span class="text">${colour(text, asked)}${rewrites > 0 && html` <small class="muted">${words.rewritten(rewrites)}</small>`}${cutBytes > 0 && html` <small class="muted">${words.cut(showBytes(cutBytes))}</small>`}</span></li>`;
}
