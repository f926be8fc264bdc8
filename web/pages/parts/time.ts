/** The one place where pages write times: the wall clock of a zone with its offset, and UTC on hover. */
import { formatLocal } from "../../../model/time/local-time.ts";
import { html, type Html } from "../frame/html.ts";
import type { Language } from "../frame/language.ts";
import type { PageTools } from "../frame/page.ts";
import { showDuration } from "./figures.ts";

const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  en: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
  pt: ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
};

type TimeTools = Pick<PageTools, "language" | "now">;

interface TimeParts {
  /** `28 Nov`, with the year if it is another one. */
  readonly day: string;
  /** `06:00`, with the seconds if they are asked for or not zero. */
  readonly clock: string;
  /** `−03:00`. */
  readonly offset: string;
}

export function splitTime(
  { language, now }: TimeTools,
  instant: string,
  zone: string,
  hasSeconds = false,
): TimeParts {
  const local = formatLocal(new Date(instant), zone);
  const [year = "", month = "", day = ""] = local.slice(0, 10).split("-");
  const isThisYear = year === formatLocal(now, zone).slice(0, 4);
  const name = `${Number(day)} ${MONTHS[language][Number(month) - 1] ?? month}`;
  const seconds = local.slice(16, 19);
  return {
    day: isThisYear ? name : `${name} ${year}`,
    clock: local.slice(11, 16) + (hasSeconds || seconds !== ":00" ? seconds : ""),
    offset: local.slice(20).replace("-", "−"),
  };
}

/** `28 Nov 06:00 −03:00`. `instant`: ISO UTC. */
export function showTime(tools: TimeTools, instant: string, zone: string, hasSeconds = false): Html {
  const { day, clock, offset } = splitTime(tools, instant, zone, hasSeconds);
  return html`<time datetime="${instant}" title="${showUtc(instant)}" class="nowrap">${day} ${clock} <span class="offset">${offset}</span></time>`;
}

/** The same as text, for a title or a label. */
export function describeTime(tools: TimeTools, instant: string, zone: string): string {
  const { day, clock } = splitTime(tools, instant, zone);
  return `${day} ${clock}`;
}

/** `09:52` of today, `28 Nov` of another day: for lists in which the exact time matters less. */
export function showShort(tools: TimeTools, instant: string, zone: string): Html {
  const { day, clock } = splitTime(tools, instant, zone);
  const isToday = day === splitTime(tools, tools.now.toISOString(), zone).day;
  return html`<time datetime="${instant}" title="${showUtc(instant)}" class="nowrap">${isToday ? clock.slice(0, 5) : day}</time>`;
}

/** `09:52:10 −03:00`, where the day is clear. */
export function showClock(tools: TimeTools, instant: string, zone: string): Html {
  const { clock, offset } = splitTime(tools, instant, zone, true);
  return html`<time datetime="${instant}" title="${showUtc(instant)}" class="nowrap">${clock} <span class="offset">${offset}</span></time>`;
}

function showUtc(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

const SOON = {
  en: { ahead: (length: string) => `in ${length}`, ago: (length: string) => `${length} ago` },
  pt: { ahead: (length: string) => `em ${length}`, ago: (length: string) => `há ${length}` },
} as const;

/** `in 13 min` or `47 min ago`. */
export function showDistance({ language, now }: TimeTools, instant: string): string {
  const seconds = (Date.parse(instant) - now.getTime()) / 1000;
  return seconds >= 0
    ? SOON[language].ahead(showDuration(Math.ceil(seconds)))
    : SOON[language].ago(showDuration(Math.floor(-seconds)));
}

/** From one instant to another, or to now: then the page counts it on. */
export function showElapsed({ now }: TimeTools, from: string | null, to: string | null): Html {
  if (from === null) return html`–`;
  const endMs = to === null ? now.getTime() : Date.parse(to);
  const seconds = Math.max(0, (endMs - Date.parse(from)) / 1000);
  if (to !== null) return html`${showDuration(seconds)}`;
  return html`<span data-since="${from}">${showDuration(seconds)}</span>`;
}
