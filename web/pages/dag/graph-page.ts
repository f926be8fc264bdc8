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
<div class="unseen"><ul class="later">${definition.tasks.map(({ taskId, needs }) => html`<li>${taskId}: ${nameState(states.get(taskId)?.state ?? "none")}${needs.length > 0 && `; ${words.needs} ${needs.join(", ")}`}</li>`)}</ul></div>`,
    });
    return showDag(tools, dag, "graph", body);
  },
};

/** Also in dagmar.css. */
const BOX = { width: 184, height: 48 };
const GAP = { x: 56, y: 16 };
const SIZES = { box: BOX.height + GAP.y, line: 20 };
/** Longer names are cut in the drawing; the list below it and the title have them whole. */
const MOST_LETTERS = 21;

interface Shown {
  readonly task: TaskEntry | undefined;
  readonly link: string | null;
}

/** A drawing for each layer with the lines that start there, because a browser skips those that are not in its window. */
function drawGraph(tools: PageTools, graph: PlacedGraph, find: (taskId: string) => Shown): Html {
  const { tasks, links, layers, height } = graph;
  const isLayered = links.every(({ fromLayer, toLayer }) => toLayer === fromLayer + 1);
  const parts = Array.from({ length: isLayered ? layers : 1 }, (_, part) => ({
    first: part,
    last: isLayered ? part : layers - 1,
    lines: [] as Line[],
    boxes: [] as Html[],
  }));
  const findPart = (layer: number) => parts[isLayered ? layer : 0];
  for (const link of links) {
    const look = styleEdge(find(link.need).task?.state);
    const from = findPart(link.fromLayer);
    from?.lines.push({ look, path: drawLink(link, from.first) });
    const to = findPart(link.toLayer);
    if (link.isPassing) to?.lines.push({ look, path: drawPassing(link, to.first) });
  }
  for (const task of tasks) {
    const part = findPart(task.layer);
    part?.boxes.push(drawBox(tools, { ...task, layer: task.layer - part.first }, find(task.taskId)));
  }
  const drawings = parts.map(({ first, last, lines, boxes }) => {
    const width = leftOf(last - first) + BOX.width + (last === layers - 1 ? 0 : GAP.x);
    const drawing = html`<svg width="${width}" height="${height}">${joinLines(lines)}${boxes}</svg>`;
    return isLayered ? html`<div class="layer">${drawing}</div>` : drawing;
  });
  const icons = defineStateIcons(tasks.map(({ taskId }) => find(taskId).task?.state ?? "none"));
  // The first one keeps the height while no layer is in the window.
  return html`<div class="drawing graph" role="group" aria-label="${WORDS[tools.language].label}"><svg width="1" height="${height}" aria-hidden="true">${icons}</svg>${drawings}</div>`;
}

interface Line {
  /** The class of its state. */
  readonly look: string;
  readonly path: string;
}

function leftOf(layer: number): number {
  return layer * (BOX.width + GAP.x);
}

/** A curve between two layers, in the drawing that begins with the layer `first`. */
function drawLink({ fromLayer, toLayer, fromY, toY }: Link, first: number): string {
  const [left, right] = [leftOf(fromLayer - first) + BOX.width, leftOf(toLayer - first)];
  const bend = (right - left) / 2;
  return `M${left} ${fromY}C${left + bend} ${fromY} ${right - bend} ${toY} ${right} ${toY}`;
}

/** To the right of the boxes of its layer, where another link begins. */
function drawPassing({ toLayer, toY }: Link, first: number): string {
  return `M${leftOf(toLayer - first)} ${toY}h${BOX.width}`;
}

/** A path for the lines of the same look. One that differs lies above the others. */
function joinLines(lines: readonly Line[]): readonly Html[] {
  const groups = new Map<string, string[]>();
  for (const { look, path } of lines) {
    const group = groups.get(look) ?? [];
    group.push(path);
    groups.set(look, group);
  }
  const sorted = [...groups].toSorted(([one], [other]) => Number(one !== "") - Number(other !== ""));
  return sorted.map(([look, group]) => html`<path class="edge${look}" d="${group.join("")}"/>`);
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
  const inside = html`<title>${taskId}: ${nameState(state)}</title><rect class="box" x=".5" width="${BOX.width - 1}" height="${BOX.height}" rx="6"/>${placeStateIcon(state, 10, 10)}<text class="strong" x="32" y="21">${name} <tspan class="word" x="32" y="38">${nameState(state)}${tries}</tspan></text>`;
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
