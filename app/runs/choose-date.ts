/** The logical date that `--date` means for a Dag, by its runs and its slots; the rule is the model's (`given-date.ts`). */
import { existsSync } from "node:fs";
import type { DagRun } from "../../model/run/dag-run.ts";
import type { DagDefinition } from "../../model/dag/dag.ts";
import { findNextDagSlot, listDagSlots, type DagsById } from "../../model/dag/dag-slots.ts";
import { CommandRefused } from "../../model/errors.ts";
import { judgeDay, parseGivenDate, type DayMeaning, type GivenDate } from "../../model/time/given-date.ts";
import type { InstantRange } from "../../model/time/local-day.ts";
import { formatLocal } from "../../model/time/local-time.ts";
import { findRunByDate, listRunLakes, listRunsInRange } from "../../state/runs/dag-runs.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { App } from "../app.ts";

/** Raises `USAGE` for what is no date, and for a day that the zone left out. */
export function readGivenDate(text: string, timezone: string, flag = "--date"): GivenDate {
  const given = parseGivenDate(text, timezone);
  if (given === undefined) {
    throw new CommandRefused("USAGE", `${flag} ${text === "" ? "is missing" : `"${text}" is no date`}.`, {
      hint: "Write 2026-11-23, 2026-11-23T06:00 (in the Dag's time zone) or 2026-11-23T09:00:00Z.",
    });
  }
  if (given.kind === "day" && given.range.from >= given.range.until) {
    throw new CommandRefused("USAGE", `${flag} ${text}: the calendar of ${timezone} leaves that day out.`);
  }
  return given;
}

/**
 * The date of the run that `run` and `trigger` make or go on with, ISO UTC; `null` when no date is given. A day without a
 * run and without a slot means its first instant. Errors: `USAGE` for a day of several runs or slots, and for a run that is
 * not there yet and would lie after the next slot, unless `isForced`. `dags`: those that it may follow.
 */
export async function chooseLogicalDate(
  app: App,
  dag: DagDefinition,
  dags: DagsById,
  text: string | undefined,
  isForced: boolean,
): Promise<string | null> {
  if (text === undefined) return null;
  const given = readGivenDate(text, dag.timezone);
  // Made by a command that goes on: one that is refused leaves no database behind.
  const query = existsSync(app.settings.databaseFile) ? await app.openDatabase("create") : null;
  const instant =
    given.kind === "instant"
      ? given.instant
      : (pickOne(dag, given.day, judgeDay(given.day, readDay(query, app.lake.id, dag, dags, given.range))) ??
        given.range.from);
  const isThere = query !== null && findRunByDate(query, app.lake.id, dag.dagId, instant) !== undefined;
  if (!isThere && !isForced) refuseFuture(dag, dags, instant, app.clock.now());
  return instant.toISOString();
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
  // Of a Dag of its own two are enough to refuse; of several that are followed the last of the day counts.
  const limit = dag.schedule.kind === "cron" ? SHOWN + 1 : SECONDS_A_DAY;
  return {
    timezone: dag.timezone,
    runs: runs.map((run) => new Date(run.logicalDate)),
    slots: runs.length > 0 ? [] : (listDagSlots(dag, dags, { from, to }, limit) ?? []),
  };
}

const SECONDS_A_DAY = 90_000;
const SHOWN = 10;

/** `undefined` where the day has none. Raises `USAGE` where it has several. */
function pickOne(dag: Pick<DagDefinition, "dagId" | "timezone">, day: string, meaning: DayMeaning) {
  if (meaning.kind === "none") return undefined;
  if (meaning.kind === "one") return meaning.instant;
  const { instants, what } = meaning;
  const shown = instants.slice(0, SHOWN).map((instant) => instant.toISOString());
  const more = instants.length > SHOWN ? ", …" : "";
  const count = instants.length > SHOWN ? "many" : String(instants.length);
  throw new CommandRefused(
    "USAGE",
    `${dag.dagId} has ${count} ${what} on ${day} (${dag.timezone}): ${shown.join(", ")}${more}.`,
    { hint: `Give one of these instants instead of the day.` },
  );
}

function refuseFuture(dag: DagDefinition, dags: DagsById, instant: Date, now: Date): void {
  const next = findNextDagSlot(dag, dags, now);
  if (instant <= (next ?? now)) return;
  const bound =
    next === undefined
      ? "lies in the future"
      : `lies after the next slot, ${formatLocal(next, dag.timezone)}`;
  throw new CommandRefused(
    "USAGE",
    `${dag.dagId}: ${formatLocal(instant, dag.timezone)} ${bound}; no run was made.`,
    { hint: "Check the date. --force makes the run all the same." },
  );
}

/**
 * The run of that Dag that exists for a date: at the instant, or on the day; in this lake, else in another lake of the
 * database, so that a command given with the wrong lake is refused for the lake. Errors: `RUN_UNKNOWN` where there is none,
 * `USAGE` where the day has several.
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
    given.kind === "day" ? `on ${given.day} (${dag.timezone})` : `at ${given.instant.toISOString()}`;
  throw new CommandRefused("RUN_UNKNOWN", `${dag.dagId} has no run ${when}.`, {
    hint: `\`dagmar runs list ${dag.dagId}\` shows those it has.`,
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
