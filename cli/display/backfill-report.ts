/** Prints a backfill's preview, progress and result, as text or JSON. */
import type { BackfillResult } from "../../app/backfills/backfill-dag.ts";
import { EXIT, type ExitCode } from "../../model/errors.ts";
import { isRunEnded, type DagRun } from "../../model/run/dag-run.ts";
import { nameRun } from "../../model/run/run-name.ts";
import type { BackfillRequest, SlotVerdict } from "../../scheduler/commands/backfill.ts";
import type { RunCounts } from "../../state/runs/backfills.ts";
import type { Output } from "../output/output.ts";
import { showInstant } from "../output/time.ts";

const FAILED_SHOWN = 10;

export function printPreview(
  output: Output,
  isJson: boolean,
  { version: { definition } }: BackfillRequest,
  slots: readonly SlotVerdict[],
): void {
  if (isJson) {
    output.json({ dag_id: definition.dagId, dry_run: true, slots });
    return;
  }
  output.table(
    ["slot", "what", { title: "why", isText: true }],
    slots.map((slot) => [showInstant(slot.logicalDate, definition.timezone), slot.verdict, slot.reason]),
    "",
  );
  const count = slots.filter((slot) => slot.verdict !== "skip").length;
  output.line(`${count} of ${slots.length} slots would run; nothing was changed.`);
}

/** One line for each tenth of the runs that has ended, so that a year of days does not print 365 lines. */
export function createProgress(output: Output, isSilent: boolean): (counts: RunCounts) => void {
  let shown = -1;
  return ({ total, open, failed }) => {
    if (isSilent || total === 0) return;
    const tenth = Math.floor(((total - open) * 10) / total);
    if (tenth === shown) return;
    shown = tenth;
    const faults = failed === 0 ? "" : `, ${failed} failed`;
    output.line(`${total - open} of ${total} runs have ended${faults}`);
  };
}

/** The exit code is the backfill's: 1 when a run failed or none can move, 75 while runs are open. */
export function printResult(
  output: Output,
  isJson: boolean,
  dagId: string,
  result: BackfillResult,
): ExitCode {
  const { started, runs, lost } = result;
  if (started.how === "empty") {
    if (isJson) output.json({ dag_id: dagId, ...started, lost, runs: [] });
    else {
      const { skipped, failed = 0 } = started;
      const faulty = failed === 0 ? "" : `, ${failed} of them with a run that failed or was cancelled`;
      const again =
        failed === 0
          ? "--reprocess completed runs them again"
          : `--reprocess failed runs ${failed === 1 ? "it" : "these"} again`;
      output.line(`Nothing to do: ${skipped} slots skipped${faulty}. --dry-run shows why; ${again}.`);
    }
    return lost.length > 0 ? EXIT.failed : EXIT.done;
  }
  if (isJson) printJson(output, result);
  else printLines(output, result);
  if (countOpen(runs) > 0) return result.isStuck ? EXIT.failed : EXIT.tryAgain;
  return countOf(runs, "success") === runs.length && lost.length === 0 ? EXIT.done : EXIT.failed;
}

const countOf = (runs: readonly DagRun[], state: DagRun["state"]): number =>
  runs.filter((run) => run.state === state).length;
const countOpen = (runs: readonly DagRun[]): number => runs.filter((run) => !isRunEnded(run.state)).length;

function printJson(output: Output, { started, runs, lost }: BackfillResult): void {
  output.json({
    ...started,
    succeeded: countOf(runs, "success"),
    failed: countOf(runs, "failed"),
    cancelled: countOf(runs, "cancelled"),
    open: countOpen(runs),
    lost,
    runs: runs.map(({ runId, logicalDate, state }) => ({
      run_id: runId,
      logical_date: logicalDate,
      state,
    })),
  });
}

function printLines(output: Output, { started, runs, isScheduler, isStuck }: BackfillResult): void {
  const open = countOpen(runs);
  output.line(
    `${runs.length} runs: ${countOf(runs, "success")} succeeded, ${countOf(runs, "failed")} failed, ${countOf(runs, "cancelled")} cancelled, ${open} open; ${started.skipped} slots skipped`,
  );
  const failed = runs.filter(({ state }) => state === "failed");
  for (const run of failed.slice(0, FAILED_SHOWN)) output.line(`  failed: ${nameRun(run)}`);
  const others = failed.length - FAILED_SHOWN;
  if (others > 0) output.line(`  and ${others} more failed; --json lists every run`);
  if (open > 0 && !isStuck) {
    output.fault(
      isScheduler
        ? "The scheduler continues it; the same command follows it again, --cancel stops it."
        : "Stopped; the same command continues it.",
    );
  }
}
