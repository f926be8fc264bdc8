/** Filters of a list as a form whose answer is a link: the page's address holds them. */
import { html, type Html, type Piece } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { COMMON_WORDS } from "./words.ts";

/** A list of choices; the first one stands for no filter. */
export function selectFilter(
  name: string,
  label: string,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string | null,
): Html {
  return html`<label>${label} <select name="${name}">${choices.map(
    ([value, text]) =>
      html`<option value="${value}"${value === (chosen ?? "") && html` selected`}>${text}</option>`,
  )}</select></label>`;
}

export function textFilter(name: string, label: string, value: string | null): Html {
  return html`<label><span class="unseen">${label}</span><input class="is-search" type="search" name="${name}" value="${value ?? ""}" placeholder="${label}"></label>`;
}

export function dayFilter(name: string, label: string, day: string | null): Html {
  return html`<label>${label} <input type="date" name="${name}" value="${day ?? ""}"></label>`;
}

/** `path`: of the list. Without a script the button sends the form; with one, each choice does. */
export function showFilters({ language, href }: PageTools, path: string, fields: readonly Piece[]): Html {
  return html`<form class="filters" action="${href(path)}" data-send>${fields}<button class="is-small">${COMMON_WORDS[language].show}</button></form>`;
}
