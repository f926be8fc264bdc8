/** The head of a page: where it is, its title, its facts, what can be done. */
import { html, type Html, type Piece } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { COMMON_WORDS } from "./words.ts";

export interface HeadParts {
  /** Text and path of the pages above, the first page left out. */
  readonly crumbs?: readonly (readonly [text: string, path: string])[];
  readonly title: Piece;
  /** Next to the title: a state, a switch. */
  readonly label?: Piece;
  readonly text?: Piece;
  readonly facts?: readonly (readonly [name: string, value: Piece] | false)[];
  readonly actions?: Piece;
}

export function showHead(tools: PageTools, parts: HeadParts): Html {
  const { crumbs = [], title, label, text, facts = [], actions } = parts;
  const { language, href } = tools;
  const words = COMMON_WORDS[language];
  const above: readonly (readonly [string, string])[] = [[words.home, "/"], ...crumbs];
  const shown = facts.filter((fact) => fact !== false);
  return html`<div class="page-head" id="page-head" data-live><div>
${crumbs.length > 0 && html`<nav aria-label="${words.where}"><ol class="crumbs">${above.map(([name, path]) => html`<li><a href="${href(path)}">${name}</a></li>`)}</ol></nav>`}
<div class="title"><h1>${title}</h1>${label}</div>
${text !== undefined && html`<p class="muted">${text}</p>`}
${shown.length > 0 && html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}
</div>
${actions !== undefined && html`<div class="actions">${actions}</div>`}
</div>`;
}
