/** The keys that work on the pages. */
import { html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page } from "../frame/page.ts";
import { showHead } from "../parts/page-head.ts";
import { panel } from "../parts/panel.ts";

export const keysPage: Page = {
  method: "GET",
  path: "/keys",
  render(tools) {
    const words = WORDS[tools.language];
    return {
      title: words.title,
      area: null,
      main: html`${showHead(tools, { title: words.title, text: words.text })}
${panel({
  id: "keys",
  title: words.title,
  body: html`<dl class="pairs panel-body">${words.keys.map(
    ([keys, meaning]) =>
      html`<dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${meaning}</dd>`,
  )}</dl>`,
})}`,
    };
  },
};

interface KeyWords {
  readonly title: string;
  readonly text: string;
  readonly keys: readonly (readonly [keys: string, meaning: string])[];
}

const WORDS: Words<KeyWords> = {
  en: {
    title: "Keys",
    text: "They are off while you type in a field.",
    keys: [
      ["/", "go to a Dag, a run, a key or an id"],
      ["?", "this page"],
      ["g h", "home"],
      ["g d", "Dags"],
      ["g r", "runs"],
      ["g l", "lake"],
      ["g i", "ids"],
      ["g b", "backfills"],
      ["g e", "events"],
      ["← → ↑ ↓", "move in the grid"],
      ["Enter", "open the run of the chosen cell"],
      ["[ ]", "the run before and after, the page before and after"],
      ["c", "copy the page’s command"],
    ],
  },
  pt: {
    title: "Atalhos de teclado",
    text: "Ficam desligados enquanto você digita em um campo.",
    keys: [
      ["/", "ir para um Dag, uma execução, uma chave ou um id"],
      ["?", "esta página"],
      ["g h", "início"],
      ["g d", "Dags"],
      ["g r", "execuções"],
      ["g l", "lake"],
      ["g i", "ids"],
      ["g b", "backfills"],
      ["g e", "eventos"],
      ["← → ↑ ↓", "mover na grade"],
      ["Enter", "abrir a execução da célula escolhida"],
      ["[ ]", "a execução anterior e a seguinte, a página anterior e a seguinte"],
      ["c", "copiar o comando da página"],
    ],
  },
};
