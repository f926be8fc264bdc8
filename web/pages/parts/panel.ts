/** A panel: a titled part of a page. A live one is replaced when the page is read again. */
import { html, type Html, type Piece } from "../frame/html.ts";

export interface PanelParts {
  /** Unique on its page. */
  readonly id: string;
  readonly title: Piece;
  readonly count?: Piece;
  /** At the right of the head. */
  readonly aside?: Piece;
  readonly body: Piece;
  readonly footer?: Piece;
  readonly isFailed?: boolean;
}

export function panel({ id, title, count, aside, body, footer, isFailed = false }: PanelParts): Html {
  return html`<section class="panel${isFailed && " is-failed"}" id="${id}" aria-labelledby="${id}-title" data-live>
<header><h2 id="${id}-title">${title}${count !== undefined && html` <span class="count">${count}</span>`}</h2>${aside}</header>
${body}
${footer !== undefined && footer !== false && html`<footer>${footer}</footer>`}
</section>`;
}

/** A table that scrolls in itself where it is too wide. */
export function scrollTable(label: string, table: Html): Html {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}

/** What stands where there is nothing to show. */
export function showEmpty(title: string, text: Piece): Html {
  return html`<div class="empty"><h3>${title}</h3><p>${text}</p></div>`;
}
