/** What happened, newest first, of all Dags or of one. */
import { listEventKinds, listEventPage } from "../../../state/pages/event-page.ts";
import { pickDag } from "../../api/v2/known-dag.ts";
import { html, type Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageInput, PageTools } from "../frame/page.ts";
import { showDag } from "../dag/dag-frame.ts";
import { drawEvent } from "../parts/event.ts";
import { selectFilter, showFilters } from "../parts/filters.ts";
import { showHead } from "../parts/page-head.ts";
import { PAGE_ROWS, readOffset, showPager } from "../parts/pager.ts";
import { panel, showEmpty } from "../parts/panel.ts";
import { showTotal } from "../parts/total.ts";
import { COMMON_WORDS } from "../parts/words.ts";

export const eventsPage: Page = {
  method: "GET",
  path: "/events",
  render(tools, input) {
    const { title } = WORDS[tools.language];
    return {
      title,
      area: "events",
      main: html`${showHead(tools, { title })}${showEvents(tools, input, undefined)}`,
    };
  },
};

export const dagEventsPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/events",
  render(tools, input) {
    const dag = pickDag(tools.query, input.params["dag_id"] ?? "");
    return showDag(tools, dag, "events", showEvents(tools, input, dag.dagId));
  },
};

function showEvents(tools: PageTools, input: PageInput, dagId: string | undefined): Html {
  const { query, language } = tools;
  const { search, here } = input;
  const words = WORDS[language];
  const common = COMMON_WORDS[language];
  const kinds = listEventKinds(query);
  const kind = kinds.find((known) => known === search.get("kind"));
  const offset = readOffset(search);
  const { rows, ...found } = listEventPage(
    query,
    { dagId, kinds: kind === undefined ? undefined : [kind] },
    [{ column: "event_log_id", isDescending: true }],
    { limit: PAGE_ROWS, offset },
  );
  return panel({
    id: "events",
    title: words.title,
    count: showTotal(language, found),
    aside: showFilters(tools, here.path, [
      selectFilter(
        "kind",
        words.kind,
        [["", common.all], ...kinds.map((known) => [known, known] as const)],
        kind ?? null,
      ),
    ]),
    body:
      rows.length === 0
        ? showEmpty(words.none, words.how)
        : html`<ul class="rows is-dense">${rows.map((event) => drawEvent(tools, event))}</ul>`,
    footer: showPager(tools, input, { offset, total: found.total }),
  });
}

interface EventWords {
  readonly title: string;
  readonly kind: string;
  readonly none: string;
  readonly how: string;
}

const WORDS: Words<EventWords> = {
  en: {
    title: "Events",
    kind: "Kind",
    none: "No events",
    how: "What people may want to know later appears here.",
  },
  pt: {
    title: "Eventos",
    kind: "Tipo",
    none: "Nenhum evento",
    how: "O que convém saber mais tarde aparece aqui.",
  },
};
