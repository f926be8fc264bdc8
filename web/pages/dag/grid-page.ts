/** A Dag's runs as columns and its tasks as rows, with how long each run took, and the picked task next to it. */
import { DAG_RUN_STATES, RUN_TYPES } from "../../../model/run/dag-run.ts";
import { listGridRuns, type GridRun } from "../../../state/pages/run-grid.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { pickDag } from "../../api/v2/known-dag.ts";
import { html, type Html } from "../frame/html.ts";
import type { Page, PageInput, PageTools } from "../frame/page.ts";
import { selectFilter, showFilters } from "../parts/filters.ts";
import { showElapsed, showTime } from "../parts/time.ts";
import { showState } from "../parts/state.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { showDag } from "./dag-frame.ts";
import { drawGrid } from "./draw-grid.ts";
import type { Grid } from "./grid.ts";
import { showPicked } from "./picked-task.ts";
import { GRID_WORDS } from "./words.ts";

const LENGTHS = [80, 365] as const;
const NEWEST = 6;

export const gridPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}",
  render(tools, input) {
    const dag = pickDag(tools.query, input.params["dag_id"] ?? "");
    const { search } = input;
    const limit = LENGTHS.find((length) => String(length) === search.get("runs")) ?? LENGTHS[0];
    const runType = RUN_TYPES.find((type) => type === search.get("type"));
    const state = DAG_RUN_STATES.find((known) => known === search.get("state"));
    const runs = listGridRuns(tools.query, dag.dagId, { limit, runType, state }).toReversed();
    const words = GRID_WORDS[tools.language];
    const common = COMMON_WORDS[tools.language];
    if (runs.length === 0) {
      const body = showEmpty(words.noRuns, words.howRuns);
      return showDag(tools, dag, "grid", panel({ id: "grid", title: words.title, aside: filters(), body }));
    }
    const grid = readGrid(dag, runs);
    const picked = pick(grid, input);
    const body = html`<div class="split is-narrow"><div class="stack">
${panel({ id: "grid", title: words.title, aside: filters(), body: drawGrid(tools, dag, grid, { picked, here: input.here }) })}
${showNewest(tools, dag, runs.toReversed().slice(0, NEWEST))}
</div>
${showPicked(tools, dag, picked)}</div>`;
    return showDag(tools, dag, "grid", body, [[words.lastRuns(runs.length), summarise(runs)]]);

    function filters(): Html {
      return showFilters(tools, pathOfDag(dag.dagId), [
        selectFilter(
          "runs",
          words.runs,
          LENGTHS.map((length) => [String(length), words.newest(length)] as const),
          String(limit),
        ),
        selectFilter(
          "type",
          common.type,
          [["", common.all], ...RUN_TYPES.map((type) => [type, type] as const)],
          runType ?? null,
        ),
        selectFilter(
          "state",
          common.state,
          [["", common.all], ...DAG_RUN_STATES.map((known) => [known, known] as const)],
          state ?? null,
        ),
      ]);
    }
  },
};

/** The present definition's tasks, then those that only older runs have. */
function readGrid({ definition }: DagEntry, runs: readonly GridRun[]): Grid {
  const columns = runs.map((run) => ({
    ...run,
    states: JSON.parse(run.tasks) as Readonly<Record<string, string>>,
  }));
  const present = definition.tasks.map(({ taskId }) => taskId);
  const known = new Set(present);
  const former = new Set(columns.flatMap(({ states }) => Object.keys(states)).filter((id) => !known.has(id)));
  return { taskIds: [...present, ...former], columns };
}

const WORST: readonly string[] = [
  "failed",
  "running",
  "up_for_retry",
  "up_for_reschedule",
  "upstream_failed",
  "queued",
];

/** What the address names; else the newest run, and in it the task that most needs a look. */
function pick({ columns, taskIds }: Grid, { search }: PageInput) {
  const run = columns.find(({ runId }) => runId === search.get("run")) ?? columns.at(-1);
  if (run === undefined) throw new Error("the grid has no run");
  const asked = search.get("task");
  const bad = WORST.flatMap((state) => taskIds.filter((taskId) => run.states[taskId] === state));
  const own = taskIds.filter((taskId) => Object.hasOwn(run.states, taskId));
  const taskId = own.find((id) => id === asked) ?? bad[0] ?? own[0] ?? null;
  return { run, taskId };
}

function summarise(runs: readonly GridRun[]): string {
  const counts = DAG_RUN_STATES.map(
    (state) => [state, runs.filter((run) => run.state === state).length] as const,
  );
  return counts
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}

function showNewest(tools: PageTools, { dagId, definition }: DagEntry, runs: readonly GridRun[]): Html {
  const { language, href } = tools;
  const words = GRID_WORDS[language];
  const common = COMMON_WORDS[language];
  return panel({
    id: "newest",
    title: words.newestRuns,
    aside: html`<a href="${href(`${pathOfDag(dagId)}/runs`)}">${words.allRuns}</a>`,
    body: scrollTable(
      words.newestLabel,
      html`<table class="table"><thead><tr><th scope="col">${common.run}</th><th scope="col">${common.state}</th><th scope="col" class="wide-only">${common.type}</th><th scope="col" class="number">${common.took}</th></tr></thead><tbody>${runs.map(
        (run) =>
          html`<tr><th scope="row"><a href="${href(pathOfRun(dagId, run.runId))}">${showTime(tools, run.logicalDate, definition.timezone)}</a></th><td>${showState(run.state)}</td><td class="wide-only">${run.runType}</td><td class="number">${showElapsed(tools, run.runningSince, run.finishedAt)}</td></tr>`,
      )}</tbody></table>`,
    ),
  });
}
