/** Goes to what a word means: a Dag, a run, a title's id, a key; else lists what is near. */
import { findRun } from "../../../app/runs/find-run.ts";
import { CommandRefused } from "../../../model/errors.ts";
import type { DagRun } from "../../../model/run/dag-run.ts";
import { findDag, listDagPage } from "../../../state/pages/dag-page.ts";
import { html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { icon } from "../frame/icons.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, showEmpty } from "../parts/panel.ts";
import { pathOfDag, pathOfId, pathOfRun } from "../parts/run-links.ts";
import { showTotal } from "../parts/total.ts";

const MOST = 20;

export const findPage: Page = {
  method: "GET",
  path: "/find",
  render(tools, { search }) {
    const { language, query, href } = tools;
    const words = WORDS[language];
    const asked = (search.get("q") ?? "").trim();
    const target = findTarget(tools, asked);
    const near = listDagPage(query, { pattern: asked }, [{ column: "dag_id", isDescending: false }], {
      limit: MOST,
      offset: 0,
    });
    const title = words.title(asked);
    return {
      title,
      area: null,
      ...(target === undefined ? {} : { goTo: target }),
      main: html`${showHead(tools, { title, text: words.text })}
${panel({
  id: "found",
  title: "Dags",
  count: showTotal(language, near),
  body:
    near.rows.length === 0
      ? showEmpty(words.none, words.how)
      : html`<ul class="rows is-dense">${near.rows.map(({ dagId, definition }) => html`<li>${icon("play")}<div><a class="who" href="${href(pathOfDag(dagId))}">${dagId}</a><p>${definition.description}</p></div></li>`)}</ul>`,
})}`,
    };
  },
};

/** A path; `undefined` if the word is not one thing. */
function findTarget(tools: PageTools, asked: string): string | undefined {
  if (asked === "") return "/";
  const dag = findDag(tools.query, asked);
  if (dag !== undefined) return pathOfDag(dag.dagId);
  const run = findNamedRun(tools, asked);
  if (run !== undefined) return pathOfRun(run.dagId, run.runId);
  if (/^tt\d+$/.test(asked)) return pathOfId(asked);
  return asked.includes("/") ? `/lake?key=${encodeURIComponent(asked)}` : undefined;
}

function findNamedRun({ query, lakeId, now }: PageTools, asked: string): DagRun | undefined {
  try {
    return findRun(query, lakeId, asked, now);
  } catch (error) {
    if (error instanceof CommandRefused) return undefined;
    throw error;
  }
}

interface FindWords {
  readonly title: (asked: string) => string;
  readonly text: string;
  readonly none: string;
  readonly how: string;
}

const WORDS: Words<FindWords> = {
  en: {
    title: (asked) => `What is ${asked}?`,
    text: "No Dag, run, id or key has exactly this name. These are near:",
    none: "Nothing is near",
    how: "Try a part of a Dag’s name, a run’s id, an id such as tt0133093, or a key.",
  },
  pt: {
    title: (asked) => `O que é ${asked}?`,
    text: "Nenhum Dag, execução, id ou chave tem exatamente este nome. Estes são parecidos:",
    none: "Nada parecido",
    how: "Tente parte do nome de um Dag, o id de uma execução, um id como tt0133093 ou uma chave.",
  },
};
