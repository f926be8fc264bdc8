/** Icons as symbols of the page. Each state has a shape of its own, so that no state depends on its colour alone. */
import { html, type Html } from "./html.ts";

/** Drawn in 16 x 16 units with the ink of the text around them. */
const SHAPES = {
  adopted: html`<path d="M8 1.2 14.8 8 8 14.8 1.2 8z" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 1.2V14.8L1.2 8z" fill="currentColor"/>`,
  again: html`<path d="M13.5 8A5.5 5.5 0 1 1 11.6 3.8" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M14.4 1v4.6H9.8z" fill="currentColor"/>`,
  broken: html`<path d="M8 1.2 15.3 14.3H.7z" fill="currentColor"/><path d="M8 5.8v4M8 11.6v1.2" stroke="var(--on-fill)" stroke-width="1.7"/>`,
  cancelled: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><rect x="5.5" y="5.5" width="5" height="5" fill="currentColor"/>`,
  committed: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m5 8.2 2.1 2.2 3.9-4.5" fill="none" stroke="currentColor" stroke-width="1.7"/>`,
  copy: html`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M3.5 10.5h-1v-8h8v1" fill="none" stroke="currentColor" stroke-width="1.4"/>`,
  down: html`<path d="M8 2v8.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
  due: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 4.5V8.2l2.3 1.5" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
  failed: html`<rect x="1" y="1" width="14" height="14" rx="3" fill="currentColor"/><path d="m5 5 6 6m0-6-6 6" stroke="var(--on-fill)" stroke-width="1.8"/>`,
  file: html`<path d="M3.5 1.8h6l3 3v9.4h-9zM9.3 2v3h3" fill="none" stroke="currentColor" stroke-width="1.4"/>`,
  foreign: html`<path d="M8 1.2 14.8 8 8 14.8 1.2 8z" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 5v3.6M8 10.2v1.3" stroke="currentColor" stroke-width="1.5"/>`,
  heart: html`<circle cx="8" cy="8" r="4" fill="currentColor"/><circle cx="8" cy="8" r="6.8" fill="none" stroke="currentColor" opacity=".35" stroke-width="1.5"/>`,
  info: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 7v4.3M8 4.3v1.3" stroke="currentColor" stroke-width="1.6"/>`,
  late: html`<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M8 4v4.3l2.7 1.7" fill="none" stroke="var(--on-fill)" stroke-width="1.7"/>`,
  lost: html`<path d="M8 1.75A6.25 6.25 0 1 0 14.25 8" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="m10 6 4.5-4.5" stroke="currentColor" stroke-width="1.7"/>`,
  missing: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M6.1 6.5C6.1 4 10 4.2 10 6.5 10 8 8 8 8 9.4M8 10.6v1.3" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
  new: html`<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M8 4.5v7M4.5 8h7" stroke="var(--on-fill)" stroke-width="1.8"/>`,
  none: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 2.9"/>`,
  paused: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M6.3 5.5v5m3.4-5v5" stroke="currentColor" stroke-width="1.6"/>`,
  play: html`<path d="M4.5 2.8v10.4L13 8z" fill="currentColor"/>`,
  prompt: html`<path d="m2.5 4.5 4 3.5-4 3.5M8 12h5.5" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  queued: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M4.6 8h.01M8 8h.01M11.4 8h.01" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>`,
  range: html`<path d="M2 3v10M14 3v10M4.5 8h7M9 5.5 11.5 8 9 10.5M7 5.5 4.5 8 7 10.5" fill="none" stroke="currentColor" stroke-width="1.4"/>`,
  running: html`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2" opacity=".28"/><g class="turning"><path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/></g><circle cx="8" cy="8" r="2" fill="currentColor"/>`,
  search: html`<circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m10.5 10.5 3.5 3.5" stroke="currentColor" stroke-width="1.5"/>`,
  skipped: html`<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M5 8h6" stroke="currentColor" stroke-width="1.8"/>`,
  success: html`<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="m4.8 8.2 2.2 2.3 4.2-4.8" fill="none" stroke="var(--on-fill)" stroke-width="1.8"/>`,
  up_for_reschedule: html`<path d="M4 1.8h8M4 14.2h8M5 2c0 4 6 4.5 6 6s0 2-6 6m6-12c0 4-6 4.5-6 6s0 2 6 6" fill="none" stroke="currentColor" stroke-width="1.4"/>`,
  upstream_failed: html`<rect x="1.75" y="1.75" width="12.5" height="12.5" rx="2.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m5.5 5.5 5 5m0-5-5 5" stroke="currentColor" stroke-width="1.5"/>`,
} as const satisfies Readonly<Record<string, Html>>;

/** States that look like another. */
const SAME = {
  differs: "failed",
  not_found: "missing",
  stored: "success",
  verified: "success",
  up_for_retry: "again",
  timed_out: "failed",
  scheduled: "queued",
} as const satisfies Readonly<Record<string, keyof typeof SHAPES>>;

export type IconName = keyof typeof SHAPES | keyof typeof SAME;

export function icon(name: IconName): Html {
  return html`<svg class="icon" aria-hidden="true"><use href="#i-${findShape(name)}" /></svg>`;
}

/** In a pattern it would stand still. */
const MOVING = "running";

/**
 * Inside a drawing that has the patterns of `defineStateIcons`: a state's icon at that place, 14 units wide. A
 * browser takes several times as long for a copy of the icon as for an area that is filled with it.
 */
export function placeStateIcon(state: string, x: number, y: number): Html {
  const name = isIcon(state) ? state : "none";
  const place = html`x="${x}" y="${y}" width="14" height="14"`;
  return name === MOVING
    ? html`<use href="#i-${findShape(name)}" ${place} />`
    : html`<rect fill="url(#state-${name})" ${place} />`;
}

/** The patterns of these states. */
export function defineStateIcons(states: readonly string[]): Html {
  const names = new Set(states.map((state) => (isIcon(state) ? state : "none")));
  names.delete(MOVING);
  return html`<defs>${[...names].map(
    (name) =>
      html`<pattern id="state-${name}" class="state-icon" data-state="${name}" width="1" height="1" viewBox="0 0 16 16"><use href="#i-${findShape(name)}" width="16" height="16" /></pattern>`,
  )}</defs>`;
}

export function isIcon(name: string): name is IconName {
  return Object.hasOwn(SHAPES, name) || Object.hasOwn(SAME, name);
}

function findShape(name: IconName): keyof typeof SHAPES {
  return Object.hasOwn(SAME, name) ? SAME[name as keyof typeof SAME] : (name as keyof typeof SHAPES);
}

const USES = /href="#i-([a-z_]+)"/g;

/** The symbols that these parts of a page use, and the hatching of what waits. */
export function defineIcons(...parts: readonly Html[]): Html {
  const used = new Set(parts.flatMap(({ text }) => [...text.matchAll(USES)].map(([, name]) => name ?? "")));
  const symbols = Object.entries(SHAPES).filter(([name]) => used.has(name));
  return html`<svg width="0" height="0" aria-hidden="true" class="unseen" id="icons">
    <defs>
      ${symbols.map(([name, shape]) => html`<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`)}
      <pattern
        id="hatch"
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <path class="hatch-line" d="M0 0v5" />
      </pattern>
    </defs>
  </svg>`;
}
