/**
 * Slots found the slow way, to hold the timetable against: every minute of a stretch is read off Intl's wall clock and
 * compared with the fields. Shares no code with the timetable, nor with croner.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Two days to either side of a day. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** What the wall clock shows at each whole minute, as the milliseconds at which UTC shows the same. */
  readonly wallMs: readonly number[];
}

const stretches = new Map<string, Stretch>();

export function readStretch(zone: string, day: string): Stretch {
  const name = `${zone} ${day}`;
  const known = stretches.get(name);
  if (known !== undefined) return known;
  const fromMs = Date.parse(day) - 2 * DAY_MS;
  const toMs = Date.parse(day) + 3 * DAY_MS;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const wallMs: number[] = [];
  for (let ms = fromMs; ms <= toMs; ms += MINUTE_MS) {
    const [date, month, year, hour, minute] = (format.format(ms).match(/\d+/g) ?? []).map(Number);
    wallMs.push(Date.UTC(year ?? 0, (month ?? 0) - 1, date, hour, minute));
  }
  const stretch = { fromMs, toMs, wallMs };
  stretches.set(name, stretch);
  return stretch;
}

/**
 * Walks the stretch with the furthest wall time seen so far: whatever lies between it and the present one was jumped over
 * and is due now; what is shown a second time is due again only where the hour is a star or a step of it. The first day
 * is left out, for a clock that was set back just before it.
 */
export function findSlotsSlowly(expression: string, { fromMs, wallMs }: Stretch): readonly string[] {
  const isDue = readExpression(expression);
  const runsTwice = /^\*(\/\d+)?$/.test(expression.split(" ")[1] ?? "");
  const slots: string[] = [];
  let furthest = (wallMs[0] ?? 0) - MINUTE_MS;
  for (const [index, shown] of wallMs.entries()) {
    let isSlot = shown <= furthest && runsTwice && isDue(shown);
    for (let jumped = furthest + MINUTE_MS; jumped <= shown; jumped += MINUTE_MS) {
      if (isDue(jumped)) isSlot = true;
    }
    furthest = Math.max(furthest, shown);
    if (isSlot && index >= DAY_MS / MINUTE_MS) {
      slots.push(new Date(fromMs + index * MINUTE_MS).toISOString());
    }
  }
  return slots;
}

/** Five fields of numbers, stars, lists, ranges and steps; `L` as a day; `5#2` and `5L` as a day of the week. */
function readExpression(expression: string): (wallMs: number) => boolean {
  const [minute = "", hour = "", date = "", month = "", weekday = ""] = expression.split(" ");
  const minutes = readField(minute, 0, 59);
  const hours = readField(hour, 0, 23);
  const months = readField(month, 1, 12);
  const isDate = readDates(date);
  const isWeekday = readWeekdays(weekday);
  const isEither = !date.startsWith("*") && !weekday.startsWith("*");
  return (wallMs) => {
    const at = new Date(wallMs);
    if (!minutes.has(at.getUTCMinutes()) || !hours.has(at.getUTCHours())) return false;
    if (!months.has(at.getUTCMonth() + 1)) return false;
    return isEither ? isDate(at) || isWeekday(at) : isDate(at) && isWeekday(at);
  };
}

function readDates(field: string): (at: Date) => boolean {
  if (field === "L") return isLastWeekOrDay(1);
  const dates = readField(field, 1, 31);
  return (at) => dates.has(at.getUTCDate());
}

function readWeekdays(field: string): (at: Date) => boolean {
  const [day = "", nth] = field.split("#");
  if (nth !== undefined)
    return (at) => at.getUTCDay() === Number(day) % 7 && Math.ceil(at.getUTCDate() / 7) === Number(nth);
  if (field.endsWith("L")) {
    const isLast = isLastWeekOrDay(7);
    return (at) => at.getUTCDay() === Number(field.slice(0, -1)) % 7 && isLast(at);
  }
  const weekdays = readField(field, 0, 7);
  return (at) => weekdays.has(at.getUTCDay()) || (at.getUTCDay() === 0 && weekdays.has(7));
}

/** Whether so many days later it is another month. */
function isLastWeekOrDay(days: number): (at: Date) => boolean {
  return (at) => new Date(at.getTime() + days * DAY_MS).getUTCMonth() !== at.getUTCMonth();
}

function readField(field: string, least: number, most: number): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", step] = part.split("/");
    const [from = least, to = step === undefined ? from : most] =
      range === "*" ? [least, most] : range.split("-").map(Number);
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}
