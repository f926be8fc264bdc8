/** Links to the next and the former part of a long list. */
import { html, type Html } from "../frame/html.ts";
import type { PageInput, PageTools } from "../frame/page.ts";
import { COMMON_WORDS } from "./words.ts";

export const PAGE_ROWS = 50;

/** From the address: `?offset=100`. Anything else is the beginning. */
export function readOffset(search: URLSearchParams): number {
  const offset = Number(search.get("offset") ?? 0);
  return Number.isSafeInteger(offset) && offset >= 0 && offset < 1_000_000_000 ? offset : 0;
}

/** `total`: of all parts, or as far as it was counted. */
export function showPager(
  { language, href }: PageTools,
  { here }: Pick<PageInput, "here">,
  { offset, total }: { readonly offset: number; readonly total: number },
): Html {
  const words = COMMON_WORDS[language];
  const link = (to: number, text: string, rel: string): Html =>
    html`<a rel="${rel}" href="${href(here.path, { ...here.search, offset: to === 0 ? undefined : to })}">${text}</a>`;
  return html`${offset > 0 && link(Math.max(0, offset - PAGE_ROWS), words.newer, "prev")} ${offset + PAGE_ROWS < total && link(offset + PAGE_ROWS, words.older, "next")}`;
}
