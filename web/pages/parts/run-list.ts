/** The filtered list of runs that the page of all runs and that of a Dag's runs show. */
import { DAG_RUN_STATES, RUN_TYPES } from "../../../model/run/dag-run.ts";
import { listRunPage } from "../../../state/pages/run-page.ts";
import type { Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { PageInput, PageTools } from "../frame/page.ts";
import { showCommand } from "./command.ts";
import { showCount } from "./figures.ts";
import { selectFilter, showFilters } from "./filters.ts";
import { PAGE_ROWS, readOffset, showPager } from "./pager.ts";
import { panel, showEmpty } from "./panel.ts";
import { showRuns } from "./run-table.ts";
import { COMMON_WORDS } from "./words.ts";

export function showRunList(tools: PageTools, input: PageInput, dagId: string | null): Html {
  const { query, language } = tools;
  const { search, here } = input;
  const words = WORDS[language];
  const common = COMMON_WORDS[language];
  const state = DAG_RUN_STATES.find((known) => known === search.get("state"));
  const type = RUN_TYPES.find((known) => known === search.get("type"));
  const offset = readOffset(search);
  const { rows, total } = listRunPage(
    query,
    {
      dagId: dagId ?? undefined,
      states: state === undefined ? undefined : [state],
      runTypes: type === undefined ? undefined : [type],
    },
    [{ column: "logical_date", isDescending: true }],
    { limit: PAGE_ROWS, offset },
  );
  return panel({
    id: "runs",
    title: words.runs,
    count: showCount(total),
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
    ]),
    body:
      rows.length === 0
        ? showEmpty(words.none, words.how)
        : showRuns(tools, words.label, rows, { hasDag: dagId === null }),
    footer: [
      showCommand(language, [
        "runs",
        "list",
        ...(dagId === null ? [] : [dagId]),
        ...(state === undefined ? [] : ["--state", state]),
      ]),
      showPager(tools, input, { offset, total }),
    ],
  });
}

interface ListWords {
  readonly runs: string;
  readonly label: string;
  readonly none: string;
  readonly how: string;
}

const WORDS: Words<ListWords> = {
  en: {
    runs: "Runs",
    label: "Runs; can be scrolled",
    none: "No runs",
    how: "No run matches, or none was made yet.",
  },
  pt: {
    runs: "Execuções",
    label: "Execuções; pode ser rolado",
    none: "Nenhuma execução",
    how: "Nenhuma execução corresponde, ou nenhuma foi criada ainda.",
  },
};
