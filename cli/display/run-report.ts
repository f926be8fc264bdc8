/** What a foreground run did, for people and for programs: tasks, objects, bytes, ids by outcome, time. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { formatDuration } from "../../model/time/duration.ts";
import type { Reconciliation } from "../../model/records/reconciliation.ts";
import type { PreparedRun } from "../../scheduler/commands/prepare-run.ts";
import type { Database } from "../../state/sqlite/database.ts";
import {
  listRunSums,
  measureWrites,
  reportRunWarnings,
  reportTasks,
  type Writes,
} from "../../state/reports.ts";
import type { Row } from "../../state/sqlite/row.ts";
import { formatBytes } from "../../model/text/byte-size.ts";
import type { Output } from "../output/output.ts";

export interface RunReport {
  print(output: Output): void;
  toJson(): unknown;
}

/** How the run came about, and who has it. */
interface RunOrigin {
  readonly how: PreparedRun["how"];
  /** A scheduler has it, and goes on with it where it has not ended. */
  readonly isScheduler: boolean;
  /** It is open, and a person has to act before it can go on. */
  readonly isStuck: boolean;
}

interface RunFigures {
  readonly run: DagRun;
  readonly origin: RunOrigin;
  readonly tasks: readonly Row[];
  readonly sums: readonly { readonly taskId: string; readonly sum: Reconciliation }[];
  /** Since this execution began. */
  readonly warnings: readonly Row[];
  /** By this execution. */
  readonly written: Writes;
}

/** `since`: when this execution began. */
export function reportRun(database: Database, run: DagRun, origin: RunOrigin, since: string): RunReport {
  const figures: RunFigures = {
    run,
    origin,
    tasks: reportTasks(database, run.dagRunId),
    sums: listRunSums(database, run.dagRunId),
    warnings: reportRunWarnings(database, run, since),
    written: measureWrites(database, since),
  };
  return {
    print(output) {
      printReport(output, figures);
    },
    toJson: () => toJson(figures),
  };
}

function printReport(output: Output, figures: RunFigures): void {
  const { run, origin, tasks, sums, warnings, written } = figures;
  const { paint } = output;
  output.line();
  output.table(
    ["task", "state", "attempts", "time", ""],
    tasks.map((task) => [
      task["task_id"],
      task["state"],
      task["attempts"],
      typeof task["duration_seconds"] === "number" ? formatDuration(task["duration_seconds"]) : "",
      task["message"] ?? "",
    ]),
    "",
  );
  if (sums.length > 0) {
    output.line();
    output.table(
      ["ids of", "asked", "stored", "already stored", "not found", "failed", "remaining"],
      sums.map(({ taskId, sum }) => [
        taskId,
        sum.asked,
        sum.stored,
        sum.alreadyStored,
        sum.notFound,
        sum.failed,
        sum.remaining,
      ]),
      "",
    );
  }
  if (warnings.length > 0) {
    output.line();
    output.table(
      ["warning of", "event", ""],
      warnings.map((warning) => [warning["task_id"], warning["kind"], warning["message"]]),
      "",
    );
  }
  output.line();
  const colour = run.state === "success" ? paint.good : run.state === "failed" ? paint.bad : paint.warn;
  output.line(`${run.dagId} ${run.runId}  ${colour(run.state)}${describeOrigin(run, origin)}`);
  output.line(`  ${describeWrites(written)}`);
}

function describeWrites({ objects, manifests, bytes }: Writes): string {
  if (objects + manifests === 0) return "nothing was written to the lake";
  const beside = manifests === 0 ? "" : ` and ${count(manifests, "manifest")}`;
  return `${count(objects, "object")}${beside}, ${formatBytes(bytes)} written to the lake`;
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}

function describeOrigin(run: DagRun, { how, isScheduler, isStuck }: RunOrigin): string {
  if (how === "done") return " (done before; --rerun makes it again)";
  if (run.state === "running" || run.state === "queued") {
    if (isStuck) return " (it waits for another run; see above)";
    return isScheduler
      ? " (the scheduler goes on with it; the same command follows it)"
      : " (stopped; the same command resumes it)";
  }
  if (run.state === "failed") return " (the same command resumes it)";
  return how === "resumed" ? " (resumed)" : how === "cleared" ? " (made again)" : "";
}

function readOutputs(task: Row): Readonly<Record<string, unknown>> {
  const text = task["outputs"];
  return typeof text === "string" ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
}

function toJson({ run, origin, tasks, sums, warnings, written }: RunFigures): unknown {
  return {
    dag_id: run.dagId,
    run_id: run.runId,
    state: run.state,
    how: origin.how,
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
    ids: sums.map(({ taskId, sum }) => ({
      task_id: taskId,
      asked: sum.asked,
      stored: sum.stored,
      already_stored: sum.alreadyStored,
      not_found: sum.notFound,
      failed: sum.failed,
      remaining: sum.remaining,
    })),
  };
}
