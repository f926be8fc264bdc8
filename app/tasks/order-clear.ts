/** The order to clear tasks of one run or of a range of runs, and what it would clear, from a database alone. */
import type { DagRun } from "../../model/run/dag-run.ts";
import type { TaskInstance } from "../../model/run/task-instance.ts";
import { describeClear, planClear, type ClearRequest } from "../../scheduler/commands/clear-tasks.ts";
import { hashPlan } from "../../scheduler/commands/planned.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { quoteWord } from "../quote-word.ts";
import { readRange } from "../runs/read-range.ts";
import type { Order } from "../service/orders.ts";

export interface ClearRunsWords {
  /** Of one run; `null` for a range. */
  readonly logicalDate: string | null;
  /** Days or instants, both included; `null`: without that end. */
  readonly from: string | null;
  readonly to: string | null;
  /** `null` for all. */
  readonly taskIds: readonly string[] | null;
  readonly isDownstream: boolean;
  readonly isFailedOnly: boolean;
}

/** Earlier and later than any logical date. */
const FIRST = "0001-01-01T00:00:00.000Z";
const LAST = "9999-12-31T23:59:59.999Z";

/** How the API calls them. */
const WORDS = { from: "start_date", to: "end_date" } as const;

/** Raises `USAGE`. */
export function orderClear(
  dag: { readonly dagId: string; readonly timezone: string },
  words: ClearRunsWords,
  expected: string | null,
): Order<"clear"> {
  const { logicalDate, taskIds, isDownstream, isFailedOnly } = words;
  const from = logicalDate ?? words.from ?? FIRST;
  const to = logicalDate ?? words.to ?? LAST;
  const range = readRange(from, to, dag.timezone, WORDS);
  return {
    kind: "clear",
    request: {
      dagId: dag.dagId,
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      taskIds,
      isDownstream,
      isFailedOnly,
      expected,
    },
  };
}

export interface ClearPreview {
  readonly hash: string;
  readonly runs: readonly { readonly run: DagRun; readonly tasks: readonly TaskInstance[] }[];
  /** The command that does the same; `null` if none does. */
  readonly command: string | null;
}

/** Raises `RUN_UNKNOWN`, `TASK_UNKNOWN`, `TASK_RUNNING`. */
export function previewClear(query: Query, lakeId: string, request: ClearRequest): ClearPreview {
  const runs = planClear(query, lakeId, request);
  return { hash: hashPlan(describeClear(runs)), runs, command: writeClearCommand(request, runs) };
}

export function writeClearCommand(request: ClearRequest, runs: ClearPreview["runs"]): string | null {
  const { dagId, from, to, isFailedOnly, isDownstream } = request;
  const [first, ...others] = runs;
  const isOne = first !== undefined && others.length === 0;
  // The command takes names of tasks, which are the same in each run only if there is one.
  if (isFailedOnly === true && !isOne) return null;
  const taskIds = isFailedOnly === true ? first?.tasks.map(({ taskId }) => taskId) : request.taskIds;
  return [
    isOne
      ? `dagmar tasks clear ${quoteWord(`${dagId}/${first.run.runId}`)}`
      : `dagmar tasks clear ${dagId} --from ${from} --to ${to}`,
    ...(taskIds ?? []).map((taskId) => `--task ${quoteWord(taskId)}`),
    ...(isDownstream && isFailedOnly !== true ? ["--downstream"] : []),
  ].join(" ");
}
