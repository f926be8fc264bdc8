/** The cells of the grid as one drawing: in each row a path for each state, filled with that state's cell. However many runs there are, a row has few elements. */
import { html, type Html, type Piece } from "../frame/html.ts";

/** In pixels. The cell of a state is drawn in its upper left, with some space to the next. */
export const COLUMN = 10;
const ROW = 20;

/** What a cell shows: as in the legend, in the little room that it has. */
const CELLS = {
  success: html`<rect class="full" y="2" width="9" height="16" rx="2"/>`,
  failed: html`<rect class="full" y="2" width="9" height="16" rx="2"/><path class="glyph" d="m2.5 8 4 4m0-4-4 4"/>`,
  upstream_failed: drawHollow(html`<path d="m2.5 8 4 4m0-4-4 4"/>`),
  running: html`<rect class="full" y="2" width="9" height="16" rx="2"/><path class="glyph" d="m3.5 7 3 3-3 3"/>`,
  up_for_retry: drawHollow(html`<path d="M6.8 10A2.4 2.4 0 1 1 5.6 7.9"/><path d="M5 6v2.4h2.4"/>`),
  queued: drawHollow(html`<path d="M2 10h1m1 0h1m1 0h1"/>`),
  skipped: drawHollow(html`<path d="M2.5 10h4"/>`),
  cancelled: drawHollow(html`<path d="M3 8.5h3v3h-3z"/>`),
  none: html`<rect class="empty" x=".5" y="2.5" width="8" height="15" rx="1.5"/>`,
} as const satisfies Readonly<Record<string, Html>>;

/** States that look like another. */
const SAME: Readonly<Record<string, keyof typeof CELLS>> = {
  up_for_reschedule: "up_for_retry",
  scheduled: "queued",
};

function drawHollow(glyph: Html): Html {
  return html`<rect class="hollow" x=".75" y="2.75" width="7.5" height="14.5" rx="1.5"/><g class="sign">${glyph}</g>`;
}

/** The patterns that the rows of a page are filled with. */
export function defineCells(): Html {
  return html`<defs>${Object.entries(CELLS).map(
    ([state, cell]) =>
      html`<pattern id="cell-${state}" class="cell" data-state="${state}" width="${COLUMN}" height="${ROW}" patternUnits="userSpaceOnUse">${cell}</pattern>`,
  )}</defs>`;
}

/** `rows`: of each task the states in each run, the oldest first; `undefined` where the run has no such task. `more` stands above the cells. */
export function drawCells(rows: readonly (readonly (string | undefined)[])[], more: Piece): Html {
  const width = Math.max(0, ...rows.map((states) => states.length)) * COLUMN;
  return html`<svg class="cells" width="${width}" height="${rows.length * ROW}">${rows.map(drawRow)}${more}</svg>`;
}

function drawRow(states: readonly (string | undefined)[], row: number): readonly Html[] {
  const areas = new Map<string | undefined, string>();
  for (let from = 0; from < states.length;) {
    const state = states[from];
    let to = from + 1;
    while (to < states.length && states[to] === state) to += 1;
    const width = (to - from) * COLUMN;
    areas.set(state, `${areas.get(state) ?? ""}M${from * COLUMN} ${row * ROW}h${width}v${ROW}h-${width}`);
    from = to;
  }
  return [...areas].map(
    ([state, area]) =>
      html`<path${state !== undefined && html` data-state="${state}"`} fill="url(#cell-${findCell(state)})" d="${area}"/>`,
  );
}

function findCell(state = "none"): string {
  const name = SAME[state] ?? state;
  return Object.hasOwn(CELLS, name) ? name : "none";
}

/** Around a cell, and as a link to its run the one tab stop of the grid. */
export function drawMarker(
  { column, row }: { readonly column: number; readonly row: number },
  path: string,
  label: string,
): Html {
  return html`<a class="marker" id="marker" transform="translate(${column * COLUMN} ${row * ROW})" href="${path}" aria-label="${label}"><rect x="-1.5" y=".5" width="12" height="19" rx="3"/></a>`;
}
