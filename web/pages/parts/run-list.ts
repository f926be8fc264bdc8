/** The filtered list of runs that the page of all runs and that of a Dag's runs show. */
import { DAG_RUN_STATES, RUN_TYPES } from "../../../model/run/dag-run.ts";
import { parseEnd, parseInstant } from "../../../model/time/local-time.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { listRunPage } from "../../../state/pages/run-page.ts";
import type { Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { PageInput, PageTools } from "../frame/page.ts";
import { showCommand } from "./command.ts";
import { dayFilter, selectFilter, showFilters } from "./filters.ts";
import { PAGE_ROWS, readOffset, showPager } from "./pager.ts";
import { panel, showEmpty } from "./panel.ts";
import { showRuns } from "./run-table.ts";
import { showTotal } from "./total.ts";
import { COMMON_WORDS } from "./words.ts";

/** `dag`: only this one's; a day of the filter is one of its zone, or of the service's. */
export function showRunList(tools: PageTools, input: PageInput, dag: DagEntry | null): Html {
  const { query, language, timezone } = tools;
  const dagId = dag?.dagId ?? null;
  const { search, here } = input;
  const words = WORDS[language];
  const common = COMMON_WORDS[language];
  const state = DAG_RUN_STATES.find((known) => known === search.get("state"));
  const type = RUN_TYPES.find((known) => known === search.get("type"));
  const day = readDay(search.get("day"), dag?.definition.timezone ?? timezone);
  const offset = readOffset(search);
  const { rows, ...found } = listRunPage(
    query,
    {
      dagId: dagId ?? undefined,
      states: state === undefined ? undefined : [state],
      runTypes: type === undefined ? undefined : [type],
      ...(day === undefined ? {} : { dates: day.bounds }),
    },
    [{ column: "logical_date", isDescending: true }],
    { limit: PAGE_ROWS, offset },
  );
  return panel({
    id: "runs",
    title: words.runs,
    count: showTotal(language, found),
    aside: showFilters(tools, here.path, [
      selectFilter(
        "state",
        common.state,
        [["", common.all], ...DAG_RUN_STATES.map((known) => [known, known] as const)],
        state ?? null,
      ),
      selectFilter(
        "type",
        common.type,
        [["", common.all], ...RUN_TYPES.map((known) => [known, known] as const)],
        type ?? null,
      ),
      dayFilter("day", words.day, day?.day ?? null),
    ]),
    body:
      rows.length === 0
        ? showEmpty(words.none, words.how)
        : showRuns(tools, words.label, rows, { hasDag: dagId === null }),
    footer: [
      // The command knows neither types nor days.
      type === undefined &&
        day === undefined &&
        showCommand(language, [
          "runs",
          "list",
          ...(dagId === null ? [] : [dagId]),
          ...(state === undefined ? [] : ["--state", state]),
        ]),
      showPager(tools, input, { offset, total: found.total }),
    ],
  });
}

/** `undefined` if it is none. */
function readDay(text: string | null, zone: string) {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const [from, to] = [parseInstant(text, zone), parseEnd(text, zone)];
  if (from === undefined || to === undefined) return undefined;
  const bounds = [
    { date: "logical_date", comparison: "gte", instant: from.toISOString() },
    { date: "logical_date", comparison: "lte", instant: to.toISOString() },
  ] as const;
  return { day: text, bounds };
}

interface ListWords {
  readonly runs: string;
  readonly day: string;
  readonly label: string;
  readonly none: string;
  readonly how: string;
}

const WORDS: Words<ListWords> = {
  en: {
    runs: "Runs",
    day: "Day",
    label: "Runs; can be scrolled",
    none: "No runs",
    how: "No run matches, or none was made yet.",
  },
  pt: {
    runs: "Execuções",
    day: "Dia",
    label: "Execuções, área rolável",
    none: "Nenhuma execução",
    how: "Nenhuma execução corresponde, ou nenhuma foi criada ainda.",
  },
};
