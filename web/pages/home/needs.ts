/** What needs a person: runs that failed, runs that are late, files that are broken. */
import type { DagIssue } from "../../../model/errors.ts";
import { listImportErrorPage, type ImportErrorEntry } from "../../../state/pages/dag-page.ts";
import {
  listFailedRuns,
  listOpenRuns,
  measureUsual,
  type FailedRun,
  type OpenRun,
} from "../../../state/pages/overview.ts";
import type { PageTools } from "../frame/page.ts";

/** A due run that has not begun for so long is late, and one that takes so many times its usual time. */
const LATE_SECONDS = 120;
const LONG_FACTOR = 3;
/** A Dag that usually takes a moment is not late after another one. */
const LONG_SECONDS = 60;

const MOST_ROWS = 100;

export interface OpenRunFacts extends OpenRun {
  /** Seconds that its Dag's runs usually take. */
  readonly usual: number | null;
  readonly waitsFor: number;
  readonly isLate: boolean;
}

export interface Needs {
  readonly failed: readonly FailedRun[];
  readonly open: readonly OpenRunFacts[];
  /** The first late run of each Dag, with the number of its others. */
  readonly late: readonly (OpenRunFacts & { readonly others: number })[];
  readonly broken: readonly (ImportErrorEntry & { readonly issues: readonly DagIssue[] })[];
  readonly count: number;
}

export function readNeeds({ query, now, lakeId }: Pick<PageTools, "query" | "now" | "lakeId">): Needs {
  const failed = listFailedRuns(query, lakeId, MOST_ROWS);
  const usual = new Map<string, number | null>();
  const open = listOpenRuns(query, lakeId, MOST_ROWS).map((run) => {
    if (!usual.has(run.dagId)) usual.set(run.dagId, measureUsual(query, run.dagId));
    return judgeOpen(run, usual.get(run.dagId) ?? null, now);
  });
  const broken = listImportErrorPage(query, { limit: MOST_ROWS, offset: 0 }).rows.map((entry) => ({
    ...entry,
    issues: JSON.parse(entry.faults) as readonly DagIssue[],
  }));
  const allLate = open.filter((run) => run.isLate);
  const late = allLate
    .filter((run, index) => allLate.findIndex(({ dagId }) => dagId === run.dagId) === index)
    .map((run) => ({ ...run, others: allLate.filter(({ dagId }) => dagId === run.dagId).length - 1 }));
  return { failed, open, late, broken, count: failed.length + late.length + broken.length };
}

function judgeOpen(run: OpenRun, usual: number | null, now: Date): OpenRunFacts {
  const sinceSeconds = (instant: string): number => (now.getTime() - Date.parse(instant)) / 1000;
  const waitsFor = run.startedAt === null ? sinceSeconds(run.createdAt) : 0;
  const isLong =
    run.startedAt !== null &&
    usual !== null &&
    sinceSeconds(run.startedAt) > Math.max(LONG_SECONDS, LONG_FACTOR * usual);
  return { ...run, usual, waitsFor, isLate: waitsFor > LATE_SECONDS || isLong };
}
