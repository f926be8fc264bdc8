/** The order to mark a task by hand, and what it would change. */
import type { DagRun } from "../../model/run/dag-run.ts";
import { nameRun } from "../../model/run/run-name.ts";
import {
  describeMark,
  planMark,
  type MarkPlan,
  type MarkRequest,
} from "../../scheduler/commands/mark-task.ts";
import { hashPlan } from "../../scheduler/commands/planned.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { quoteWord } from "../quote-word.ts";
import { refuseOtherLake } from "../runs/find-run.ts";
import type { Order } from "../service/orders.ts";

export interface MarkWords {
  readonly taskId: string;
  readonly state: MarkRequest["state"];
}

/** Raises `SETTINGS_DIFFER`. */
export function orderMark(
  run: DagRun,
  lakeId: string,
  { taskId, state }: MarkWords,
  expected: string | null,
): Order<"mark"> {
  refuseOtherLake(run, lakeId);
  return { kind: "mark", request: { dagRunId: run.dagRunId, taskId, state, expected } };
}

export interface MarkPreview extends MarkPlan {
  readonly hash: string;
  readonly command: string;
}

/** Raises `TASK_UNKNOWN`, `TASK_RUNNING`. */
export function previewMark(query: Query, { request }: Order<"mark">): MarkPreview {
  const plan = planMark(query, request);
  return {
    ...plan,
    hash: hashPlan(describeMark(plan, request)),
    command: writeMarkCommand(plan.run, request),
  };
}

export function writeMarkCommand(run: DagRun, { taskId, state }: MarkWords): string {
  return `dagmar tasks mark ${quoteWord(nameRun(run))} ${quoteWord(taskId)} ${state}`;
}
