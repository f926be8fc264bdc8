/** What all views of a Dag share: its head, its facts, and the tabs. */
import { describeSchedule } from "../../../model/dag/dag.ts";
import { findNextDagSlot, type DagsById } from "../../../model/dag/dag-slots.ts";
import { mayWrite } from "../../../model/access/user.ts";
import { findDag, type DagEntry } from "../../../state/pages/dag-page.ts";
import { html, join, type Html, type Piece } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Words } from "../frame/language.ts";
import type { PageTools, RenderedPage } from "../frame/page.ts";
import { pauseButton } from "../act/pause.ts";
import { listCommands } from "../parts/command.ts";
import { DAG_LOOKS, DAG_STATE_WORDS, judgeDag } from "../parts/dag-state.ts";
import { showHead } from "../parts/page-head.ts";
import { pathOfDag } from "../parts/run-links.ts";
import { labelState } from "../parts/state.ts";
import { showDistance, showTime } from "../parts/time.ts";

export const DAG_VIEWS = ["grid", "graph", "calendar", "runs", "file", "events"] as const;
export type DagView = (typeof DAG_VIEWS)[number];

/** The Dags that a Dag follows, and those that these follow. */
export function readFollowed({ query }: Pick<PageTools, "query">, dag: DagEntry): DagsById {
  const found = new Map<string, DagEntry>();
  const visit = (entry: DagEntry): void => {
    if (found.has(entry.dagId)) return;
    found.set(entry.dagId, entry);
    const { schedule } = entry.definition;
    if (schedule.kind !== "after") return;
    for (const dagId of schedule.dagIds) {
      const upstream = findDag(query, dagId);
      if (upstream !== undefined) visit(upstream);
    }
  };
  visit(dag);
  return found;
}

export function showDag(
  tools: PageTools,
  dag: DagEntry,
  view: DagView,
  body: Html,
  facts: readonly (readonly [string, Piece] | false)[] = [],
): RenderedPage {
  const { language, href, now, user } = tools;
  const words = WORDS[language];
  const { dagId, definition, isPaused, isActive } = dag;
  const { timezone, schedule } = definition;
  const next =
    isActive && !isPaused
      ? findNextDagSlot(definition, readFollowed(tools, dag), now)?.toISOString()
      : undefined;
  const state = judgeDag(dag);
  const due =
    schedule.kind === "after"
      ? html`${words.after} ${join(
          schedule.dagIds.map((id) => html`<a href="${href(pathOfDag(id))}">${id}</a>`),
          ", ",
        )}`
      : schedule.kind === "manual"
        ? words.manual
        : html`<code>${describeSchedule(schedule)}</code> ${timezone}`;
  return {
    title: `${dagId} · ${words.views[view]}`,
    area: "dags",
    main: html`${showHead(tools, {
      crumbs: [["Dags", "/dags"]],
      title: dagId,
      label: labelState(DAG_LOOKS[state], DAG_STATE_WORDS[language][state]),
      text: definition.description,
      facts: [
        [words.due, due],
        next !== undefined && [
          words.next,
          html`${showTime(tools, next, timezone)}, ${showDistance(tools, next)}`,
        ],
        ...facts,
      ],
      actions: html`${listCommands(language, [
        [words.trigger, ["trigger", dagId]],
        [isPaused ? words.unpause : words.pause, ["dags", isPaused ? "unpause" : "pause", dagId]],
        [words.backfill, ["backfill", dagId, "--from", "2026-01-01", "--to", "2026-01-31"]],
      ])}${isActive && mayWrite(user) && html`${pauseButton(tools, dagId, isPaused)}<a class="button" href="${href("/backfills/new", { dag: dagId })}">${icon("range")}${words.backfill}…</a><a class="button is-primary" href="${href(`${pathOfDag(dagId)}/trigger`)}">${icon("play")}${words.trigger}…</a>`}`,
    })}
<nav class="tabs" id="tabs" aria-label="${words.viewsOf(dagId)}"><ul>${DAG_VIEWS.map(
      (each) =>
        html`<li><a href="${href(`${pathOfDag(dagId)}${each === "grid" ? "" : `/${each}`}`)}"${each === view && html` aria-current="page"`}>${words.views[each]}</a></li>`,
    )}</ul></nav>
${body}`,
  };
}

interface FrameWords {
  readonly views: Readonly<Record<DagView, string>>;
  readonly viewsOf: (dagId: string) => string;
  readonly due: string;
  readonly next: string;
  readonly after: string;
  readonly manual: string;
  readonly trigger: string;
  readonly pause: string;
  readonly unpause: string;
  readonly backfill: string;
}

const WORDS: Words<FrameWords> = {
  en: {
    views: {
      grid: "Grid",
      graph: "Graph",
      calendar: "Calendar",
      runs: "Runs",
      file: "File",
      events: "Events",
    },
    viewsOf: (dagId) => `Views of ${dagId}`,
    due: "Due",
    next: "Next",
    after: "after each success of",
    manual: "only by hand",
    trigger: "Trigger",
    pause: "Pause",
    unpause: "Unpause",
    backfill: "Backfill",
  },
  pt: {
    views: {
      grid: "Grade",
      graph: "Grafo",
      calendar: "Calendário",
      runs: "Execuções",
      file: "Arquivo",
      events: "Eventos",
    },
    viewsOf: (dagId) => `Visualizações de ${dagId}`,
    due: "Agenda",
    next: "Próximo",
    after: "após cada sucesso de",
    manual: "só manualmente",
    trigger: "Disparar",
    pause: "Pausar",
    unpause: "Retomar",
    backfill: "Backfill",
  },
};
