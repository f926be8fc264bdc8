/**
 * How an instant reads on the wall clock of a zone, and which instant a wall time means. Uses Intl alone, never a
 * clock. timetable.ts decides which wall times are due.
 *
 * A wall time is held as "wall milliseconds": the milliseconds since 1970 that a clock in UTC would need to show the
 * same digits.
 */
import { LAST_INSTANT } from "./instant.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** No zone is further from UTC, and no transition shifts a clock by more (Samoa left out a whole day in 2011). */
export const ZONE_REACH_MS = 26 * HOUR_MS;

/** Time is divided into cells of this length; no cell has two transitions of a zone. */
const CELL_MS = 13 * HOUR_MS;
/** Cells remembered per zone, about six years: reading an offset from Intl costs 5 µs, ten of them a slot. */
const CELLS_KEPT = 4_096;

interface Cell {
  /** At the cell's start. */
  readonly offsetMs: number;
  /** After the start, up to and including the next cell's start. */
  readonly transition: Transition | undefined;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const cells = new Map<string, Map<number, Cell>>();

/** A change of a zone's offset: from `atMs` on `offsetAfterMs` holds. Offsets are wall minus UTC. */
export interface Transition {
  readonly atMs: number;
  readonly offsetBeforeMs: number;
  readonly offsetAfterMs: number;
}

/** Whether `name` is a zone of the tz database, such as `America/Sao_Paulo` or `UTC`. Bare offsets are not. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    getFormatter(name);
    return true;
  } catch {
    return false;
  }
}

/** Day of the instant in the zone: `2026/11/23`. */
export function formatPartition(instant: Date, timezone: string): string {
  return formatDay(instant, timezone, "/");
}

/** Day of the instant in the zone: `2026-11-23`. */
export function formatDateDashes(instant: Date, timezone: string): string {
  return formatDay(instant, timezone, "-");
}

/** The instant in UTC to the millisecond, without separators: `20261123T090000000Z`. */
export function formatRunStamp(instant: Date): string {
  return instant.toISOString().replaceAll(/[-:.]/g, "");
}

/** For people: `2026-11-23 06:00:00 -03:00`. Whole seconds; an offset with seconds (before 1972) shows them. */
export function formatLocal(instant: Date, timezone: string): string {
  const offsetMs = getOffsetMs(instant.getTime(), timezone);
  const wall = new Date(instant.getTime() + offsetMs).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, 19)} ${formatOffset(offsetMs)}`;
}

/** As `formatLocal` for an instant in ISO form; another text stays as it is. */
export function formatLocalText(instant: string, timezone: string): string {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : formatLocal(date, timezone);
}

/** As `formatLocal`, in a form that `parseInstant` reads, with the milliseconds of an instant that has them. */
export function formatLocalIso(instant: Date, timezone: string): string {
  const [day = "", time = "", offset = ""] = formatLocal(instant, timezone).split(" ");
  const ms = instant.getUTCMilliseconds();
  return `${day}T${time}${ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`}${offset}`;
}

/** What the two functions above write. The `Z` of a run's id and of JSON is not such a time. */
const WRITTEN =
  /\b(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d(?:\.\d{3})?)( ?)([+-]\d\d:\d\d(?::\d\d)?)(?![\d:])/g;

/** A text with the times in it in UTC, in the same form. */
export function showInUtc(text: string): string {
  return text.replaceAll(
    WRITTEN,
    (whole, day: string, between: string, time: string, space: string, offset: string) => {
      const ms = Date.parse(`${day}T${time}Z`) - parseOffsetMs(offset);
      if (Number.isNaN(ms)) return whole;
      const utc = new Date(ms).toISOString();
      return `${utc.slice(0, 10)}${between}${utc.slice(11, 11 + time.length)}${space}+00:00`;
    },
  );
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/;

/**
 * The instant that an ISO 8601 text means; `undefined` for anything else, such as `2026-02-30`. Years 1 to 9999, in the
 * text and in UTC. Accepts a day (its midnight) or a day and time to the minute, second or millisecond, with `Z` or an offset. Without
 * one it is local in `timezone`: a time that does not exist there means the first instant after the gap, one that
 * exists twice means the first.
 */
export function parseInstant(text: string, timezone: string): Date | undefined {
  const instant = readInstant(text, timezone);
  return instant === undefined || instant > LAST_INSTANT ? undefined : instant;
}

/** As `parseInstant`, for the end of a range: a day is included to its last millisecond, and nothing lies past `LAST_INSTANT`. */
export function parseEnd(text: string, timezone: string): Date | undefined {
  const instant = readInstant(text, timezone);
  if (instant === undefined) return undefined;
  const endMs = text.includes("T")
    ? instant.getTime()
    : findInstantMs(Date.parse(`${text}T00:00:00Z`) + DAY_MS, timezone) - 1;
  return new Date(Math.min(endMs, LAST_INSTANT.getTime()));
}

function readInstant(text: string, timezone: string): Date | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wallMs = makeWallMs(year, month, day, hour, minute, second, Number((match[7] ?? "0").padEnd(3, "0")));
  if (year < 1 || wallMs === undefined) return undefined;
  const zone = match[8];
  return new Date(zone === undefined ? findInstantMs(wallMs, timezone) : wallMs - parseOffsetMs(zone));
}

/** Wall clock minus UTC, in milliseconds, at an instant. Raises `RangeError` for an unknown zone. */
export function getOffsetMs(instantMs: number, timezone: string): number {
  const { offsetMs, transition } = getCell(timezone, Math.floor(instantMs / CELL_MS));
  return transition !== undefined && instantMs >= transition.atMs ? transition.offsetAfterMs : offsetMs;
}

/** Every transition `t` with `fromMs < t <= toMs`, in order. Meant for spans of days: the cost grows with the span. */
export function listTransitions(timezone: string, fromMs: number, toMs: number): readonly Transition[] {
  const found: Transition[] = [];
  for (let index = Math.floor(fromMs / CELL_MS); index <= Math.floor(toMs / CELL_MS); index += 1) {
    const { transition } = getCell(timezone, index);
    if (transition !== undefined && transition.atMs > fromMs && transition.atMs <= toMs) {
      found.push(transition);
    }
  }
  return found;
}

/** The first instant at which the zone's wall clock shows `wallMs` or more: of two the first, in a gap its end. */
export function findInstantMs(wallMs: number, timezone: string): number {
  const fromMs = wallMs - ZONE_REACH_MS;
  let offsetMs = getOffsetMs(fromMs, timezone);
  for (const transition of listTransitions(timezone, fromMs, wallMs + ZONE_REACH_MS)) {
    if (wallMs - offsetMs < transition.atMs) return wallMs - offsetMs;
    offsetMs = transition.offsetAfterMs;
    // The clock jumped over this wall time.
    if (wallMs - offsetMs < transition.atMs) return transition.atMs;
  }
  return wallMs - offsetMs;
}

function getCell(timezone: string, index: number): Cell {
  const known = cells.get(timezone) ?? new Map<number, Cell>();
  const cell = known.get(index);
  if (cell !== undefined) return cell;
  const made = makeCell(timezone, index * CELL_MS);
  if (known.size >= CELLS_KEPT) known.clear();
  known.set(index, made);
  cells.set(timezone, known);
  return made;
}

function makeCell(timezone: string, startMs: number): Cell {
  const offsetMs = readOffsetMs(startMs, timezone);
  const offsetAfterMs = readOffsetMs(startMs + CELL_MS, timezone);
  if (offsetAfterMs === offsetMs) return { offsetMs, transition: undefined };
  let [low, high] = [startMs, startMs + CELL_MS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffsetMs(middle, timezone) === offsetMs) low = middle;
    else high = middle;
  }
  return { offsetMs, transition: { atMs: high, offsetBeforeMs: offsetMs, offsetAfterMs } };
}

function readOffsetMs(instantMs: number, timezone: string): number {
  const wholeSecondMs = Math.floor(instantMs / 1000) * 1000;
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  let isBeforeChrist = false;
  for (const part of getFormatter(timezone).formatToParts(wholeSecondMs)) {
    if (part.type === "era") isBeforeChrist = part.value.startsWith("B");
    else if (Object.hasOwn(parts, part.type)) parts[part.type as keyof typeof parts] = Number(part.value);
  }
  const year = isBeforeChrist ? 1 - parts.year : parts.year;
  return toWallMs(year, parts.month, parts.day, parts.hour, parts.minute, parts.second, 0) - wholeSecondMs;
}

function getFormatter(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(timezone, made);
  return made;
}

/** `Date.UTC` reads years below 100 as 19xx; a set year is taken as it is. */
function toWallMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date.getTime();
}

function makeWallMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const wallMs = toWallMs(year, month, day, hour, minute, second, ms);
  const read = new Date(wallMs);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? wallMs : undefined;
}

function parseOffsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const ms = Number(zone.slice(1, 3)) * HOUR_MS + Number(zone.slice(4, 6)) * MINUTE_MS;
  return zone.startsWith("-") ? -ms : ms;
}

function formatOffset(offsetMs: number): string {
  const rest = new Date(Math.abs(offsetMs) % DAY_MS).toISOString().slice(11, 19);
  return `${offsetMs < 0 ? "-" : "+"}${rest.endsWith(":00") ? rest.slice(0, 5) : rest}`;
}

function formatDay(instant: Date, timezone: string, separator: string): string {
  const wall = new Date(instant.getTime() + getOffsetMs(instant.getTime(), timezone));
  const year = String(wall.getUTCFullYear()).padStart(4, "0");
  const month = String(wall.getUTCMonth() + 1).padStart(2, "0");
  const day = String(wall.getUTCDate()).padStart(2, "0");
  return [year, month, day].join(separator);
}
