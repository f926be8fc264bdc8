/** What needs a person: runs that failed, Dags that are late, files that are broken. */
import { readSchedulerLife } from "../../../app/service/scheduler-life.ts";
import type { DagIssue } from "../../../model/errors.ts";
import { findLateSlot, isLong, isStartLate } from "../../../model/run/lateness.ts";
import { listImportErrorPage, type DagEntry, type ImportErrorEntry } from "../../../state/pages/dag-page.ts";
import {
  listOpenRuns,
  listQueuedOfSchedule,
  type OpenRun,
  type QueuedRun,
} from "../../../state/pages/open-runs.ts";
import { listFailedRuns, measureUsual, type FailedRun } from "../../../state/pages/overview.ts";
import { MOST_COUNTED, type RowCount } from "../../../state/pages/page.ts";
import type { PageTools } from "../frame/page.ts";
import { countRead } from "../parts/total.ts";

const MOST_OPEN = 100;
/** A failed run stays on the list that long, also if a run of another date succeeded after it. */
const FAILED_DAYS = 7;
const DAY_MS = 86_400_000;

export interface OpenRunFacts extends OpenRun {
  /** Seconds that its Dag's runs usually take. */
  readonly usual: number | null;
}

/** Why a Dag is late. */
type Lateness =
  | { readonly kind: "slot"; readonly dagId: string; readonly timezone: string; readonly slot: string }
  | { readonly kind: "queued"; readonly run: QueuedRun }
  | { readonly kind: "long"; readonly run: OpenRunFacts };

/** Of one Dag: the first reason, and how many others there are. */
export interface LateDag {
  readonly dagId: string;
  readonly first: Lateness;
  readonly others: number;
}

export interface BrokenFile extends ImportErrorEntry {
  readonly issues: readonly DagIssue[];
}

export interface Needs {
  readonly failed: readonly FailedRun[];
  readonly late: readonly LateDag[];
  readonly broken: readonly BrokenFile[];
  readonly counts: Readonly<Record<"failed" | "late" | "broken" | "all", RowCount>>;
}

/** Of this lake, running ones first. */
export function readOpenRuns({
  query,
  lakeId,
}: Pick<PageTools, "query" | "lakeId">): readonly OpenRunFacts[] {
  const usual = new Map<string, number | null>();
  return listOpenRuns(query, lakeId, MOST_OPEN).map((run) => {
    if (!usual.has(run.dagId)) usual.set(run.dagId, measureUsual(query, lakeId, run.dagId));
    return { ...run, usual: usual.get(run.dagId) ?? null };
  });
}

export function readNeeds(
  tools: Pick<PageTools, "query" | "now" | "lakeId">,
  dags: readonly DagEntry[],
  open: readonly OpenRunFacts[],
): Needs {
  const { query, lakeId, now } = tools;
  const page = { limit: MOST_COUNTED + 1, offset: 0 };
  const since = new Date(now.getTime() - FAILED_DAYS * DAY_MS);
  const failed = listFailedRuns(query, lakeId, { since, limit: page.limit });
  const broken = listImportErrorPage(query, page).rows;
  const late = listLate(tools, dags, open);
  const count = (read: number): RowCount => countRead(read, MOST_COUNTED);
  return {
    failed: failed.slice(0, MOST_COUNTED),
    late: late.slice(0, MOST_COUNTED),
    broken: broken
      .slice(0, MOST_COUNTED)
      .map((entry) => ({ ...entry, issues: JSON.parse(entry.faults) as readonly DagIssue[] })),
    counts: {
      failed: count(failed.length),
      late: count(late.length),
      broken: count(broken.length),
      all: count(failed.length + late.length + broken.length),
    },
  };
}

function listLate(
  { query, now, lakeId }: Pick<PageTools, "query" | "now" | "lakeId">,
  dags: readonly DagEntry[],
  open: readonly OpenRunFacts[],
): readonly LateDag[] {
  const isWatched = readSchedulerLife(query, now).isAlive;
  const hasTimetable = new Set(
    dags.filter(({ definition }) => definition.schedule.kind === "cron").map(({ dagId }) => dagId),
  );
  const found: readonly (readonly [dagId: string, reason: Lateness])[] = [
    ...listQueuedOfSchedule(query, lakeId, MOST_COUNTED + 1)
      .filter((run) => isStartLate(run, hasTimetable.has(run.dagId), now))
      .map((run) => [run.dagId, { kind: "queued", run }] as const),
    ...dags.flatMap((dag) => {
      const slot = findLateSlot(dag, { now, isWatched })?.toISOString();
      if (slot === undefined) return [];
      return [
        [dag.dagId, { kind: "slot", dagId: dag.dagId, timezone: dag.definition.timezone, slot }] as const,
      ];
    }),
    ...open
      .filter((run) => run.runningSince !== null && isLong(run.runningSince, run.usual, now))
      .map((run) => [run.dagId, { kind: "long", run }] as const),
  ];
  const late = new Map<string, LateDag>();
  for (const [dagId, reason] of found) {
    const known = late.get(dagId);
    late.set(dagId, {
      dagId,
      first: known?.first ?? reason,
      others: known === undefined ? 0 : known.others + 1,
    });
  }
  return [...late.values()];
}
