/** A Dag's tasks as a graph, with the states of one run. */
import { findRunEntry } from "../../../state/pages/run-page.ts";
import { listRecentRuns } from "../../../state/pages/recent-runs.ts";
import { listTaskEntries, type TaskEntry } from "../../../state/pages/task-page.ts";
import { readDagVersion } from "../../../state/runs/dag-runs.ts";
import { pickDag } from "../../api/v2/known-dag.ts";
import { html, type Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { countNoun } from "../parts/figures.ts";
import { showFilters, selectFilter } from "../parts/filters.ts";
import { panel } from "../parts/panel.ts";
import { pathOfAttempt, pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { defineStateIcons, placeStateIcon } from "../frame/icons.ts";
import { nameState } from "../parts/state.ts";
import { describeTime, showTime } from "../parts/time.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { showDag } from "./dag-frame.ts";
import { layOut, type Link, type PlacedGraph, type PlacedTask } from "./layout-graph.ts";

const CHOICES = 30;

export const graphPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/graph",
  render(tools, { params, search }) {
    const { query, language, lakeId, href } = tools;
    const dag = pickDag(tools.query, params["dag_id"] ?? "");
    const { timezone } = dag.definition;
    const words = WORDS[language];
    const recent = (listRecentRuns(query, [dag.dagId], CHOICES).get(dag.dagId) ?? []).toReversed();
    const asked = search.get("run") ?? recent[0]?.runId;
    const run = asked === undefined ? undefined : findRunEntry(query, lakeId, dag.dagId, asked);
    const definition = run === undefined ? dag.definition : readDagVersion(query, run.fingerprint);
    const states = new Map(
      (run === undefined ? [] : listTaskEntries(query, run.dagRunId)).map((task) => [task.taskId, task]),
    );
    const isRecent = run === undefined || recent.some(({ runId }) => runId === run.runId);
    const choices = [...recent, ...(isRecent ? [] : [run])].map(
      (each) => [each.runId, `${describeTime(tools, each.logicalDate, timezone)}, ${each.state}`] as const,
    );
    const body = panel({
      id: "graph",
      title: words.title(definition.tasks.length),
      count:
        run &&
        html`<a href="${href(pathOfRun(dag.dagId, run.runId))}">${showTime(tools, run.logicalDate, timezone)}</a>`,
      aside: showFilters(tools, `${pathOfDag(dag.dagId)}/graph`, [
        selectFilter("run", COMMON_WORDS[language].run, choices, run?.runId ?? null),
      ]),
      body: html`<div class="panel-body graph-wrap" tabindex="0" role="region" aria-label="${words.label}">${drawGraph(
        tools,
        layOut(definition.tasks, SIZES),
        (taskId) => {
          const task = states.get(taskId);
          const link =
            run === undefined || task === undefined || task.attemptCount === 0
              ? null
              : href(pathOfAttempt(dag.dagId, run.runId, taskId, task.attemptCount));
          return { task, link };
        },
      )}</div>
<ul class="unseen">${definition.tasks.map(({ taskId, needs }) => html`<li>${taskId}: ${nameState(states.get(taskId)?.state ?? "none")}${needs.length > 0 && `; ${words.needs} ${needs.join(", ")}`}</li>`)}</ul>`,
    });
    return showDag(tools, dag, "graph", body);
  },
};

const BOX = { width: 184, height: 48 };
const GAP = { x: 56, y: 16 };
const MARGIN = 8;
const SIZES = { box: BOX.height + GAP.y, line: 20 };
/** Longer names are cut in the drawing; the list below it and the title have them whole. */
const MOST_LETTERS = 21;

interface Shown {
  readonly task: TaskEntry | undefined;
  readonly link: string | null;
}

function drawGraph(tools: PageTools, graph: PlacedGraph, find: (taskId: string) => Shown): Html {
  const { tasks, links, layers, height } = graph;
  const width = layers * (BOX.width + GAP.x) - GAP.x + 2 * MARGIN;
  const icons = defineStateIcons(tasks.map(({ taskId }) => find(taskId).task?.state ?? "none"));
  const boxes = tasks.map((task) => drawBox(tools, task, find(task.taskId)));
  return html`<svg class="drawing graph" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${WORDS[tools.language].label}">${icons}${drawLinks(links, find)}${boxes}</svg>`;
}

function leftOf(layer: number): number {
  return MARGIN + layer * (BOX.width + GAP.x);
}

/** A path for the lines of the same look that start in the same layer: a browser skips the paths of layers that are not in its window. */
function drawLinks(links: readonly Link[], find: (taskId: string) => Shown): readonly Html[] {
  const groups = new Map<string, { readonly look: string; readonly lines: string[] }>();
  for (const link of links) {
    const look = styleEdge(find(link.need).task?.state);
    const key = `${link.fromLayer}${look}`;
    const group = groups.get(key) ?? { look, lines: [] };
    group.lines.push(drawLink(link));
    groups.set(key, group);
  }
  // A line that differs lies above the others.
  const sorted = [...groups.values()].toSorted(
    (one, other) => Number(one.look !== "") - Number(other.look !== ""),
  );
  return sorted.map(({ look, lines }) => html`<path class="edge${look}" d="${lines.join("")}"/>`);
}

/** A curve between two layers; one that passes continues to the right of the boxes there. */
function drawLink({ fromLayer, toLayer, fromY, toY, isPassing }: Link): string {
  const [left, right] = [leftOf(fromLayer) + BOX.width, leftOf(toLayer)];
  const bend = (right - left) / 2;
  const curve = `M${left} ${fromY}C${left + bend} ${fromY} ${right - bend} ${toY} ${right} ${toY}`;
  return isPassing ? `${curve}H${right + BOX.width}` : curve;
}

function styleEdge(state: string | undefined): string {
  if (state === "failed" || state === "upstream_failed") return " is-failed";
  if (state === "running") return " is-running";
  return state === "skipped" ? " is-skipped" : "";
}

function drawBox({ language }: PageTools, { taskId, layer, y }: PlacedTask, { task, link }: Shown): Html {
  const state = task?.state ?? "none";
  const name = taskId.length > MOST_LETTERS ? `${taskId.slice(0, MOST_LETTERS - 1)}…` : taskId;
  const tries =
    task !== undefined && task.attemptCount > 1 ? `, ${WORDS[language].attempts(task.attemptCount)}` : "";
  const inside = html`<title>${taskId}: ${nameState(state)}</title><rect class="box" width="${BOX.width}" height="${BOX.height}" rx="6"/>${placeStateIcon(state, 10, 10)}<text class="strong" x="32" y="21">${name} <tspan class="word" x="32" y="38">${nameState(state)}${tries}</tspan></text>`;
  return html`<g class="node" data-state="${state}" transform="translate(${leftOf(layer)} ${y - BOX.height / 2})">${link === null ? inside : html`<a href="${link}">${inside}</a>`}</g>`;
}

interface GraphWords {
  readonly title: (count: number) => string;
  readonly label: string;
  readonly needs: string;
  readonly attempts: (count: number) => string;
}

const WORDS: Words<GraphWords> = {
  en: {
    title: (count) => countNoun(count, "task", "tasks"),
    label: "Graph of the tasks; can be scrolled",
    needs: "needs",
    attempts: (count) => countNoun(count, "attempt", "attempts"),
  },
  pt: {
    title: (count) => countNoun(count, "tarefa", "tarefas"),
    label: "Grafo das tarefas, área rolável",
    needs: "depende de",
    attempts: (count) => countNoun(count, "tentativa", "tentativas"),
  },
};
