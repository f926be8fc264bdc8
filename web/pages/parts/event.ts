/** An event as a row: what happened, to which Dag, and when. */
import type { EventEntry } from "../../../state/pages/event-page.ts";
import { html, type Html } from "../frame/html.ts";
import { icon, type IconName } from "../frame/icons.ts";
import type { PageTools } from "../frame/page.ts";
import { pathOfDag, pathOfRun } from "./run-links.ts";
import { showShort } from "./time.ts";

export function drawEvent(tools: PageTools, event: EventEntry): Html {
  const { href, timezone } = tools;
  const { dagId, runId } = event;
  const path = dagId === null ? null : runId === null ? pathOfDag(dagId) : pathOfRun(dagId, runId);
  return html`<li data-state="${judgeLevel(event)}">${icon(chooseIcon(event))}<div><p><b class="who">${event.kind}</b> ${path !== null && html`<a href="${href(path)}">${dagId}</a>`}</p><p class="clamp" title="${event.message}">${event.message}</p></div><span class="aside">${showShort(tools, event.at, timezone)}</span></li>`;
}

const STATES: Readonly<Record<string, string>> = { warn: "late", error: "failed" };

function judgeLevel({ level }: EventEntry): string {
  return STATES[level] ?? "none";
}

const ICONS: Readonly<Record<string, IconName>> = {
  dag_broken: "broken",
  foreign_object: "foreign",
  attempt_lost: "lost",
  slots_skipped: "skipped",
};

function chooseIcon({ kind, level }: EventEntry): IconName {
  const known = ICONS[kind];
  if (known !== undefined) return known;
  if (level === "error") return "failed";
  return level === "warn" ? "late" : "info";
}
