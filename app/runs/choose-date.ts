/** Finds the logical date that `--date` means for a Dag from its runs and slots; `model/time/given-date.ts` has the rule. */
import { existsSync } from "node:fs";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import { findNextDagSlot, listDagSlots, type DagsById } from "../../model/dag/dag-slots.ts";
import { CommandRefused } from "../../model/errors.ts";
import { judgeDay, parseGivenDate, type DayMeaning, type GivenDate } from "../../model/time/given-date.ts";
import type { InstantRange } from "../../model/time/local-day.ts";
import { formatLocal, formatLocalIso } from "../../model/time/local-time.ts";
import { findRunByDate, listRunLakes, listRunsInRange } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { App } from "../app.ts";

/** Raises `USAGE` for an invalid date, and for a day that the time zone skipped. */
export function readGivenDate(text: string, timezone: string, flag = "--date"): GivenDate {
  const given = parseGivenDate(text, timezone);
  if (given === undefined) {
    throw new CommandRefused("USAGE", `${flag} ${text === "" ? "is missing" : `"${text}" is not a date`}.`, {
      hint: "Write 2026-11-23, 2026-11-23T06:00 (in the Dag's time zone) or 2026-11-23T09:00:00Z.",
    });
  }
  if (given.kind === "day" && given.range.from >= given.range.until) {
    throw new CommandRefused("USAGE", `${flag} ${text}: that day does not exist in ${timezone}.`);
  }
  return given;
}

export interface DateFacts {
  /** `null` if there is no database yet. */
  readonly query: Query | null;
  readonly lakeId: string;
  readonly now: Date;
}

/** How the asking face calls its arguments. */
export interface DateWords {
  readonly date: string;
  /** How to allow a date after the next slot. */
  readonly force: string;
}

const COMMAND_WORDS: DateWords = { date: "--date", force: "--force" };

/**
 * The date of the run that `run` and `trigger` create or resume, ISO UTC. A day without a run and without a slot means
 * its first instant. Errors: `USAGE` for a day with several runs or slots and, unless `isForced`, for a new run after
 * the next slot. `dags`: the Dags that it may follow.
 */
export function chooseDate(
  { query, lakeId, now }: DateFacts,
  dag: DagDefinition,
  dags: DagsById,
  text: string,
  isForced: boolean,
  words: DateWords = COMMAND_WORDS,
): string {
  const given = readGivenDate(text, dag.timezone, words.date);
  const instant =
    given.kind === "instant"
      ? given.instant
      : (pickOne(dag, given.day, judgeDay(given.day, readDay(query, lakeId, dag, dags, given.range))) ??
        given.range.from);
  const isThere = query !== null && findRunByDate(query, lakeId, dag.dagId, instant) !== undefined;
  if (!isThere && !isForced) refuseFuture(dag, dags, instant, now, words);
  return instant.toISOString();
}

/** As `chooseDate`, for a command; `null` if no date is given. */
export async function chooseLogicalDate(
  app: App,
  dag: DagDefinition,
  dags: DagsById,
  text: string | undefined,
  isForced: boolean,
): Promise<string | null> {
  if (text === undefined) return null;
  // Refused before the database is opened, and opened only if it exists: a refused command must not create one.
  readGivenDate(text, dag.timezone);
  const query = existsSync(app.settings.databaseFile) ? await app.openDatabase("create") : null;
  return chooseDate({ query, lakeId: app.lake.id, now: app.clock.now() }, dag, dags, text, isForced);
}

function readDay(
  query: Query | null,
  lakeId: string,
  dag: DagDefinition,
  dags: DagsById,
  { from, until }: InstantRange,
) {
  const to = new Date(until.getTime() - 1);
  const runs =
    query === null ? [] : listRunsInRange(query, lakeId, dag.dagId, from.toISOString(), to.toISOString());
  // For a cron Dag a few more than are shown are enough; for a Dag that follows others the last of the day counts.
  const limit = dag.schedule.kind === "cron" ? SHOWN + 1 : SECONDS_A_DAY;
  return {
    timezone: dag.timezone,
    runs: runs.map((run) => new Date(run.logicalDate)),
    slots: runs.length > 0 ? [] : (listDagSlots(dag, dags, { from, to }, limit) ?? []),
  };
}

const SECONDS_A_DAY = 90_000;
const SHOWN = 10;

/** `undefined` if the day has none. Raises `USAGE` if it has several. */
function pickOne(dag: Pick<DagDefinition, "dagId" | "timezone">, day: string, meaning: DayMeaning) {
  if (meaning.kind === "none") return undefined;
  if (meaning.kind === "one") return meaning.instant;
  const { instants, what } = meaning;
  const shown = instants.slice(0, SHOWN).map((instant) => formatLocalIso(instant, dag.timezone));
  const more = instants.length > SHOWN ? ", …" : "";
  const count = instants.length > SHOWN ? "many" : String(instants.length);
  throw new CommandRefused(
    "USAGE",
    `${dag.dagId} has ${count} ${what} on ${day} (${dag.timezone}): ${shown.join(", ")}${more}.`,
    { hint: `Give one of these instants instead of the day.` },
  );
}

function refuseFuture(
  dag: DagDefinition,
  dags: DagsById,
  instant: Date,
  now: Date,
  { force }: DateWords,
): void {
  const next = findNextDagSlot(dag, dags, now);
  if (instant <= (next ?? now)) return;
  const bound =
    next === undefined ? "is in the future" : `is after the next slot, ${formatLocal(next, dag.timezone)}`;
  throw new CommandRefused(
    "USAGE",
    `${dag.dagId}: ${formatLocal(instant, dag.timezone)} ${bound}; no run was made.`,
    { hint: `Check the date. ${force} creates the run anyway.` },
  );
}

/**
 * The Dag's existing run for a date: at the instant, or on the day. It looks in this lake first, then in the other lakes of
 * the database, so that the wrong lake is named as the cause. Errors: `RUN_UNKNOWN` if there is none, `USAGE` if the day has
 * several.
 */
export function findRunOfDate(
  query: Query,
  lakeId: string,
  dag: Pick<DagDefinition, "dagId" | "timezone">,
  text: string,
  flag?: string,
): DagRun {
  const given = readGivenDate(text, dag.timezone, flag);
  for (const lake of [lakeId, ...listRunLakes(query, dag.dagId).filter((other) => other !== lakeId)]) {
    const run = findGivenRun(query, lake, dag, given);
    if (run !== undefined) return run;
  }
  const when =
    given.kind === "day"
      ? `on ${given.day} (${dag.timezone})`
      : `at ${formatLocal(given.instant, dag.timezone)}`;
  throw new CommandRefused("RUN_UNKNOWN", `${dag.dagId} has no run ${when}.`, {
    hint: `\`dagmar runs list ${dag.dagId}\` shows its runs.`,
  });
}

function findGivenRun(
  query: Query,
  lakeId: string,
  dag: Pick<DagDefinition, "dagId" | "timezone">,
  given: GivenDate,
): DagRun | undefined {
  const { dagId, timezone } = dag;
  if (given.kind === "instant") return findRunByDate(query, lakeId, dagId, given.instant);
  const { from, until } = given.range;
  const runs = listRunsInRange(
    query,
    lakeId,
    dagId,
    from.toISOString(),
    new Date(until.getTime() - 1).toISOString(),
  );
  const dates = runs.map((run) => new Date(run.logicalDate));
  const instant = pickOne(dag, given.day, judgeDay(given.day, { timezone, runs: dates, slots: [] }));
  return instant === undefined ? undefined : findRunByDate(query, lakeId, dagId, instant);
}
