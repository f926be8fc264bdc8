/** All Dags: their last runs, when they are due, whether they are paused. */
import { describeSchedule } from "../../../model/dag/dag.ts";
import { findNextDagSlot, type DagsById } from "../../../model/dag/dag-slots.ts";
import { listDagPage, listImportErrorPage, type DagEntry } from "../../../state/pages/dag-page.ts";
import { listRecentRuns, type RecentRun } from "../../../state/pages/recent-runs.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { DAG_LOOKS, DAG_STATES, DAG_STATE_WORDS, judgeDag, type DagState } from "../parts/dag-state.ts";
import { selectFilter, showFilters, textFilter } from "../parts/filters.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { labelState, nameState } from "../parts/state.ts";
import { describeTime, showDistance, showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import { COMMON_WORDS } from "../parts/words.ts";

const MOST_DAGS = 1_000;
const MOST_FILES = 100;
const RECENT_RUNS = 14;
const FILTERS = [...DAG_STATES, "failed"] as const;
type Filter = (typeof FILTERS)[number];

interface Listed {
  readonly dag: DagEntry;
  readonly state: DagState;
  readonly runs: readonly RecentRun[];
}

export const dagsPage: Page = {
  method: "GET",
  path: "/dags",
  render(tools, { search }) {
    const { query, language } = tools;
    const words = WORDS[language];
    const text = search.get("q");
    const state = FILTERS.find((known) => known === search.get("state")) ?? null;
    const found = listDagPage(query, {}, [{ column: "dag_id", isDescending: false }], {
      limit: MOST_DAGS,
      offset: 0,
    });
    const dags = found.rows;
    const isCut = found.total > dags.length;
    const recent = listRecentRuns(
      query,
      dags.map(({ dagId }) => dagId),
      RECENT_RUNS,
    );
    const listed = dags.map((dag): Listed => ({
      dag,
      state: judgeDag(dag),
      runs: recent.get(dag.dagId) ?? [],
    }));
    const shown = listed.filter((entry) => matches(entry, text, state));
    const byId: DagsById = new Map(dags.map((dag) => [dag.dagId, dag]));
    return {
      title: "Dags",
      area: "dags",
      main: html`${showHead(tools, { title: "Dags", text: words.text })}
${panel({
  id: "dags",
  title: "Dags",
  count: showTotal(language, { total: shown.length, isCut }),
  aside: showFilters(tools, "/dags", [
    textFilter("q", words.find, text),
    selectFilter(
      "state",
      COMMON_WORDS[language].state,
      [
        ["", COMMON_WORDS[language].all],
        ...FILTERS.map(
          (known) =>
            [known, known === "failed" ? words.failedLast : DAG_STATE_WORDS[language][known]] as const,
        ),
      ],
      state,
    ),
  ]),
  body:
    shown.length > 0
      ? scrollTable(words.label, showTable(tools, shown, byId))
      : showEmpty(
          dags.length === 0 ? words.noDags : words.noMatch,
          dags.length === 0 ? words.howDags : words.widen,
        ),
  // The command knows no filters.
  footer: text === null && state === null && showCommand(language, ["dags", "list"]),
})}
${showUnknownFiles(tools, new Set(dags.map(({ dagId }) => dagId)))}`,
    };
  },
};

function matches({ dag, state, runs }: Listed, text: string | null, wanted: Filter | null): boolean {
  if (text !== null && !dag.dagId.toLowerCase().includes(text.toLowerCase())) return false;
  if (wanted === "failed")
    return runs.findLast((run) => run.state !== "queued" && run.state !== "running")?.state === "failed";
  return wanted === null || state === wanted;
}

function showTable(tools: PageTools, shown: readonly Listed[], byId: DagsById): Html {
  const { language } = tools;
  const common = COMMON_WORDS[language];
  const words = WORDS[language];
  return html`<table class="table"><thead><tr><th scope="col">Dag</th><th scope="col">${common.state}</th><th scope="col">${common.last}</th><th scope="col" class="wide-only">${words.schedule}</th><th scope="col" class="wide-only">${common.next}</th></tr></thead><tbody>${shown.map((entry) => showRow(tools, entry, byId))}</tbody></table>`;
}

function showRow(tools: PageTools, { dag, state, runs }: Listed, byId: DagsById): Html {
  const { language, href, now } = tools;
  const { dagId, definition } = dag;
  const next = state === "on" ? findNextDagSlot(definition, byId, now)?.toISOString() : undefined;
  return html`<tr><th scope="row"><a href="${href(pathOfDag(dagId))}">${dagId}</a><small class="clamp">${definition.description}</small></th>
<td>${labelState(DAG_LOOKS[state], DAG_STATE_WORDS[language][state])}</td>
<td>${drawRuns(tools, dag, runs)}</td>
<td class="wide-only"><code>${describeSchedule(definition.schedule)}</code></td>
<td class="wide-only">${next === undefined ? html`<span class="muted">–</span>` : html`${showTime(tools, next, definition.timezone)}<small class="under-state">${showDistance(tools, next)}</small>`}</td></tr>`;
}

const STEP = 12;

/** Oldest to newest, the newest at the right. */
function drawRuns(tools: PageTools, { dagId, definition }: DagEntry, runs: readonly RecentRun[]): Html {
  const first = RECENT_RUNS - runs.length;
  return html`<svg class="drawing" width="${RECENT_RUNS * STEP}" height="18" viewBox="0 0 ${RECENT_RUNS * STEP} 18" role="group" aria-label="${dagId}">${runs.map(
    (run, index) => {
      const x = (first + index) * STEP;
      const label = `${describeTime(tools, run.logicalDate, definition.timezone)}: ${nameState(run.state)}`;
      return html`<a href="${tools.href(pathOfRun(dagId, run.runId))}" aria-label="${label}"><title>${label}</title><rect data-state="${run.state}" x="${x}" y="${run.state === "success" ? 5 : 1}" width="9" height="${run.state === "success" ? 10 : 16}" rx="2"/></a>`;
    },
  )}</svg>`;
}

/** Files of Dags that were never valid. */
function showUnknownFiles(tools: PageTools, known: ReadonlySet<string>): Html {
  const { query, language, timezone, href } = tools;
  const words = WORDS[language];
  const { rows, total } = listImportErrorPage(query, { limit: MOST_FILES, offset: 0 });
  const files = rows.filter(({ dagId }) => !known.has(dagId));
  if (files.length === 0) return html``;
  return panel({
    id: "broken",
    title: words.brokenFiles,
    count: showTotal(language, { total: files.length, isCut: total > rows.length }),
    isFailed: true,
    body: html`<ul class="rows is-dense">${files.map(
      ({ dagId, since }) =>
        html`<li data-state="broken">${icon("broken")}<div><a class="who" href="${href(`${pathOfDag(dagId)}/file`)}">${dagId}</a></div><span class="aside">${showTime(tools, since, timezone)}</span></li>`,
    )}</ul>`,
    footer: showCommand(language, ["dags", "validate"]),
  });
}

interface DagsWords {
  readonly text: string;
  readonly find: string;
  readonly label: string;
  readonly schedule: string;
  readonly noDags: string;
  readonly howDags: string;
  readonly noMatch: string;
  readonly widen: string;
  readonly brokenFiles: string;
  readonly failedLast: string;
}

const WORDS: Words<DagsWords> = {
  en: {
    text: "Every Dag that was run or scheduled at least once.",
    find: "Part of a name",
    label: "Dags; can be scrolled",
    schedule: "Schedule",
    noDags: "No Dags yet",
    howDags: "A Dag appears here when a scheduler has read its file, or a command has run it.",
    noMatch: "No Dag matches",
    widen: "Change the filter.",
    brokenFiles: "Broken files of new Dags",
    failedLast: "failed last",
  },
  pt: {
    text: "Todos os Dags que já foram executados ou agendados.",
    find: "Parte do nome",
    label: "Dags, área rolável",
    schedule: "Agenda",
    noDags: "Nenhum Dag ainda",
    howDags: "Um Dag aparece aqui depois que um scheduler lê o arquivo dele ou um comando o executa.",
    noMatch: "Nenhum Dag corresponde",
    widen: "Mude o filtro.",
    brokenFiles: "Arquivos inválidos de Dags novos",
    failedLast: "última execução falhou",
  },
};
