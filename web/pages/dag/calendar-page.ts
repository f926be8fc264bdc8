/** A year of a Dag: on each day what ran and how it ended, what was skipped, and what comes. */
import { listDagSlots } from "../../../model/dag/dag-slots.ts";
import { findDayOf } from "../../../model/time/local-day.ts";
import { formatDateDashes, parseEnd, parseInstant } from "../../../model/time/local-time.ts";
import {
  listRunDays,
  listSkippedSlots,
  type RunDay,
  type SkippedSlots,
} from "../../../state/pages/calendar.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { pickDag } from "../../api/v2/known-dag.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { countNoun } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { pathOfDag } from "../parts/run-links.ts";
import { showTime } from "../parts/time.ts";
import { countRead, showTotal } from "../parts/total.ts";
import { readFollowed, showDag } from "./dag-frame.ts";

const DAY_MS = 86_400_000;
const CELL = 15;
const TOP = 20;
const LEFT = 36;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2999;
/** Slots ahead that are looked at: a Dag of every minute fills a few days with them. */
const MOST_SLOTS = 3_000;
const MOST_RANGES = 400;

const KINDS = ["success", "failed", "mixed", "open", "skipped", "planned"] as const;

interface Day {
  readonly day: string;
  readonly run: RunDay | undefined;
  readonly skipped: number;
  readonly isPlanned: boolean;
}

export const calendarPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/calendar",
  render(tools, { params, search }) {
    const dag = pickDag(tools.query, params["dag_id"] ?? "");
    const { timezone } = dag.definition;
    const present = Number(formatDateDashes(tools.now, timezone).slice(0, 4));
    const asked = Number(search.get("year") ?? present);
    const year = Number.isInteger(asked) && asked >= FIRST_YEAR && asked <= LAST_YEAR ? asked : present;
    const from = parseInstant(`${year}-01-01`, timezone) ?? tools.now;
    const to = parseEnd(`${year}-12-31`, timezone) ?? tools.now;
    const skipped = listSkippedSlots(tools.query, dag.dagId, {
      from: from.toISOString(),
      to: to.toISOString(),
      limit: MOST_RANGES + 1,
    });
    const days = readDays(tools, dag, { from, to }, skipped);
    const words = WORDS[tools.language];
    const link = (other: number, rel: string): Html =>
      html`<a rel="${rel}" href="${tools.href(`${pathOfDag(dag.dagId)}/calendar`, { year: other })}">${other}</a>`;
    const body = html`${panel({
      id: "calendar",
      title: words.title(year),
      count: timezone,
      aside: html`<p>${link(year - 1, "prev")} ${link(year + 1, "next")}</p>`,
      body: html`<div class="panel-body from-start" tabindex="0" role="region" aria-label="${words.label}">${drawYear(tools, dag, year, days)}</div>
<p class="legend panel-body">${KINDS.map((kind) => html`<span class="state"><svg width="14" height="14" class="calendar" aria-hidden="true"><rect class="day is-${kind}" width="12" height="12" x="1" y="1" rx="2"/></svg>${words.kinds[kind]}</span>`)}</p>`,
    })}
${showSkipped(tools, dag, skipped)}`;
    return showDag(tools, dag, "calendar", body);
  },
};

function readDays(
  tools: PageTools,
  dag: DagEntry,
  { from, to }: { readonly from: Date; readonly to: Date },
  skipped: readonly SkippedSlots[],
): ReadonlyMap<string, Day> {
  const { query, now } = tools;
  const { definition, isActive, isPaused } = dag;
  const { timezone } = definition;
  const days = new Map<string, Day>();
  const add = (day: string, change: Partial<Day>): void => {
    const known = days.get(day) ?? { day, run: undefined, skipped: 0, isPlanned: false };
    days.set(day, { ...known, ...change });
  };
  for (const run of listRunDays(query, dag.dagId, { from: from.toISOString(), to: to.toISOString() })) {
    add(run.day, { run });
  }
  for (const range of skipped) {
    let day = findDayOf(new Date(range.first), timezone);
    for (let steps = 0; day.from.toISOString() <= range.last && day.from <= to && steps < 366; steps += 1) {
      const name = formatDateDashes(day.from, timezone);
      add(name, { skipped: (days.get(name)?.skipped ?? 0) + 1 });
      day = findDayOf(day.until, timezone);
    }
  }
  if (isActive && !isPaused && to > now) {
    const start = from > now ? from : now;
    const slots = listDagSlots(definition, readFollowed(tools, dag), { from: start, to }, MOST_SLOTS) ?? [];
    for (const slot of slots) add(formatDateDashes(slot, timezone), { isPlanned: true });
  }
  return days;
}

function judge({ run, skipped, isPlanned }: Day): string {
  const failed = run === undefined ? 0 : run.failed + run.cancelled;
  if (failed > 0) return run !== undefined && run.success > 0 ? "mixed" : "failed";
  if (run !== undefined && run.open > 0) return "open";
  if (run !== undefined) return "success";
  if (skipped > 0) return "skipped";
  return isPlanned ? "planned" : "none";
}

/** Weeks from left to right, Mondays at the top. */
function drawYear(
  { language, href }: PageTools,
  { dagId }: DagEntry,
  year: number,
  days: ReadonlyMap<string, Day>,
): Html {
  const words = WORDS[language];
  const firstMs = Date.UTC(year, 0, 1);
  const lastMs = Date.UTC(year, 11, 31);
  const offset = (new Date(firstMs).getUTCDay() + 6) % 7;
  const place = (ms: number) => {
    const index = Math.round((ms - firstMs) / DAY_MS) + offset;
    return { x: LEFT + Math.floor(index / 7) * CELL, y: TOP + (index % 7) * CELL };
  };
  const cells: Html[] = [];
  for (let ms = firstMs; ms <= lastMs; ms += DAY_MS) {
    const name = new Date(ms).toISOString().slice(0, 10);
    const day = days.get(name);
    const { x, y } = place(ms);
    const kind = day === undefined ? "none" : judge(day);
    const label =
      day === undefined ? name : `${name}: ${words.describe(day.run, day.skipped, day.isPlanned)}`;
    const cell = html`<rect class="day is-${kind}" x="${x}" y="${y}" width="12" height="12" rx="2"><title>${label}</title></rect>`;
    cells.push(
      day?.run === undefined
        ? cell
        : html`<a href="${href(`${pathOfDag(dagId)}/runs`, { day: name })}" aria-label="${label}">${cell}</a>`,
    );
  }
  const months = words.months.map(
    (month, index) => html`<text x="${place(Date.UTC(year, index, 7)).x}" y="12">${month}</text>`,
  );
  const names = [0, 2, 4].map(
    (row) => html`<text x="0" y="${TOP + row * CELL + 10}">${words.weekdays[row]}</text>`,
  );
  const width = place(lastMs).x + CELL;
  const height = TOP + 7 * CELL;
  return html`<svg class="drawing calendar" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${dagId}, ${year}: ${words.summary([...days.values()])}">${months}${names}${cells}</svg>`;
}

function showSkipped(tools: PageTools, { definition }: DagEntry, found: readonly SkippedSlots[]): Html {
  if (found.length === 0) return html``;
  const skipped = found.slice(0, MOST_RANGES);
  const words = WORDS[tools.language];
  return panel({
    id: "skipped",
    title: words.skippedSlots,
    count: showTotal(tools.language, countRead(found.length, MOST_RANGES)),
    body: html`<ul class="rows is-dense">${skipped.map(
      ({ first, last, count, reason }) =>
        html`<li data-state="skipped">${icon("skipped")}<div><p><b class="who">${showTime(tools, first, definition.timezone)}${last !== first && html` – ${showTime(tools, last, definition.timezone)}`}</b></p><p>${reason}</p></div><span class="aside">${words.slots(count)}</span></li>`,
    )}</ul>`,
  });
}

interface CalendarWords {
  readonly title: (year: number) => string;
  readonly label: string;
  readonly months: readonly string[];
  readonly weekdays: readonly string[];
  readonly kinds: Readonly<Record<(typeof KINDS)[number], string>>;
  readonly describe: (run: RunDay | undefined, skipped: number, isPlanned: boolean) => string;
  readonly summary: (days: readonly Day[]) => string;
  readonly skippedSlots: string;
  readonly slots: (count: number) => string;
}

const sum = (days: readonly Day[], part: "success" | "failed"): number =>
  days.reduce((all, { run }) => all + (run?.[part] ?? 0), 0);

const WORDS: Words<CalendarWords> = {
  en: {
    title: (year) => `The year ${year}`,
    label: "Calendar; can be scrolled",
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    kinds: {
      success: "success",
      failed: "failed",
      mixed: "some failed",
      open: "open",
      skipped: "skipped",
      planned: "planned",
    },
    describe: (run, skipped, isPlanned) =>
      [
        run !== undefined && run.success > 0 && `${run.success} success`,
        run !== undefined && run.failed > 0 && `${run.failed} failed`,
        run !== undefined && run.cancelled > 0 && `${run.cancelled} cancelled`,
        run !== undefined && run.open > 0 && `${run.open} open`,
        skipped > 0 && "slots skipped",
        isPlanned && "planned",
      ]
        .filter((part) => part !== false)
        .join(", "),
    summary: (days) =>
      `${countNoun(sum(days, "success"), "run", "runs")} succeeded, ${sum(days, "failed")} failed`,
    skippedSlots: "Slots that became no run",
    slots: (count) => countNoun(count, "slot", "slots"),
  },
  pt: {
    title: (year) => `O ano de ${year}`,
    label: "Calendário, área rolável",
    months: ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
    weekdays: ["seg", "ter", "qua", "qui", "sex", "sáb", "dom"],
    kinds: {
      success: "sucesso",
      failed: "falha",
      mixed: "algumas falhas",
      open: "aberta",
      skipped: "pulado",
      planned: "previsto",
    },
    describe: (run, skipped, isPlanned) =>
      [
        run !== undefined && run.success > 0 && `${run.success} com sucesso`,
        run !== undefined && run.failed > 0 && `${run.failed} com falha`,
        run !== undefined && run.cancelled > 0 && countNoun(run.cancelled, "cancelada", "canceladas"),
        run !== undefined && run.open > 0 && countNoun(run.open, "aberta", "abertas"),
        skipped > 0 && "horários pulados",
        isPlanned && "previsto",
      ]
        .filter((part) => part !== false)
        .join(", "),
    summary: (days) =>
      `${countNoun(sum(days, "success"), "execução", "execuções")} com sucesso, ${sum(days, "failed")} com falha`,
    skippedSlots: "Horários que não viraram execução",
    slots: (count) => countNoun(count, "horário", "horários"),
  },
};
