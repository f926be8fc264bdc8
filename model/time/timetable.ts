/**
 * Which instants are slots of a cron expression in a zone: for live runs, catch-up, backfill and "next runs" alike.
 * Never reads a clock. The scheduler decides what happens with a slot.
 *
 * croner finds the matching wall times; this file decides which instant a wall time means, with Dagmar's own rules
 * for the two days of a clock change: a wall time in a gap counts once, at the first instant after the gap; one that
 * occurs twice counts twice if the hour field is a star or a step of it, else once, the first time.
 */
import { Cron } from "croner";
import { ZONE_REACH_MS, findInstantMs, getOffsetMs, listTransitions, type Transition } from "./local-time.ts";

/** There are no slots after it. */
export const LAST_SLOT = new Date("2999-12-31T23:59:59.999Z");

export interface Timetable {
  /** The first slot strictly after `after`; none past `LAST_SLOT`. */
  next(after: Date): Date | undefined;
  /** The last slot strictly before `before`. */
  previous(before: Date): Date | undefined;
  /** Slots from `from` to `to`, both included, oldest first, at most `limit` of them. */
  between(from: Date, to: Date, limit: number): Date[];
}

/** First and last instants at which a slot may lie, both included. */
export interface TimetableBounds {
  readonly startAt: Date | null;
  readonly endAt: Date | null;
}

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** Every minute, hour and day of a month, each written out, need 400. */
const MAX_CHARACTERS = 1_000;

interface Field {
  readonly name: string;
  readonly form: RegExp;
  readonly allowed: string;
}

const NUMBERS = /^[\d*,/-]+$/;
const MONTHS = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|[\d*,/-])+$/i;
const WEEKDAYS = /^(?:sun|mon|tue|wed|thu|fri|sat|[\d*,/#L-])+$/i;

/** A range from Sunday to Sunday with a name in it is that day, as `5-5` is Friday; croner reads 0-7, the whole week. */
const SUNDAY_ALONE = /\b(?:sun-(?:sun|0|7)|[07]-sun)\b/gi;

/** Stricter than croner, which also accepts `?`, `+` and `W`: their meaning differs between crons. */
const FIELDS: readonly Field[] = [
  { name: "second", form: NUMBERS, allowed: "0-59" },
  { name: "minute", form: NUMBERS, allowed: "0-59" },
  { name: "hour", form: NUMBERS, allowed: "0-23" },
  { name: "day-of-month", form: /^[\d*,/L-]+$/i, allowed: "1-31 or L" },
  { name: "month", form: MONTHS, allowed: "1-12 or JAN-DEC" },
  { name: "day-of-week", form: WEEKDAYS, allowed: "0-7 or SUN-SAT, with #1-#5 or L" },
];

interface Calendar {
  /** The first matching wall time strictly after, in wall milliseconds. */
  next(wallMs: number): number | undefined;
  /** The last matching wall time strictly before. */
  previous(wallMs: number): number | undefined;
  readonly isEveryHour: boolean;
}

/** What is wrong with a cron expression, as a sentence; `undefined` if it is valid. */
export function validateCron(expression: string): string | undefined {
  try {
    findCalendar(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Slots of a cron expression: five fields, or six with seconds first; names, ranges, steps, `L`, `#`, `@daily` and
 * similar; Sunday is 0 and 7; day-of-month and day-of-week are ORed when neither begins with `*` (crontab(5)). Raises
 * `RangeError` for an expression that `validateCron` refuses or an unknown zone.
 */
export function createTimetable(expression: string, timezone: string, bounds: TimetableBounds): Timetable {
  const calendar = findCalendar(expression);
  getOffsetMs(0, timezone);
  const startMs = bounds.startAt?.getTime() ?? -Infinity;
  const endMs = bounds.endAt?.getTime() ?? Infinity;

  const next = (after: Date): Date | undefined => {
    const found = findNext(calendar, timezone, Math.max(after.getTime(), startMs - 1));
    return found === undefined || found > endMs ? undefined : new Date(found);
  };
  const previous = (before: Date): Date | undefined => {
    const found = findPrevious(calendar, timezone, Math.min(before.getTime(), endMs + 1));
    return found === undefined || found < startMs ? undefined : new Date(found);
  };
  const between = (from: Date, to: Date, limit: number): Date[] => {
    const slots: Date[] = [];
    let slot = next(new Date(from.getTime() - 1));
    while (slot !== undefined && slot.getTime() <= to.getTime() && slots.length < limit) {
      slots.push(slot);
      slot = next(slot);
    }
    return slots;
  };
  return { next, previous, between };
}

/**
 * A wall time's first instant is after `afterMs` if the wall clock had not shown it up to then. So the search starts
 * at the greatest wall time shown so far. A repeated wall time can only come first near a backward step.
 */
function findNext(calendar: Calendar, timezone: string, afterMs: number): number | undefined {
  const near = listTransitions(timezone, afterMs - ZONE_REACH_MS, afterMs + ZONE_REACH_MS);
  const wall = calendar.next(findFurthestWallMs(timezone, afterMs, near));
  let best = wall === undefined ? undefined : findInstantMs(wall, timezone);
  if (!calendar.isEveryHour) return best;
  for (const step of near.filter(isBackward)) {
    const shown = calendar.next(Math.max(afterMs, step.atMs - 1) + step.offsetAfterMs);
    if (shown === undefined || shown >= step.atMs + step.offsetBeforeMs) continue;
    const second = shown - step.offsetAfterMs;
    if (best === undefined || second < best) best = second;
  }
  return best;
}

function findPrevious(calendar: Calendar, timezone: string, beforeMs: number): number | undefined {
  const near = listTransitions(timezone, beforeMs - ZONE_REACH_MS, beforeMs);
  const wall = calendar.previous(findFurthestWallMs(timezone, beforeMs - 1, near) + 1);
  if (wall === undefined) return undefined;
  let best = findInstantMs(wall, timezone);
  if (!calendar.isEveryHour) return best;
  for (const step of listTransitions(timezone, best - ZONE_REACH_MS, best + ZONE_REACH_MS).filter(
    isBackward,
  )) {
    if (step.atMs >= beforeMs) continue;
    const endWallMs = Math.min(step.atMs + step.offsetBeforeMs, beforeMs + step.offsetAfterMs);
    const shown = calendar.previous(endWallMs);
    if (shown === undefined || shown < step.atMs + step.offsetAfterMs) continue;
    best = Math.max(best, shown - step.offsetAfterMs);
  }
  return best;
}

/** The greatest wall time that the clock has shown up to and including `instantMs`. */
function findFurthestWallMs(timezone: string, instantMs: number, near: readonly Transition[]): number {
  const earlier = near.filter((step) => isBackward(step) && step.atMs <= instantMs);
  return Math.max(
    instantMs + getOffsetMs(instantMs, timezone),
    ...earlier.map((step) => step.atMs - 1 + step.offsetBeforeMs),
  );
}

function isBackward(step: Transition): boolean {
  return step.offsetAfterMs < step.offsetBeforeMs;
}

/** Cached by expression: the check of a Dag file and every definition with that expression ask for it. */
const CALENDARS = new Map<string, Calendar>();
const MOST_REMEMBERED = 1_000;

function findCalendar(expression: string): Calendar {
  const known = CALENDARS.get(expression);
  if (known !== undefined) return known;
  const made = makeCalendar(expression);
  remember(CALENDARS, expression, made);
  return made;
}

function remember<Value>(known: Map<string, Value>, name: string, value: Value): void {
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(name, value);
}

function makeCalendar(expression: string): Calendar {
  const fields = splitFields(expression);
  const hour = fields[2] ?? "";
  // crontab(5): a day field that begins with `*` is unrestricted, so `*/2` narrows the other one.
  const isNarrowing = (fields[3] ?? "").startsWith("*") || (fields[5] ?? "").startsWith("*");
  const cron = makeCron(fields.join(" "), isNarrowing);
  return {
    // Always give a start: without one croner takes the present.
    next: (wallMs) => cron.nextRun(new Date(wallMs))?.getTime(),
    previous: (wallMs) => cron.previousRuns(1, new Date(wallMs))[0]?.getTime(),
    isEveryHour: /^\*(?:\/\d+)?$/.test(hour),
  };
}

/** Always six fields, seconds first. */
function splitFields(expression: string): readonly string[] {
  const trimmed = expression.trim();
  if (trimmed.length > MAX_CHARACTERS) {
    throw new RangeError(
      `a cron expression has at most ${MAX_CHARACTERS} characters; this one has ${trimmed.length}`,
    );
  }
  const plain = NICKNAMES.get(trimmed.toLowerCase()) ?? trimmed;
  if (plain.startsWith("@")) {
    throw new RangeError(`${JSON.stringify(trimmed)} is not one of ${[...NICKNAMES.keys()].join(", ")}`);
  }
  const fields = plain.split(/\s+/);
  if (fields.length === 5) fields.unshift("0");
  if (fields.length !== 6 || plain === "") {
    const count = plain === "" ? 0 : plain.split(/\s+/).length;
    throw new RangeError(
      `a cron expression has five fields, or six with seconds first; this one has ${count}`,
    );
  }
  fields[5] = (fields[5] ?? "").replaceAll(SUNDAY_ALONE, "0-0");
  for (const [index, { name, form, allowed }] of FIELDS.entries()) {
    const text = fields[index] ?? "";
    if (form.test(text) && isValidField(text, index)) continue;
    throw new RangeError(
      `the ${name} field ${JSON.stringify(text)} is not valid: it takes ${allowed}, lists (1,2), ranges (1-5) and steps (*/5, 1-9/2)`,
    );
  }
  return fields;
}

/** croner's verdict on a field, by its position: a hundred Dag files have only a few different ones. */
const VALID_FIELDS = new Map<string, boolean>();

function isValidField(text: string, index: number): boolean {
  const name = `${index} ${text}`;
  const known = VALID_FIELDS.get(name);
  if (known !== undefined) return known;
  const isValid = isCronField(text, index);
  remember(VALID_FIELDS, name, isValid);
  return isValid;
}

function isCronField(text: string, index: number): boolean {
  try {
    makeCron(FIELDS.map((_, at) => (at === index ? text : "*")).join(" "), false);
    return true;
  } catch {
    return false;
  }
}

function makeCron(pattern: string, isNarrowing: boolean): Cron {
  return new Cron(pattern, { mode: "6-part", utcOffset: 0, paused: true, domAndDow: isNarrowing });
}
