/** Prints the result of a foreground run, as text or JSON: tasks, objects, bytes, ids by outcome, time. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { formatDuration } from "../../model/time/duration.ts";
import { describeLost } from "../../app/runs/find-lost-work.ts";
import type { RunFigures, RunOrigin } from "../../app/runs/measure-run.ts";
import type { Writes } from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import { formatBytes } from "../../model/text/byte-size.ts";
import { nameRun } from "../../model/run/run-name.ts";
import type { Output } from "../output/output.ts";

export function printRun(output: Output, figures: RunFigures): void {
  const { run, origin, tasks, sums, warnings, written } = figures;
  const { paint } = output;
  output.line();
  if (origin.how === "done") {
    output.line(
      `This run was done before, and ended at ${run.finishedAt ?? "a time that is not known"}. This is what it did then:`,
    );
  }
  output.table(
    ["task", "state", { title: "attempts", rank: 1 }, "time", { title: "", isText: true }],
    tasks.map((task) => [
      task["task_id"],
      task["state"],
      task["attempts"],
      typeof task["duration_seconds"] === "number" ? formatDuration(task["duration_seconds"]) : "",
      task["message"] ?? "",
    ]),
    "",
  );
  const kept = sums.reduce((total, sum) => total + sum.kept, 0);
  if (sums.length > 0) {
    output.line();
    const headings = [
      "ids of",
      "asked",
      "stored",
      { title: "already stored", rank: 3 },
      { title: "not found", rank: 2 },
      "failed",
      { title: "remaining", rank: 1 },
    ];
    output.table(
      kept === 0 ? headings : [...headings, "of these kept"],
      sums.map((one) => {
        const { taskId, sum } = one;
        const cells = [
          taskId,
          sum.asked,
          sum.stored,
          sum.alreadyStored,
          sum.notFound,
          sum.failed,
          sum.remaining,
        ];
        return kept === 0 ? cells : [...cells, one.kept];
      }),
      "",
    );
  }
  if (warnings.length > 0) {
    output.line();
    output.table(
      ["warning of", { title: "event", rank: 1 }, { title: "", isText: true }],
      warnings.map((warning) => [warning["task_id"], warning["kind"], warning["message"]]),
      "",
    );
  }
  output.line();
  const colour = run.state === "success" ? paint.good : run.state === "failed" ? paint.bad : paint.warn;
  output.line(`${nameRun(run)}  ${colour(run.state)}${describeOrigin(run, origin)}`);
  output.line(`  ${describeWrites(written)}`);
  if (kept > 0) {
    const are = kept === 1 ? "1 answer is" : `${kept.toLocaleString("en-US")} answers are`;
    output.line(`  ${are} safe in the database and not asked for again; the next run stores them`);
  }
  if (origin.lost.length === 0) return;
  output.line(`  ${paint.bad(describeLost(origin.lost))}`);
  output.line(
    `  \`dagmar run ${run.dagId} --date ${run.logicalDate} --rerun\` stores them again, from the sources as they are now.`,
  );
}

function describeWrites({ objects, manifests, bytes }: Writes): string {
  if (objects + manifests === 0) return "nothing was written to the lake";
  const andManifests = manifests === 0 ? "" : ` and ${count(manifests, "manifest")}`;
  return `${count(objects, "object")}${andManifests}, ${formatBytes(bytes)} written to the lake`;
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}

function describeOrigin(run: DagRun, { how, isScheduler, isTimeOver, isStuck, lost }: RunOrigin): string {
  if (how === "done") {
    return lost.length === 0
      ? " (already done; --rerun runs it again)"
      : " (already done, but some of its objects are missing or changed)";
  }
  if (run.state === "running" || run.state === "queued") {
    if (isStuck) return " (it waits for another run; see above)";
    if (isTimeOver) return " (its time is over; the same command continues it)";
    return isScheduler
      ? " (the scheduler continues it; the same command follows it)"
      : " (stopped; the same command resumes it)";
  }
  if (run.state === "failed") return " (the same command resumes it)";
  return how === "resumed" ? " (resumed)" : how === "cleared" ? " (rerun)" : "";
}

function readOutputs(task: Row): Readonly<Record<string, unknown>> {
  const text = task["outputs"];
  return typeof text === "string" ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
}

export function describeRunAsJson({ run, origin, tasks, sums, warnings, written }: RunFigures): unknown {
  return {
    dag_id: run.dagId,
    run_id: run.runId,
    state: run.state,
    how: origin.how,
    lost: origin.lost,
    time_over: origin.isTimeOver,
    logical_date: run.logicalDate,
    partition: run.partition,
    params: run.params,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    written,
    tasks: tasks.map((task) => ({
      task_id: task["task_id"],
      state: task["state"],
      attempts: task["attempts"],
      duration_seconds: task["duration_seconds"],
      message: task["message"],
      outputs: readOutputs(task),
    })),
    warnings,
    ids: sums.map(({ taskId, sum, kept }) => ({
      task_id: taskId,
      asked: sum.asked,
      stored: sum.stored,
      already_stored: sum.alreadyStored,
      not_found: sum.notFound,
      failed: sum.failed,
      remaining: sum.remaining,
      kept,
    })),
  };
}
